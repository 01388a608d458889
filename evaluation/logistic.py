"""A logistic model by numpy alone: ridge, classes and groups weighed alike, judged on rows not fitted on."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
"""(n, k): a row an example, a column a signal."""
Flags = NDArray[np.bool_]
"""(n,): true or false of each example."""

Groups = NDArray[np.bool_] | NDArray[np.int64]
"""(n,): which group an example is of."""

ROUNDS = 100
CLOSE = 1e-10


def fit(rows: Rows, held: Flags, groups: Groups | None = None, ridge: float = 1.0) -> tuple[Rows, float]:
    """(weights of the columns, bias) that make `held` most probable; the weights take rows as they are.

    Rows count so that both classes of each group weigh alike; without `groups` all rows are of one.
    Columns are scaled to unit spread before the ridge weighs them, so that it treats signals alike.
    Iteratively reweighted least squares: each round solves a weighted ridge regression. Needs both classes.
    """
    middle, spread = rows.mean(axis=0), rows.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(rows)), (rows - middle) / spread])
    importance = _importance(held, groups)
    penalty = np.diag([0.0] + [ridge] * rows.shape[1])

    weights = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        expected = sigmoid(design @ weights)
        gradient = design.T @ (importance * (held - expected)) - penalty @ weights
        curvature = (design.T * (importance * expected * (1 - expected))) @ design + penalty
        step = np.linalg.solve(curvature, gradient)
        weights += step
        if np.abs(step).max() < CLOSE:
            break
    slopes = weights[1:] / spread
    return slopes, float(weights[0] - slopes @ middle)


def held_out(
    rows: Rows,
    held: Flags,
    strata: Sequence[str],
    groups: Groups | None = None,
    folds: int = 10,
    deals: int = 10,
) -> NDArray[np.float64]:
    """(n,) probabilities, each from models that did not see its row: the mean over several deals into folds.

    Rows of one stratum and class are dealt over the folds in turn, so that every fold looks like the whole.
    """
    random = np.random.default_rng(0)
    of = np.zeros(len(held), np.int64) if groups is None else groups
    found = np.zeros(len(held))
    for _ in range(deals):
        shuffled = random.permutation(len(held))
        dealt = sorted(shuffled, key=lambda i: (strata[i], bool(held[i])))
        fold = np.zeros(len(held), dtype=int)
        fold[dealt] = np.arange(len(held)) % folds
        for number in range(folds):
            out = fold == number
            weights, bias = fit(rows[~out], held[~out], of[~out])
            found[out] += sigmoid(rows[out] @ weights + bias) / deals
    return found


def _importance(held: Flags, groups: Groups | None) -> Rows:
    """(n,) weights, 1 on average: the same sum for each class of each group."""
    of = [0] * len(held) if groups is None else groups.tolist()
    cells = list(zip(held.tolist(), of, strict=True))
    sizes = Counter(cells)
    return np.array([len(held) / (len(sizes) * sizes[cell]) for cell in cells])


def sigmoid(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds as probabilities."""
    return (1 + np.tanh(totals / 2)) / 2
