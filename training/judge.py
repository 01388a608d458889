"""`python -m training.judge [RUN]`: the model without and with the adapter, greedy, on the same prompts.

Judged are the examples over the texts held out, the development questions with the right sentences given, and
the examples of any files named; under the short head of the prompt and under the whole of it. Speed is told
beside: how fast prompts are read and replies written, as a share of the model without the adapter.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant import prompts
from assistant.generation import open_generator
from assistant.generation.adapter import OFF
from assistant.generation.base import Generator, Request
from assistant.settings import load_settings
from corpus.article import LANGUAGES
from corpus.errors import InputError
from corpus.files import write_whole
from evaluation import labelled
from index.retriever import Retriever
from training.check import vocabulary
from training.examples import Text, examples_of, is_fresh, texts_of
from training.marking import Mark, Task, of_examples, of_questions
from training.run import Run, finish, stage
from training.tokens import ALL, Sequences, head

WIDTH = 120
"""Columns of the table where the output is no terminal."""


@dataclass(frozen=True)
class Reply:
    """What the model wrote for a task, how it is marked, and how fast it was, in tokens per second."""

    task: Task
    text: str
    mark: Mark
    reading: float
    writing: float


Column = list[Reply]
"""The replies of one model under one head."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns its exit code."""
    parser = stage("judge", __doc__)
    parser.add_argument("--sets", nargs="*", default=["dev"], help="evaluation sets by name, or JSONL files")
    parser.add_argument("--examples", type=Path, nargs="*", default=[], help="further files of examples")
    parser.add_argument("--shown", type=int, nargs="+", help="worked examples in the head, the run's and all")
    parser.add_argument("--most", type=int, default=0, help="only so many tasks of each group; 0: all")
    options = parser.parse_args(arguments)
    run = Run(options.run)

    def work() -> str:
        sequences = Sequences.load(run.tokens)
        if not run.adapter.is_file():
            raise InputError(f"There is no {run.adapter}: run `python -m training.adapter`.")
        tasks = list(_tasks(sequences, options.examples, options.sets, options.most))
        heads = options.shown or sorted({*sequences.shown, ALL})
        columns: dict[str, Column] = {}
        for adapter in (OFF, str(run.adapter)):
            columns |= _asked(sequences.model, adapter, tasks, heads)
        write_whole(run.judgement, json.dumps(_told(columns), ensure_ascii=False, indent=1).encode())
        Console(width=None if sys.stdout.isatty() else WIDTH).print(_table(columns))
        return f"asked {len(tasks)} questions {len(columns)} times over, wrote {run.judgement}"

    return finish(work)


def _tasks(sequences: Sequences, further: Sequence[Path], sets: Sequence[str], most: int) -> Iterator[Task]:
    groups = [_of_files("held out", sequences.files, sequences.texts_held_out)]
    groups += [_of_files("fresh" if is_fresh(file) else file.stem, [file]) for file in further]
    if sets:
        retriever = Retriever.open()
        groups += [list(of_questions(labelled.path_of(name), retriever)) for name in sets]
    for group in groups:
        yield from group[:: -(-len(group) // most)] if most else group


def _of_files(group: str, files: Sequence[Path], only: Sequence[str] = ()) -> list[Task]:
    texts: list[Text] = [text for file in files for text in texts_of(file)]
    every = chain.from_iterable(examples_of(file) for file in files)
    return list(of_examples(group, (e for e in every if not only or e.text in only), vocabulary(texts)))


def _asked(model: str, adapter: str, tasks: Sequence[Task], heads: Sequence[int]) -> dict[str, Column]:
    settings = load_settings(llm=model, adapter=adapter, deadline_seconds=600)
    generator = open_generator(model, settings)
    assert generator is not None
    columns: dict[str, Column] = {}
    with closing(generator):
        for shown in heads:
            name = f"{'off' if adapter == OFF else 'on'}, {shown} shown"
            for language in LANGUAGES:
                generator.warm(head(language, shown))
            asked = track(tasks, f"Adapter {name}", console=Console(stderr=True))
            columns[name] = [_ask(generator, task, shown) for task in asked]
    return columns


def _ask(generator: Generator, task: Task, shown: int) -> Reply:
    question = prompts.ask(task.language, task.evidence, task.question)
    began = first = time.perf_counter()
    generation = generator.stream(
        Request([*head(task.language, shown), {"role": "user", "content": question}])
    )
    pieces: list[str] = []
    for piece in generation:
        first = first if pieces else time.perf_counter()
        pieces.append(piece)
    ended, used, text = time.perf_counter(), generation.usage, "".join(pieces)
    reading = used.new_prompt_tokens / (first - began) if first > began else 0.0
    writing = (used.completion_tokens - 1) / (ended - first) if ended > first else 0.0
    return Reply(task, text, task.mark(text), reading, writing)


def _told(columns: dict[str, Column]) -> dict[str, object]:
    return {
        "shares": {name: dict(_shares(column)) for name, column in columns.items()},
        "speed": {name: _speed(column) for name, column in columns.items()},
        "replies": {
            name: [{"id": r.task.id, "right": r.mark.right, "reply": r.text} for r in column]
            for name, column in columns.items()
        },
    }


def _shares(column: Column) -> Iterator[tuple[str, tuple[int, int]]]:
    """(row, (so many, of so many)): right by group, by language and kind within it, and cited."""
    for group in dict.fromkeys(reply.task.group for reply in column):
        own = [reply for reply in column if reply.task.group == group]
        yield f"{group}: right", _count([r.mark.right for r in own])
        for language in LANGUAGES:
            yield f"{group}, {language}", _count([r.mark.right for r in own if r.task.language == language])
        for kind in sorted({reply.task.kind for reply in own}):
            yield f"{group}, {kind}", _count([r.mark.right for r in own if r.task.kind == kind])
        yield f"{group}: cited", _count([r.mark.cited for r in own if r.mark.cited is not None])


def _count(held: Sequence[bool]) -> tuple[int, int]:
    return sum(held), len(held)


def _speed(column: Column) -> dict[str, float]:
    """Medians in tokens per second."""
    middle = len(column) // 2
    return {
        "reading": round(sorted(reply.reading for reply in column)[middle], 1),
        "writing": round(sorted(reply.writing for reply in column)[middle], 1),
    }


def _table(columns: dict[str, Column]) -> Table:
    table = Table("", *columns)
    shares = {name: dict(_shares(column)) for name, column in columns.items()}
    for row in next(iter(shares.values())):
        counts = [shares[name][row] for name in columns]
        table.add_row(row, *(f"{had / of:6.1%}  {had:3}/{of}" if of else "" for had, of in counts))
    for what in ("reading", "writing"):
        table.add_row(f"{what}, tokens/s", *(f"{_speed(column)[what]:6.1f}" for column in columns.values()))
    return table


if __name__ == "__main__":
    sys.exit(main())
