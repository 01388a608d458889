"""The proof catches every mutant of flowcharts and editions that changes what one of them says."""

from collections import Counter

import pytest

from assistant.rules.proof import disagreements
from assistant.rules.reader import read_recommendations
from corpus import flowcharts
from corpus.article import LANGUAGES
from corpus.errors import CorpusError
from tests import mutants

MUTANTS = list(mutants.everything())
KINDS = sorted({mutant.kind for mutant in MUTANTS})


def caught(mutant):
    try:
        return next(disagreements(mutant.article, flowcharts.build(mutant.data)), None) is not None
    except CorpusError:
        return True


def is_equivalent(mutant):
    """Does the changed quote still leave the choice between the same frameworks open, as it did before?

    "TensorFlow or PyTorch" says what "PyTorch or TensorFlow" says, and an open choice has no firmness.
    """
    key = mutant.name.partition(":")[0]
    if key not in mutant.data["quotes"]:
        return False
    before = flowcharts.load().quotes()[key]
    for language in LANGUAGES:
        old = read_recommendations(before.text(language), language)
        new = read_recommendations(mutant.data["quotes"][key][language], language)
        if {c.strength for c in (*old, *new)} != {"either"} or [*map(meant, old)] != [*map(meant, new)]:
            return False
    return True


def meant(claim):
    return {*claim.frameworks}, claim.polarity


def test_there_are_enough_mutants_of_every_kind():
    assert len(MUTANTS) >= 300
    assert min(Counter(mutant.kind for mutant in MUTANTS).values()) >= 3


@pytest.mark.parametrize("kind", KINDS)
def test_every_mutant_is_caught_or_equivalent(kind):
    survivors = [m for m in MUTANTS if m.kind == kind and not caught(m)]
    assert [m.name for m in survivors if not is_equivalent(m)] == []


def test_the_unchanged_pair_is_not_caught():
    assert list(disagreements(mutants.articles.load(), flowcharts.load())) == []
