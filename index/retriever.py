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
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from corpus import article, chunking
from corpus.article import LANGUAGES, Language
from corpus.chunking import Passage
from corpus.errors import CorpusError, InputError
from index import attributes, bank, lexical, masking
from index.attributes import AttributeHit, Attributes
from index.bank import Bank, Need
from index.embedder import Embedder, Vectors, open_embedder
from index.query import Query, Reader, language_of
from index.store import Store

OTHER = 0.5
"""What the other edition's ranking counts against the asker's."""

SUPPORT = 0.02
"""What the score of its sentences counts for a known question, against its likeness."""

CONTEXT = 0.25
"""What a passage's score counts when its sentences are ranked."""

LONGEST = 800
"""Characters of a question that are embedded, at about 0.4 ms a token; all of them are matched by BM25."""

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


@dataclass(frozen=True)
class NeedHit:
    """A known question like the one asked, and the sentences that answer it, in telling order.

    `wording` is the likest of its wordings, `likeness` as in `index.bank`; `score` adds how well the
    sentences themselves match.
    """

    kind: str
    wording: str
    sentences: tuple[SentenceHit, ...]
    likeness: float
    score: float


@dataclass(frozen=True)
class Needs:
    """The needs a question may have: answered ones, best first, and the likeness of the likest open one."""

    answered: tuple[NeedHit, ...] = ()
    silent: float = 0.0

    @property
    def likeness(self) -> float:
        """The likeness of the likest answered need; 0 for none."""
        return max((need.likeness for need in self.answered), default=0.0)


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


@dataclass(frozen=True)
class _Analysis:
    """A question as read, each edition's ranking, and its likeness to each known question."""

    read: Query
    rankings: Mapping[Language, _Ranking]
    likeness: tuple[Scores, NDArray[np.int64]]


class Retriever:
    """Searches one corpus with one embedder. Thread-safe once made."""

    def __init__(
        self,
        passages: Sequence[Passage],
        embedder: Embedder,
        store: Store | None = None,
        questions: Bank | None = None,
        attributes: Attributes | None = None,
    ) -> None:
        """Raises IndexDamagedError when `store` does not hold these passages; without one, it is opened."""
        self._editions, texts = _editions(passages)
        self._by_id = {passage.id: passage for passage in passages}
        zh, en = self._editions["zh"], self._editions["en"]
        if [p.counterpart_id for p in zh.passages] != [p.id for p in en.passages]:
            raise InputError("The passages of the two editions do not stand in the same order.")
        self.embedder = embedder
        self.store = store or Store.open(texts, embedder)
        names = (word for p in zh.passages for word in lexical.words(_headed(p, p.text)))
        self._questions = questions
        self._place = {p.id: row for edition in (zh, en) for row, p in enumerate(edition.passages)}
        self._need_rows = [self._rows(need) for need in questions.needs] if questions else []
        self._need_sizes = np.array([len(rows) for rows in self._need_rows], int)
        self._reader = Reader(names, known=en.bm25.vocabulary)
        self._attributes = attributes
        self._analyse = lru_cache(maxsize=256)(self._analyse_afresh)
        self._attribute = lru_cache(maxsize=256)(self._attribute_afresh)
        self._needs = lru_cache(maxsize=256)(self._needs_afresh)

    @classmethod
    def open(cls, embedder: Embedder | None = None, questions: Bank | None = None) -> "Retriever":
        """The article's retriever, with the bundled embedder and questions unless others are given."""
        embedder = embedder or open_embedder()
        passages = chunking.passages(article.load())
        ordinary = masking.ordinary(passage.text for passage in passages if passage.language == "en")
        return cls(
            passages,
            embedder,
            questions=questions or Bank(bank.load(), embedder),
            attributes=Attributes(attributes.load(), embedder, ordinary),
        )

    def _rows(self, need: Need) -> list[int]:
        """Where the sentences of a need stand; the same in both editions."""
        owner = self._editions["zh"].owner
        rows = []
        for passage, number in need.sentences:
            place = self._place.get(f"zh-{passage}")
            if place is None or not 0 <= number < np.count_nonzero(owner == place):
                raise CorpusError(
                    f"index/questions names the sentence {passage}.{number + 1}, which the article has not; "
                    "name sentences as passage.number, counted from 1."
                )
            rows.append(int(np.searchsorted(owner, place)) + number)
        return rows

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
        owner = self._editions[language].owner
        wanted = {self._place[hit.passage.id] for hit in hits}
        scores = self._sentence_scores(query, language)
        order = np.argsort(-scores, kind="stable")
        return [self._sentence(query, language, row, scores) for row in order if owner[row] in wanted]

    @property
    def known(self) -> tuple[Need, ...]:
        """All known questions."""
        return self._questions.needs if self._questions else ()

    def needs(self, query: str, language: Language | None = None, k: int = 12) -> Needs:
        """The known questions most like this one, their sentences shown in `language`."""
        return self._needs(query, language or language_of(query), k)

    def _needs_afresh(self, query: str, language: Language, k: int) -> Needs:
        if self._questions is None:
            return Needs()
        scores = self._sentence_scores(query, language)
        likeness, likest = self._analyse(query).likeness
        silent = self._questions.silent
        fused = np.where(silent, -np.inf, likeness + SUPPORT * self._support(scores))
        best = [row for row in np.argsort(-fused, kind="stable")[:k] if not silent[row]]
        return Needs(
            tuple(
                NeedHit(
                    self._questions.needs[row].kind,
                    self._questions.wordings[likest[row]],
                    tuple(self._sentence(query, language, at, scores) for at in self._need_rows[row]),
                    float(likeness[row]),
                    float(fused[row]),
                )
                for row in best
            ),
            float(likeness[silent].max(initial=0.0)),
        )

    def _support(self, scores: Scores) -> Scores:
        """(needs,): the mean score of each need's sentences; 0 for one without."""
        rows = np.fromiter(chain.from_iterable(self._need_rows), int)
        need = np.repeat(np.arange(len(self._need_rows)), self._need_sizes)
        sums = np.bincount(need, scores[rows], len(self._need_rows))
        return np.asarray(sums / np.maximum(self._need_sizes, 1), np.float32)

    def attribute(self, query: str) -> AttributeHit:
        """What the question asks of the things it names. Embeds it once more, then remembers."""
        return self._attribute(query)

    def _sentence_scores(self, query: str, language: Language) -> Scores:
        """(sentences,) in the order of the edition."""
        _, own, passage_scores = self._rank(query, language)
        far = self._analyse(query).rankings[_other(language)]
        scores = own.sentence_fused + OTHER * far.sentence_fused
        return np.asarray(scores + CONTEXT * passage_scores[self._editions[language].owner], np.float32)

    def _sentence(self, query: str, language: Language, row: int, scores: Scores) -> SentenceHit:
        edition, other = self._editions[language], self._editions[_other(language)]
        read, own, _ = self._rank(query, language)
        passage = edition.passages[edition.owner[row]]
        return SentenceHit(
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

    def rankings(self, query: str, edition: Language) -> list[str]:
        """Ids of one edition's passages, best first, ranked by that edition alone (for evaluation)."""
        ranking = self._analyse(query).rankings[edition]
        order = np.argsort(-ranking.fused, kind="stable")
        return [self._editions[edition].passages[row].id for row in order]

    def _rank(self, query: str, language: Language) -> tuple[Query, _Ranking, Scores]:
        seen = self._analyse(query)
        own, far = seen.rankings[language], seen.rankings[_other(language)]
        return seen.read, own, own.fused + OTHER * far.fused

    def _analyse_afresh(self, query: str) -> _Analysis:
        read = self._reader.read(query)
        vector = self.embedder.embed_queries([read.text[:LONGEST]])
        cosines = self.store.scores(vector)[0]
        return _Analysis(
            read,
            {
                language: _signals(edition, cosines, read.terms[language])
                for language, edition in self._editions.items()
            },
            self._questions.likeness(read.text, vector)
            if self._questions
            else (np.empty(0, np.float32), np.empty(0, np.int64)),
        )

    def _attribute_afresh(self, query: str) -> AttributeHit:
        if self._attributes is None:
            return AttributeHit()
        return self._attributes.asked(self._analyse(query).read.text[:LONGEST])


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
