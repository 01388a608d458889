"""`python -m evaluation.intent`: fit the weights that tell a wish for advice from one for facts.

The examples are the index's own (known situations, some of which want no advice, and the bank's questions of
fact, each asked where its own wording is not known) and our own labelled questions. Both count alike. The
development questions are not read.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import yaml
from rich.console import Console
from rich.progress import track

from assistant import intent, rules
from assistant.grounding import Vocabulary
from assistant.history import understand
from assistant.logistic import Logistic
from corpus import article, chunking
from corpus.article import LANGUAGES
from corpus.files import write_whole
from evaluation import labelled, logistic, running
from evaluation.remembering import Remembering
from index import bank, situations
from index.bank import Bank, Need
from index.embedder import Embedder, open_embedder
from index.likeness import AsQuestions
from index.retriever import Retriever
from index.situations import Known
from index.store import build

TITLE = "Fit the weights that tell a wish for advice from one for facts."
SHIPPED = Path(intent.__file__).with_suffix(".yaml")
FOLDS = 5

Entry = TypeVar("Entry", Need, Known)


@dataclass(frozen=True)
class Example:
    """Of a question, whether it asks for advice, what tells so, and whether it is a labelled one."""

    advice: bool
    signs: dict[str, float]
    labelled: bool = False


def examples(fold: int, embedder: Embedder, vocabulary: Vocabulary) -> Iterator[Example]:
    """Every fifth wording of each situation and one of each need, asked where all others are known."""
    needs, asked_needs = _part(bank.load(), fold, most=1)
    known, asked_situations = _part(situations.load(), fold)
    advising = {wording for need in bank.load(files="advice.yaml") for wording in need.wordings}
    wordings = [wording for need in needs for wording in need.wordings]
    with tempfile.TemporaryDirectory() as folder:
        store = build(Path(folder) / "questions", wordings, AsQuestions(embedder))
        retriever = Retriever.open(embedder, Bank(needs, embedder, store))
    factual = [wording for wording in wordings if wording not in advising]
    rows = embedder.embed_queries(situations.texts(known))
    likely = rules.Likely(embedder, known, rows, embedder.embed_queries(factual))
    asked = [(wording, each.advice) for each, wording in asked_situations]
    asked += [(wording, False) for _, wording in asked_needs if wording not in advising]
    discerner = intent.Discerner(retriever, likely, vocabulary)
    for wording, wants in asked:
        yield Example(wants, discerner.signs(understand(wording), rules.recognise(wording).cues))


def labelled_examples(embedder: Embedder, vocabulary: Vocabulary) -> Iterator[Example]:
    """Our own labelled questions of which the words alone do not tell whether advice is wanted."""
    retriever, likely = Retriever.open(embedder), rules.Likely.open(embedder)
    discerner = intent.Discerner(retriever, likely, vocabulary)
    for name in labelled.ours():
        for question in labelled.read(labelled.path_of(name)):
            earlier = [turn.model_dump() for turn in question.history]
            situation = rules.recognise(question.question, earlier, likely)
            if intent.in_doubt(situation):
                asked = understand(question.question, question.history, "auto", vocabulary)
                wants, seen = question.recommend is not None, discerner.signs(asked, situation.cues)
                yield Example(wants, seen, labelled=True)


def _part(
    entries: Sequence[Entry], fold: int, most: int | None = None
) -> tuple[list[Entry], list[tuple[Entry, str]]]:
    """(the entries without the wordings of a fold, those wordings); at least one wording stays known."""
    rest, asked = list[Entry](), list[tuple[Entry, str]]()
    for entry in entries:
        own = entry.wordings[fold::FOLDS][:most] if len(entry.wordings) > 1 else ()
        asked += [(entry, wording) for wording in own]
        rest.append(replace(entry, wordings=tuple(w for w in entry.wordings if w not in own)))
    return rest, asked


def fit(seen: Sequence[Example]) -> Logistic:
    """What each sign weighs."""
    names = sorted({name for example in seen for name in example.signs})
    rows = np.array([[example.signs.get(name, 0.0) for name in names] for example in seen])
    wants = np.array([example.advice for example in seen])
    slopes, bias = logistic.fit(rows, wants, np.array([example.labelled for example in seen]))
    return Logistic(bias, dict(zip(names, slopes.tolist(), strict=True)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit on four fifths and judge on the rest, then fit on all and write; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.intent", description=TITLE)
    parser.add_argument("--out", metavar="FILE", type=Path, default=SHIPPED, help="where the weights go")
    options = parser.parse_args(arguments)
    return running.finish(lambda: _fit_all(options.out))


def _fit_all(out: Path) -> int:
    passages = chunking.passages(article.load())
    embedder = Remembering.of_packaged(open_embedder())
    vocabulary = Vocabulary.of(*([p.text for p in passages if p.language == lang] for lang in LANGUAGES))
    folds = [
        list(examples(fold, embedder, vocabulary))
        for fold in track(range(FOLDS), "Asking", console=Console(stderr=True))
    ]
    ours = list(labelled_examples(embedder, vocabulary))
    for number, fold in enumerate(folds):
        fold += ours[number::FOLDS]
    _show(folds)
    fitted = fit([example for fold in folds for example in fold])
    write_whole(out, _as_yaml(fitted, sum(map(len, folds))).encode())
    return 0


def _show(folds: Sequence[Sequence[Example]]) -> None:
    """How many of each sort are taken for the other, by weights fitted on the other folds."""
    wrong, of = Counter[tuple[bool, bool]](), Counter[tuple[bool, bool]]()
    for number, held in enumerate(folds):
        fitted = fit([e for n, fold in enumerate(folds) if n != number for e in fold])
        for example in held:
            sort = example.labelled, example.advice
            of[sort] += 1
            wrong[sort] += (fitted.probability(example.signs) > intent.WANTED) != example.advice
    console = Console(highlight=False)
    for ours in (False, True):
        console.print("Labelled questions:" if ours else "Wordings of the index:")
        console.print(f"  taken for facts: {wrong[ours, True]} of {of[ours, True]} wishes for advice")
        console.print(f"  taken for wishes for advice: {wrong[ours, False]} of {of[ours, False]} others")


def _as_yaml(fitted: Logistic, count: int) -> str:
    head = (
        "# Written by `python -m evaluation.intent`; not edited by hand.\n"
        f"# Fitted on {count} examples: wordings of index/situations and index/questions, each where it is\n"
        "# not known, and labelled questions of evaluation/questions, without dev.\n"
    )
    weights = {name: float(f"{weight:.4g}") for name, weight in fitted.weights.items()}
    data = {"bias": round(fitted.bias, 3), "weights": weights}
    return head + yaml.safe_dump(data, sort_keys=False, width=110)


if __name__ == "__main__":
    sys.exit(main())
