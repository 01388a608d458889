"""A million passages: the article's vectors with noise in three kinds of FAISS index."""

import gc
import time
from typing import Any

import faiss
import numpy as np
import psutil  # type: ignore[import-untyped]
from numpy.typing import NDArray

from corpus import article, chunking
from evaluation.bench.parts import Measured, Order
from evaluation.figures import percentile
from index import bank, nearest
from index.embedder import Vectors, open_embedder
from index.likeness import AsQuestions
from index.retriever import index_texts
from index.store import Store

NOISE = 0.4
"""Length of the noise added to a vector of length 1: a copy has a cosine of 0.93 with it."""

QUERIES = 300
FOUND = 10
"""Queries, and results of each."""

NEIGHBOURS, WHILE_BUILDING, WHILE_SEARCHING = 16, 60, 128
"""Of the graph: links of a passage, and candidates kept while it is built and searched."""

AT_ONCE = 50_000
"""Passages made in one go."""


def growth(order: Order) -> Measured:
    """Build time, memory, the p95 of a query, and which of the ten nearest are found."""
    article_rows, queries = _article()
    rows = _many(article_rows, order.passages)
    figures: dict[str, float] = {}
    truth = None
    for name, make in (("flat", nearest.flat), ("hnsw", _graph), ("ivf", nearest.lists)):
        before, began = _memory(), time.perf_counter()
        index = make(rows)
        figures |= {
            f"{name}_build_s": time.perf_counter() - began,
            f"{name}_mb": (_memory() - before) / 1e6,
        }
        figures[f"{name}_p95_ms"], found = _ask(index, queries)
        truth = found if truth is None else truth
        figures[f"{name}_recall"] = _recall(found, truth)
        del index
    chosen = "flat" if order.passages <= nearest.FLAT_UP_TO else "ivf"
    figures |= {f"chosen_{figure}": figures[f"{chosen}_{figure}"] for figure in ("p95_ms", "recall")}
    return Measured(figures)


def _article() -> tuple[Vectors, Vectors]:
    """The rows of the article's texts, and questions of the bank as queries."""
    embedder = open_embedder()
    store = Store.open(index_texts(chunking.passages(article.load())), embedder)
    wordings = [wording for need in bank.load() for wording in need.wordings]
    asked = Store.open(wordings, AsQuestions(embedder), "questions").rows()
    return store.rows(), asked[:: len(asked) // QUERIES][:QUERIES]


def _many(rows: Vectors, count: int) -> Vectors:
    """(count, dimension): rows drawn at random, each with its own noise, of length 1 again."""
    random = np.random.default_rng(0)
    made = np.empty((count, rows.shape[1]), np.float32)
    for start in range(0, count, AT_ONCE):
        drawn = rows[random.integers(0, len(rows), min(AT_ONCE, count - start))]
        noise = random.standard_normal(drawn.shape, np.float32) * (NOISE / drawn.shape[1] ** 0.5)
        near = drawn + noise
        made[start : start + len(near)] = near / np.linalg.norm(near, axis=1, keepdims=True)
    return made


def _graph(rows: Vectors) -> Any:
    index: Any = faiss.index_factory(rows.shape[1], f"HNSW{NEIGHBOURS}_SQfp16", nearest.PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = WHILE_BUILDING, WHILE_SEARCHING
    with nearest.every_processor():
        index.train(rows[:1])
        index.add(rows)
    return index


def _ask(index: Any, queries: Vectors) -> tuple[float, NDArray[np.int64]]:
    """(p95 in milliseconds, (queries, FOUND) rows), one query at a time."""
    index.search(queries[:1], FOUND)
    taken, found = [], []
    for query in queries:
        began = time.perf_counter()
        _, nearest_rows = index.search(query[None], FOUND)
        taken.append(1000 * (time.perf_counter() - began))
        found.append(nearest_rows[0])
    return percentile(taken, 95), np.array(found)


def _recall(found: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    return float(np.mean([np.isin(own, true).mean() for own, true in zip(found, truth, strict=True)]))


def _memory() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)
