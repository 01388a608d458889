"""Runs as people read them: lines on a terminal, and docs/bench.md."""

from collections.abc import Iterator

from evaluation.bench.catalogue import catalogue
from evaluation.bench.records import Runs

VERDICT = {True: "holds", False: "**missed**", None: ""}


def lines(runs: Runs) -> Iterator[str]:
    """Every figure of every run with what is wanted of it."""
    for name, part in catalogue().items():
        if name not in runs:
            continue
        yield f"{part.title} ({name}; {runs[name].machine})"
        for key, figure in part.figures.items():
            if key in runs[name].figures:
                value = runs[name].figures[key]
                verdict = {True: "holds", False: "MISSED", None: ""}[figure.holds(value)]
                yield f"  {figure.label:45} {figure.shown(value):>16}   {figure.wanted:12} {verdict}".rstrip()


def markdown(runs: Runs, model: str) -> str:
    """docs/bench.md: what is wanted first, then each part with when and where it was measured."""
    judged = [
        f"| {part.title}: {figure.label} | {figure.shown(value)} | {figure.wanted} | "
        f"{VERDICT[figure.holds(value)]} |"
        for name, part in catalogue().items()
        if name in runs
        for key, figure in part.figures.items()
        if figure.wanted and (value := runs[name].figures.get(key)) is not None
    ]
    return "\n".join(
        [
            "# How fast it is",
            "",
            f"Written by `make bench` from `evaluation/bench/recorded.json`; the model is {model}.",
            "`python -m evaluation.bench PART…` measures single parts and says what got worse since they",
            "were recorded; `--record` keeps them.",
            "",
            "![How many answers stood after how many seconds](bench.svg)",
            "",
            "## What is wanted",
            "",
            "| figure | measured | wanted | |",
            "|---|---|---|---|",
            *judged,
            *(line for name in catalogue() if name in runs for line in _section(name, runs)),
            "",
        ]
    )


def _section(name: str, runs: Runs) -> Iterator[str]:
    part, run = catalogue()[name], runs[name]
    yield from ("", f"## {part.title}", "", part.about.strip(), "")
    times = "one run" if run.runs == 1 else f"medians of {run.runs} runs"
    yield f"Measured on {run.date}, {times}{f', {run.questions}' if run.questions else ''}. {run.machine}."
    yield from (("", run.note) if run.note else ())
    yield from ("", "| figure | |", "|---|---|")
    for key, figure in part.figures.items():
        if key in run.figures:
            yield f"| {figure.label} | {figure.shown(run.figures[key])} |"
