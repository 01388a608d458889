"""A logistic model over named numbers: how probable something is. `evaluation.logistic` fits such models."""

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Logistic:
    """The bias, and what each number weighs, by its name."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, seen: Mapping[str, float]) -> float:
        """How probable it is (0-1) from numbers by name; what is not among them counts as 0."""
        total = self.bias + sum(self.weights.get(name, 0.0) * value for name, value in seen.items())
        return (1 + math.tanh(total / 2)) / 2
