"""Situations told at length, in words of no lexicon: most get the rule the article gives, without a model."""

from pathlib import Path

import pytest
import yaml

from assistant.answer import Turn
from assistant.engine import Engine
from assistant.rules import decide, load_flowcharts, recognise
from assistant.settings import load_settings
from index.retriever import Retriever

SETS = yaml.safe_load((Path(__file__).parent / "rules_situations.yaml").read_text("utf-8"))
LEAST = 0.8
"""Share right; a little below what was measured."""


def accepted(case):
    """The rules that are right for a case; None is no advice."""
    return case["rule"] if isinstance(case["rule"], list) else [case["rule"]]


@pytest.fixture(scope="module")
def engine():
    return Engine(Retriever.open(), None, load_settings())


@pytest.mark.parametrize("name", SETS)
def test_every_rule_is_one_of_the_flowcharts(name):
    rules = {leaf.id for chart in load_flowcharts().values() for leaf in chart.leaves}
    assert len(SETS[name]) >= 30
    assert {rule for case in SETS[name] for rule in accepted(case)} <= {*rules, None}


@pytest.mark.model
@pytest.mark.parametrize("name", SETS)
def test_most_situations_get_the_rule_that_the_article_gives(engine, name):
    wrong = []
    for case in SETS[name]:
        turns = [(role, text) for text in case.get("before", []) for role in ("user", "assistant")]
        given = engine.ask(case["q"], [Turn(role=role, content=text) for role, text in turns]).recommendation
        if (given.rule if given else None) not in accepted(case):
            wrong.append((case["q"], given and given.rule))
    assert 1 - len(wrong) / len(SETS[name]) >= LEAST, wrong


@pytest.mark.model
def test_what_is_told_later_without_a_word_for_it_changes_the_advice(engine):
    before = [Turn(role="user", content="I'm a professor. Which framework should I teach?")]
    answer = engine.ask("Most of them go on to a doctorate afterwards.", before)
    assert answer.recommendation is not None
    assert answer.recommendation.rule == "professor.research"


def test_without_a_tpu_a_researcher_stays_with_pytorch():
    asking = {"plan": "explore_jax"}
    assert decide("researcher", asking).frameworks == ("JAX",)
    assert decide("researcher", {**asking, "tpu": True}).frameworks == ("JAX",)
    assert decide("researcher", {**asking, "tpu": False}).frameworks == ("PyTorch",)


def test_other_words_in_passing_do_not_hide_the_reader():
    assert recognise("I gave up accounting for a career in AI. Which framework?").audience == "career"
    assert recognise("我硕士课题要用神经网络,选哪个框架").audience == "researcher"
    assert recognise("我们课题组没申请到 TPU,用哪个框架").facts == {"tpu": False}
