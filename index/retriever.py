"""A question in, the passages that bear on it out: dense and BM25 in both editions, united by aligned pair.

Each edition is ranked on its own, because a question's own language would drown the other; a pair's score is

    S(asker's edition) + S(other edition) / 2,    S = (z(passage) + z(sentence)) / 2 + z(BM25)

where z is the z-score over all passages, `passage` the cosine with the passage under its heading path and
`sentence` that with its best sentence. The heading path counts for BM25 too: advice often names its reader
only in the heading. `docs/log.md` has the measurements and what lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corpus import article, chunking
from corpus.article import LANGUAGES, Language
from corpus.chunking import Passage
from corpus.errors import InputError
from index import lexical
from index.embedder import Embedder, Vectors, open_embedder
from index.query import Query, Reader, language_of
from index.store import Store

OTHER = 0.5
"""What the other edition's ranking counts against the asker's."""

CONTEXT = 0.25
"""What a passage's score counts when its sentences are ranked."""

LONGEST = 800
"""Characters of a question that are embedded, at about 1 ms a token; all of them are matched by BM25."""

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Hit:
    """A passage in the asker's language with its counterpart, and the signals behind its place.

    `score` is the fused score (no unit; above about 4 is strong). `dense` is the best cosine of the passage
    and its sentences, `lexical` the BM25 score, both in the asker's edition; ranks count from 1. `coverage`
    is the share (0-1, weighted by rarity) of the question's own terms that stand in the passage or its
    headings, `missing` the terms that do not.
    """

    passage: Passage
    counterpart: Passage
    score: float
    dense: float
    lexical: float
    dense_rank: int
    lexical_rank: int
    coverage: float
    missing: tuple[str, ...]


@dataclass(frozen=True)
class SentenceHit:
    """One sentence of a hit: number `sentence` of `passage`, with the aligned one. Signals as in Hit."""

    passage: Passage
    counterpart: Passage
    sentence: int
    text: str
    counterpart_text: str
    score: float
    dense: float
    lexical: float
    coverage: float


class _Edition:
    """One language's passages and sentences, where their vectors lie in the store, and their terms."""

    def __init__(self, passages: Sequence[Passage], texts: dict[str, int]) -> None:
        self.passages = tuple(passages)
        spans = [(owner, start, end) for owner, p in enumerate(passages) for start, end in p.sentences]
        self.owner = np.array([owner for owner, _, _ in spans])
        self.sentences = [passages[owner].text[start:end].strip() for owner, start, end in spans]
        self.passage_rows = [texts.setdefault(_under(p.path, p.text), len(texts)) for p in passages]
        self.sentence_rows = [
            texts.setdefault(_under(passages[owner].path[-1:], sentence), len(texts))
            for owner, sentence in zip(self.owner, self.sentences, strict=True)
        ]
        self.terms = [lexical.terms(_headed(p, p.text)) for p in passages]
        self.sentence_terms = [
            lexical.terms(_headed(passages[owner], sentence))
            for owner, sentence in zip(self.owner, self.sentences, strict=True)
        ]
        self.bm25 = lexical.BM25(self.terms)
        self.sentence_bm25 = lexical.BM25(self.sentence_terms)


@dataclass(frozen=True)
class _Ranking:
    """The signals of one edition for one question: per passage, and per sentence."""

    dense: Scores
    lexical: Scores
    fused: Scores
    sentence_dense: Scores
    sentence_lexical: Scores
    sentence_fused: Scores


class Retriever:
    """Searches one corpus with one embedder. Thread-safe once made."""

    def __init__(self, passages: Sequence[Passage], embedder: Embedder, store: Store | None = None) -> None:
        """Raises IndexDamagedError when `store` does not hold these passages; without one, it is opened."""
        self._editions, texts = _editions(passages)
        self._by_id = {passage.id: passage for passage in passages}
        zh, en = self._editions["zh"], self._editions["en"]
        if [p.counterpart_id for p in zh.passages] != [p.id for p in en.passages]:
            raise InputError("The passages of the two editions do not stand in the same order.")
        self.embedder = embedder
        self.store = store or Store.open(texts, embedder)
        names = (word for p in zh.passages for word in lexical.words(_headed(p, p.text)))
        self._reader = Reader(names, known=en.bm25.vocabulary)
        self._analyse = lru_cache(maxsize=256)(self._analyse_afresh)

    @classmethod
    def open(cls, embedder: Embedder | None = None) -> "Retriever":
        """The article's retriever, with the bundled embedder unless another is given."""
        return cls(chunking.passages(article.load()), embedder or open_embedder())

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self._editions["zh"].passages)

    def search(self, query: str, k: int = 5, language: Language | None = None) -> list[Hit]:
        """The k best pairs, best first, each once, shown in `language` (the question's own if None)."""
        language = language or language_of(query)
        read, ranking, scores = self._rank(query, language)
        edition = self._editions[language]
        dense_ranks, lexical_ranks = _ranks(ranking.dense), _ranks(ranking.lexical)
        hits = []
        for row in np.argsort(-scores, kind="stable")[: max(k, 0)]:
            passage = edition.passages[row]
            coverage, missing = _coverage(read, language, edition.bm25, edition.terms[row])
            hits.append(
                Hit(
                    passage,
                    self._by_id[passage.counterpart_id],
                    float(scores[row]),
                    float(ranking.dense[row]),
                    float(ranking.lexical[row]),
                    int(dense_ranks[row]),
                    int(lexical_ranks[row]),
                    coverage,
                    missing,
                )
            )
        return hits

    def sentences(self, query: str, hits: Sequence[Hit]) -> list[SentenceHit]:
        """Every sentence of the hits, best first: scored alike, plus a share of its passage's score."""
        if not hits:
            return []
        language = hits[0].passage.language
        edition, other = self._editions[language], self._editions[_other(language)]
        read, own, passage_scores = self._rank(query, language)
        far = self._analyse(query)[1][_other(language)]
        scores = own.sentence_fused + OTHER * far.sentence_fused + CONTEXT * passage_scores[edition.owner]
        wanted = {hit.passage.id for hit in hits}
        found = []
        for row in np.argsort(-scores, kind="stable"):
            passage = edition.passages[edition.owner[row]]
            if passage.id in wanted:
                found.append(
                    SentenceHit(
                        passage,
                        self._by_id[passage.counterpart_id],
                        int(row - np.searchsorted(edition.owner, edition.owner[row])),
                        edition.sentences[row],
                        other.sentences[row],
                        float(scores[row]),
                        float(own.sentence_dense[row]),
                        float(own.sentence_lexical[row]),
                        _coverage(read, language, edition.bm25, edition.sentence_terms[row])[0],
                    )
                )
        return found

    def rankings(self, query: str, edition: Language) -> list[str]:
        """Ids of one edition's passages, best first, ranked by that edition alone (for evaluation)."""
        ranking = self._analyse(query)[1][edition]
        order = np.argsort(-ranking.fused, kind="stable")
        return [self._editions[edition].passages[row].id for row in order]

    def _rank(self, query: str, language: Language) -> tuple[Query, _Ranking, Scores]:
        read, rankings = self._analyse(query)
        own, far = rankings[language], rankings[_other(language)]
        return read, own, own.fused + OTHER * far.fused

    def _analyse_afresh(self, query: str) -> tuple[Query, dict[Language, _Ranking]]:
        read = self._reader.read(query)
        cosines = self.store.scores(self.embedder.embed_queries([read.text[:LONGEST]]))[0]
        return read, {
            language: _signals(edition, cosines, read.terms[language])
            for language, edition in self._editions.items()
        }


def index_texts(passages: Sequence[Passage]) -> list[str]:
    """What is embedded for these passages: each under its heading path, each sentence under its heading."""
    return _editions(passages)[1]


def _editions(passages: Sequence[Passage]) -> tuple[dict[Language, _Edition], list[str]]:
    texts: dict[str, int] = {}
    editions = {
        language: _Edition([p for p in passages if p.language == language], texts) for language in LANGUAGES
    }
    return editions, list(texts)


def _signals(edition: _Edition, cosines: Vectors, terms: Mapping[str, float]) -> _Ranking:
    passage_cosines, sentence_cosines = cosines[edition.passage_rows], cosines[edition.sentence_rows]
    best_sentence = np.full(len(edition.passages), -1.0, np.float32)
    np.maximum.at(best_sentence, edition.owner, sentence_cosines)
    bm25, sentence_bm25 = edition.bm25.scores(terms), edition.sentence_bm25.scores(terms)
    return _Ranking(
        dense=np.maximum(passage_cosines, best_sentence),
        lexical=bm25,
        fused=np.float32(0.5) * (_z(passage_cosines) + _z(best_sentence)) + _z(bm25),
        sentence_dense=sentence_cosines,
        sentence_lexical=sentence_bm25,
        sentence_fused=_z(sentence_cosines) + _z(sentence_bm25),
    )


def _coverage(
    read: Query, language: Language, bm25: lexical.BM25, terms: Sequence[str]
) -> tuple[float, tuple[str, ...]]:
    own = [term for term, weight in read.terms[language].items() if weight == 1]
    total = sum(map(bm25.rarity, own))
    missing = tuple(term for term in own if term not in terms)
    return (1 - sum(map(bm25.rarity, missing)) / total if own else 0.0), missing


def _under(path: tuple[str, ...], text: str) -> str:
    return f"{' > '.join(path)}: {text}"


def _headed(passage: Passage, text: str) -> str:
    return f"{' '.join(passage.path)} {text}"


def _z(scores: Scores) -> Scores:
    """Zero mean, unit deviation; all zeros when every score is the same."""
    spread = scores.std()
    if spread < 1e-9:
        return np.zeros_like(scores)
    return np.asarray((scores - scores.mean()) / spread, np.float32)


def _ranks(scores: Scores) -> NDArray[np.int64]:
    ranks = np.empty(len(scores), np.int64)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return ranks


def _other(language: Language) -> Language:
    return "en" if language == "zh" else "zh"
