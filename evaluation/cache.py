"""A language model that remembers what it said, so that a run over changed code asks only for what is new.

Decoding is greedy: the same request gets the same reply. What is remembered takes no time to say, so times
taken through a cache say nothing about the model.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any

from assistant.generation.base import Generation, Generator, Message, Request, Usage
from corpus.errors import InputError

log = logging.getLogger(__name__)


class CachedGenerator:
    """Replies from `path`, a file of JSON lines; those that are not there are asked of the model and added.

    The model is opened by the first request that needs it. Thread-safe: one request at a time.
    """

    def __init__(self, name: str, open_model: Callable[[], Generator], path: Path) -> None:
        """`name` is the model's; what another model said is not taken for its words. Raises InputError."""
        self.name = name
        self._open_model = open_model
        self._model: Generator | None = None
        self._path = path
        self._said = _read(path)
        self._lock = Lock()

    def stream(self, request: Request) -> Generation:
        """The whole reply as one piece, with the token counts of the time when it was said."""

        def ask() -> list[Any]:
            generation = self._opened().stream(request)
            text = "".join(generation)
            return [text, asdict(generation.usage)]

        text, usage = self._recall({"stream": asdict(request)}, ask)
        return Generation(iter([text]), Usage(**usage))

    def warm(self, messages: Sequence[Message]) -> None:
        """Nothing is computed ahead: most replies need no computing."""

    def close(self) -> None:
        """Free the model, if it was opened."""
        if self._model is not None:
            self._model.close()

    def _opened(self) -> Generator:
        if self._model is None:
            self._model = self._open_model()
        return self._model

    def _recall(self, asked: dict[str, Any], ask: Callable[[], Any]) -> Any:
        key = hashlib.sha256(json.dumps([self.name, asked], sort_keys=True).encode()).hexdigest()
        with self._lock:
            if key not in self._said:
                self._said[key] = ask()
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([key, self._said[key]], ensure_ascii=False) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
            return self._said[key]


def _read(path: Path) -> dict[str, Any]:
    """What the file remembers; a last line that was cut off is cut away."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        lines = path.read_bytes().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            log.warning("The last reply in %s was cut off; it is asked for again.", path)
            os.truncate(path, sum(map(len, lines[:-1])))
            lines.pop()
        return dict(map(json.loads, lines))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} is no cache of replies ({error}); give another --cache.") from error
