"""`python -m index.evaluate QUESTIONS`: how often the evidence of a question is among the passages found.

QUESTIONS is a `.jsonl` of {"lang", "question", "evidence": [[quote, ...], ...], "history"?}, where a group is
found when one of its quotes stands in the Chinese text of a pair, or a `.tsv` of language, question and
passages (ids without the language, alternatives separated by `|`, groups by spaces). A question counts at k
when every group is found among its first k pairs. A follow-up is searched with the user's turn before it.
"""

import argparse
import json
import math
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
from corpus.article import LANGUAGES
from corpus.chunking import Passage
from index.embedder import DEFAULT, open_embedder
from index.query import language_of
from index.retriever import Retriever

CUTS = (1, 3, 5)

_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "–": "-"})


@dataclass(frozen=True)
class Question:
    """What is asked and in which kind of language; per group of evidence the pairs that hold it (ids without
    language), and the sentences (`pair#number`) when the file quotes them."""

    kind: str
    text: str
    groups: tuple[frozenset[str], ...]
    sentences: tuple[frozenset[str], ...] = ()


def read(path: Path) -> list[Question]:
    """The questions of a file that have evidence."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    if path.suffix == ".tsv":
        return [_from_row(*line.split("\t")) for line in lines]
    chinese = [p for p in chunking.passages(article.load()) if p.language == "zh"]
    return [_from_item(item, chinese) for item in map(json.loads, lines) if item["evidence"]]


def recall(places: Sequence[float]) -> list[float]:
    """Share of questions at each cut, then the mean reciprocal rank."""
    found = [sum(place <= cut for place in places) / len(places) for cut in CUTS]
    return [*found, sum(1 / place for place in places) / len(places)]


def places(ranking: Sequence[str], groups: Sequence[frozenset[str]]) -> tuple[float, float]:
    """The places, from 1, at which the first and the last group are found; infinite where none is."""
    rank = {unit: number for number, unit in enumerate(ranking, 1)}
    found = [min((rank.get(unit, math.inf) for unit in group), default=math.inf) for group in groups]
    return min(found), max(found)


def main() -> None:
    """Print recall and latency by kind of language, and across the editions."""
    parser = argparse.ArgumentParser(prog="python -m index.evaluate", description=__doc__.split("\n")[0])
    parser.add_argument("questions", type=Path)
    parser.add_argument("--embedder", default=DEFAULT)
    parser.add_argument("--misses", action="store_true", help="list the questions not found at 5")
    options = parser.parse_args()
    questions = read(options.questions)
    retriever = Retriever.open(open_embedder(options.embedder))
    console = Console()

    rows: dict[str, list[tuple[float, float]]] = {"all": []}
    rows |= {kind: [] for kind in sorted({question.kind for question in questions})}
    seconds = []
    for question in questions:
        started = time.perf_counter()
        hits = retriever.search(question.text, k=len(retriever))
        seconds.append(time.perf_counter() - started)
        found = places([_pair(hit.passage) for hit in hits], question.groups)
        rows["all"].append(found)
        rows[question.kind].append(found)
        asked = language_of(question.text)
        for edition in LANGUAGES:
            alone = [id.split("-", 1)[1] for id in retriever.rankings(question.text, edition)]
            label = f"{asked} over the {edition} edition alone"
            rows.setdefault(label, []).append(places(alone, question.groups))
        if question.sentences:
            ranking = [
                f"{_pair(s.passage)}#{s.sentence}" for s in retriever.sentences(question.text, hits[:5])
            ]
            label = f"{asked}: sentences of the first 5"
            rows.setdefault(label, []).append(places(ranking, question.sentences))
        if options.misses and found[1] > CUTS[-1]:
            console.print(f"{question.kind}: {question.text} (found at {found[1]})", highlight=False)

    table = Table("questions", "n", *(f"recall@{cut}" for cut in CUTS), "MRR")
    for label, results in rows.items():
        shares = recall([last for _, last in results])[:-1]
        rank = recall([first for first, _ in results])[-1]
        table.add_row(label, str(len(results)), *(f"{100 * share:.1f} %" for share in shares), f"{rank:.3f}")
    console.print(table)
    low, high = np.percentile(np.array(seconds) * 1000, [50, 95])
    console.print(f"search: p50 {low:.1f} ms, p95 {high:.1f} ms", highlight=False)


def _from_row(kind: str, text: str, groups: str) -> Question:
    return Question(kind, text, tuple(frozenset(group.split("|")) for group in groups.split(" ")))


def _from_item(item: dict, chinese: Sequence[Passage]) -> Question:  # type: ignore[type-arg]
    before = [turn["content"] for turn in item.get("history") or () if turn["role"] == "user"][-1:]
    pairs, sentences = [], []
    for group in item["evidence"]:
        quotes = [_fold(quote) for quote in group]
        pairs.append(frozenset(_pair(p) for p in chinese if any(quote in _fold(p.text) for quote in quotes)))
        sentences.append(
            frozenset(
                f"{_pair(passage)}#{number}"
                for passage in chinese
                for number, (start, end) in enumerate(passage.sentences)
                if any(_overlap(quote, _fold(passage.text[start:end])) for quote in quotes)
            )
        )
    text = " ".join([*before, item["question"]])
    return Question(item["lang"], text, tuple(pairs), tuple(sentences))


def _overlap(quote: str, sentence: str) -> bool:
    """The quote lies in the sentence, or runs over the whole of it."""
    return quote in sentence or (len(sentence) > 8 and sentence in quote)


def _fold(text: str) -> str:
    """How quotes are compared: without spaces, quotation marks and case."""
    folded = unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold()
    return re.sub(r"[\s\"'「」『』]+", "", folded)


def _pair(passage: Passage) -> str:
    return passage.id.split("-", 1)[1]


if __name__ == "__main__":
    main()
