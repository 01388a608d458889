"""What the assistant is told to say or not to do: no word of it is of the reader's own case."""

import re

_MARKS = ",.;:!?，。；：！？"
_STARTS = rf"(?:^|(?<=[{_MARKS}])) *(?:(?:please|just|and|so|but|请|麻烦)[ 你您]*)?"
_NAMES = r"tensor|\btf\b|torch|jax|keras|framework|librar|框架|库|庫"
_SELF = rf"我(?!们?(?:[{_MARKS}]|$))|\b(?:i|we|my|our)\b"
_ENDS = rf"(?:(?!{_NAMES}|{_SELF})[^{_MARKS}])*(?:[{_MARKS}]|$)"
_DONT = (
    r"(?:don['’]?t|do not|never|no need to) (?:even |ever |bother (?:to |with )?)?"
    r"(?:verify|check|look|search|consult|cite|quote|explain|elaborate|hedge|lecture|argue|apologi[sz]e|refuse|warn"
    r"|mention|repeat|ramble|say|answer|reply|invent|guess|waffle|overthink"
    r"|(?:ask|tell|give)(?: me| any\w*| back))\b"
)
_WITHOUT = (
    r"(?:no|without)(?: any| more| further)? (?:\w+ )?"
    r"(?:lectures?|explanations?|explaining|hedging|caveats?|disclaimers?|citations?|sources|questions|ado|waffle)\b"
)
_DONT_ZH = (
    r"(?:别|別|甭|勿|不要|不用|不必|无需|無需|不许|不許|不准)(?:再|去|给我|給我|跟我|对我|對我)*"
    r"(?:查|核|验证|驗證|检索|檢索|搜|引用|解释|解釋|啰嗦|囉嗦|废话|廢話|反问|反問|追问|追問|问|問|道歉|犹豫|猶豫|分析"
    r"|绕|繞|编|編|拒绝|拒絕|客套)"
)
_FORBIDDEN = re.compile(f"{_STARTS}(?:{_DONT}|{_WITHOUT}|{_DONT_ZH}){_ENDS}", re.I)
_DICTATED = re.compile(
    r"((?:答|说|寫|写|念|讀|读|输出|輸出|\b(?:say|answer|reply|respond|write|print|output|state|repeat))"
    r"[^\"“「『]{0,12})[\"“「『][^\"”」』]*[\"”」』]",
    re.I,
)


def without_orders(text: str) -> str:
    """A question without the clauses that forbid the assistant something and without dictated answers.

    A clause that speaks of frameworks or of the reader stays, for it may tell something of the case ("Don't
    mention TensorFlow", "No need to explain that we are a bank").
    A question that would be left empty stays whole.
    """
    kept = _FORBIDDEN.sub("", _DICTATED.sub(r"\1", text))
    return kept if kept.strip() else text
