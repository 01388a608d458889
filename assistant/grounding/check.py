"""The one decision: does a sentence follow from the sentences it cites?

Checks in order, each of which can only refuse: the sentence's numbers and names stand in its evidence;
enough of its words are the evidence's words, in every clause; negation, limits, comparison, strength and
praise agree; it is said of the same subject, and so is each name and number; and a leading "yes" or "no"
fits the rest.

Texts are compared in one language; the other edition's quote only adds numbers and names, so that
"December" and "12 月" meet.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from assistant.grounding.alternatives import other_of_its_kind
from assistant.grounding.binding import misbound
from assistant.grounding.clauses import read
from assistant.grounding.conditions import flatly_stated
from assistant.grounding.contrast import turned
from assistant.grounding.force import misbounded, overstated
from assistant.grounding.lead import lead_contradicts, split_lead, strip_report
from assistant.grounding.names import Vocabulary, canonical
from assistant.grounding.numbers import missing_numbers, numbers
from assistant.grounding.polarity import misdenied
from assistant.grounding.ratings import unearned
from assistant.grounding.subjects import half_told, misreferred, reattached
from assistant.grounding.winners import wrong_winners
from assistant.grounding.words import addition, content, coverage
from assistant.text import normalise

Kind = Literal[
    "",
    "none",
    "number",
    "name",
    "overlap",
    "negation",
    "limit",
    "comparison",
    "modality",
    "rating",
    "subject",
    "binding",
    "lead",
]
"""Which check refused: "" for none of them, "none" where there is no usable evidence."""


@dataclass(frozen=True)
class Quote:
    """A sentence of the article in both editions; `text` is in the answer's language, `other` is its twin.

    `context` is what stands above it, its headings: names of the headings may be named, too.
    """

    text: str
    other: str
    context: str = ""


@dataclass(frozen=True)
class Support:
    """The outcome of a check: `verdict` is None where the sentence is refused, and `reason` says why.

    `kind` names the check that refused, and `missing` the names or numbers it could not place.
    """

    verdict: str | None
    reason: str
    kind: Kind = ""
    missing: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.verdict is not None


MIN_COVERAGE = 0.58
"""Least share of a sentence's content that its evidence must hold."""
MIN_WORD_COVERAGE = 0.45
"""Least share of its English words, names and numbers left out; Chinese pairs break too easily."""
MIN_CLAUSE_COVERAGE = 0.34
"""Least share for each clause of some length: nothing is added whole."""
ECHO = 0.9
"""Share of a sentence that the question holds from which it only repeats it: the evidence has to hold
as much."""
MAX_LENGTH = 1000
"""Characters of a sentence; the longest of the article has about 310. What is longer is not read."""
MAX_QUOTE = 2000

_QUOTED = Support("quoted", "stands in the article word for word")


@dataclass(frozen=True)
class _Case:
    """A sentence without its lead, and what it rests on."""

    body: str
    sentence: str
    question: str
    quotes: tuple[Quote, ...]
    vocabulary: Vocabulary

    @property
    def texts(self) -> list[str]:
        return [quote.text for quote in self.quotes]

    @property
    def sides(self) -> list[tuple[str, str]]:
        return [(quote.text, quote.other) for quote in self.quotes]

    @property
    def headings(self) -> str:
        return " ".join(quote.context for quote in self.quotes)

    @property
    def both(self) -> str:
        return " ".join(f"{quote.text} {quote.other}" for quote in self.quotes)


def check(sentence: str, quotes: Sequence[Quote], vocabulary: Vocabulary, question: str = "") -> Support:
    """Is the sentence supported by its quotes? Fails closed: nothing cited is nothing supported.

    With `question`, a leading yes or no must fit, and nothing may be echoed from the question that the quotes
    do not say. Never raises; linear in the length of the quotes.
    """
    usable = tuple(
        dict.fromkeys(q for q in quotes if 0 < len(q.text) <= MAX_QUOTE and len(q.other) <= MAX_QUOTE)
    )
    if not usable:
        return Support(None, "no evidence", "none")
    if len(sentence) > MAX_LENGTH:
        return Support(None, f"longer than {MAX_LENGTH} characters, which no sentence is", "overlap")
    body = strip_report(split_lead(sentence)[1])
    if not content(body) or "```" in body:
        return Support(None, "it says nothing that could be checked", "overlap")
    case = _Case(body, sentence, question[:MAX_LENGTH], usable, vocabulary)
    quoted = _is_quoted(case)
    spelled = _is_spelled_out(case)
    for refuse in (_lead,) if quoted or spelled else _CHECKS:
        refusal = refuse(case)
        if refusal is not None:
            return refusal
    if quoted:
        return _QUOTED
    share = coverage(body, " ".join(case.texts))
    return Support(
        "supported", f"numbers, names and negation agree; {share:.0%} of its words are in the evidence"
    )


def _is_quoted(case: _Case) -> bool:
    bare = _bare(case.body)
    return any(bare == _bare(text) or _stands_whole(bare, text) for text in case.texts)


_SPELLS = re.compile(
    r"\s*([A-Z]{2,6})\s*(?:stands for|is short for|means|指的是|是指|的全称是|代表|即)\s*"
    r"(.+?)(?:的缩写)?[.。]?\s*",
    re.I,
)


def _is_spelled_out(case: _Case) -> bool:
    """Does it spell out an abbreviation that the evidence gives in brackets, "speech recognition (ASR)"?"""
    match = _SPELLS.fullmatch(normalise(case.body))
    return match is not None and any(
        re.sub(r"\s", "", f"{match[2]}({match[1]})") in re.sub(r"\s", "", normalise(text))
        for text in case.texts
    )


def _stands_whole(bare: str, text: str) -> bool:
    """Does a piece of the evidence from one pause to another say exactly this?"""
    parts = [_bare(part) for part in re.split(r"[,;:，；：。.](?=\s|$|[^\x00-\x7f])", normalise(text))]
    pauses = {0, *accumulate(map(len, parts))}
    whole = "".join(parts)
    return any(whole.startswith(bare, start) and start + len(bare) in pauses for start in pauses)


def _bare(text: str) -> str:
    return re.sub(r"[\s\"'「」『』,.。;；:!?、]+", "", normalise(text))


def _numbers(case: _Case) -> Support | None:
    given = numbers(case.both)
    missing = {n for n in missing_numbers(numbers(case.body), given) if not _counts_members(n, case, given)}
    if not missing:
        return None
    return _refused("number", f"not in the evidence: {', '.join(sorted(missing))}", missing)


def _counts_members(number: str, case: _Case, given: set[str]) -> bool:
    """Is it the count of an enumeration ("both companies", "三类"), where the evidence states no count?"""
    if number not in set("23456789") or any(n in set("23456789") for n in given):
        return False
    if number == "2" and re.search(r"\b(?:both|either)\b|它们|二者|双方|任一", case.both):
        return True
    return any(_members(canonical(text)) == int(number) for text in case.texts)


def _members(text: str) -> int:
    """How many members the longest enumeration of a text has."""
    runs = re.findall(r"(?:[^,;:、。]{1,24}[、,]\s?)+[^,;:、。]{1,24}(?:和|或|以及| and | or )", text)
    longest = max((len(re.findall("[、,]", run)) for run in runs), default=0)
    return longest + 2 if longest else 2 if re.search(r"和|与|或|\band\b|\bor\b", text) else 0


_BOTH_FRAMEWORKS = re.compile(r"\b(?:the two|both|either) frameworks?\b|两个框架|两种框架", re.I)
"""The article has two subjects; it may say so without naming them."""


def _names(case: _Case) -> Support | None:
    given = case.vocabulary.names_in(f"{case.both} {case.headings}")
    if _BOTH_FRAMEWORKS.search(case.both):
        given = given | {"pytorch", "tensorflow"}
    missing = case.vocabulary.names_in(case.body) - given
    if not missing:
        return None
    return _refused("name", f"not in the evidence: {', '.join(sorted(missing))}", missing)


def _overlap(case: _Case) -> Support | None:
    evidence = " ".join(case.texts)
    if (share := coverage(case.body, evidence)) < MIN_COVERAGE:
        return _refused("overlap", f"only {share:.0%} of its words are in the evidence")
    if share < ECHO <= coverage(case.body, case.question):
        return _refused("overlap", "it repeats the question beyond what the evidence says")
    words = {word for word in content(case.body) - _named(case) if word.isascii()}
    if len(words) > 2 and len(words & content(evidence)) < MIN_WORD_COVERAGE * len(words):
        return _refused("overlap", "its names are in the evidence, but too few of its other words")
    for clause in read(case.body):
        if len(clause.content) >= 3 and coverage(clause.text, evidence) < MIN_CLAUSE_COVERAGE:
            return _refused("overlap", f"this is not in the evidence: {clause.text}")
    named = " ".join(case.vocabulary.names_in(case.body))
    if new := addition(case.body, f"{case.both} {case.headings} {case.question} {named}"):
        return _refused("overlap", f"this is not in the evidence: {new}")
    echoed = (content(case.body) & content(case.question)) - content(case.both)
    if len(echoed) > 2 and len(echoed) > 0.25 * len(content(case.body)):
        return _refused("overlap", "it repeats the question beyond what the evidence says")
    return None


def _negation(case: _Case) -> Support | None:
    clause = misdenied(case.body, case.texts)
    return _refused("negation", f"differs from the evidence: {clause}") if clause else None


def _limit(case: _Case) -> Support | None:
    if number := misbounded(case.body, case.texts):
        return _refused("limit", f"the evidence bounds {number} otherwise", {number})
    kind, reason = overstated(case.body, case.texts)
    if kind == "limit":
        return _refused("limit", reason)
    if clause := flatly_stated(case.body, case.texts):
        return _refused("modality", f"the evidence says it only on a condition or as a saying: {clause}")
    return _refused("modality", reason) if kind else None


def _comparison(case: _Case) -> Support | None:
    if clause := turned(case.body, case.texts):
        return _refused("comparison", f"differs from the evidence: {clause}")
    if wrong := wrong_winners(case.body, case.texts, case.vocabulary):
        return _refused("comparison", f"it does not come out ahead: {', '.join(sorted(wrong))}", wrong)
    return None


def _rating(case: _Case) -> Support | None:
    word = unearned(case.body, [case.both])
    return _refused("rating", f"the evidence does not rate it so: {word}") if word else None


def _subject(case: _Case) -> Support | None:
    if alone := half_told(case.body, case.texts, case.vocabulary):
        return _refused("subject", f"not said of it alone in the evidence: {', '.join(alone)}")
    taken = misreferred(case.body, case.texts, case.vocabulary) or reattached(
        case.body, case.texts, case.vocabulary
    )
    return _refused("subject", f"said of another thing in the evidence: {taken}") if taken else None


def _binding(case: _Case) -> Support | None:
    wrong = misbound(case.body, case.sides, case.vocabulary)
    if not wrong and case.question and _is_fragment(case):
        asked = re.sub(r"[??!。.\s]+$", "", case.question)
        wrong = misbound(f"{asked}, {case.body}", case.sides, case.vocabulary, only=case.body)
    if not wrong:
        known = " ".join((case.both, case.headings, case.question))
        wrong = frozenset(filter(None, [other_of_its_kind(case.body, case.texts, known)]))
    if not wrong:
        return None
    return _refused("binding", f"said of another thing in the evidence: {', '.join(sorted(wrong))}", wrong)


def _is_fragment(case: _Case) -> bool:
    """Only a name or a number: what is said of it stands in the question."""
    words = len(content(case.body) - _named(case))
    return words == 0 or (words == 1 and not case.vocabulary.names_in(case.body))


def _named(case: _Case) -> set[str]:
    """The part of the content that is names and numbers."""
    return {word for name in case.vocabulary.names_in(case.body) for word in content(name)} | numbers(
        case.body
    )


def _lead(case: _Case) -> Support | None:
    if case.question and lead_contradicts(case.sentence, case.question, case.sides, case.vocabulary):
        return _refused("lead", "its yes or no contradicts what it goes on to say")
    return None


def _refused(kind: Kind, reason: str, missing: set[str] | frozenset[str] = frozenset()) -> Support:
    return Support(None, f"{kind}: {reason}", kind, frozenset(missing))


_CHECKS: tuple[Callable[[_Case], Support | None], ...] = (
    _numbers,
    _names,
    _overlap,
    _negation,
    _limit,
    _comparison,
    _rating,
    _subject,
    _binding,
    _lead,
)
