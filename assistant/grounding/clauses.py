"""Which clause of the evidence says what a clause of the sentence says?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.grounding.names import canonical
from assistant.grounding.words import clauses, content

NEAR = 0.8
"""A clause counts as near when it shares this much of what the nearest one shares."""


@dataclass(frozen=True)
class Clause:
    """A clause of a canonical text, in lower case, and what it is about."""

    text: str
    content: frozenset[str]


@lru_cache(maxsize=4096)
def read(text: str) -> tuple[Clause, ...]:
    """The clauses of a text, in order."""
    return tuple(Clause(part.lower(), content(part)) for part in clauses(canonical(text)))


def shared(clause: Clause, other: Clause) -> float:
    """Share of the first clause's content that the other holds, 0 to 1."""
    return len(clause.content & other.content) / len(clause.content) if clause.content else 0.0


def near(clause: Clause, others: Sequence[Clause]) -> list[Clause]:
    """The clauses that share most with `clause`; none where nothing is shared."""
    scored = [(shared(clause, other), other) for other in others]
    best = max((score for score, _ in scored), default=0.0)
    return [other for score, other in scored if score and score >= NEAR * best]
