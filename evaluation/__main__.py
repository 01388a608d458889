"""`python -m evaluation [QUESTIONS]`: ask the labelled questions, count, and compare with the recorded run.

Exit codes: 0 every threshold is met; 1 some are missed, each named on standard error; 2 usage; 130 stopped.
docs/eval.md tells of the default model on the development questions, freshly asked.
"""

import argparse
import datetime
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

from assistant.answer import Answer
from assistant.generation import registered
from assistant.settings import load_settings
from assistant.terminal.show import complain, dump
from assistant.version import VERSION
from corpus.files import write_whole
from evaluation import labelled, records, report, running
from evaluation.figures import missed, tabulate
from evaluation.records import Run
from evaluation.scoring import judge

REPORT = Path(__file__).parents[1] / "docs" / "eval.md"
WIDTH = 150
"""Columns of the table where the output is no terminal."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns its exit code."""
    options = _options(arguments)
    return running.finish(lambda: _evaluate(options))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__.split("\n")[0])
    parser.add_argument("questions", nargs="?", default="dev", help="name of a set, or a JSONL file  [dev]")
    parser.add_argument("--llm", metavar="SPEC", help="the generator, as for `assistant ask`")
    parser.add_argument(
        "--cache", metavar="FILE", type=Path, help="remember replies; times do not count then"
    )
    parser.add_argument("--out", metavar="FILE", type=Path, help="also write the answers, as JSON lines")
    parser.add_argument("--record", action="store_true", help="later runs are compared with this one")
    parser.add_argument("--recorded", metavar="FILE", type=Path, default=records.RECORDED, help="where to")
    parser.add_argument("--report", metavar="FILE", type=Path, help="where the report goes  [docs/eval.md]")
    return parser.parse_args(arguments)


def _evaluate(options: argparse.Namespace) -> int:
    path = labelled.path_of(options.questions)
    questions = labelled.read(path)
    settings = load_settings(llm=options.llm)
    machine = running.machine()
    with running.open_engine(settings, options.cache) as engine:
        answers = running.ask(questions, engine)
    if options.out:
        _write_answers(options.out, answers.values())

    judgements = [judge(question, answers.get(question.id)) for question in questions]
    run = Run(
        questions=path.stem,
        digest=records.digest(path),
        model=running.model_name(settings),
        date=datetime.date.today().isoformat(),
        version=VERSION,
        machine=machine,
        timed=options.cache is None,
        table=tabulate(judgements),
        failed={j.question.id: sorted({fault.what for fault in j.faults}) for j in judgements if j.faults},
    )
    before = records.recorded(run, options.recorded)
    report.show(Console(width=None if sys.stdout.isatty() else WIDTH), run, before, judgements)
    target = options.report or (REPORT if _is_the_reported(run, path) else None)
    if target:
        write_whole(target, report.markdown(run, before).encode())
    if options.record:
        records.record(run, options.recorded)

    short = missed(run.table, run.timed)
    for sentence in short:
        complain(f"Missed: {sentence}")
    return 1 if short else 0


def _is_the_reported(run: Run, path: Path) -> bool:
    return path == labelled.SETS / "dev.jsonl" and run.model == registered()[0] and run.timed


def _write_answers(path: Path, answers: Iterable[Answer]) -> None:
    lines = [dump(answer.model_dump(mode="json"), indent=None) + "\n" for answer in answers]
    write_whole(path, "".join(lines).encode())


if __name__ == "__main__":
    sys.exit(main())
