"""Calibrating silence: the fit by hand and by oracle, thresholds by hand, the script through its door."""

import json
import math
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sklearn.linear_model import LogisticRegression

from assistant import abstention
from assistant.abstention import Signals
from assistant.engine import Engine
from assistant.settings import load_settings
from corpus.errors import InputError
from evaluation import logistic, near
from evaluation.calibrate import SHIPPED, Observed, calibrate, main, observe, threshold
from evaluation.labelled import Question
from index import bank
from index.bank import Need


def question(text: str, answerable: bool = True, kind: str = "fact") -> Question:
    """A question without a label but whether it can be answered."""
    fields = {"id": text, "lang": "en", "type": kind, "history": [], "question": text, "must": []}
    return Question.model_validate(
        fields | {"answerable": answerable, "must_not": [], "evidence": [], "recommend": None}
    )


class TestLogistic:
    def test_two_rows_give_the_weight_that_solves_the_equation(self) -> None:
        # Both rows count 1; the slope w minimises 2 log(1 + exp(-w)) + w**2 / 2, so w (1 + exp(w)) = 2.
        weights, bias = logistic.fit(np.array([[-1.0], [1.0]]), np.array([False, True]))
        assert weights[0] * (1 + math.exp(weights[0])) == pytest.approx(2)
        assert bias == pytest.approx(0)

    def test_weights_take_rows_as_they_are(self) -> None:
        held = np.array([False, True])
        (plain,), _ = logistic.fit(np.array([[-1.0], [1.0]]), held)
        (scaled,), bias = logistic.fit(np.array([[40.0], [60.0]]), held)
        assert scaled == pytest.approx(plain / 10)
        assert bias == pytest.approx(-50 * scaled)

    def test_a_signal_that_never_changes_weighs_nothing(self) -> None:
        rows = np.array([[-1.0, 3.0], [1.0, 3.0]])
        weights, _ = logistic.fit(rows, np.array([False, True]))
        assert weights[1] == 0

    def test_agrees_with_an_independent_implementation(self) -> None:
        random = np.random.default_rng(7)
        rows = random.normal(size=(120, 4)) * [1, 5, 0.1, 20] + [0, 9, 3, -4]
        held = rows @ [1, -0.3, 4, 0.05] + random.normal(size=120) > 10
        assert 20 < held.sum() < 60
        middle, spread = rows.mean(axis=0), rows.std(axis=0)
        oracle = LogisticRegression(C=1.0, class_weight="balanced", tol=1e-10, max_iter=1000)
        oracle.fit((rows - middle) / spread, held)
        weights, bias = logistic.fit(rows, held)
        expected = oracle.predict_proba((rows - middle) / spread)[:, 1]
        assert logistic.sigmoid(rows @ weights + bias) == pytest.approx(expected, abs=1e-5)

    def test_groups_weigh_alike_whatever_their_size(self) -> None:
        # Ninety rows say that the column counts for the class, ten that it counts against it.
        rows = np.array([[1.0], [-1.0]] * 50)
        held = np.array([True, False] * 45 + [False, True] * 5)
        (alone,), _ = logistic.fit(rows, held)
        (weighed,), _ = logistic.fit(rows, held, np.arange(100) >= 90)
        assert alone > 1 and weighed == pytest.approx(0)

    def test_held_out_rows_were_not_seen(self) -> None:
        # Each row is told apart by a column of its own, which says nothing about any other row.
        held = np.arange(40) % 2 == 0
        rows = np.eye(40)
        weights, bias = logistic.fit(rows, held)
        assert (logistic.sigmoid(rows @ weights + bias) > 0.5).tolist() == held.tolist()
        assert logistic.held_out(rows, held, ["x"] * 40) == pytest.approx(0.5, abs=0.01)

    def test_held_out_is_the_same_every_time(self) -> None:
        random = np.random.default_rng(3)
        rows, held = random.normal(size=(30, 2)), np.arange(30) % 3 == 0
        again = [logistic.held_out(rows, held, ["a", "b"] * 15).tolist() for _ in range(2)]
        assert again[0] == again[1]

    def test_extreme_totals_stay_probabilities(self) -> None:
        assert logistic.sigmoid(np.array([-1e6, 0, 1e6])).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize(
    ("low", "others", "expected"),
    [
        # One refusal in fifty is allowed: above .3, in the wide gap between .5 and .9.
        (50, [0.1, 0.2, 0.5, 0.95], 0.7),
        # So is one in forty-nine, for what is allowed is 0.98 of a question.
        (49, [0.1, 0.2, 0.5, 0.95], 0.7),
        # One in twenty-four is more than is allowed: below .3, above .2.
        (24, [0.1, 0.2, 0.5, 0.95], 0.25),
        # A refusal that catches nothing is not made.
        (50, [0.1, 0.2, 0.95], 0.25),
        # Nothing to catch: nobody is refused, and the widest gap lies below all.
        (50, [0.95], 0.15),
    ],
)
def test_the_threshold_catches_most_within_what_is_allowed(
    low: int, others: list[float], expected: float
) -> None:
    probable = np.array([0.3] + [0.9] * (low - 1) + others)
    answerable = np.array([True] * low + [False] * len(others))
    labelled = np.zeros(len(probable), bool)
    assert threshold(probable, answerable, labelled) == pytest.approx(expected)


def test_of_both_sorts_no_more_may_be_refused_than_is_allowed() -> None:
    # Labelled: one in fifty may be refused. Of the bank: three in a hundred, so two of seventy.
    labelled, bank = [0.3] + [0.9] * 49, [0.1, 0.2, 0.4] + [0.9] * 67
    others = [0.15, 0.25, 0.35, 0.6]
    probable = np.array(labelled + bank + others)
    answerable = np.array([True] * 120 + [False] * 4)
    of_bank = np.array([False] * 50 + [True] * 74)
    # A fourth of the others could be caught below 0.9, but then a third of the bank's would be refused.
    assert threshold(probable, answerable, of_bank) == pytest.approx(0.375)


def seen(dense: float, answerable: bool, english: bool = True, near: bool = False) -> Observed:
    """A question known by its cosine, its language and its sort; all else is the same."""
    alike = {field.name: 0 for field in fields(Signals)}
    return Observed(question("?", answerable), Signals(**alike | {"dense": dense, "english": english}), near)


def told_apart() -> list[Observed]:
    """Sixty questions; those with a cosine below 0.5 are not answered."""
    return [seen(step / 30, step >= 15, english) for english in (True, False) for step in range(30)]


def test_weights_and_thresholds_tell_apart_what_can_be_told_apart() -> None:
    found = calibrate(told_apart())
    assert set(found.weights.weights) == {field.name for field in fields(Signals)}
    assert found.weights.weights["dense"] > 0
    assert found.errors == {(False, language): ((0, 15), (0, 15)) for language in ("zh", "en")}


def test_questions_of_the_bank_count_half_and_are_told_apart() -> None:
    found = calibrate([*told_apart(), *(seen(each / 9, each >= 5, near=True) for each in range(10))])
    assert found.errors[True, "en"] == ((0, 5), (0, 5))
    assert (True, "zh") in found.errors and found.errors[False, "zh"] == ((0, 15), (0, 15))


@pytest.mark.parametrize("answerable", [[], [True, True, True], [True, False, True]])
def test_one_kind_of_questions_is_not_enough(answerable: list[bool]) -> None:
    with pytest.raises(InputError, match="Too few questions"):
        calibrate([seen(0.5, can) for can in answerable])


def test_the_shipped_weights_are_those_the_engine_decides_by() -> None:
    weights = abstention.Weights(**yaml.safe_load(SHIPPED.read_text("utf-8")))
    assert set(weights.weights) == {field.name for field in fields(Signals)}
    assert set(weights.silent_below) == {"zh", "en"}
    assert all(0 < below < 1 for below in weights.silent_below.values())
    signals = seen(0.85, True).signals
    assert abstention.answerable(signals) == weights.probability(signals.by_name())


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """The shipped article without a model."""
    engine = Engine.open(load_settings(llm="none"))
    yield engine
    engine.close()


def test_what_is_observed_is_what_the_engine_decided_from(engine: Engine) -> None:
    known, unknown = question("Which APIs does TorchServe support?"), question("What does Coral cost?", False)
    advice = question("My company builds an IoT device. Which framework?")
    observed = list(observe([known, advice, unknown], engine))
    assert [each.question for each in observed] == [known, unknown]
    assert [abstention.is_silent(each.signals) for each in observed] == [False, True]
    assert not abstention.log.handlers


def test_no_question_of_the_bank_is_asked_where_it_is_known() -> None:
    told, left = ("t1 zh 吗", "t2 zh 吗", "t1?", "t2?"), ("o1 吗", "o2 吗", "o1?", "o2?")
    single = Need("fact", (("made-02", 0),), ("t3?",))
    needs = [Need("fact", (("made-01", 0),), told), Need("silent", (), left), single]
    rounds = list(near.rounds(needs, count=2))
    asked = [[(each.question, each.answerable) for each in questions] for questions, _ in rounds]
    assert asked[0] == [("t1 zh 吗", True), ("o1 吗", False), ("t3?", True)]
    assert asked[1] == [("o1 吗", False), ("o1?", False)]
    known = [[need.wordings for need in needs] for _, needs in rounds]
    assert known == [[told[1:], left[1:]], [told, ("t3?",)]]


def test_what_is_asked_of_the_bank_is_met_by_an_engine_without_it(engine: Engine) -> None:
    needs = bank.load()
    left = next(need for need in needs if not need.sentences)
    few = [left, *[need for need in needs if need.kind == "definition"][:6]]
    met = [seen for asked, without in near.engines(few, count=1) for seen in observe(asked, without)]
    assert [each.question.answerable for each in met] == [False, False] + [True] * 6
    assert all(each.signals.lead == each.signals.alike for each in met)  # no open need is known there
    assert all(each.signals.lead < 0 for each in observe([each.question for each in met[:2]], engine))


ANSWERED = [
    "Which APIs does TorchServe support?",
    "What is TensorFlow Hub?",
    "Who developed Haiku?",
    "TorchServe 支持哪些 API?",
    "TFLite 是做什么用的?",
    "PyTorch Live 是什么时候发布的?",
]
UNANSWERED = [
    "What does a Coral board cost?",
    "Who won the chess championship?",
    "How do I bake bread?",
    "Coral 开发板多少钱?",
    "今天天气怎么样?",
    "怎么烤面包?",
]


def test_the_script_writes_what_the_engine_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labelled = [question(text) for text in ANSWERED] + [question(text, False) for text in UNANSWERED]
    path, out = tmp_path / "own.jsonl", tmp_path / "weights.yaml"
    rows: list[Any] = [json.loads(each.model_dump_json(by_alias=True)) for each in labelled]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    assert main([str(path), "--alone", "--out", str(out)]) == 0
    written = abstention.Weights(**yaml.safe_load(out.read_text("utf-8")))
    assert written.weights["dense"] > 0 and set(written.silent_below) == {"zh", "en"}
    told = capsys.readouterr().out
    assert "labelled, zh, held out" in told and "labelled, en, in use now" in told and "12 questions" in told
    assert "# Fitted on 12 questions of own.\n" in out.read_text("utf-8")


def test_a_set_that_is_not_there_is_misuse() -> None:
    assert main(["nowhere.jsonl"]) == 2


@pytest.mark.parametrize(
    ("asked", "told", "without"),
    [
        ("How many journals did the author count?", "The author counted 8 of the top journals.", False),
        ("How many journals did the author count?", "The author counted top journals.", True),
        ("作者统计了几家期刊?", "作者汇总了顶级研究期刊上的论文。", True),
        ("几行代码能做什么?", "只需要添加代码。", False),
        ("When was TorchServe released?", "It was released last year.", False),
        ("When Serving switches models, what stays?", "The architecture stays.", False),
    ],
)
def test_a_number_asked_for_is_looked_for(asked: str, told: str, without: bool) -> None:
    assert abstention.numberless(asked, [told]) is without
