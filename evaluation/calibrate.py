"""`python -m evaluation.calibrate`: fit the weights by which the engine keeps silent, and print their errors.

Every calibration question goes through the engine until it decides; the signals are those it decided from, so
whatever is a field of `Signals` takes part. No language model is asked, for no signal comes from one. What is
not decided so, such as questions for advice, is left out. Beside the labelled questions stand those of the
bank, asked where they are not known (`evaluation.near`); each sort counts half, for the labelled ones are few
and less alike. The development questions are never read.
"""

import argparse
import logging
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
import yaml
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table as Grid

from assistant import abstention
from assistant.abstention import Signals, Weights
from assistant.answer import Event, Token
from assistant.engine import Engine
from assistant.settings import load_settings
from corpus.article import LANGUAGES, Language
from corpus.errors import InputError
from corpus.files import write_whole
from evaluation import labelled, logistic, near, running
from evaluation.catalogue import catalogue
from evaluation.labelled import Question
from evaluation.scoring import Count

TITLE = "Fit the weights by which the engine keeps silent, and print their errors."
SHIPPED = Path(abstention.__file__).with_suffix(".yaml")

NEAR_REFUSED = 0.03
"""The share of the bank's answered questions that may be refused."""

Errors = tuple[Count, Count]
"""Unanswerable questions answered, and answerable questions refused."""


@dataclass(frozen=True)
class Observed:
    """A question and the signals by which the engine decided whether to keep silent; `near`: of the bank."""

    question: Question
    signals: Signals
    near: bool = False


@dataclass(frozen=True)
class Calibration:
    """Fitted weights, and by sort of question and language the errors on questions not fitted on."""

    weights: Weights
    errors: dict[tuple[bool, Language], Errors]
    """By (near, language)."""


class _Watch(logging.Handler):
    """Remembers the signals of the latest decision."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Signals | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self.seen = getattr(record, "signals", self.seen)


def observe(questions: Iterable[Question], engine: Engine) -> Iterator[Observed]:
    """The signals of each question that was decided by them."""
    watch, level = _Watch(), abstention.log.level
    abstention.log.addHandler(watch)
    abstention.log.setLevel(logging.INFO)
    try:
        for question in questions:
            watch.seen = None
            stream = engine.stream(question.question, question.history)
            with closing(cast("Generator[Event, None, None]", stream)) as events:
                next(event for event in events if isinstance(event, Token))  # decided before a word is shown
            if watch.seen is not None:
                yield Observed(question, watch.seen)
    finally:
        abstention.log.removeHandler(watch)
        abstention.log.setLevel(level)


def calibrate(observed: Sequence[Observed]) -> Calibration:
    """Weights and thresholds from what was observed. Raises InputError without some of both kinds.

    Thresholds are chosen on the held-out probabilities, so the errors told of them flatter a little.
    """
    names = [field.name for field in fields(Signals)]
    rows = np.array([[seen.signals.by_name()[name] for name in names] for seen in observed])
    answerable = np.array([seen.question.answerable for seen in observed], dtype=bool)
    of_bank = np.array([seen.near for seen in observed], dtype=bool)
    languages = np.array([seen.signals.language for seen in observed])
    if min(answerable.sum(), (~answerable).sum()) < 2:
        raise InputError("Too few questions to tell apart; give several of both kinds, answerable and not.")
    slopes, bias = logistic.fit(rows, answerable, of_bank)
    strata = [f"{language} {sort}" for language, sort in zip(languages, of_bank, strict=True)]
    probable = logistic.held_out(rows, answerable, strata, of_bank)

    silent_below: dict[Language, float] = {}
    errors: dict[tuple[bool, Language], Errors] = {}
    for language in LANGUAGES:
        own = languages == language
        silent_below[language] = round(threshold(probable[own], answerable[own], of_bank[own]), 3)
        for sort in np.unique(of_bank):
            these = own & (of_bank == sort)
            errors[bool(sort), language] = count_errors(
                probable[these], answerable[these], silent_below[language]
            )
    weights = {name: float(f"{slope:.4g}") for name, slope in zip(names, slopes, strict=True)}
    return Calibration(Weights(round(bias, 3), weights, silent_below), errors)


def threshold(
    probable: NDArray[np.float64], answerable: NDArray[np.bool_], of_bank: NDArray[np.bool_]
) -> float:
    """The probability below which to keep silent, from (n,) probabilities of an answer, the truth, the sort.

    Of the thresholds that refuse no more answerable questions of either sort than is allowed (figures.yaml,
    NEAR_REFUSED; to the nearest whole question), those that let the fewest others through; of these, those
    that refuse least; of these, the one in the widest gap.
    """
    allowed = {False: catalogue().shares["false_abstention"].at_most or 0.0, True: NEAR_REFUSED}
    found = []
    for low, high in pairwise(np.unique([0.0, *probable, 1.0])):
        below = float(low + high) / 2
        (answered, _), (refused, _) = count_errors(probable, answerable, below)
        for sort, share in allowed.items():
            _, (wrongly, of) = count_errors(probable[of_bank == sort], answerable[of_bank == sort], below)
            if wrongly > round(share * of):
                break
        else:
            found.append((answered, refused, float(low - high), below))
    return min(found)[-1]


def count_errors(probable: NDArray[np.float64], answerable: NDArray[np.bool_], below: float) -> Errors:
    """(unanswerable answered, answerable refused) where silence is kept below a probability."""
    silent = probable < below
    return (
        (int((~silent & ~answerable).sum()), int((~answerable).sum())),
        (int((silent & answerable).sum()), int(answerable.sum())),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Observe, fit, print the errors, write the weights; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.calibrate", description=TITLE)
    parser.add_argument(
        "questions",
        nargs="*",
        default=labelled.ours(),
        help="sets or files  [all sets but the development one]",
    )
    parser.add_argument("--alone", action="store_true", help="without the questions of the bank")
    parser.add_argument("--out", metavar="FILE", type=Path, default=SHIPPED, help="where the weights go")
    options = parser.parse_args(arguments)
    return running.finish(lambda: _calibrate(options.questions, options.alone, options.out))


def _calibrate(names: Sequence[str], alone: bool, out: Path) -> int:
    questions = [each for name in names for each in labelled.read(labelled.path_of(name))]
    with running.open_engine(load_settings(llm="none")) as engine:
        observed = list(observe(_tracked(questions, "Observing the labelled questions"), engine))
    if not alone:
        observed += _observe_near()
    fitted = calibrate(observed)
    _show(fitted, observed)
    write_whole(out, _as_yaml(fitted.weights, names, observed).encode())
    return 0


def _observe_near() -> list[Observed]:
    rounds = enumerate(near.engines(), 1)
    return [
        replace(seen, near=True)
        for number, (questions, engine) in rounds
        for seen in observe(_tracked(questions, f"Observing the bank, {number}/{near.ROUNDS}"), engine)
    ]


def _tracked(questions: Sequence[Question], what: str) -> Iterable[Question]:
    return track(questions, what, console=Console(stderr=True))


def _show(fitted: Calibration, observed: Sequence[Observed]) -> None:
    """The errors by sort and language: on questions not fitted on, on all, and of the weights in use."""
    grid = Grid("", "silent below", "answered wrongly", "refused wrongly")
    for (sort, language), errors in fitted.errors.items():
        own = [seen for seen in observed if (seen.near, seen.signals.language) == (sort, language)]
        answerable = np.array([seen.question.answerable for seen in own])
        below = fitted.weights.silent_below[language]
        new = np.array([fitted.weights.probability(seen.signals.by_name()) for seen in own])
        now = np.array([0.0 if abstention.is_silent(seen.signals) else 1.0 for seen in own])
        name = f"{'bank' if sort else 'labelled'}, {language}"
        grid.add_row(f"{name}, held out", str(below), *map(_share, errors))
        grid.add_row(f"{name}, fitted", str(below), *map(_share, count_errors(new, answerable, below)))
        grid.add_row(f"{name}, in use now", "", *map(_share, count_errors(now, answerable, 0.5)))
    Console().print(
        grid, f"{len(observed)} questions; {fitted.weights.weights}", highlight=False, soft_wrap=True
    )


def _share(error: tuple[int, int]) -> str:
    wrong, of = error
    return f"{wrong}/{of} ({wrong / max(of, 1):.1%})"


def _as_yaml(weights: Weights, sets: Sequence[str], observed: Sequence[Observed]) -> str:
    of_bank = sum(seen.near for seen in observed)
    beside = f" and {of_bank} of index/questions, each asked where it is not known" if of_bank else ""
    names = ", ".join(Path(name).stem for name in sets)
    head = (
        "# Written by `python -m evaluation.calibrate`; not edited by hand.\n"
        f"# Fitted on {len(observed) - of_bank} questions of {names}{beside}.\n"
    )
    return head + yaml.safe_dump(asdict(weights), sort_keys=False, default_flow_style=None, width=110)


if __name__ == "__main__":
    sys.exit(main())
