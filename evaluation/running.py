"""Questions through the whole engine, put as `assistant ask --batch` puts them, with a progress bar."""

import os
import platform
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from rich.console import Console
from rich.progress import track

from assistant.answer import Answer
from assistant.engine import Engine
from assistant.generation import open_generator
from assistant.generation.base import Generator
from assistant.settings import Settings
from assistant.terminal.batch import answer_lines
from assistant.terminal.show import complain
from corpus.errors import AssistantError
from evaluation.cache import CachedGenerator
from evaluation.labelled import Question
from index.retriever import Retriever


def finish(work: Callable[[], int]) -> int:
    """The exit code of a command's work; an error is one sentence on standard error, a stop 130."""
    try:
        return work()
    except AssistantError as error:
        complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def ask(questions: Sequence[Question], engine: Engine) -> dict[str, Answer]:
    """The answers by id of question. A question that fails has none, and why is said on standard error."""
    engine.warm()  # as serving does before the first question
    lines = [q.model_dump_json(include={"id", "question", "history"}).encode() for q in questions]
    answers: dict[str, Answer] = {}
    progress = track(answer_lines(engine, lines), "Answering", len(lines), console=Console(stderr=True))
    for question, found in zip(questions, progress, strict=True):
        if "error" in found:
            complain(f"{question.id}: {found['error']['detail']}")
        else:
            answers[question.id] = Answer.model_validate(found)
    return answers


def open_engine(settings: Settings, cache: Path | None = None) -> closing[Engine]:
    """An engine to be used with `with`; over remembered replies where a cache is given."""
    if cache is None:
        return closing(Engine.open(settings))
    return closing(Engine(Retriever.open(), _cached(settings, cache), settings))


def model_name(settings: Settings) -> str:
    """The generator's name without the folders of a machine."""
    return Path(settings.llm).stem if settings.llm.endswith(".gguf") else settings.llm


def machine() -> str:
    """The machine in general words, and how busy it is now."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} processors ({platform.machine()}), {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the start"
    )


def _cached(settings: Settings, cache: Path) -> Generator | None:
    def open_model() -> Generator:
        generator = open_generator(settings.llm, settings)
        assert generator is not None
        return generator

    return None if settings.llm == "none" else CachedGenerator(model_name(settings), open_model, cache)
