"""The unigram tokenizer of XLM-RoBERTa: the pieces of a text whose probabilities multiply to the most.

Kudo 2018, https://arxiv.org/abs/1804.10959: the best way to each character is found from the ways before it
(Viterbi). Spaces are written as ▁, one before the text, and a character that no piece covers is unknown.
"""

import re

from index.e5.file import Vocabulary

SPACE = "▁"
RARER = 10.0
"""An unknown character is by so much less likely than the rarest piece, in natural logarithms."""


class Unigram:
    """A tokenizer. Thread-safe."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._normal = vocabulary.normal
        self._unknown = vocabulary.unknown
        self._ids = dict(zip(vocabulary.pieces, range(len(vocabulary.pieces)), strict=True))
        self._ids.pop(vocabulary.pieces[vocabulary.unknown])
        self._scores = vocabulary.scores
        self._unlikely = min(vocabulary.scores) - RARER
        self._longest = max(map(len, vocabulary.pieces))

    def tokens(self, text: str) -> list[int]:
        """The ids of a text's pieces, without marks for its beginning and end."""
        text = re.sub("  +", " ", text.translate(self._normal))
        text = (text if text.startswith(" ") else " " + text).replace(" ", SPACE)
        best = [0.0] + [float("-inf")] * len(text)
        came: list[tuple[int, int]] = [(0, 0)] * (len(text) + 1)
        for start in range(len(text)):
            so_far = best[start]
            if so_far + self._unlikely > best[start + 1]:
                best[start + 1], came[start + 1] = so_far + self._unlikely, (start, self._unknown)
            for end in range(start + 1, min(start + self._longest, len(text)) + 1):
                found = self._ids.get(text[start:end])
                if found is not None and so_far + self._scores[found] > best[end]:
                    best[end], came[end] = so_far + self._scores[found], (start, found)
        tokens, end = [], len(text)
        while end:
            end, found = came[end]
            tokens.append(found)
        return tokens[::-1]
