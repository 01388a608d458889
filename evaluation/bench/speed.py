"""`python -m evaluation.bench.speed`: does this build of llama.cpp decode, and how fast?

`make native` asks it of both builds, of its own before that is installed. Exit code 1 and a sentence on
standard error when the model does not load or writes nothing; a build for another processor is ended by the
system.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from assistant.generation.base import Message
from assistant.generation.native import xllamacpp
from assistant.settings import load_settings
from assistant.terminal.show import say
from corpus.article import load
from corpus.errors import GenerationError
from evaluation import running
from evaluation.bench.overhead import Alone

RUNS = 3
"""Prompts read, of which the medians are told; each a part of the article that no other has begun with."""

PROMPT_CHARACTERS = 1200
ANSWER_TOKENS = 32


def main() -> int:
    """Measure and print; returns the exit code."""
    return running.finish(_speed)


def _speed() -> int:
    with tempfile.TemporaryDirectory() as folder:
        alone = Alone(load_settings(), Path(folder))
        try:
            told = [alone.seconds(messages, ANSWER_TOKENS)[1] for messages in _prompts()]
        finally:
            alone.close()
    if not all(figures.get("predicted_n") for figures in told):
        raise GenerationError("llama.cpp loads the model but writes nothing: install its prebuilt wheel.")
    say(xllamacpp.get_system_info().strip(" |\n"))
    say(f"reads {_rate(told, 'prompt'):.0f} tokens/s, writes {_rate(told, 'predicted'):.1f} tokens/s")
    return 0


def _prompts() -> Iterator[list[Message]]:
    text = " ".join(paragraph.text for paragraph in load().en.paragraphs)
    for number in range(RUNS):
        begin = number * PROMPT_CHARACTERS
        yield [{"role": "user", "content": text[begin : begin + PROMPT_CHARACTERS]}]


def _rate(told: list[dict[str, Any]], stage: str) -> float:
    """The median of tokens a second of a stage, `prompt` or `predicted`."""
    rates: list[float] = [1000 * figures[f"{stage}_n"] / figures[f"{stage}_ms"] for figures in told]
    return median(rates)


if __name__ == "__main__":
    sys.exit(main())
