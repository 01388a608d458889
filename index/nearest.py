"""FAISS over unit rows, as large as it has to be: every row compared, or only the lists that lie near.

Comparing every row is exact and takes 2.5 ms for 100,000 of them, so nothing is to be won below. Above, rows
go into some 4 √n lists by their nearest centre, and a query looks through the 64th part nearest to it.
Either holds the rows in half precision, as they are: a row has the same cosine in both. docs/bench.md has a
million rows both ways, and as a graph (HNSW), which took longer to build and found less.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Vectors = NDArray[np.float32]

FLAT_UP_TO = 100_000
"""Rows that are compared one by one."""

PROBED = 64
"""One of so many lists is looked through."""

TRAINED_ON = 50
"""Rows for each list that its centre is found from."""

AT_ONCE = 65_536
"""Rows added in one go."""

HALF, PRODUCT = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT

threadpool_limits(1, "blas")  # numpy's threads would wait for each other, on a busy machine for long


def index_of(rows: Vectors) -> Any:
    """The index for so many rows: flat or of lists."""
    return flat(rows) if len(rows) <= FLAT_UP_TO else lists(rows)


def flat(rows: Vectors) -> Any:
    """Every row, compared with every query."""
    index = faiss.IndexScalarQuantizer(rows.shape[1], HALF, PRODUCT)
    index.add(rows)
    return index


def lists(rows: Vectors) -> Any:
    """Rows in lists, of which a query sees some; made with every processor."""
    count = max(PROBED, round(4 * len(rows) ** 0.5))
    centres = faiss.IndexFlatIP(rows.shape[1])
    index = faiss.IndexIVFScalarQuantizer(centres, rows.shape[1], count, HALF, PRODUCT, False)
    index.nprobe = count // PROBED
    some = np.random.default_rng(0).permutation(len(rows))[: TRAINED_ON * count]
    with every_processor():
        index.train(rows[np.sort(some)])
        for start in range(0, len(rows), AT_ONCE):
            # FAISS may round differently here: rounded before, a row is the same as in a flat index.
            index.add(rows[start : start + AT_ONCE].astype(np.float16).astype(np.float32))
    return index


def alone() -> None:
    """Let FAISS search in the calling thread alone: a second one costs more than one query brings it.

    To be called in each thread, for OpenMP asks each how many it wants.
    """
    faiss.omp_set_num_threads(1)


def exhaustive(index: Any) -> Any:
    """What to search with so that every row is seen; None for a flat index."""
    if not isinstance(index, faiss.IndexIVF):
        return None
    everywhere = faiss.SearchParametersIVF()
    everywhere.nprobe = index.nlist
    return everywhere


def described(index: Any) -> str:
    """How the rows are searched, in words."""
    if isinstance(index, faiss.IndexIVF):
        return f"{index.nprobe} of {index.nlist} lists searched"
    return "every row compared"


@contextmanager
def every_processor() -> Iterator[None]:
    """Let FAISS use every processor in the block."""
    with threadpool_limits(os.cpu_count() or 1):
        yield
