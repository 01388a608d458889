"""Readers and facts recognised from our own phrasings; where nobody can know, the assistant asks."""

import zlib
from pathlib import Path

import numpy as np
import pytest
import yaml

from assistant.rules import recognise
from assistant.rules.similarity import nearest_reader
from index.embedder import open_embedder
from tests import phrased

PHRASINGS = yaml.safe_load((Path(__file__).parent / "rules_phrasings.yaml").read_text(encoding="utf-8"))


def read(case):
    return recognise(case["q"], [{"role": "user", "content": turn} for turn in case.get("before", [])])


def understood(case):
    """What was recognised, in the terms of the phrasing's own labels."""
    situation = read(case)
    if "intent" in case:
        return {"intent": "fact" if situation.intent == "compare" else situation.intent}
    if situation.audience is None:
        return {"ask": "audience" in situation.missing, "outside": list(situation.outside)}
    return {"audience": situation.audience, "facts": dict(situation.facts)}


def expected(case):
    if "intent" in case:
        return {"intent": "fact" if case["intent"] == "compare" else case["intent"]}
    if case.get("ask"):
        return {"ask": True, "outside": case.get("outside", [])}
    return {"audience": case["audience"], "facts": case["facts"]}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_at_least_sixty_phrasings_are_understood_almost_always(language):
    cases = PHRASINGS[language]
    wrong = [(case["q"], understood(case)) for case in cases if understood(case) != expected(case)]
    assert len({case["q"] for case in cases}) >= 60
    assert 1 - len(wrong) / len(cases) >= 0.95, wrong


@pytest.mark.parametrize("case", [c for cases in PHRASINGS.values() for c in cases if "audience" in c])
def test_a_reader_is_never_mistaken_for_another(case):
    assert understood(case).get("audience", case["audience"]) == case["audience"]


@pytest.mark.parametrize("case", [c for cases in PHRASINGS.values() for c in cases if c.get("ask")])
def test_where_nobody_can_know_the_question_comes_back(case):
    situation = read(case)
    assert situation.audience is None
    assert situation.outcome() is None
    assert situation.ask_next("en").options[0]["value"] == "industry"


def test_the_readers_it_may_be_come_with_their_outcomes():
    situation = recognise("Which framework should I use for a mobile app?")
    assert [outcome.rule for outcome in situation.possible] == ["industry.mobile", "hobbyist.mobile"]


def test_facts_are_no_advice():
    assert recognise("What is Haiku?").ask_next("en") is None


def test_what_was_understood_is_shown_in_words():
    shown = recognise("老板要我在树莓派上做识别,框架怎么定?").understood("zh")
    assert [(u.name, u.value, u.label, u.words) for u in shown] == [
        ("audience", "industry", "工业界", "老板"),
        ("target", "embedded", "你要把深度学习用在哪里？ 嵌入式或物联网设备", "树莓派"),
    ]


def test_values_that_contradict_each_other_are_asked_for():
    situation = recognise("As a beginner, TensorFlow confuses me and PyTorch is a hassle. Which framework?")
    assert situation.audience == "beginner"
    assert "concern" not in situation.facts
    assert situation.ask_next("en").fact == "concern"


def test_only_the_persons_own_turns_count():
    history = [
        {"role": "user", "content": "Which framework should I use for a mobile app?"},
        {"role": "assistant", "content": "It depends: are you a professor, a researcher or a hobbyist?"},
    ]
    assert recognise("I work at a company.", history).audience == "industry"


def test_traditional_script_and_misspellings_are_understood():
    assert recognise("我是爱好者,pytroch 还是 tensorflwo?").audience == "hobbyist"
    assert recognise("我是初學者，該學哪個框架？").audience == "beginner"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_state_told_in_words_is_understood(language):
    states = list(phrased.questions(language))
    assert len(states) > 100
    wrong = []
    for audience, facts, question in states:
        situation = recognise(question)
        if (situation.intent, situation.audience, dict(situation.facts)) != ("advice", audience, facts):
            wrong.append((question, situation.intent, situation.audience, dict(situation.facts)))
    assert wrong == []


class Words:
    """A real, small encoder: which words stand in a text, hashed to 512 dimensions."""

    def embed_queries(self, texts):
        vectors = np.full((len(texts), 512), 1e-3, np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in text.lower().split():
                vector[zlib.crc32(word.encode()) % 512] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_likeness_names_a_reader_only_with_a_clear_lead():
    words = Words()
    assert nearest_reader("In the evenings I tinker with a robot.", words) == "hobbyist"
    assert nearest_reader("Which framework should I use?", words) is None
    assert nearest_reader("Snow falls quietly.", words) is None


def test_likeness_never_overrules_a_word():
    question = "I'm a professor. In the evenings I tinker with a robot. Which framework?"
    assert recognise(question, embedder=Words()).audience == "professor"


@pytest.mark.model
def test_likeness_with_the_bundled_encoder():
    embedder = open_embedder()
    assert nearest_reader("I'm just starting out. What should I learn first?", embedder) == "beginner"
    assert nearest_reader("PyTorch or TensorFlow?", embedder) is None
