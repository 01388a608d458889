"""The proof that flowcharts and article say the same, in both directions, without any model.

1. Every leaf is held up: its quotes stand verbatim at their passages in both editions, and what the reader
   of recommending sentences reads in them is the leaf's outcome and its conditions.
2. Nothing is left out: every sentence of the article that recommends is covered by a leaf, or is listed as
   descriptive with a reason.
3. The rules are total: every state of readers and facts reaches one outcome, no leaf is unreachable, and
   rules that hold together are declared exceptions in the order in which they stand.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from typing import Any

from assistant.rules import coverage, support, totality
from assistant.rules.findings import Disagreement
from corpus import article as articles
from corpus import flowcharts as charts
from corpus.article import LANGUAGES, Article
from corpus.chunking import passages
from corpus.flowcharts import Flowcharts


@dataclass(frozen=True)
class Certificate:
    """What was proven over which texts, and every disagreement found."""

    holds: bool
    counts: dict[str, int]
    sha256: dict[str, str]
    disagreements: list[Disagreement] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The certificate as plain data."""
        return asdict(self)

    def report(self) -> str:
        """The certificate in lines for a person."""
        verdict = "flowcharts and article agree" if self.holds else "flowcharts and article DISAGREE"
        lines = [verdict, *(f"  {count:>5}  {what}" for what, count in self.counts.items())]
        lines += [f"  {digest[:16]}…  {name}" for name, digest in self.sha256.items()]
        return "\n".join([*lines, *(str(disagreement) for disagreement in self.disagreements)])


def prove(article: Article | None = None, flowcharts: Flowcharts | None = None) -> Certificate:
    """Prove the shipped flowcharts against the shipped article, or others given.

    Raises CorpusError where a file is too damaged to be read at all.
    """
    article = article or articles.load()
    flowcharts = flowcharts or charts.load()
    found = list(disagreements(article, flowcharts))
    return Certificate(not found, _counts(flowcharts, article), _hashes(flowcharts, article), found)


def disagreements(article: Article, flowcharts: Flowcharts) -> Iterator[Disagreement]:
    """Every disagreement between an article and flowcharts, found as it is asked for."""
    yield from support.check(flowcharts, article, passages(article))
    yield from coverage.check(flowcharts, article)
    yield from totality.check(flowcharts)


def _counts(flowcharts: Flowcharts, article: Article) -> dict[str, int]:
    leaves = list(flowcharts.leaves())
    states = [state for chart in flowcharts.charts.values() for state in totality.census(chart)]
    recommending = coverage.recommending(article)
    return {
        "readers": len(flowcharts.charts),
        "leaves": len(leaves),
        "quotes, each verbatim in both editions": len(flowcharts.quotes()),
        "readings compared with their leaf": len(LANGUAGES) * sum(len(leaf.evidence) + 1 for leaf in leaves),
        "sentences of the article": sum(len(p.sentences) for p in article.zh.paragraphs),
        "recommending sentences": len(recommending),
        "of them covered by a leaf": len(recommending) - len(flowcharts.descriptive),
        "of them listed as descriptive": len(flowcharts.descriptive),
        "states, each with one outcome": len(states),
        "of them decided by an exception": sum(n > 1 for n in Counter(states).elements()),
    }


def _hashes(flowcharts: Flowcharts, article: Article) -> dict[str, str]:
    digests = {f"{language}.md": "\n".join(_lines(article, language)) for language in LANGUAGES}
    digests["grammar.yaml"] = (files("assistant.rules") / "grammar.yaml").read_text(encoding="utf-8")
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in digests.items()}
    return {"flowcharts.yaml": flowcharts.sha256, **hashes}


def _lines(article: Article, language: articles.Language) -> Iterator[str]:
    for paragraph in article.edition(language).paragraphs:
        yield from paragraph.sentences
