"""Who is asking and in which case, learned from known situations where no word of the lexicon tells.

The vectors of `index/situations` are taken around their mean; one ridge regression tells the readers apart,
and one for each reader tells which facts are said. Both are solved once for each encoder, in closed form.
Readers stand against two more classes: nobody can know who asks, and no advice is wanted. Of the second the
bank's questions of fact are examples too, each for little, for there are many.

The nearest known situation is wrong about the reader one time in four, the regressions one in twelve.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corpus.flowcharts import Value
from index import bank, situations
from index.embedder import Embedder
from index.likeness import AsQuestions
from index.situations import Known
from index.store import Store

NOBODY, NO_ADVICE = "nobody", "no advice"
LONGEST = 400
"""Characters of a question that are embedded, at about 0.4 ms a token."""
SHRINK_READERS, SHRINK_FACTS = 1.0, 0.3
"""Ridge: what keeps the weights small."""
CLEAR = 0.3
"""Lead over the next class from which a reader is clear."""
OF_THE_BANK = 0.02
"""What a question of fact counts against a known situation."""

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Judgement:
    """What a question is most like. Scores are about 1 for what is said and about -1 for what is not.

    `reader` may be NOBODY or NO_ADVICE; `lead` is its distance from the next. `advice` is the best score of a
    reader, `no_advice` that of NO_ADVICE. `facts` holds, for each reader, the score of each of the facts that
    known situations show.
    """

    reader: str
    score: float
    lead: float
    advice: float
    no_advice: float
    facts: Mapping[str, Mapping[tuple[str, Value], float]]

    @property
    def names_a_reader(self) -> bool:
        """Is one reader clearly the likest?"""
        return self.reader not in (NOBODY, NO_ADVICE) and self.lead > CLEAR

    def said(self, reader: str, least: float) -> dict[str, Value]:
        """The facts scored at least so high, the best value of each."""
        ranked = sorted(self.facts.get(reader, {}).items(), key=lambda item: item[1])
        return {fact: value for (fact, value), score in ranked if score >= least}


class Likely:
    """Judges questions by known situations. Thread-safe once made."""

    def __init__(self, embedder: Embedder, known: Sequence[Known], rows: Rows, factual: Rows) -> None:
        """`rows`: vectors of the wordings of `known`, in order; `factual`: those of questions of fact."""
        self._embedder = embedder
        self._judged = lru_cache(maxsize=256)(self._judge_afresh)
        self._mean = rows.mean(axis=0)
        about = [each for each in known for _ in each.wordings]
        readers = [_reader(each) for each in about] + [NO_ADVICE] * len(factual)
        self._readers = list(dict.fromkeys([*readers, NO_ADVICE]))
        places = np.array([self._readers.index(reader) for reader in readers])
        centred = self._centred(np.concatenate([rows, factual]))
        counts = np.full((len(centred), 1), OF_THE_BANK, np.float32)
        counts[: len(rows)] = 1
        wanted = _signs(places[:, None] == np.arange(len(self._readers)))
        self._of_readers = _ridge(centred, wanted, counts, SHRINK_READERS)
        self._facts: dict[str, list[tuple[str, Value]]] = {}
        self._of_facts: dict[str, Rows] = {}
        for reader in self._readers:
            own = [n for n, each in enumerate(about) if each.advice and each.audience == reader]
            facts = list(dict.fromkeys(item for n in own for item in about[n].facts.items()))
            if facts:
                said = np.array([[about[n].facts.get(fact) == value for fact, value in facts] for n in own])
                self._facts[reader] = facts
                self._of_facts[reader] = _balanced(centred[own], said)

    @classmethod
    @lru_cache(maxsize=2)
    def open(cls, embedder: Embedder) -> "Likely":
        """By the situations and questions that ship; solved once for an encoder.

        Raises IndexDamagedError when they cannot be read.
        """
        known, questions = situations.load(), AsQuestions(embedder)
        asked = [wording for need in bank.load() for wording in need.wordings]
        advice = {wording for need in bank.load(files="advice.yaml") for wording in need.wordings}
        factual = np.array([wording not in advice for wording in asked])
        rows = Store.open(situations.texts(known), questions, "situations").rows()
        return cls(embedder, known, rows, Store.open(asked, questions, "questions").rows()[factual])

    def judge(self, question: str) -> Judgement:
        """Judge a question; embeds it, unless it was judged lately."""
        return self._judged(question)

    def _judge_afresh(self, question: str) -> Judgement:
        row = self._centred(self._embedder.embed_queries([question[:LONGEST]]))
        scores = (row @ self._of_readers)[0]
        second, first = np.argsort(scores)[-2:]
        facts = {
            reader: dict(zip(self._facts[reader], (row @ weights)[0].tolist(), strict=True))
            for reader, weights in self._of_facts.items()
        }
        of = dict(zip(self._readers, scores.tolist(), strict=True))
        lead = float(scores[first] - scores[second])
        advice = max(score for reader, score in of.items() if reader not in (NOBODY, NO_ADVICE))
        return Judgement(self._readers[first], float(scores[first]), lead, advice, of[NO_ADVICE], facts)

    def _centred(self, rows: Rows) -> Rows:
        """Rows around the mean, of length 1, and a constant."""
        around = rows - self._mean
        around /= np.maximum(np.linalg.norm(around, axis=1, keepdims=True), 1e-6)
        return np.pad(around, ((0, 0), (0, 1)), constant_values=1)


def _reader(known: Known) -> str:
    return (known.audience or NOBODY) if known.advice else NO_ADVICE


def _balanced(rows: Rows, said: NDArray[np.bool_]) -> Rows:
    """One ridge regression a fact; those who say it count as much as the many who do not.

    Solved by rows, for they are fewer than the dimensions, and what they have in common serves all facts.
    """
    share = said.mean(axis=0)
    counts = np.where(said, (1 - share) / share, 1.0)
    common, wanted = rows @ rows.T, _signs(said)
    solved = [
        np.linalg.solve(common + np.diag(SHRINK_FACTS / counts[:, n]), wanted[:, n])
        for n in range(said.shape[1])
    ]
    return np.asarray(rows.T @ np.stack(solved, axis=1), np.float32)


def _signs(holds: NDArray[np.bool_]) -> Rows:
    return np.where(holds, 1, -1).astype(np.float32)


def _ridge(rows: Rows, wanted: Rows, counts: Rows, shrink: float) -> Rows:
    """Weights such that `rows @ weights` is near `wanted`, each row counting as given."""
    weighted = (rows * counts).T
    solved = np.linalg.solve(weighted @ rows + shrink * np.eye(rows.shape[1]), weighted @ wanted)
    return np.asarray(solved, np.float32)
