"""How far does a statement go? Limits ("only", "most"), and how strongly it is meant ("may", "must").

A sentence may not go further than its evidence, nor turn its strength into another.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.grounding.clauses import Clause, near, read, shared
from assistant.grounding.lists import listed
from assistant.grounding.names import WORD, canonical
from assistant.grounding.words import content


@dataclass(frozen=True)
class Force:
    """A kind of limit or strength: how it is said, and what in the evidence allows saying it."""

    name: str
    said: re.Pattern[str]
    allowed: re.Pattern[str]


def _force(name: str, said: str, also: str = "") -> Force:
    return Force(name, re.compile(said), re.compile(f"{said}|{also}" if also else said))


LIMITS = (
    _force(
        "only",
        r"(?<!not )\b(?:only|merely)\b|\bsolely\b|\bexclusiv|\bunique to\b|\bnothing but\b"
        r"|(?<!不)只(?![要是]|需|得)|(?<![不仅])仅|都只|独有|唯一|专属",
        r"\bjust\b|(?<!not )\bmerely\b|\balone\b|(?<!不)只|专",
    ),
    _force("not only", r"\bnot (?:only|just|merely)\b|不[只仅]|不单"),
    _force(
        "all",
        r"\b(?:all|every|everyone|everything|entirely|completely)\b|所有|全部|一切|每[个一种]|一律|完全",
        r"\b(?:any|each|both|either|whole|complete|full|fully|no|whichever|whatever)\b"
        r"|100%|都|任何|整个|全面|完完|无论|各",
    ),
    _force("always", r"\b(?:always|constantly|forever)\b|总是|永远|始终", "一直|不断"),
    _force(
        "most",
        r"\bmost(?= (?!\w*(?:ed|ful|ant|lar|ble|ive)\b))|\bmajority\b|大多数|多数|大部分",
        r"\bmost\b|\ball\b|\bgeneral|最",
    ),
    _force(
        "many",
        r"\bmany\b|\bnumerous\b|大量|很多|许多|众多",
        r"\bmost\b|\ball\b|\bmore and more\b|\ba lot\b|\brange\b|\bvarious\b|\bkinds\b"
        r"|各种|越来越多|大多数|广泛|一系列",
    ),
    _force(
        "few",
        r"(?<!\ba )\bfew\b|\brarely\b|\bseldom\b|\blittle\b|少数|极少|很少|罕见",
        r"\ba few\b|\bfewer\b|少",
    ),
    _force(
        "often",
        r"\b(?:often|usually|frequently)\b|通常|经常|往往",
        r"\bgeneral|\bmost|\bsometimes\b|一般|大概率|有时",
    ),
)
_PARTLY = re.compile(r"\b(?:many|most|some|several|certain)\b|很多|许多|大多|一些|某些|部分")

STRENGTHS = (
    _force(
        "must",
        r"\bmust\b|\bha(?:ve|s|d) to\b|\bmandatory\b|\bobligatory\b|\brequire[sd]?\b"
        r"|必须|务必|一定要|必需|非得|不得不|要求",
        r"\bneed(?:ed|s? to)\b|\bessential\b|\bnecessary\b|必备|需要(?=使?用|安装|选)|必要",
    ),
    _force(
        "certain",
        r"\bcertainly\b|\bdefinitely\b|\bsurely\b|\bundoubtedly\b|一定(?!要)|肯定|必然|必定|毫无疑问",
    ),
    _force(
        "should",
        r"\bshould\b|\bought to\b|\brecommend|\badvis|\bsuggest"
        r"|应该|应当|应(?=[使坚考选用])|建议|推荐|最好(?!的)|请(?=[使选考])",
        r"\bplease\b|\bbest to\b|\bstick\b|\bprefer|请|首选",
    ),
    _force("will", r"\bwill\b|将会", r"\b(?:plans?|future|going|would)\b|将|会|未来"),
    _force(
        "may",
        r"(?<!\bin )(?<!\bof )\bmay\b(?! \d)|\bmight\b|\bpossibly\b|\bperhaps\b|\bprobabl[ey]\b|\blikely\b"
        r"|可能|也许|或许|大概率",
        r"\bcan\b|\bcould\b|\bgenerally\b|\bseem|大概|不一定|难说|可以",
    ),
)
_CAN = re.compile(r"\bcan\b|\bcould\b|可以|能(?!力)|可(?!用性|能|视)")
_CONSIDER = re.compile(r"\bconsider|考虑")
_ONLY_IN = re.compile(
    r"\bonly (?:be used )?(?:in|on|to|with)\b|exclusive to"
    r"|(?<!不)只能?(?:在|用|专注)|(?<!不)仅(?:在|限|能)|独有"
)
_ONLY, _ALL, _MOST = LIMITS[0], LIMITS[2], LIMITS[4]
_MUST, _SHOULD, _MAY = STRENGTHS[0], STRENGTHS[2], STRENGTHS[4]

_ALIKE = 0.5
"""Least share of a clause's content that a clause of the evidence must hold to be held against it."""


def overstated(sentence: str, evidence: Sequence[str]) -> tuple[str, str]:
    """("limit" or "modality", what is wrong) where the sentence goes another length, else ("", "")."""
    given = [clause for text in evidence for clause in read(text)]
    for clause in read(sentence):
        close = near(clause, given)
        if name := _widened(clause, close, given) or _narrowed(clause, close):
            return "limit", f"{name!r} is said otherwise in the evidence"
        if name := _strengthened(clause, close, given) or _weakened(clause, close):
            return "modality", f"it is meant otherwise in the evidence: {name!r}"
        if name := _lowered(clause, given) or _raised(clause, given):
            return "modality", f"it is meant otherwise in the evidence: {name!r}"
    return "", ""


def _widened(clause: Clause, close: Sequence[Clause], given: Sequence[Clause]) -> str:
    for limit in LIMITS:
        if limit.said.search(clause.text) and not _licensed(clause, limit, close, given):
            return limit.name
    partly = any(_PARTLY.search(other.text) and not _ALL.said.search(other.text) for other in close)
    return "all" if _ALL.said.search(clause.text) and partly and not _PARTLY.search(clause.text) else ""


def _narrowed(clause: Clause, close: Sequence[Clause]) -> str:
    """A limit of the evidence that the sentence drops: "only in PyTorch", "most models"."""
    alike = [other for other in close if shared(clause, other) >= _ALIKE]
    kept = _ONLY.allowed.search(clause.text)
    if alike and not kept and all(_ONLY_IN.search(o.text) and _same_names(clause, o) for o in alike):
        return "only"
    for other in alike:
        match = _MOST.said.search(other.text)
        if match and not _MOST.allowed.search(clause.text) and _follows(match, other.text, clause.text):
            return "most"
    return ""


def _follows(match: re.Match[str], text: str, clause: str) -> bool:
    """Does the word after a limit stand in the clause too?"""
    after = re.match(r"(?: of the)? ?([a-z]{3,}|[\u4e00-\u9fff]{2})", text[match.end() :])
    return after is not None and after[1] in clause


def _strengthened(clause: Clause, close: Sequence[Clause], given: Sequence[Clause]) -> str:
    for strength in STRENGTHS:
        if strength.said.search(clause.text) and not _licensed(clause, strength, close, given):
            return strength.name
    if _SHOULD.said.search(clause.text) and not _CONSIDER.search(clause.text):
        telling = [other for other in close if _SHOULD.said.search(other.text)]
        if telling and all(_CONSIDER.search(other.text) for other in telling):
            return "consider"
    return ""


def _weakened(clause: Clause, close: Sequence[Clause]) -> str:
    """A strength of the evidence that the sentence lowers to "can", or a doubt that it drops."""
    alike = [other for other in close if shared(clause, other) >= _ALIKE and shared(other, clause) >= 0.5]
    if not alike or len(clause.content) < 2:
        return ""
    doubtful = _MAY.said.search(clause.text)
    able = doubtful or _CAN.search(clause.text)
    for strength in (_MUST, _SHOULD):
        kept = strength.allowed.search(clause.text)
        if able and not kept and all(strength.said.search(o.text) and not _CAN.search(o.text) for o in alike):
            return strength.name
    if not able and all(_doubted(clause, other) for other in alike):
        return "may"
    return ""


def _doubted(clause: Clause, other: Clause) -> bool:
    """Does the other clause doubt what this one says?"""
    match = _MAY.said.search(other.text)
    if match is None:
        return False
    reach = 40 if match.group().isascii() else 14
    return bool(content(other.text[match.end() : match.end() + reach]) & clause.content)


def _lowered(clause: Clause, given: Sequence[Clause]) -> str:
    """ "can use" where the evidence says "should use" and nowhere "can use"."""
    able = _heads(_ABLE, clause)
    strong = {head for other in given for head in _heads(_STRONG, other)}
    weak = {head for other in given for head in _heads(_ABLE, other)}
    return "should" if able & strong - weak else ""


_STRONG = re.compile(r"\b(?:should|must|ought to)\b|应该|应当|必须|建议")
_ABLE = re.compile(r"\b(?:can|could|may|might)\b|可以|可能")
_HEAD = re.compile(
    r"(?: (?:also|still|then|probably))? ([a-z]{2,})"
    r"|(?:在.{1,8}?[年中上下里])?(?:还|仍然|坚持|密切)?([\u4e00-\u9fff]{2})"
)


def _raised(clause: Clause, given: Sequence[Clause]) -> str:
    """ "must choose PyTorch" where the evidence says "please choose PyTorch" and never "must"."""
    mine = _objects(_MUST.said, clause)
    advised = {pair for other in given for pair in _objects(_ADVISED, other)}
    demanded = {pair for other in given for pair in _objects(_MUST.allowed, other)}
    return "must" if mine & advised - demanded else ""


_ADVISED = re.compile(rf"{_SHOULD.allowed.pattern}|\bcan\b|\bmay\b|可以|考虑")
_OBJECT = re.compile(
    r"\W*(\w{2,}?)(?:ing)?\W+(?:\w+ )??([a-z][a-z.]+)|\W*([\u4e00-\u9fff]{1,2})\W*([a-z][a-z.]+)"
)


def _objects(modal: re.Pattern[str], clause: Clause) -> set[tuple[str, str]]:
    """(verb, framework) right after a modal word."""
    found = (_OBJECT.match(clause.text, match.end()) for match in modal.finditer(clause.text))
    pairs = ((match[1] or match[3], match[2] or match[4]) for match in found if match)
    return {(verb[:1], name) for verb, name in pairs if name in _FRAMEWORKS}


def _heads(modal: re.Pattern[str], clause: Clause) -> set[str]:
    """The verbs right after a modal word."""
    found = (_HEAD.match(clause.text, match.end()) for match in modal.finditer(clause.text))
    return {head[1] or head[2] for head in found if head}


def _licensed(clause: Clause, force: Force, close: Sequence[Clause], given: Sequence[Clause]) -> bool:
    """Does the evidence about the same thing have the force, too?

    The nearest clauses decide; where they say nothing of strength at all, any clause that shares a word may.
    """
    if any(force.allowed.search(o.text) and (force is not _ONLY or _compatible(clause, o)) for o in close):
        return True
    if force is _ALL and any("100%" in other.text for other in given):
        return True
    firm = [strength.said for strength in STRENGTHS[:4]] + [_SHOULD.allowed]
    if close and (force in LIMITS or any(pattern.search(c.text) for c in close for pattern in firm)):
        return False
    return any(
        force.allowed.search(other.text) and clause.content & other.content and _compatible(clause, other)
        for other in given
    )


def _compatible(clause: Clause, other: Clause) -> bool:
    mine, theirs = _names(clause), _names(other)
    return not mine or not theirs or bool(mine & theirs)


def _same_names(clause: Clause, other: Clause) -> bool:
    return bool(_names(clause) & _names(other))


def _names(clause: Clause) -> set[str]:
    return {word for word in WORD.findall(clause.text) if word in _FRAMEWORKS}


_FRAMEWORKS = listed("tensorflow pytorch jax keras onnx torchserve coral haiku sonnet")

_BOUND = re.compile(
    r"(?P<under>\b(?:fewer|less) than|\bunder|\bbelow|\bat most|\bup to|不到|不足|少于|低于|至多|最多)"
    r"|(?P<over>\b(?:more than|over|above|at least|exceed\w*)|超过|多于|高于|至少|远超|以上)"
    r"|(?P<exactly>\bexactly|\bprecisely|正好|恰好|整整)"
    r"|(?P<only>\bonly|\bjust|只有?|仅有?|才)"
    r"|(?P<about>\b(?:about|around|nearly|almost|roughly|approximately)|大约|大概|约|近|将近|接近|左右)"
)
_NUMBER = re.compile(r"(?<![a-z\d.#])\d+(?:\.\d+)?(?:/\d{1,2})?%?")
_SOFT = {"", "about", "only"}


def misbounded(sentence: str, evidence: Sequence[str]) -> str:
    """A number that the sentence bounds otherwise ("fewer than 2/3", "more than 2/3"); "" for none.

    "about" and "only" may be dropped, since the number stays the same; nothing but "about" may be put in.
    """
    given: dict[str, set[str]] = {}
    for text in evidence:
        for value, bound in bounds(text):
            given.setdefault(value, set()).add(bound)
    for value, bound in bounds(sentence):
        theirs = given.get(value, {bound})
        dropped = bound in ("", "about") and theirs <= _SOFT
        if (
            bound not in theirs
            and not dropped
            and not (bound == "only" and theirs <= {"only", ""} and "only" in theirs)
        ):
            return value
    return ""


def bounds(text: str) -> list[tuple[str, str]]:
    """(number, how the word right before it bounds it: "under", "over", "exactly", "only", "about" or "")."""
    text = canonical(text).lower()
    found = []
    for match in _NUMBER.finditer(text):
        before = text[max(0, match.start() - 16) : match.start()]
        hits = [
            m for m in _BOUND.finditer(before) if len(re.sub(r"\s|有|the|of|a", "", before[m.end() :])) <= 1
        ]
        after = re.match(r"\s*(?:个|的)?(以上|以下|\+|or more|or less|左右)", text[match.end() :])
        bound = str(hits[-1].lastgroup) if hits else ""
        if after and not bound:
            bound = {"以上": "over", "or more": "over", "+": "", "左右": "about"}.get(after[1], "under")
        found.append((match.group(), bound))
    return found
