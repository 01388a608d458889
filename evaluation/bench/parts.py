"""The parts of the benchmark that put questions to a server. Each returns its figures by name."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import mean, median

from assistant.drafting import EXTRACTIVE
from assistant.generation import registered
from evaluation.bench.clients import Reading, crowd
from evaluation.bench.serving import Serving, never_started, oneshot, serving
from evaluation.figures import percentile
from evaluation.labelled import Question

WARMING = ("TorchServe 支持哪些 API?", "Which APIs does TorchServe support?")
"""Asked before anything is measured, so that the heads of both prompts are at hand."""


@dataclass(frozen=True)
class Order:
    """What to measure with: the questions, the generator, and how far the index grows."""

    questions: Sequence[Question]
    llm: str = registered()[0]
    passages: int = 1_000_000


@dataclass(frozen=True)
class Measured:
    """The figures of a part by name, and what its plot is drawn from."""

    figures: dict[str, float]
    samples: dict[str, list[float]] = field(default_factory=dict)


def start(order: Order) -> Measured:
    """Seconds until a server is ready and until the command line has answered; memory under two clients."""
    oneshot_s = oneshot(order.questions[0].question, order.llm)
    with warm_server(order) as server:
        crowd(server.url, order.questions, clients=2)
        peak, anonymous = server.peak()
    return Measured(
        {
            "ready_s": server.ready_s,
            "oneshot_s": oneshot_s,
            "peak_gb": peak,
            "anonymous_gb": anonymous,
        }
    )


def cold(order: Order) -> Measured:
    """The first questions to a server that has never run before."""
    with never_started() as home, serving(llm=order.llm, cache=0, home=home) as server:
        (zh, en), _ = crowd(server.url, list(map(_plain, WARMING)))
    return Measured(
        {
            "zh_first_s": zh.first,
            "zh_whole_s": zh.whole,
            "en_first_s": en.first,
            "en_whole_s": en.whole,
        }
    )


def warm(order: Order) -> Measured:
    """One client, one question after another."""
    with warm_server(order) as server:
        readings, seconds = crowd(server.url, order.questions)
    answers = [reading.answer for reading in readings]
    phrased = [answer for answer in answers if answer.timings.completion_tokens]
    answered = [answer for answer in answers if not answer.abstained]
    retrieve = [answer.timings.retrieve_ms for answer in answers]
    evidence = [reading.evidence * 1000 for reading in readings]
    figures = {
        **_spread("retrieve", retrieve, "ms"),
        **_spread("evidence", evidence, "ms"),
        **_spread("first", [reading.first for reading in readings]),
        **_spread("whole", _whole(readings)),
        "per_minute": 60 * len(readings) / seconds,
        "prompt_tokens": _mean(a.timings.prompt_tokens for a in phrased),
        "computed_tokens": _mean(a.timings.new_prompt_tokens for a in phrased),
        "written_tokens": _mean(a.timings.completion_tokens for a in phrased),
        "phrased": 100 * _mean(answer.model != EXTRACTIVE for answer in answered),
    }
    return Measured(figures, {"first token": [r.first for r in readings], "whole answer": _whole(readings)})


def clients(order: Order) -> Measured:
    """One, two and four clients with the same questions, each number at a fresh server."""
    figures: dict[str, float] = {}
    samples: dict[str, list[float]] = {}
    for number, name in ((1, "one"), (2, "two"), (4, "four")):
        with warm_server(order) as server:
            readings, seconds = crowd(server.url, order.questions, number)
        figures[f"{name}_per_minute"] = 60 * len(readings) / seconds
        if number > 1:
            samples[f"{name} clients"] = _whole(readings)
            first = _spread(f"{name}_first", [reading.first for reading in readings])
            figures |= {f"{name}_first_p50_s": first[f"{name}_first_p50_s"]}
            figures |= _spread(f"{name}_whole", _whole(readings))
    figures["four_against_one"] = figures["four_per_minute"] / figures["one_per_minute"]
    return Measured(figures, samples)


def busy(order: Order) -> Measured:
    """The same questions on a quiet machine and beside a program that never pauses."""
    questions = order.questions[::2]
    with warm_server(order) as server:
        quiet = _whole(crowd(server.url, questions)[0])
    with warm_server(order) as server, _never_pausing():
        beside = _whole(crowd(server.url, questions)[0])
    figures = {
        "quiet_p50_s": median(quiet),
        "busy_p50_s": median(beside),
        "busy_worst_s": max(beside),
        "ratio": median(beside) / median(quiet),
    }
    return Measured(figures)


def repeated(order: Order) -> Measured:
    """Each question once, then all of them again, with the cache of answers as users have it."""
    with serving(llm=order.llm) as server:
        crowd(server.url, order.questions)
        again, _ = crowd(server.url, order.questions)
    remembered = sum(reading.answer.timings.cached for reading in again)
    return Measured(
        {
            **_spread("whole", [1000 * whole for whole in _whole(again)], "ms"),
            "remembered": 100 * remembered / len(again),
        }
    )


@contextmanager
def warm_server(order: Order) -> Iterator[Serving]:
    """A fresh server that remembers no answers and has both heads at hand."""
    with serving(llm=order.llm, cache=0) as server:
        crowd(server.url, list(map(_plain, WARMING)))
        yield server


@contextmanager
def _never_pausing() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _plain(question: str) -> Question:
    return Question(
        id="warming",
        lang="",
        type="",
        history=[],
        question=question,
        answerable=True,
        must=[],
        must_not=[],
        evidence=[],
        recommend=None,
    )


def _whole(readings: Sequence[Reading]) -> list[float]:
    return [reading.whole for reading in readings]


def _spread(name: str, values: Sequence[float], unit: str = "s") -> dict[str, float]:
    return {f"{name}_p{percent}_{unit}": percentile(values, percent) for percent in (50, 95)}


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return mean(found) if found else 0.0


SERVED: dict[str, Callable[[Order], Measured]] = {
    "start": start,
    "cold": cold,
    "warm": warm,
    "clients": clients,
    "busy": busy,
    "repeated": repeated,
}
