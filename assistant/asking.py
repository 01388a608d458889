"""What a question asks for, as far as its form tells; questions are taken as written, in either script."""

import re

from assistant.text import simplified, split_sentences

_CLAUSES = re.compile(
    r"[?？,，;；。]|\.\s"
    r"|\b(?:and|or|but)(?=\s+(?:(?:in|for|on|by) )?(?:what|which|who|when|where|why|how|does|is|did)\b)",
    re.I,
)
_ASKS = re.compile(
    r"什么|甚么|啥|哪|谁|多少|几|为何|怎么|咋|如何|怎样|理由|原因|依据|是否|吗|呢"
    r"|\b(?:what|which|who|whom|whose|when|where|why|how|is|are|does|do|did|can|was|were|should|will|would|has|have|reasons?)\b",
    re.I,
)
_SUPPOSES = re.compile(
    r"既然|作为|因为|由于|鉴于|\b(?:since|given that|because|seeing that|now that|as an?|being)\b", re.I
)


def parts(question: str) -> int:
    """How many things are asked: clauses and list members with a question word of their own, at least 1."""
    pieces = [piece for clause in _CLAUSES.split(simplified(question)) for piece in clause.split("、")]
    return max(1, sum(bool(_ASKS.search(piece)) for piece in pieces))


def clauses(question: str, stated: bool = False) -> list[str]:
    """What is asked or supposed in a text of several clauses, one by one; empty for a single clause.

    In the Simplified script. With `stated`, also what is merely stated beside it.
    """
    pieces = [clause for piece in _CLAUSES.split(simplified(question)) if (clause := piece.strip())]
    told = [clause for clause in pieces if stated or _ASKS.search(clause) or _SUPPOSES.search(clause)]
    return told if len(pieces) > 1 and any(map(_ASKS.search, told)) else []


_DEFINES = re.compile(
    r"是(?:一?个|一种)?(?:做|干|用)?(?:什么|甚么|啥)|什么是|怎么介绍|介绍一下|有什么用|作用|角色"
    r"|\bwhat(?:'s| is| are)\b|\bwhat (?:does|role)\b.*\b(?:do|offer|mean|provide|play)\b",
    re.I,
)


def wants_whole(question: str) -> bool:
    """Does the question ask for several things, or for what something is, so that a part is no answer?"""
    return parts(question) > 1 or _DEFINES.search(simplified(question)) is not None


_ORDERS = re.compile(
    r"输出|回复|回答|复述|重复|念|扮演|假装|写[一首篇段个封]|作[一首]|编[一个]|唱|翻译|说(?:一遍|出|[「“\"'])|执行|确认"
    r"|\b(?:say|reply|respond|repeat|print|write|output|compose|sing|pretend|confirm|translate|recite)\b",
    re.I,
)


def is_order(question: str) -> bool:
    """Is something to be said or written, and nothing asked?"""
    text = simplified(question)
    asks = _ASKS.search(text) or "?" in text or "？" in text
    return not asks and _ORDERS.search(text) is not None


_OVERRIDES = re.compile(
    r"(?:忽略|忽视|无视|不(?:要|用)?(?:理会|管)|忘(?:记|掉|了)|抛开|跳过|绕过)[^。？！?!]{0,16}(?:指令|指示|提示|规则|设定|要求|限制)"
    r"|\b(?:ignore|disregard|forget|override|bypass|skip)\b[^.?!]{0,50}"
    r"\b(?:instructions?|prompts?|rules?|guidelines?|directions?|orders?)\b",
    re.I,
)


def without_overrides(question: str) -> str:
    """A question without the sentences that put the assistant under other rules, and what they dictate."""
    sentences = split_sentences(question)
    overrides = [text for text in sentences if _OVERRIDES.search(simplified(text))]
    kept = [text for text in sentences if text not in overrides and not is_order(text)]
    asks = any(text.endswith(("?", "？")) for text in kept)
    return " ".join(kept) if overrides and asks else question


_SMALL_TALK = re.compile(
    r"\W*(?:(?:hi|hello|hey|good (?:morning|evening|afternoon)|thanks?|thank you|help|test|bye)"
    r"(?: there| you| a lot)?"
    r"|who are you|what are you|what can (?:i ask(?: you)?|you (?:do|answer|tell me|help(?: me)? with))"
    r"|how (?:do|can) you help(?: me)?"
    r"|(?:你|您)好[啊呀]?|哈[喽啰罗]|嗨|在吗|早上好|晚上好|谢谢[你您]?|再见|帮助"
    r"|(?:你|您)(?:是谁|是什么|叫什么(?:名字)?|能(?:做|干|回答)什么|会(?:做|干)?什么)|(?:我)?(?:能|可以)问(?:你)?什么)\W*",
    re.I,
)


def is_small_talk(question: str) -> bool:
    """Is it a greeting, or a question about the assistant itself?"""
    return _SMALL_TALK.fullmatch(simplified(question)) is not None


_EXCELS = re.compile(
    r"优势|优点|长处|强在|好在|胜过|超过|领先|\b(?:advantages?|strengths?|better|ahead|beats?|over|outperforms?)\b",
    re.I,
)


def excels(question: str) -> bool:
    """Does it ask what one thing has over another?"""
    return _EXCELS.search(simplified(question)) is not None


_REASON = re.compile(r"为何|为什么|凭什么|理由|原因|依据|\bwhy\b|\breasons?\b|\bgrounds\b|\bhow come\b", re.I)


def wants_reason(question: str) -> bool:
    """Does the question ask for a reason, alone or beside something else?"""
    return _REASON.search(simplified(question)) is not None


_KINDS = {
    "number": re.compile(
        r"多少|几[个种轮成倍分项款]|百分之|占比|比例"
        r"|\bhow (?:many|much|large)\b|\bpercent\w*|\bwhat (?:share|fraction|proportion|portion)\b",
        re.I,
    ),
    "list": re.compile(
        r"哪[些几两二三四五六七八九十0-9]|都有|分别|列[举出]|各[自是有]|一个.+另一个"
        r"|\brespectively\b|\bone\b.+\bthe other\b"
        r"|\beach\b|\blist\b|\bname (?:all|the|three|two)\b"
        r"|\b(?:which|what) (?:two|three|four|five|six|several)\b"
        r"|\bwhich (?:\w+ )?(?:tools|libraries|frameworks|options|components|platforms|languages|apis|devices"
        r"|operating systems)\b",
        re.I,
    ),
    "definition": _DEFINES,
    "comparison": re.compile(
        r"相比|比较|对比|区别|不同(?![的身类])|不一样|异同|差[别异]|哪个更|谁更|\bcompare|\bdiffer|\bversus\b|\bvs\b|\bbetter\b|\bthan\b",
        re.I,
    ),
}


def kinds(question: str) -> frozenset[str]:
    """The kinds of answer that the words of a question ask for; often none."""
    text = simplified(question)
    return frozenset(kind for kind, pattern in _KINDS.items() if pattern.search(text))


def wants_several(question: str) -> bool:
    """Does the question ask for more than one thing?"""
    return parts(question) > 1 or not kinds(question).isdisjoint({"list", "comparison"})
