"""Answers kept for the same question asked again: same in its words, its history and all that answers it.

Questions count as the same if only their width, spaces or final punctuation differ. Nothing else is folded:
not the script, which the answer follows, not case, and no character that may be a number (NFKC would make
10² into 102). The same history means the same facts said before.
"""

import hashlib
import re
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from importlib import resources
from threading import Lock

from pydantic import TypeAdapter

from assistant import prompts
from assistant.answer import Event, Final, Retrieved, Timings, Token
from assistant.history import Asked
from assistant.settings import Settings
from assistant.text import CJK
from corpus import files
from corpus.article import LANGUAGES
from index import weights

_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_BESIDE_CHINESE = re.compile(rf"(?<=[{CJK}。，、]) | (?=[{CJK}。，、])")
_FINAL = " ?!.。…"
_EVENTS = TypeAdapter(list[Event])


class Remembered:
    """The `most` answers asked for last, in memory; thread-safe. `basis` names what they were made from."""

    def __init__(self, most: int, basis: str) -> None:
        self._most, self._basis = most, basis
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def stream(
        self, asked: Asked, question: str, answer: Callable[[], Generator[Event, None, None]]
    ) -> Iterator[Event]:
        """The events of an answer: those kept, with an id and times of their own, or else those of `answer`.

        Kept is what the model has worded to the end; what needs no model is as quick as remembering.
        """
        began = time.perf_counter()
        key = self._key(asked)
        kept = self._recall(key)
        if kept is not None:
            yield from _again(_EVENTS.validate_json(kept), question, began)
            return
        seen: list[Event] = []
        with closing(answer()) as events:
            for event in events:
                seen.append(event)
                yield event
        last = seen[-1]
        if isinstance(last, Final) and last.answer.timings.completion_tokens:
            self._keep(key, _EVENTS.dump_json(seen))

    def _key(self, asked: Asked) -> str:
        history = [(turn.role, turn.content) for turn in asked.history]
        whole = (self._basis, normal(asked.question), asked.language, asked.traditional, history)
        return hashlib.sha256(repr(whole).encode()).hexdigest()

    def _recall(self, key: str) -> bytes | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: str, events: bytes) -> None:
        with self._lock:
            self._kept[key] = events
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def normal(question: str) -> str:
    """The form in which questions are compared."""
    narrow = re.sub(r"\s+", " ", question.translate(_WIDTH))
    return _BESIDE_CHINESE.sub("", narrow).strip().rstrip(_FINAL)


def basis(settings: Settings, generator: str) -> str:
    """A digest of what answers are made from: settings, corpus, flowcharts, rules, prompts and the model."""
    rules = sorted(resources.files("assistant.rules").iterdir(), key=lambda file: file.name)
    model = weights.registry().get(settings.llm)
    made_from = [
        settings.model_dump_json(),
        generator,
        model.sha256 if model else "",
        *(files.read(name) for name in ("zh.md", "en.md", "flowcharts.yaml")),
        *(file.read_text("utf-8") for file in rules if file.name.endswith(".yaml")),
        *(repr(prompts.head(language)) for language in LANGUAGES),
    ]
    return hashlib.sha256(repr(made_from).encode()).hexdigest()


def _again(events: list[Event], question: str, began: float) -> Iterator[Event]:
    timings = Timings(cached=True)
    for event in events:
        now = round((time.perf_counter() - began) * 1000, 1)
        if isinstance(event, Retrieved):
            timings.retrieve_ms = now
        elif isinstance(event, Token):
            timings.first_token_ms = timings.first_token_ms or now
        else:
            timings.total_ms = now
            own = {"id": uuid.uuid4().hex, "question": question, "timings": timings}
            event = Final(answer=event.answer.model_copy(update=own))
        yield event
