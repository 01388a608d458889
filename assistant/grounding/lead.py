"""The word that answers a yes/no question before the sentence begins: "Yes, ...", "不是,...".

It is split off before a sentence is checked, and then held against what the rest says of the question.
"""

import re
from collections.abc import Sequence

from assistant.grounding.binding import misbound
from assistant.grounding.clauses import near, read
from assistant.grounding.contrast import turned
from assistant.grounding.force import misbounded, overstated
from assistant.grounding.names import Vocabulary, canonical, is_chinese
from assistant.grounding.numbers import number_kind, numbers
from assistant.grounding.polarity import denials, misdenied, negated
from assistant.grounding.words import content, coverage

_YES_ZH = "是的|是|对的|对|没错|正确|可以的|可以|能|会|有|应该|需要|支持"
_NO_ZH = (
    "不是的|不是|不对|不正确|不可以|不能|不会|没有|不应该|不需要|不支持"
    "|并不是|并非|并非如此|不完全是|其实不是|不|否|没"
)
_YES_EN = r"yes|correct|right|that(?:'s| is) (?:right|correct|true)|indeed|true"
_NO_EN = (
    r"no|not (?:exactly|quite|really)|incorrect|that(?:'s| is) (?:wrong|not (?:right|correct|true))|false"
)
_NEUTRAL = r"actually|in fact|其实|事实上|实际上"
_LEAD = re.compile(
    rf"^\s*(?:(?P<no>{_NO_ZH}|{_NO_EN})|(?P<yes>{_YES_ZH}|{_YES_EN})|(?:{_NEUTRAL}))"
    r"(?:\s*[,，。.:：;；、!！]+\s*|$)",
    re.I,
)
_TURNED = {
    "yes": "No", "no": "Yes", "correct": "No", "right": "No", "indeed": "No", "true": "No", "false": "Yes",
    "是的": "不是", "是": "不是", "对": "不对", "对的": "不对", "没错": "不对", "不是": "是的", "不对": "对",
    "不": "是的", "可以": "不可以", "不可以": "可以", "能": "不能", "不能": "能", "会": "不会", "不会": "会",
    "有": "没有", "没有": "有", "应该": "不应该", "不应该": "应该", "需要": "不需要", "不需要": "需要",
    "支持": "不支持", "不支持": "支持",
}  # fmt: skip
_OPEN = re.compile(
    r"^\W*(?:what|which|who|whom|whose|when|where|why|how)\b|什么|哪|谁|为何|为什么|怎么|如何|多少|几[个家种年]|还是|\bor\b.*\?$",
    re.I,
)
_ASKING = re.compile(
    r"吗|呢|是否|是不是|能不能|可不可以|会不会|有没有|对不对|[??？]\s*$|^\s*(?:请问|那么?|so|and|but)\s*[,，]?\s*",
    re.I,
)
_AUXILIARY = re.compile(
    r"^\s*(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should|must|may)\b\s*", re.I
)
_PLANNED = re.compile(
    r"\bplan(?:s|ned)? to\b|\bin the future\b|\bnot yet\b|计划|打算(?:在|于|支持)|将来|未来(?:会|将|的版本)",
    re.I,
)
"""What is only planned is not so now."""
ABOUT = 0.5
"""Least share of the question that a statement must take up to be its confirmation."""


_REPORT = re.compile(
    r"^\s*(?:according to (?:the|this) (?:article|author|text),?"
    r"|(?:(?:the|this) (?:article|author|text)|it) (?:says|states|notes|mentions|explains|writes|adds"
    r"|suggests|gives the (?:reason|advice))(?: that)?[,:]?(?= )"
    r"|(?:根据|按照)(?:文章|本文|作者|原文)[^,，:：]{0,6}[,，:：]"
    r"|(?:这篇|本)?(?:文章|文|作者)(?:中)?(?:说|指出|提到|认为|介绍|写道|(?:这样)?建议的依据是"
    r"|给出了?(?:的?(?:理由|建议)(?:是|为|,即)?)?)"
    r"[,，:：]?)\s*",
    re.I,
)


def strip_report(sentence: str) -> str:
    """The sentence without "The article says that": all that is said is said by the article."""
    rest = _REPORT.sub("", sentence, count=1)
    return rest if rest.strip() else sentence


def split_lead(sentence: str) -> tuple[str, str]:
    """(the leading yes or no with its comma, the rest); the lead is empty where there is none."""
    match = _LEAD.match(sentence)
    if not match or not sentence[match.end() :].strip():
        return "", sentence
    return match.group(), sentence[match.end() :]


def settle_lead(
    sentence: str, question: str, statements: Sequence[tuple[str, str]], vocabulary: Vocabulary
) -> str:
    """The sentence with the lead that the rest of it calls for; without one where that cannot be told."""
    lead, rest = split_lead(sentence)
    says = _polarity(lead)
    if not says:
        return sentence
    wanted = answer_to(question, [(rest, ""), *statements], vocabulary)
    if says < 0 and _evades(question, rest, vocabulary):
        return _capitalised(rest)
    if wanted == says and not lead_contradicts(sentence, question, statements, vocabulary):
        return sentence
    word = re.sub(r"[^\w' ]", "", lead).strip()
    opposite = _TURNED.get(word.lower())
    if not wanted or opposite is None:
        return _capitalised(rest)
    return lead.replace(word, opposite, 1) + rest


def evades(text: str, question: str, given: str, vocabulary: Vocabulary) -> bool:
    """Does an answer to a yes/no question leave out a name asked about, which its evidence `given` has?

    What is asked about first may be "it" in the answer.
    """
    asked = [name.value for name in vocabulary.find(_claim(question)) if name.known]
    return not set(asked[1:]) & vocabulary.names_in(given) <= vocabulary.names_in(text)


def lead_contradicts(
    sentence: str, question: str, statements: Sequence[tuple[str, str]], vocabulary: Vocabulary
) -> bool:
    """Does the leading yes or no say the opposite of what the rest of the sentence makes of the question?"""
    lead, rest = split_lead(sentence)
    says = _polarity(lead)
    if not says:
        return False
    wanted = answer_to(question, [(rest, ""), *statements], vocabulary)
    return wanted == -says or (says > 0 and _names_another(question, rest, statements, vocabulary))


def _evades(question: str, rest: str, vocabulary: Vocabulary) -> bool:
    """Does the rest deny nothing, and leave out a name that the question asks about?"""
    claim = _claim(question)
    return bool(claim) and not denials(rest) and not vocabulary.names_in(claim) <= vocabulary.names_in(rest)


def _names_another(
    question: str, rest: str, statements: Sequence[tuple[str, str]], vocabulary: Vocabulary
) -> bool:
    """Does the question ask about a name that neither the sentence nor its evidence mentions?"""
    given = " ".join((rest, *(side for statement in statements for side in statement)))
    claim = _claim(question)
    return bool(claim) and not vocabulary.names_in(claim) <= vocabulary.names_in(given)


def answer_to(question: str, statements: Sequence[tuple[str, str]], vocabulary: Vocabulary) -> int:
    """What the statements (with their twins) answer to a yes/no question: 1 yes, -1 no, 0 cannot be told.

    The first statement that takes the question up decides. Negative and open questions are left alone.
    """
    claim = _claim(question)
    if not claim:
        return 0
    for statement, other in statements:
        both = f"{statement} {other}"
        if is_chinese(statement) != is_chinese(claim) or coverage(claim, both) < ABOUT:
            continue
        if vocabulary.names_in(claim) <= vocabulary.names_in(both):
            return -1 if _denied(claim, statement, other, vocabulary) else 1
    return 0


def _claim(question: str) -> str:
    """What a yes/no question asks to confirm, as a statement; "" for other questions."""
    text = canonical(question)
    if (
        not text
        or _OPEN.search(text)
        or negated(re.sub("是不是|能不能|可不可以|会不会|有没有|对不对", "", text))
    ):
        return ""
    if not is_chinese(text) and not _AUXILIARY.match(_ASKING.sub("", text)):
        return ""
    if is_chinese(text) and not re.search("吗|是否|是不是|能不能|可不可以|会不会|有没有|对不对", text):
        return ""
    return _AUXILIARY.sub("", _ASKING.sub("", text)).strip()


def _denied(claim: str, statement: str, other: str, vocabulary: Vocabulary) -> bool:
    kind, what = overstated(claim, [statement])
    counted = {number_kind(n) for n in numbers(statement)}
    return bool(
        (_PLANNED.search(statement) and not _PLANNED.search(claim))
        or misdenied(claim, [statement])
        or _is_negated(claim, statement)
        or kind == "limit"
        or "must" in what
        or misbounded(claim, [statement])
        or turned(claim, [statement])
        or any(number_kind(n) in counted for n in numbers(claim) - numbers(statement))
        or misbound(claim, [(statement, other)], vocabulary)
    )


def _is_negated(claim: str, statement: str) -> bool:
    """Does the part of the statement nearest to the claim deny something of it?"""
    close = {other.text for clause in read(claim) for other in near(clause, read(statement))}
    return any(denial.clause.text in close and denial.scope & content(claim) for denial in denials(statement))


def _polarity(lead: str) -> int:
    match = _LEAD.match(lead) if lead else None
    if not match:
        return 0
    return -1 if match["no"] else 1 if match["yes"] else 0


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:] if text[:1].isascii() else text
