"""Which sentences of the evidence hold a claim up? Found after the fact: no model has to cite well."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.answer import Verdict
from assistant.asking import wants_whole
from assistant.citing import Evidence
from assistant.grounding import Support, Vocabulary, check, content, coverage, numbers
from assistant.grounding.names import canonical
from assistant.grounding.subjects import misreferred
from assistant.grounding.words import characters, clauses
from assistant.text import CJK

MOST = 3
"""Clauses of a claim that may each rest on another sentence."""

WHOLE = 0.6
"""Least share of a sentence that a claim must tell where the question asks for the whole."""

CONTRADICTIONS = frozenset({"negation", "limit", "comparison", "modality", "lead"})
"""Faults against the sentence that a clause comes nearest to; no other sentence can make them good."""

FEWEST_WORDS = 4
"""Content words below which a reply is a fragment ("85%."), shown inside the sentence it was taken from."""

_MARKUP = re.compile(r"[<>()\[\]{}|\\`*_#~^]|://")
_PARTS = re.compile(r"[,，、;；:：](?!\d)|[()（）\"“”「」『』。!！?？]|\.(?=\s|$)")
_OTHER_LETTER = re.compile(rf"[^\W\d_A-Za-z{CJK}]")
_LEAD = re.compile(r"\W*(?:是的?|不是|对|没有|yes|no)\W*", re.I)


@dataclass(frozen=True)
class Claim:
    """A sentence fit to be shown, and the evidence that makes it so."""

    text: str
    evidence: tuple[Evidence, ...]
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Refused:
    """A sentence that must not be shown: why, and the evidence that it misreads."""

    support: Support
    misread: Evidence


def quoted(evidence: Iterable[Evidence]) -> Iterator[Claim]:
    """The evidence itself, sentence by sentence."""
    for sentence in evidence:
        yield verbatim(sentence.text, (sentence,))


def verbatim(text: str, evidence: tuple[Evidence, ...]) -> Claim:
    """Words of the evidence as a claim."""
    return Claim(text, evidence, "quoted", "stands in the article word for word")


def attribute(
    text: str, marked: Sequence[int], evidence: Sequence[Evidence], vocabulary: Vocabulary, question: str
) -> Claim | Refused:
    """The claim with the sentences that support it.

    One sentence has to support the whole claim, or else one sentence each of its clauses: words gathered
    from several sentences into one clause support nothing. `marked` are the numbers the model gave (1-based,
    in the order of `evidence`); they only break ties.
    """
    nearest = _nearest(text, marked, evidence, vocabulary)
    first: Support | None = None
    for sentence in nearest:
        support = check(text, [sentence.quote], vocabulary, question)
        if support:
            return Claim(text, (sentence,), _verdict(support), support.reason)
        first = first or support
    assert first is not None
    misread = evidence[marked[0] - 1] if len(marked) == 1 and 1 <= marked[0] <= len(evidence) else nearest[0]
    return _piecewise(text, nearest, vocabulary, question) or Refused(first, misread)


def fit(outcome: Claim | Refused, question: str, broken_off: bool = False) -> Claim | None:
    """What may be shown of an attempt.

    A fragment is shown inside its sentence, and so is a shortened claim where the whole was asked for or
    where it takes several sentences to say it, one that was broken off, or one that slips into markup or the
    other language. A sentence that misreads its evidence (denies it, shifts it, repeats a premise of the
    question that it does not hold) gives way to the evidence itself; one that brings a number or a name from
    nowhere gives way to nothing, for then the evidence may not bear on it at all.
    """
    if isinstance(outcome, Claim):
        whole = wants_whole(question) or any(e.last > e.first for e in outcome.evidence)
        short = is_fragment(outcome.text) or (whole and _share(outcome) < WHOLE)
        fits = not (short or broken_off or _strays(outcome))
        return outcome if fits else next(quoted(outcome.evidence))
    invented = outcome.support.missing - content(question) - numbers(question)
    return None if invented else next(quoted([outcome.misread]))


def is_fragment(text: str) -> bool:
    """Is this too little to be read as a sentence of its own?"""
    return len(content(text)) < FEWEST_WORDS


def _strays(claim: Claim) -> bool:
    """Has it markup, a part of its own or words of the other language that its evidence lacks?"""
    known = " ".join(sentence.text for sentence in claim.evidence).lower()
    if _fastened(claim):
        return True
    strange = [*_MARKUP.findall(claim.text), *_OTHER_LETTER.findall(claim.text.lower())]
    if any(mark not in known for mark in strange):
        return True
    if claim.evidence[0].passage.language == "en":
        return re.search(f"[{CJK}]", claim.text) is not None
    words = re.findall(r"(?<![A-Za-z])[a-z]+(?![A-Za-z])", claim.text)
    return not re.search(f"[{CJK}]", claim.text) or any(word not in known for word in words)


def _fastened(claim: Claim) -> bool:
    """Stands a part between commas, colons or quotation marks of which the evidence holds not one word?"""
    known = " ".join(f"{e.quote.text} {e.quote.other}" for e in claim.evidence)
    words, single = content(known), characters(known)
    for part in _PARTS.split(claim.text):
        own, letters = content(part), characters(part)
        held = own & words or letters & single
        if (own or letters) and not held and not _LEAD.fullmatch(part):
            return True
    return False


def _share(claim: Claim) -> float:
    """How much of its evidence a claim tells, 0 to 1."""
    return min(coverage(sentence.text, claim.text) for sentence in claim.evidence)


def _nearest(
    text: str, marked: Sequence[int], evidence: Sequence[Evidence], vocabulary: Vocabulary
) -> list[Evidence]:
    """The evidence, likeliest support first: by the text's numbers and names, then by its words."""
    telling = numbers(text) | vocabulary.names_in(text)

    def distance(i: int) -> tuple[float, float, bool]:
        both = f"{evidence[i].quote.text} {evidence[i].quote.other}"
        held = len(telling & (numbers(both) | vocabulary.names_in(both)))
        return -held, -coverage(text, evidence[i].text), i + 1 not in marked

    return [evidence[i] for i in sorted(range(len(evidence)), key=distance)]


def _piecewise(text: str, nearest: Sequence[Evidence], vocabulary: Vocabulary, question: str) -> Claim | None:
    parts = clauses(canonical(text))
    if not 2 <= len(parts) <= MOST:
        return None
    if misreferred(text, [sentence.quote.text for sentence in nearest], vocabulary):
        return None  # a clause alone no longer shows what its "it" is
    found: list[Evidence] = []
    for part in parts:
        near = _nearest(part, (), nearest, vocabulary)
        tried = [(sentence, check(part, [sentence.quote], vocabulary, question)) for sentence in near]
        if tried[0][1].kind in CONTRADICTIONS:
            return None
        holder = next((sentence for sentence, support in tried if support), None)
        if holder is None:
            return None
        found.append(holder)
    return Claim(
        text, tuple(dict.fromkeys(found)), "supported", "each of its clauses is supported by a sentence"
    )


def _verdict(support: Support) -> Verdict:
    return "quoted" if support.verdict == "quoted" else "supported"
