"""What an answer costs beside the model: each question through the engine, its prompt through llama.cpp.

Twice over: with nothing computed before but the head of the prompts, and as a server mostly answers that has
been up for a while, with the question's evidence computed before; llama.cpp has the same at hand each time.
"""

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

COMPARED = ("overhead", "computed_engine", "computed_alone")
"""What is told of the questions whose evidence was not at hand; the rates are the same."""


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
    """The sum over the questions that the model has a part in, without and with their evidence at hand."""
    with never_started() as home, _at_home(home):
        return _overhead(order)


def _overhead(order: Order) -> Measured:
    settings = load_settings(llm=order.llm, cache=0)
    generator = open_generator(settings.llm, settings)
    assert generator is not None, "the overhead is measured with a model"
    heard = Heard(generator)
    with tempfile.TemporaryDirectory() as folder:
        alone = Alone(settings, Path(folder))
        try:
            for language in LANGUAGES:
                alone.seconds(prompts.opening(language), 1)
            cold, at_hand = (
                _measure(order, _fresh(heard, settings), heard, alone, known) for known in (False, True)
            )
        finally:
            alone.close()
            generator.close()
    return Measured({**at_hand, **{f"cold_{name}": cold[name] for name in COMPARED}})


def _fresh(generator: Generator, settings: Settings) -> Engine:
    """An engine that remembers nothing of what was asked before."""
    engine = Engine(Retriever.open(), generator, settings)
    engine.warm()
    return engine


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


def _measure(order: Order, engine: Engine, heard: Heard, alone: Alone, known: bool) -> dict[str, float]:
    """Our time over llama.cpp's, which has read the evidence before its time is taken where it is `known`."""
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
            if known:
                alone.seconds(request.prefix, 1)
            taken, figures = alone.seconds(request.messages, max(1, usage.completion_tokens))
            bare += taken
            computed.append(usage.new_prompt_tokens)
            told.append(figures)
    total = {name: sum(figures[name] for figures in told) for name in TOLD}
    return {
        "overhead": 100 * (ours / bare - 1),
        "read_rate": 1000 * total["prompt_n"] / total["prompt_ms"],
        "write_rate": 1000 * total["predicted_n"] / total["predicted_ms"],
        "computed_engine": sum(computed) / len(told),
        "computed_alone": total["prompt_n"] / len(told),
    }
