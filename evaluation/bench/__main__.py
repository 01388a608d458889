"""`python -m evaluation.bench [PART]...`: measure, compare with what was recorded, say what got worse.

Exit codes: 0 nothing got worse; 1 something did, each named on standard error; 2 usage; 130 stopped.
Without a part, all are run that need no minutes of preparation. `--record` keeps the figures and writes
docs/bench.md.
"""

import argparse
import datetime
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from assistant.generation import registered
from assistant.terminal.show import complain, say
from assistant.version import VERSION
from corpus.files import write_whole
from evaluation import labelled, running
from evaluation.bench import drawing, records, report
from evaluation.bench.catalogue import catalogue
from evaluation.bench.growth import growth
from evaluation.bench.overhead import overhead
from evaluation.bench.parts import SERVED, Measured, Order
from evaluation.bench.plain import compare
from evaluation.bench.records import Run

PARTS: dict[str, Callable[[Order], Measured]] = {
    **SERVED,
    "overhead": overhead,
    "growth": growth,
    "plain": compare,
}

ON_REQUEST = ("growth", "plain")
"""Parts that take gigabytes, or libraries that are not ours."""

DOCS = Path(__file__).parents[2] / "docs"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns its exit code."""
    options = _options(arguments)
    return running.finish(lambda: _bench(options))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evaluation.bench", description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--questions", default="dev", help="name of a set, or a JSONL file  [dev]")
    parser.add_argument("--every", type=int, default=4, metavar="N", help="each n-th of them  [4]")
    parser.add_argument("--passages", type=int, default=Order.passages, help="of growth  [1000000]")
    parser.add_argument("--runs", type=int, default=1, help="of which the medians are taken  [1]")
    parser.add_argument("--llm", default=registered()[0], metavar="SPEC", help="as for `assistant ask`")
    parser.add_argument("--note", default="", help="a sentence on what else ran on the machine")
    parser.add_argument("--record", action="store_true", help="later runs are compared with this one")
    parser.add_argument("--recorded", type=Path, default=records.RECORDED, metavar="FILE", help="where to")
    parser.add_argument("--docs", type=Path, default=DOCS, metavar="FOLDER", help="of bench.md  [docs]")
    options = parser.parse_args(arguments)
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"there is no part {part!r}: choose of {', '.join(PARTS)}")
    return options


def _bench(options: argparse.Namespace) -> int:
    questions = labelled.read(labelled.path_of(options.questions))[:: options.every]
    order = Order(questions, options.llm, options.passages)
    before = records.recorded(options.llm, options.recorded)
    slower = []
    for part in options.parts or [name for name in PARTS if name not in ON_REQUEST]:
        complain(f"{catalogue()[part].title} ({part})")
        run = _run(part, order, options)
        for line in report.lines({part: run}):
            say(line)
        for line in records.compared(part, run, before.get(part)):
            say(line)
            slower += [line] if line.startswith(records.WORSE) else []
        if options.record:
            records.record(options.llm, {part: run}, options.recorded)
            _write(options)
    for line in slower:
        complain(line)
    return 1 if slower else 0


def _run(part: str, order: Order, options: argparse.Namespace) -> Run:
    machine = running.machine()
    measured = [PARTS[part](order) for _ in range(options.runs)]
    return Run(
        date=datetime.date.today().isoformat(),
        version=VERSION,
        machine=machine,
        note=options.note,
        questions="" if part == "growth" else _told(order, options),
        runs=options.runs,
        figures={
            name: round(median(one.figures[name] for one in measured), 4) for name in measured[0].figures
        },
        samples={
            name: [round(value, 3) for one in measured for value in one.samples[name]]
            for name in measured[0].samples
        },
    )


def _told(order: Order, options: argparse.Namespace) -> str:
    return f"{len(order.questions)} questions (one in {options.every} of {options.questions})"


def _write(options: argparse.Namespace) -> None:
    """docs/bench.md and its picture, from everything that is kept of this model."""
    runs = records.recorded(options.llm, options.recorded)
    samples = {name: values for run in runs.values() for name, values in run.samples.items()}
    if samples:
        write_whole(options.docs / "bench.svg", drawing.draw(samples).encode())
    write_whole(options.docs / "bench.md", report.markdown(runs, options.llm).encode())


if __name__ == "__main__":
    sys.exit(main())
