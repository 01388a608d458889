"""`python -m index.evaluate QUESTIONS`: how often the evidence of a question is among the passages found.

QUESTIONS is a `.jsonl` of {"lang", "question", "evidence": [[quote, ...], ...], "history"?}, where a group is
found when one of its quotes stands in the Chinese text of a pair, or a `.tsv` of language, question and
passages (ids without the language, alternatives separated by `|`, groups by spaces). A question counts at k
when every group is found among its first k pairs. A follow-up is searched with the user's turn before it.
"""

import argparse
import json
import re
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from corpus import article, chunking
from corpus.article import LANGUAGES, Language
from index.embedder import DEFAULT, open_embedder
from index.query import language_of
from index.retriever import Retriever

CUTS = (1, 3, 5)

_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "–": "-"})


@dataclass(frozen=True)
class Question:
    """What is asked, in which kind of language, and the pairs (ids without language) of each group."""

    kind: str
    text: str
    groups: tuple[frozenset[str], ...]


def read(path: Path) -> list[Question]:
    """The questions of a file that have evidence."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    if path.suffix == ".tsv":
        return [_from_row(*line.split("\t")) for line in lines]
    chinese = {
        _pair(passage.id): _fold(passage.text)
        for passage in chunking.passages(article.load())
        if passage.language == "zh"
    }
    return [_from_item(item, chinese) for item in map(json.loads, lines) if item["evidence"]]


def recall(places: Sequence[int]) -> list[float]:
    """Share of questions at each cut, then the mean reciprocal rank, from the place of the last group."""
    found = [sum(place <= cut for place in places) / len(places) for cut in CUTS]
    return [*found, sum(1 / place for place in places) / len(places)]


def place(ranking: Sequence[str], groups: Sequence[frozenset[str]], last: bool = True) -> int:
    """The place, from 1, at which every group (or the first of them) has been found."""
    places = [1 + min(ranking.index(pair) for pair in group) for group in groups]
    return max(places) if last else min(places)


def main() -> None:
    """Print recall and latency by kind of language, and across the editions."""
    parser = argparse.ArgumentParser(prog="python -m index.evaluate", description=__doc__.split("\n")[0])
    parser.add_argument("questions", type=Path)
    parser.add_argument("--embedder", default=DEFAULT)
    parser.add_argument("--misses", action="store_true", help="list the questions not found at 5")
    options = parser.parse_args()
    questions = read(options.questions)
    retriever = Retriever.open(open_embedder(options.embedder))
    count = len(chunking.passages(article.load())) // 2
    console = Console()

    kinds = ["all", *sorted({question.kind for question in questions})]
    rows: dict[str, list[tuple[int, int]]] = {kind: [] for kind in kinds}
    across: dict[tuple[str, Language], list[tuple[int, int]]] = {}
    seconds = []
    for question in questions:
        started = time.perf_counter()
        hits = retriever.search(question.text, k=count)
        seconds.append(time.perf_counter() - started)
        ranking = [_pair(hit.passage.id) for hit in hits]
        result = place(ranking, question.groups), place(ranking, question.groups, last=False)
        rows["all"].append(result)
        rows[question.kind].append(result)
        for edition in LANGUAGES:
            alone = [_pair(id) for id in retriever.rankings(question.text, edition)]
            key = language_of(question.text), edition
            across.setdefault(key, []).append(
                (place(alone, question.groups), place(alone, question.groups, last=False))
            )
        if options.misses and result[0] > CUTS[-1]:
            console.print(f"{question.kind}: {question.text} (found at {result[0]})", highlight=False)

    table = Table("questions", "n", *(f"recall@{cut}" for cut in CUTS), "MRR")
    for kind in kinds:
        table.add_row(kind, *_figures(rows[kind]))
    for (asked, edition), results in sorted(across.items()):
        table.add_row(f"{asked} over the {edition} edition alone", *_figures(results))
    console.print(table)
    low, high = np.percentile(np.array(seconds) * 1000, [50, 95])
    console.print(f"search: p50 {low:.1f} ms, p95 {high:.1f} ms", highlight=False)


def _figures(results: Sequence[tuple[int, int]]) -> list[str]:
    found = recall([last for last, _ in results])[:-1]
    rank = recall([first for _, first in results])[-1]
    return [str(len(results)), *(f"{100 * share:.1f} %" for share in found), f"{rank:.3f}"]


def _from_row(kind: str, text: str, groups: str) -> Question:
    return Question(kind, text, tuple(frozenset(group.split("|")) for group in groups.split(" ")))


def _from_item(item: dict, chinese: dict[str, str]) -> Question:  # type: ignore[type-arg]
    before = [turn["content"] for turn in item.get("history") or () if turn["role"] == "user"][-1:]
    groups = tuple(
        frozenset(pair for pair, text in chinese.items() if any(_fold(quote) in text for quote in group))
        for group in item["evidence"]
    )
    return Question(item["lang"], " ".join([*before, item["question"]]), groups)


def _fold(text: str) -> str:
    """How quotes are compared: without spaces, quotation marks and case."""
    folded = unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold()
    return re.sub(r"[\s\"'「」『』]+", "", folded)


def _pair(passage_id: str) -> str:
    return passage_id.split("-", 1)[1]


if __name__ == "__main__":
    main()
