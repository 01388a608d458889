"""Text -> vector: tokens, windows, ONNX Runtime, the mean of length 1."""

from pathlib import Path

import numpy as np
import onnxruntime

from index.e5.file import Array, E5File
from index.e5.graph import INPUT, OUTPUT, model
from index.e5.unigram import Unigram


class Encoder:
    """The encoder of a file, computing with one thread. Thread-safe.

    Raises ValueError when the file is of another format.
    """

    version = "onnx-1"
    """Changes when the same file and text would get another vector."""

    def __init__(self, path: Path) -> None:
        self._file = E5File(path)
        self._tokenizer = Unigram(self._file.vocabulary)
        self._window = self._file.sizes.positions - 2  # without begin and end
        self.dimension = self._file.sizes.hidden
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            model(self._file), options, providers=["CPUExecutionProvider"]
        )

    def embed(self, text: str) -> Array:
        """A text with its prefix -> (dimension,) float32 of length 1; its windows count by their tokens."""
        tokens = self._tokenizer.tokens(text)
        windows = [tokens[at : at + self._window] for at in range(0, len(tokens), self._window)]
        mean = np.sum([len(window) * self._mean(window) for window in windows], axis=0)
        unit: Array = mean / np.float32(np.linalg.norm(mean))
        return unit

    def _mean(self, tokens: list[int]) -> Array:
        vocabulary = self._file.vocabulary
        framed = [vocabulary.begin, *tokens, vocabulary.end]
        mean: Array = self._session.run([OUTPUT], {INPUT: self._file.embedded(framed)[None]})[0][0]
        return mean
