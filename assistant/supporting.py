"""Which sentences of the evidence hold a claim up? Found after the fact, so that no model has to cite well."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from assistant.answer import Verdict
from assistant.citing import Evidence
from assistant.grounding import Support, Vocabulary, check, coverage

MOST = 3
"""Sentences that one claim may rest on."""


@dataclass(frozen=True)
class Claim:
    """A sentence fit to be shown, and the evidence that makes it so."""

    text: str
    evidence: tuple[Evidence, ...]
    verdict: Verdict
    reason: str


def quoted(evidence: Sequence[Evidence]) -> Iterator[Claim]:
    """The evidence itself, sentence by sentence."""
    for sentence in evidence:
        yield Claim(sentence.text, (sentence,), "quoted", "stands in the article word for word")


def attribute(text: str, marked: Sequence[int], evidence: Sequence[Evidence], vocabulary: Vocabulary) -> Claim | None:
    """The claim with the fewest sentences that support it, or None where none do.

    `marked` are the numbers the model gave (1-based, in the order of `evidence`); they only break ties.
    """
    numbered = list(enumerate(evidence, 1))
    nearest = sorted(numbered, key=lambda item: (-coverage(text, item[1].text), item[0] not in marked))
    for size in range(1, MOST + 1):
        for group in combinations(nearest[: MOST + 1], size):
            support = check(text, [sentence.quote for _, sentence in group], vocabulary)
            if support:
                chosen = tuple(sentence for _, sentence in sorted(group, key=lambda item: item[0]))
                return Claim(text, chosen, _verdict(support), support.reason)
    return None


def _verdict(support: Support) -> Verdict:
    return "quoted" if support.verdict == "quoted" else "supported"
