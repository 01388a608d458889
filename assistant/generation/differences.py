"""What is new in a file that is mostly another file, and the whole file again from both.

A computed prompt that begins like another repeats its state in long runs, one per layer, with a little of its
own after each. Any two files will do: a difference gives back every byte, and is small where they are alike.

It is `<count of runs><inserted, start, length>...<inserted bytes>`, in 64-bit little-endian numbers: so many
bytes are inserted, then `length` bytes of the base follow from `start` on.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PROBE = 32
"""Bytes that have to be equal before two places are compared."""

SKIPS = (0, 16, 64, 256, 1024, 4096, 16384, 65536)
"""How much of the base may be left out before both go on alike."""

REACH = 1 << 20
"""How many bytes may be inserted before both go on alike."""

_STEP = 1 << 16


def take(base: Path, whole: Path) -> bytes:
    """The difference from `base` to `whole`. Raises OSError, and ValueError for an empty file."""
    with _mapped(base) as old, _mapped(whole) as new:
        runs = list(_runs(old, new))
        inserted, at = [], 0
        for count, _, length in runs:
            inserted.append(new[at : at + count])
            at += count + length
    return b"".join([_packed([len(runs)]), *map(_packed, runs), *inserted])


def write(base: Path, difference: bytes, whole: Path) -> None:
    """Write `whole` from its base. Raises OSError, and ValueError for bytes that are no difference."""
    count = int.from_bytes(difference[:8], "little")
    at = 8 + 24 * count
    if len(difference) < at:
        raise ValueError(
            f"A difference of {count} runs takes {at} bytes or more; here are {len(difference)}."
        )
    runs = np.frombuffer(difference[8:at], "<u8").reshape(-1, 3)
    with base.open("rb") as old, whole.open("xb") as new:
        for inserted, start, length in runs.tolist():
            new.write(memoryview(difference)[at : at + inserted])
            old.seek(start)
            new.write(old.read(length))
            at += inserted


def _runs(old: mmap.mmap, new: mmap.mmap) -> Iterator[tuple[int, int, int]]:
    """(bytes inserted, start in the base, length) of each run; together they are the whole of `new`."""
    olds, news = (np.frombuffer(file, np.uint8) for file in (old, new))
    i = j = 0
    while i < len(new):
        at, start = _next(old, j, new, i)
        length = _alike(olds[start:], news[at:])
        yield at - i, start, length
        i, j = at + length, start + length


def _next(old: mmap.mmap, j: int, new: mmap.mmap, i: int) -> tuple[int, int]:
    """Where both go on alike: a place in the new and one in the old; the ends where they do not."""
    for skip in SKIPS:
        probe = old[j + skip : j + skip + PROBE]
        if len(probe) < PROBE:
            break
        at = new.find(probe, i, i + REACH)
        if at >= 0:
            before = min(skip, at - i)
            differing = np.flatnonzero(
                np.frombuffer(old[j + skip - before : j + skip], np.uint8)
                != np.frombuffer(new[at - before : at], np.uint8)
            )
            back = before - (differing[-1] + 1 if differing.size else 0)
            return int(at - back), int(j + skip - back)
    return len(new), len(old)


def _alike(old: NDArray[np.uint8], new: NDArray[np.uint8]) -> int:
    """How many bytes are equal from the beginning on."""
    most = min(len(old), len(new))
    for start in range(0, most, _STEP):
        differing = old[start : min(start + _STEP, most)] != new[start : min(start + _STEP, most)]
        if differing.any():
            return start + int(differing.argmax())
    return most


def _packed(numbers: list[int] | tuple[int, ...]) -> bytes:
    return np.array(numbers, "<u8").tobytes()


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
