"""A run as people read it: the table on a terminal, and docs/eval.md."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from evaluation.catalogue import catalogue
from evaluation.figures import OVERALL, Group, Spread, apart, missed
from evaluation.records import Run, changes
from evaluation.scoring import Judgement

NONE = "–"
EXCERPT = 100
"""Characters of an answer shown beside its faults."""


def show(console: Console, run: Run, before: Run | None, judgements: Sequence[Judgement]) -> None:
    """Print the table, what changed since the recorded run, and the failures one a line."""
    head, *rows = _groups(run)
    grid = Grid(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for title in head:
        grid.add_column(title, no_wrap=title == "", justify="right" if title else "left")
    for name, *cells in rows:
        grid.add_row(name, *cells, end_section=name == OVERALL)
    console.print(grid)
    for line in _differences(run, before):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for judgement in judgements:
        if judgement.faults:
            console.print(_failure(judgement), highlight=False, soft_wrap=True)
    if not run.timed:
        console.print("Times are not judged: replies were remembered.")


def markdown(run: Run, before: Run | None) -> str:
    """docs/eval.md: figures with what they count and what is wanted, groups, changes, ids that fail."""
    short = missed(run.table, run.timed)
    verdict = "Every threshold is met." if not short else f"Thresholds missed: {len(short)}."
    return "\n".join(
        [
            "# Evaluation",
            "",
            f"Written by `make eval` on {run.date}: {run.table[OVERALL].n} labelled questions",
            f"(`evaluation/questions/{run.questions}.jsonl`), model {run.model}, version {run.version}.",
            f"Machine: {run.machine}.",
            "",
            f"**{verdict}**",
            *(f"- {sentence}" for sentence in short),
            "",
            "## Figures",
            "",
            *_lines(_figures(run, before)),
            "",
            "## Groups",
            "",
            "Shares in %, times in seconds (median and 95th percentile of the whole answer).",
            "",
            *_lines(_groups(run)),
            "",
            "## Since the recorded run",
            "",
            *(f"- {line}" for line in _differences(run, before)),
            "",
            "## Questions that fail",
            "",
            *([f"- {name}: {', '.join(why)}" for name, why in run.failed.items()] or ["None."]),
            "",
        ]
    )


def _figures(run: Run, before: Run | None) -> list[list[str]]:
    """A row for each figure, overall."""
    rows = [["figure", "value", "of", "zh – en", "wanted", "recorded", "what it counts"]]
    group, old = run.table[OVERALL], before.table[OVERALL] if before else None
    for name, share in catalogue().shares.items():
        had, of = group.shares[name]
        gap = apart(run.table, name)
        rows.append(
            [
                name.replace("_", " "),
                _percent(group.value(name)),
                f"{had}/{of}",
                _percent(gap),
                share.wanted,
                _percent(old.value(name)) if old else NONE,
                share.counts,
            ]
        )
    for name, time in catalogue().times.items():
        was = _seconds(old.times.get(name)) if old and before and before.timed else NONE
        now = _seconds(group.times.get(name)) if run.timed else NONE
        rows.append([time.label, now, str(group.n), NONE, time.wanted, was, time.counts])
    return rows


def _groups(run: Run) -> list[list[str]]:
    """A row for each group."""
    head = ["", "n", *(share.label for share in catalogue().shares.values() if share.label), "p50 s", "p95 s"]
    return [head, *([name, *_cells(group, run.timed)] for name, group in run.table.items())]


def _cells(group: Group, timed: bool) -> list[str]:
    whole = group.times.get("total_ms") if timed else None
    times = [f"{whole.p50 / 1000:.2f}", f"{whole.p95 / 1000:.2f}"] if whole else [NONE, NONE]
    shown = [figure for figure, share in catalogue().shares.items() if share.label]
    shares = [_percent(group.value(figure)).removesuffix(" %") for figure in shown]
    return [str(group.n), *shares, *times]


def _differences(run: Run, before: Run | None) -> list[str]:
    """A line for each figure and each question that is not what it was."""
    if before is None:
        return ["There is no recorded run of these questions with this model."]
    lines = [
        f"{change.group}: {change.figure.replace('_', ' ')} "
        f"{_percent(change.before)} → {_percent(change.now)} ({100 * (change.now - change.before):+.1f})"
        for change in changes(run.table, before.table)
    ]
    for word, names in (
        ("Now right", before.failed.keys() - run.failed.keys()),
        ("Now failing", run.failed.keys() - before.failed.keys()),
    ):
        lines += [f"{word}: {', '.join(sorted(names))}"] if names else []
    lines = lines or ["No share has changed."]
    if run.timed and before.timed:
        for name, time in catalogue().times.items():
            was, now = (r.table[OVERALL].times.get(name) for r in (before, run))
            lines.append(f"{time.label}: {_seconds(was)} → {_seconds(now)}")
    return [f"Compared with the run of {before.date}; its machine: {before.machine}.", *lines]


def _failure(judgement: Judgement) -> str:
    question, answer = judgement.question, judgement.answer
    faults = "; ".join(map(str, judgement.faults))
    said = " ".join(answer.answer.split())[:EXCERPT] if answer else ""
    return escape(f"{question.id} [{question.lang}, {question.kind}] {faults} « {said} »")


def _lines(rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; the first row is its head."""
    head, *rest = (f"| {' | '.join(row)} |" for row in rows)
    return [head, "|" + "---|" * (head.count("|") - 1), *rest]


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.1f} %"


def _seconds(spread: Spread | None) -> str:
    return f"{spread.p50 / 1000:.2f} / {spread.p95 / 1000:.2f} s" if spread else NONE
