"""What an answer costs beside the model: each question through the engine, its prompt through llama.cpp."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant import prompts
from assistant.engine import Engine
from assistant.generation import file_of, open_generator
from assistant.generation.base import Generation, Generator, Message, Request
from assistant.generation.llamacpp_server import Server
from assistant.settings import Settings, load_settings
from corpus.article import LANGUAGES
from evaluation.bench.parts import Measured, Order
from evaluation.bench.serving import never_started
from index.retriever import Retriever

TOLD = ("prompt_n", "prompt_ms", "predicted_n", "predicted_ms")
"""What llama.cpp tells of a reply: tokens read and written, and the time they took."""


class Heard:
    """A generator that remembers what it was asked since `clear`; all else is left to the one it wraps."""

    def __init__(self, generator: Generator) -> None:
        self.name = generator.name
        self.heard: list[tuple[Request, Generation]] = []
        self.warm, self.close, self._generator = generator.warm, generator.close, generator

    def stream(self, request: Request) -> Generation:
        """Pass on and remember."""
        generation = self._generator.stream(request)
        self.heard.append((request, generation))
        return generation


class Alone:
    """llama.cpp's server over the same file and settings, asked without anything of ours around it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._server = Server(file_of(settings.llm), settings, folder)
        self.close = self._server.close

    def seconds(self, messages: Sequence[Message], tokens: int) -> tuple[float, dict[str, Any]]:
        """How long the prompt and so many tokens of an answer take, and llama.cpp's own figures."""
        told: dict[str, Any] = {}

        def receive(chunk: dict[str, Any]) -> bool:
            told.update(chunk.get("timings") or {})
            return False

        began = time.perf_counter()
        self._server.chat(
            {
                "messages": list(messages),
                "max_tokens": tokens,
                "temperature": 0.0,
                "seed": 0,
                "cache_prompt": True,
                "stream": True,
                "stream_options": {"include_usage": True},
            },
            receive,
        )
        return time.perf_counter() - began, told


def overhead(order: Order) -> Measured:
    """The sum over the questions that the model has a part in; no evidence was computed before either."""
    with never_started() as home, _at_home(home):
        return _overhead(order)


def _overhead(order: Order) -> Measured:
    settings = load_settings(llm=order.llm, cache=0)
    generator = open_generator(settings.llm, settings)
    assert generator is not None, "the overhead is measured with a model"
    heard = Heard(generator)
    engine = Engine(Retriever.open(), heard, settings)
    with tempfile.TemporaryDirectory() as folder:
        alone = Alone(settings, Path(folder))
        try:
            engine.warm()
            for language in LANGUAGES:
                alone.seconds(prompts.opening(language), 1)
            return _measure(order, engine, heard, alone)
        finally:
            alone.close()
            engine.close()


@contextmanager
def _at_home(folder: Path) -> Iterator[None]:
    """What is computed in the block is kept in this folder."""
    before = os.environ.get("ASSISTANT_HOME")
    os.environ["ASSISTANT_HOME"] = str(folder)
    try:
        yield
    finally:
        del os.environ["ASSISTANT_HOME"]
        if before is not None:
            os.environ["ASSISTANT_HOME"] = before


def _measure(order: Order, engine: Engine, heard: Heard, alone: Alone) -> Measured:
    ours = bare = 0.0
    computed: list[int] = []
    told: list[dict[str, Any]] = []
    for question in order.questions:
        heard.heard.clear()
        began = time.perf_counter()
        engine.ask(question.question, question.history)
        seconds = time.perf_counter() - began
        asked = [(request, generation.usage) for request, generation in heard.heard]
        if not any(usage.completion_tokens for _, usage in asked):
            continue
        ours += seconds
        for request, usage in asked:
            taken, figures = alone.seconds(request.messages, max(1, usage.completion_tokens))
            bare += taken
            computed.append(usage.new_prompt_tokens)
            told.append(figures)
    total = {name: sum(figures[name] for figures in told) for name in TOLD}
    return Measured(
        {
            "overhead": 100 * (ours / bare - 1),
            "read_rate": 1000 * total["prompt_n"] / total["prompt_ms"],
            "write_rate": 1000 * total["predicted_n"] / total["predicted_ms"],
            "computed_engine": sum(computed) / len(told),
            "computed_alone": total["prompt_n"] / len(told),
        }
    )
