"""Is a comparison turned round? Words that come in opposite pairs must stand on the side of the evidence."""

import re
from collections.abc import Sequence

from assistant.grounding.clauses import Clause, near, read, shared

_PAIRS = (
    (
        r"超过|多于|高于|大于|更多|更高|最多|最高|大得多|高得多|\b(?:more|higher|larger|"
        r"greater|exceed\w*|above|over|outnumber\w*)\b",
        r"不到|不足|少于|低于|小于|更少|更低|更小|最少|最低|小得多|低得多|\b(?:fewer|less|lower|smaller|below|under)\b",
    ),
    (
        r"优于|更好|更强|胜[出过利]|完胜|获胜|更胜|领先|优势|最佳|首选|超过|\b(?:better|best|"
        r"superior|stronger|wins?|won|winner|ahead|outperform\w*|advantage|"
        r"victory|preferred)\b",
        r"不如|更差|更弱|落后|劣势|逊|完败|落败|输|最差|末选|\b(?:worse|worst|inferior|"
        r"weaker|los(?:es|t|er)|behind|disadvantage|defeat\w*|not as good)\b",
    ),
    (
        r"一样好|不相上下|持平|相当于|(?<!not )\bas good as\b|\bon (?:a )?par\b",
        r"不如|逊|\bnot as good as\b",
    ),
    (
        r"容易|轻松|简单|轻而易举|方便|便利|好用|\b(?:easy|easily|easier|simple|simpl\w+|"
        r"effortless\w*|convenien\w+)\b",
        r"困难|艰难|复杂|难用|太难|麻烦|\b(?:hard|harder|difficult\w*|tough|complex|"
        r"complicated|cumbersome)\b",
    ),
    (
        r"快速|迅速|更快|\b(?:fast|faster|quick\w*|rapid\w*)\b",
        r"缓慢|更慢|\b(?:slow\w*|gradual\w*)\b",
    ),
    (
        r"增长|上升|增加|上涨|提高|提升|涨|长到|\b(?:gr(?:ow|ew|own|owth)\w*|increas\w*|"
        r"ris(?:e|es|ing|en)|rose|climb\w*|more and more)\b",
        r"下降|减少|降低|下滑|下跌|跌|\b(?:declin\w*|decreas\w*|fall\w*|fell|"
        r"drop\w*|shr[iua]nk\w*|reduc\w*|less and less)\b",
    ),
    (
        r"缩小|弥补|\b(?:narrow\w*|bridge\w*|clos(?:e|es|ing) the gap)\b",
        r"扩大|拉大|\b(?:widen\w*|broaden\w*)\b",
    ),
    (
        r"小型|小而|\bsmall\b",
        r"大型|大而|庞大|\b(?:large|big|huge)\b",
    ),
    (
        r"稳健|稳定|可靠|\b(?:robust|stable|reliable)\b",
        r"脆弱|不稳|\b(?:fragile|unstable|brittle|less robust)\b",
    ),
    (
        r"高产|\bmore productive\b",
        r"低产|\b(?:less|un)\s?productive\b",
    ),
    (
        r"高性能|\bhigh-performance\b",
        r"低性能|\blow-performance\b",
    ),
    (
        r"高功耗|\bhigh-power\b",
        r"低功耗|\blow-power\b",
    ),
    (
        r"高级|高层|\bhigh(?:er)?[- ]level\b",
        r"低级|低层|\blow(?:er)?[- ]level\b",
    ),
    (
        r"月初|年初|早期|初期|\bearl(?:y|ier)\b",
        r"月底|年底|月末|晚期|后期|\blate(?:r)?\b(?!st)",
    ),
    (
        r"以前|之前|从前|过去|此前|\b(?:before|earlier|in the past|used to|formerly)\b",
        r"以后|之后|今后|将来|未来|\b(?:after|afterwards|in the future|upcoming)\b",
    ),
    (
        r"去年|\blast year\b",
        r"今年|明年|\b(?:this year|next year)\b",
    ),
    (
        r"相似|类似|相同|一样|\b(?:similar\w*|the same|alike|identical)\b",
        r"不同|差异|差别|区别|\b(?:differ\w*|unlike)\b",
    ),
    (
        r"开源|\bopen-source\b",
        r"闭源|专有|商业软件|\b(?:closed-source|proprietary)\b",
    ),
    (
        r"(?<!非)官方|(?<!un)\bofficial\w*",
        r"非官方|第三方|\b(?:unofficial\w*|third-party)\b",
    ),
    (
        r"静态|\bstatic\b",
        r"动态|\bdynamic\w*",
    ),
    (
        r"本地|\b(?:local\w*|on-device|on-board|native)\b",
        r"云端|远程|\b(?:remote\w*|in the cloud|cloud-based)\b",
    ),
    (
        r"(?<!不)成熟|\bmature\w*",
        r"起步|不成熟|\b(?:immature|early stage)\b",
    ),
    (
        r"有用|宝贵|珍贵|有价值|(?<!un)\b(?:useful|valuable|precious)\b",
        r"没用|无用|\b(?:useless|worthless)\b",
    ),
    (
        r"拥抱|坚持|保留|\b(?:embrac\w*|stick\w*|stay\w*|keep\w*)\b",
        r"放弃|抛弃|离开|\b(?:abandon\w*|leav\w*|left|drop\w*|ditch\w*)\b",
    ),
    (
        r"紧密|\btight\w*",
        r"松散|\bloos\w*",
    ),
    (
        r"越来越受|流行|(?<!不)受欢迎|(?<!un)(?<!less )\bpopular\b",
        r"不受|冷门|\b(?:unpopular|less popular|less and less)\b",
    ),
    (
        r"完善|完备|完整|\b(?:complete|well-developed|full)\b",
        r"残缺|不全|\b(?:incomplete|partial)\b",
    ),
    (
        r"广泛|丰富|\b(?:wide|rich|broad)\b",
        r"狭窄|匮乏|\b(?:narrow|poor|scarce)\b",
    ),
    (
        r"直观|(?<!un)\bintuitive\b",
        r"不直观|\bunintuitive\b",
    ),
    (
        r"自动|\bautomat\w*",
        r"手动|人工(?!智能)|\bmanual\w*",
    ),
    (
        r"高效|\befficien\w*|\bproductive\b",
        r"低效|\binefficien\w*",
    ),
    (
        r"公司内部|内部|\b(?:in-house|inside|within)\b",
        r"外部|之外|\b(?:outside|external)\b",
    ),
    (
        r"支持|\bsupport\w*",
        r"反对|\boppos\w*",
    ),
    (
        r"第一轮|#1",
        r"第二轮|#2",
    ),
    (
        r"输入|\binputs?\b",
        r"输出|\boutputs?\b",
    ),
    (
        r"服务器端|\bserver[- ]side\b",
        r"客户端|\bclient[- ]side\b",
    ),
    (
        r"有意义|\bmore meaningful\b",
        r"无意义|没有意义|\b(?:meaningless|less meaningful)\b",
    ),
    (
        r"重要|\bimportant\b|\bmatters?\b",
        r"次要|\b(?:unimportant|trivial)\b",
    ),
    (
        r"主导|\bdominat\w*",
        r"弱势|边缘|\bmarginal\w*",
    ),
    (
        r"鼓励|推荐|建议|\b(?:recommend\w*|advis\w*|encourag\w*)\b",
        r"劝阻|反对|\bdiscourag\w*|\badvis\w* against\b",
    ),
    (r"相似|类似|\bsimilar\w*", r"相反|\bopposite\b"),
    (r"最受欢迎|\bmost popular\b", r"最不受|\bleast popular\b"),
    (r"浪费|\bwast\w+", r"节省|节约|\bsav(?:e|es|ed|ing)\b"),
    (r"愈演愈烈|加剧|加强|增强|\bstronger\b|\bstrengthen\w*", r"减弱|削弱|缓解|缓和|\bweak\w+"),
    (
        r"必备|必须|必需|\bmust\b|\bessential\b|\bneeded\b",
        r"可选|可有可无|\boptional\b|\bunnecessary\b|\bneedless\b",
    ),
    (r"越来越多", r"越来越少"),
    (r"防止|避免|\bprevent\w*|\bavoid\w*", r"引发|造成(?!的)|\bprovok\w+|\btrigger\w*"),
    (r"包括|包含|\binclud\w+", r"不含|除去|\bexclud\w+"),
    (r"统一|合并|\bunif\w+|\bmerg\w+", r"拆分|分开(?!考虑)|\bsplit\w*|\bseparat\w+"),
    (
        r"解决|克服|改掉|\bsolv\w+|\bfix\w*|\bovercom\w+|\bremov\w+",
        r"带来(?!额外)|加重|\bworsen\w*|\bintroduc\w+",
    ),
    (r"成功|\bsucce\w+", r"失败|\bfail(?:s|ed|ing)?\b"),
    (r"免费|\bfree\b", r"收费|付费|\bpaid\b|\bcommercial\b"),
    (r"工业界|业界|\bindustry\b", r"学界|学术界|\bacademia\b"),
    (r"之前的|早先的|\bearlier\b|\bprevious\b", r"之后的|新的|\blater\b|\bnew(?:er)?\b"),
)

PAIRS = tuple((re.compile(one), re.compile(two)) for one, two in _PAIRS)

_COMPARES = re.compile(
    r"更[多好强高大快少差低小慢]|超过|优于|胜[出过]|完胜|领先|不如|落后|大得多|小得多|最[多好强高大快佳]"
    r"|\b(?:more|better|best|higher|larger|greater|faster|stronger|superior|worse|worst|inferior|fewer|less|lower"
    r"|smaller|slower"
    r"|outperforms?|ahead|behind|than)\b"
)
_ALLOWED = re.compile(
    r"更|超|优|胜|领先|不如|不到|落后|得多|最|比|首选|越来越|大多|增长|下降|较|要.{0,4}一些|差距"
    r"|\b(?:more|most|better|best|higher|larger|greater|faster|stronger|smaller|fewer|less|than|as good as"
    r"|win\w*|won|ahead|compar\w*"
    r"|advantage|prefer\w*|gr[oe]w\w*|declin\w*|\w+er)\b"
)


def turned(sentence: str, evidence: Sequence[str]) -> str:
    """The clause of the sentence that compares the other way round than the evidence; "" for none."""
    given = [clause for text in evidence for clause in read(text)]
    for clause in read(sentence):
        close = [other for other in near(clause, given) if shared(clause, other) >= 0.3] or given
        if any(_opposed(clause, close, given, one, two) for pair in PAIRS for one, two in (pair, pair[::-1])):
            return clause.text
        if _COMPARES.search(clause.text) and not any(_ALLOWED.search(other.text) for other in given):
            return clause.text
    return ""


def _opposed(
    clause: Clause,
    close: Sequence[Clause],
    given: Sequence[Clause],
    one: re.Pattern[str],
    two: re.Pattern[str],
) -> bool:
    """Does the clause say `one` where the evidence nearest to it says the opposite, `two`?"""
    if not one.search(clause.text):
        return False
    if any(one.search(other.text) for other in close):
        return False
    if any(two.search(other.text) for other in close):
        return True
    return any(two.search(other.text) for other in given) and not any(
        one.search(other.text) for other in given
    )
