"""How well the order of one row of pieces fits another: a local alignment with jumps.

Both rows are read from left to right; pieces that meet earn, pieces passed over cost a little, and the
reader may jump to any place of the evidence at a price, smaller after a pause. Where names (or numbers) are
free, a name may also meet another name, which earns a little less: a sentence that fits clearly better under
other names says something else than its evidence.
"""

from collections.abc import Sequence, Set
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant.grounding.lists import listed
from assistant.grounding.numbers import number_kind
from assistant.grounding.pieces import Piece, same_name

EARNED = {"name": 2.0, "number": 1.5, "word": 1.0, "character": 0.5, "relation": 0.5, "pause": 0.0}
UNSAID = {"name": 0.3, "number": 0.05, "word": 0.03, "character": 0.03, "relation": 0.03, "pause": 0.1}
"""Cost of a piece of the evidence that the sentence passes over."""
ADDED = {"name": 1.0, "number": 0.1, "word": 0.2, "character": 0.1, "relation": 0.1, "pause": 0.0}
"""Cost of a piece of the sentence that meets nothing."""
JUMP = 1.6
JUMP_AT_PAUSE = 0.8
RENAMED = 0.3
"""What a name earns less for meeting another name."""
OTHER_PART = 0.5
"""What it earns less still where the other name plays another part."""
MISPLACED = 1.2
"""What a name earns less where it opens a clause here and is governed by another word there."""
ODD_RELATION = 0.6
QUOTED = 1.8
"""What a name earns less where the evidence only mentions it within a quotation."""

_GOVERNED = listed("with in than by be that the to under given through on like")
_TELLING = listed("than by from to for")

Row = NDArray[np.float64]


def fit(
    said: Sequence[Piece],
    given: tuple[Piece, ...],
    about: str,
    free: bool = False,
    part: Set[str] = frozenset(),
) -> float:
    """The earnings of the best reading of `said` along `given`.

    `about` is what is in question: "name" or a kind of number; where `free`, such pieces may meet any of
    their like, or only those of `part`. Numbers of other kinds are passed over.
    """
    columns = _columns(given)
    best: Row = np.zeros(len(given) + 1)
    for piece in said:
        if piece.kind == "pause":
            best = np.maximum(best, best.max() - JUMP_AT_PAUSE)
            continue
        kind = number_kind(piece.value) if piece.kind == "number" else piece.kind
        if piece.kind == "number" and kind != about:
            continue
        landing = best.max() - JUMP
        start = np.maximum(best[:-1], landing)
        earned = columns.earned(piece, free and kind == about and (not part or piece.value in part))
        row = np.maximum(best - ADDED[piece.kind], landing)
        if earned is not None:
            row[1:] = np.maximum(row[1:], np.where(earned > 0, start + earned, -np.inf))
        best = np.maximum.accumulate(row + columns.passed) - columns.passed
    return float(best.max())


class _Columns:
    """The evidence prepared for reading: where each value stands, and what passing over costs up to there."""

    def __init__(self, given: tuple[Piece, ...]) -> None:
        self._given = given
        self._values = {piece.value for piece in given}
        costs = [_passing(piece, before) for before, piece in zip((None, *given), given, strict=False)]
        self.passed: Row = np.concatenate(([0.0], np.cumsum(costs)))
        self._rows: dict[tuple[Piece, bool], Row | None] = {}

    def earned(self, piece: Piece, renaming: bool) -> Row | None:
        """What `piece` earns at each place of the evidence; None where it meets nothing at all."""
        if piece.kind not in ("name", "number") and piece.value not in self._values:
            return None
        key = (piece, renaming)
        if key not in self._rows:
            row = np.array([_earned(piece, other, renaming) for other in self._given])
            self._rows[key] = row if row.any() else None
        return self._rows[key]


def _passing(piece: Piece, before: Piece | None) -> float:
    """The cost of passing over a piece; joined names count as one."""
    joined = piece.kind == "name" and before is not None and before.group == piece.group
    return 0.0 if joined else UNSAID[piece.kind]


@lru_cache(maxsize=512)
def _columns(given: tuple[Piece, ...]) -> _Columns:
    return _Columns(given)


def _earned(one: Piece, two: Piece, renaming: bool) -> float:
    if one.kind != two.kind:
        return 0.0
    if one.kind == "number":
        return _number(one.value, two.value, renaming)
    if one.kind != "name":
        return EARNED[one.kind] if one.value == two.value else 0.0
    if same_name(one.value, two.value):
        return EARNED["name"] - _odd_place(one, two)
    if not renaming or (two.role == "quoted" and one.role != "quoted"):
        return 0.0
    return EARNED["name"] - RENAMED - (OTHER_PART if one.role != two.role else 0.0)


def _odd_place(said: Piece, given: Piece) -> float:
    if given.role == "quoted" != said.role:
        return QUOTED
    if (said.role == "free" and given.role in _GOVERNED) or given.role == "given" != said.role:
        return MISPLACED
    return ODD_RELATION if said.role in _TELLING and given.role != said.role else 0.0


def _number(one: str, two: str, renaming: bool) -> float:
    if one == two or f"{one}%" == two:
        return EARNED["number"]
    return EARNED["number"] - RENAMED if renaming and number_kind(one) == number_kind(two) else 0.0
