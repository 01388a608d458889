"""Words: what a text is about, and how much of it another text says too."""

import re
from collections.abc import Iterator
from functools import lru_cache

from assistant.grounding.lists import listed
from assistant.grounding.names import canonical
from assistant.grounding.numbers import NUMBER
from assistant.text import CJK

STOP = listed(
    """
    a an and are as at be been being but by did do does done for from had has have having he how i if in
    into is it its itself of on onto or our she so such than that the their them themselves then there
    these they this those to up us was we were what when where which while who whom whose why will with
    would you your yours also about according article author both either one says said according yes no
    not s t d ll re ve too as well still via each other some any people someone something thing things
    given because since although though however therefore thus moreover overall say whereas can could
    may might must should shall cannot only just never more most less least few fewer many much very
    quite even already yet ever again
    """
)
"""English words that tell nothing about the subject of a sentence."""
STOP_ZH = frozenset(
    "的了和与或在是有为于对把被也都就而及其它这那他她们个些种中上下里后前将会能可以到从由等之以吗呢吧啊还并且得着过地所让使"
)
"""Chinese characters that tell nothing about the subject of a sentence."""

_SYNONYMS = (
    "release publish launch debut come_out",
    "make create build develop write",
    "use employ utilise work run usable available usage adopt adoption",
    "choose pick select choice opt",
    "move turn switch migrate migration convert change",
    "grow rise increase climb growth",
    "decline decrease fall drop shrink",
    "design intend mean aim purpose",
    "provide offer give contain include cover",
    "help let allow enable",
    "recommend advise advice suggest",
    "hard difficult tough",
    "easy simple effortless",
    "fast quick rapid",
    "big large",
    "stay remain stick keep",
    "show reveal indicate",
    "company firm",
    "support handle",
    "need require",
    "call name",
    "difference differ different",
    "deploy deployment",
    "integrate integration",
    "optimise optimize optimisation optimization",
    "application app",
    "whole complete entire",
    "repository repo",
    "speech voice",
    "industry industrial",
    "beginner newcomer novice",
    "mobile phone",
    "reason why",
    "confuse confusing",
    "accompany accompanying",
    "constraint limitation",
    "fix solve address resolve",
    "essence essentially basically",
    "embrace adopt",
)
_IRREGULAR = {
    "made": "make", "built": "build", "grew": "grow", "grown": "grow", "rose": "rise", "risen": "rise",
    "fell": "fall", "gave": "give", "given": "give", "chose": "choose", "chosen": "choose", "kept": "keep",
    "meant": "mean", "won": "win", "wins": "win", "wrote": "write", "written": "write", "came": "come",
    "led": "lead", "let": "let", "lets": "let", "ran": "run", "brought": "bring", "taught": "teach",
    "apps": "app", "uses": "use", "used": "use", "using": "use", "users": "user",
}  # fmt: skip
_SUFFIXES = (
    "izations", "ization", "isations", "isation", "ations", "ation", "ments", "ment", "ings", "ing", "ies",
    "ness", "ely", "ly", "ers", "ed", "es", "er", "s", "e", "y",
)  # fmt: skip

_FOLDED_ZH = tuple(
    (re.compile(pattern), folded)
    for pattern, folded in (
        (r"使用|采用|运用|用来|用于|选用", "用"),
        (r"推出|释出|发表|面世|问世|上线", "发布"),
        (r"构建|搭建|建立|开发(?!人)|打造|制作|建成", "创建"),
        (r"选择|挑选|选取|选(?!项)", "选"),
        (r"推荐", "建议"),
        (r"移动端|移动设备|移动平台|手机", "移动"),
        (r"工业界|产业界|业界", "业界"),
        (r"学术界|学界", "学界"),
        (r"研究人员|科研人员|研究员|从业者", "研究者"),
        (r"新手|入门者", "初学者"),
        (r"上涨|涨到|长到|涨|上升|增加", "增长"),
        (r"将来|今后|以后", "未来"),
        (r"以前|过去|从前|之前|原来|原先|当时|彼时", "从前"),
        (r"适用于|兼容|可用于", "适合"),
        (r"称为|称作|叫作|叫做|名叫|名为|称", "叫"),
        (r"许多|大量", "很多"),
        (r"应用程序|应用", "应用"),
        (r"转而|转向|改用|转投|迁移|切换", "转向"),
        (r"工具包|工具集", "工具"),
        (r"原始码|源码", "源代码"),
        (r"很像|相像", "相似"),
        (r"整合", "集成"),
        (r"支援", "支持"),
        (r"伺服器", "服务器"),
        (r"装置", "设备"),
        (r"程式", "程序"),
        (r"网路", "网络"),
        (r"音讯", "音频"),
        (r"视讯|影片", "视频"),
        (r"如果|要是|倘若|假如|的话|一下|非常|十分|相当|比较|目前|现在|如今|仍然|依然|依旧|仍旧", ""),
        (r"仍|还是|只要", ""),
        (r"大约|大概率|大概|左右|将近|约|某些|一些|自然|本身|的确|等等|所有|全部|用户|使用者|借助|利用", ""),
        (r"应该|应当|必须|很可能|可能", ""),
    )
)  # fmt: skip

_LATIN_WORD = re.compile(r"[a-z][a-z0-9]*(?:\.[a-z0-9]+)*(?:\+\+|#)?")
_CLAUSE_END = re.compile(
    rf"[;；。!?:](?=\s|[^\d\w]|$|[{CJK}])|\.(?=\s|$)|,(?!\d)|，"
    r"|\b(?:but|while|whereas|although|because|and then)\b"
    r"|但是?|而(?![且言])|然而|因为|因此|所以|不过(?=[,，])",
    re.I,
)


def _stem(word: str) -> str:
    """A light suffix stripper: enough to let "deploys", "deployed" and "deployment" meet."""
    word = _IRREGULAR.get(word, word)
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


_REPRESENTATIVE = {_stem(word): _stem(group.split()[0]) for group in _SYNONYMS for word in group.split()}


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """The form in which an English word is compared: its stem, or that of a nearer synonym."""
    stemmed = _stem(word)
    return _REPRESENTATIVE.get(stemmed, stemmed)


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """A canonical text in lower case with Chinese synonyms made one; for comparing, not for reading."""
    text = text.lower()
    for pattern, word in _FOLDED_ZH:
        text = pattern.sub(word, text)
    return re.sub(r"\bc(?:a|o)me out\b|\bcoming out\b", "release", text)


@lru_cache(maxsize=4096)
def content(text: str) -> frozenset[str]:
    """What a text is about: Chinese character pairs, English stems, names and numbers; no grammar words."""
    text = folded(canonical(text))
    tokens = {stem(word) for word in _LATIN_WORD.findall(text) if word not in STOP and len(word) > 1}
    tokens |= {number for number in NUMBER.findall(text)}
    return frozenset(tokens | {pair for run in _runs(text) for pair in _pairs(run)})


@lru_cache(maxsize=4096)
def characters(text: str) -> frozenset[str]:
    """The Chinese characters of a text that carry meaning."""
    return frozenset(c for run in _runs(folded(canonical(text))) for c in run)


def coverage(sentence: str, evidence: str) -> float:
    """Share of the sentence's content found in the evidence, 0 to 1.

    Chinese counts both by pairs and by single characters, because a pair breaks where a word is put in.
    """
    wanted = content(sentence)
    if not wanted:
        return 0.0
    held = len(wanted & content(evidence))
    single = characters(sentence)
    loose = len(single & characters(evidence))
    return (held + loose) / (len(wanted) + len(single))


ADDED_WORDS, ADDED_CHARACTERS = 2, 3
"""So many new words in a row are an addition: honest rewording changes one at a time."""


def addition(sentence: str, known: str) -> str:
    """The first run of English words or Chinese characters that `known` does not hold; "" for none."""
    text = folded(canonical(sentence))
    held, single = content(known), characters(known)
    run: list[str] = []
    for word in _LATIN_WORD.findall(text):
        if word not in STOP and len(word) > 1:
            run = [] if stem(word) in held else [*run, word]
        if len(run) == ADDED_WORDS:
            return " ".join(run)
    for part in _runs(text):
        run = []
        for character in part:
            run = [] if character in single else [*run, character]
            if len(run) == ADDED_CHARACTERS:
                return "".join(run)
    return ""


@lru_cache(maxsize=4096)
def clauses(text: str) -> tuple[str, ...]:
    """The clauses of a canonical text, in order; fragments of an enumeration stay with what precedes them."""
    parts: list[str] = []
    for part in _CLAUSE_END.split(text):
        if not part.strip():
            continue
        if parts and len(content(part)) <= 1:
            parts[-1] += ", " + part.strip()
        else:
            parts.append(part.strip())
    return tuple(parts)


def _runs(text: str) -> Iterator[str]:
    for run in re.findall(f"[{CJK}]+", text):
        yield from "".join(" " if c in STOP_ZH else c for c in run).split()


def _pairs(run: str) -> set[str]:
    return {run[i : i + 2] for i in range(len(run) - 1)} or {run}
