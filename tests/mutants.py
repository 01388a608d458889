"""Mutants: small, meaningful damages to the flowcharts, to an edition, or to both at once."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from corpus import article as articles
from corpus import flowcharts
from corpus.article import Article

Data = dict[str, Any]
OPPOSITE = {"TensorFlow": "PyTorch", "PyTorch": "TensorFlow", "JAX": "TensorFlow", "Keras": "PyTorch"}
OPPOSITE["PyTorch Lightning"] = "Keras"
_NAMES = re.compile(r"PyTorch Lightning|TensorFlow|PyTorch|JAX|Keras")


@dataclass(frozen=True)
class Mutant:
    """A damaged pair of flowcharts (as parsed YAML) and article."""

    kind: str
    name: str
    data: Data
    article: Article


def everything() -> Iterator[Mutant]:
    """Every mutant of every kind, always in the same order."""
    from tests import mutants_of_rules, mutants_of_text

    data, article = yaml.safe_load(flowcharts.source()), articles.load()
    for kind, name, change in mutants_of_rules.changes(data):
        mutated = changed(data, change)
        if json.dumps(mutated) != json.dumps(data):
            yield Mutant(kind, name, mutated, article)
    yield from mutants_of_text.mutants(data, article)


def changed(data: Data, change: Callable[[Data], None]) -> Data:
    """A copy of the data with a change made."""
    mutated = copy.deepcopy(data)
    change(mutated)
    return mutated


def leaves(data: Data) -> Iterator[tuple[str, str, Data]]:
    """(chart, key, leaf) of every leaf of the charts."""
    for chart, content in data["charts"].items():
        for key, leaf in content["leaves"].items():
            yield chart, key, leaf


def quoted(leaf: Data, *roles: str) -> list[str]:
    """Ids of a leaf's quotes in some roles, or in all."""
    entries = [e for role, listed in leaf["evidence"].items() if not roles or role in roles for e in listed]
    return [entry if isinstance(entry, str) else entry["quote"] for entry in entries]


def swapped(text: str) -> str:
    """The text with every framework replaced by its opposite."""
    return _NAMES.sub(lambda match: OPPOSITE[match.group()], text)
