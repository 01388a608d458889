"""Does the article answer the question at all? Decided before a word is shown, from calibrated signals."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.retriever import Hit, SentenceHit


@dataclass(frozen=True)
class Signals:
    """What is known before an answer: how well the best passages fit, and how much the model doubts."""

    fused: float
    dense: float
    coverage: float
    doubt: float | None


def signals(question: str, hits: Sequence[Hit], sentences: Sequence[SentenceHit], doubt: float | None) -> Signals:
    """Read the signals off a search and the model's first word."""
    return Signals(
        fused=hits[0].score,
        dense=sentences[0].dense,
        coverage=max(hit.coverage for hit in hits),
        doubt=doubt,
    )


def is_silent(seen: Signals) -> bool:
    """Is the article silent on the question?"""
    return seen.doubt is not None and seen.doubt > 0.15
