"""The flowcharts as data, the outcome for a reader and facts, and its sentences."""

import pytest

from assistant.rules import compose, decide, flips, load_flowcharts, overview
from assistant.rules.decision import states
from corpus import article, chunking, flowcharts
from corpus.errors import CorpusError, InputError

VERDICTS = [
    ("industry", {}, "default", ["TensorFlow"]),
    ("industry", {"target": "production"}, "production", ["TensorFlow"]),
    ("industry", {"target": "mobile"}, "mobile", ["PyTorch"]),
    ("industry", {"target": "mobile", "media_input": True}, "mobile_media", ["TensorFlow"]),
    ("industry", {"target": "embedded", "pytorch_only": True}, "embedded", ["TensorFlow"]),
    ("industry", {"pytorch_only": True}, "pytorch_only", ["PyTorch"]),
    ("researcher", {}, "default", ["PyTorch"]),
    ("researcher", {"reinforcement_learning": True}, "reinforcement_learning", ["TensorFlow"]),
    ("researcher", {"tpu": True}, "tpu", ["JAX"]),
    ("researcher", {"tpu": True, "plan": "avoid_tensorflow"}, "avoid_tensorflow", ["JAX"]),
    ("researcher", {"tpu": False, "plan": "avoid_tensorflow"}, "no_tpu", ["PyTorch"]),
    ("researcher", {"plan": "use_tensorflow"}, "use_tensorflow", ["TensorFlow"]),
    ("researcher", {"plan": "explore_jax"}, "jax", ["JAX"]),
    ("researcher", {"tpu": False, "plan": "explore_jax"}, "no_tpu", ["PyTorch"]),
    ("researcher", {"plan": "move_to_jax"}, "move_to_jax", ["PyTorch"]),
    ("researcher", {"plan": "watch"}, "watch", ["JAX"]),
    ("professor", {}, "default", ["TensorFlow", "PyTorch"]),
    ("professor", {"goal": "industry_skills"}, "industry_skills", ["TensorFlow"]),
    ("professor", {"goal": "theory"}, "theory", ["PyTorch"]),
    ("professor", {"goal": "research"}, "research", ["PyTorch"]),
    ("professor", {"goal": "exposure"}, "exposure", ["TensorFlow", "PyTorch"]),
    ("professor", {"larger_program": True}, "larger_program", ["TensorFlow", "PyTorch"]),
    ("career", {}, "default", ["TensorFlow", "PyTorch"]),
    ("career", {"new_to_frameworks": True}, "new_to_frameworks", ["TensorFlow"]),
    ("career", {"pytorch_reason": True}, "pytorch_reason", ["PyTorch"]),
    ("hobbyist", {}, "default", ["TensorFlow", "PyTorch"]),
    ("hobbyist", {"target": "embedded"}, "embedded", ["TensorFlow"]),
    ("hobbyist", {"target": "mobile"}, "mobile", ["TensorFlow"]),
    ("hobbyist", {"goal": "project"}, "project", ["TensorFlow"]),
    ("hobbyist", {"goal": "learning"}, "learning", ["PyTorch"]),
    ("hobbyist", {"python": True}, "python", ["PyTorch"]),
    ("beginner", {}, "default", ["Keras"]),
    ("beginner", {"concern": "no_new_framework"}, "no_new_framework", ["TensorFlow"]),
    ("beginner", {"concern": "tensorflow_confusing"}, "tensorflow_confusing", ["PyTorch"]),
    ("beginner", {"concern": "pythonic"}, "pythonic", ["PyTorch"]),
    ("beginner", {"concern": "boilerplate"}, "boilerplate", ["PyTorch Lightning"]),
    ("beginner", {"stage": "complete"}, "complete", ["TensorFlow", "PyTorch"]),
    ("beginner", {"stage": "deeper"}, "deeper", ["TensorFlow", "PyTorch"]),
]


@pytest.mark.parametrize(("audience", "facts", "leaf", "frameworks"), VERDICTS)
def test_every_branch_gives_its_outcome(audience, facts, leaf, frameworks):
    outcome = decide(audience, facts)
    assert outcome.rule == f"{audience}.{leaf}"
    assert list(outcome.frameworks) == frameworks


def test_every_leaf_is_among_the_verdicts():
    known = {f"{audience}.{leaf}" for audience, _, leaf, _ in VERDICTS}
    assert known == {leaf.id for chart in load_flowcharts().values() for leaf in chart.leaves}


def test_one_fact_gives_different_readers_different_advice():
    assert decide("industry", {"target": "mobile"}).frameworks[0] == "PyTorch"
    assert decide("hobbyist", {"target": "mobile"}).frameworks[0] == "TensorFlow"


def test_facts_may_be_given_as_text():
    assert decide("industry", {"target": "mobile", "media_input": "yes"}).rule == "industry.mobile_media"
    assert decide("researcher", {"tpu": "false"}).facts == {"tpu": False}


def test_the_path_runs_from_the_start_over_the_questions_to_the_leaf():
    outcome = decide("industry", {"target": "mobile", "media_input": True})
    assert outcome.path == (
        "industry",
        "industry.target",
        "industry.target=mobile",
        "industry.media_input",
        "industry.media_input=true",
        "industry.mobile_media",
    )
    assert outcome.ask_next is None


@pytest.mark.parametrize("chart", load_flowcharts().values(), ids=lambda chart: chart.audience)
def test_every_state_walks_to_its_own_leaf(chart):
    for facts in states(chart):
        outcome = decide(chart.audience, facts)
        assert outcome.path[0] == chart.audience
        assert outcome.path[-1] == outcome.rule
        if outcome.ask_next is not None:
            assert outcome.ask_next.fact not in facts
            assert f"{chart.audience}.{outcome.ask_next.fact}" in outcome.path


def test_missing_facts_become_the_next_question_in_the_askers_language():
    recommendation = decide("industry").recommendation("zh")
    assert recommendation.ask_next.fact == "target"
    assert recommendation.ask_next.question == "你要把深度学习用在哪里？"
    assert {"value": "mobile", "label": "移动应用"} in recommendation.ask_next.options


def test_an_unknown_reader_is_told_which_exist():
    with pytest.raises(InputError, match=r"'baker'; choose one of industry, researcher"):
        decide("baker")


@pytest.mark.parametrize(
    "facts", [{"colour": "red"}, {"target": "moon"}, {"media_input": "maybe"}, {"target": 3}]
)
def test_an_unknown_fact_is_told_what_exists(facts):
    with pytest.raises(
        InputError, match=r"target=production\|mobile\|embedded\|other, media_input=true\|false"
    ):
        decide("industry", facts)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_sentence_of_an_answer_is_held_up_by_a_passage(language):
    passages = {p.id: p for p in chunking.passages(article.load())}
    for chart in load_flowcharts().values():
        for facts in states(chart):
            said = compose(decide(chart.audience, facts), language)
            assert len(said) >= 2
            for sentence in (*said, *overview(language)):
                for evidence in sentence.evidence:
                    assert evidence.quote in passages[evidence.passage_id].text
                    assert evidence.counterpart.quote in passages[evidence.counterpart.passage_id].text
                    assert not sentence.quoted or sentence.text == evidence.quote


def test_an_open_choice_is_answered_with_its_cases():
    said = [sentence.text for sentence in compose(decide("hobbyist"), "en")]
    assert said[0] == "TensorFlow or PyTorch depends on your goals."
    assert "Hobbyist: As part of a larger project, TensorFlow is probably what you want to use." in said
    assert "Hobbyist: To learn for its own sake, PyTorch is probably the better choice." in said


def test_an_unknown_reader_is_told_what_each_would_be_told():
    possible = [decide("industry", {"target": "mobile"}), decide("hobbyist", {"target": "mobile"})]
    assert [sentence.text for sentence in overview("zh", possible)] == [
        "工业界：构建移动应用时，可以考虑使用 PyTorch。",
        "爱好者：对移动应用来说，TensorFlow + TFLite 是首选方法。",
    ]


def test_flips_name_what_would_change_the_advice():
    changes = {(flip.fact, flip.value): flip for flip in flips("industry", {"target": "mobile"}, "en")}
    assert changes["media_input", True].frameworks == ("TensorFlow",)
    assert "audio or video input" in changes["media_input", True].evidence[0].quote
    assert ("pytorch_only", True) not in changes


def test_binding_follows_the_chinese_sentence():
    text = flowcharts.source()
    stale = text.replace("passage: zh-industry-01", "passage: zh-elsewhere-07").replace(
        " focus on ", " look at "
    )
    assert stale != text
    assert flowcharts.bind(stale, article.load()) == text


def test_binding_refuses_a_quote_that_no_passage_holds():
    damaged = flowcharts.source().replace("并且应该坚持使用它", "并且应该放弃使用它")
    with pytest.raises(CorpusError, match="'industry-stick' stands in 0 Chinese passages"):
        flowcharts.bind(damaged, article.load())


@pytest.mark.parametrize(
    ("good", "bad", "sentence"),
    [
        ("when: {target: embedded}", "when: {target: orbit}", "rests on target='orbit'"),
        (
            "exception_to: [mobile, pytorch_only, default]",
            "exception_to: [boat]",
            "exception to industry.boat",
        ),
        ("frameworks: [Keras]", "frameworks: [Caffe]", r"names \['Caffe'\]"),
        ("strength: stick", "strength: insist", "strength 'insist'"),
        ("recommends: [industry-media]", "recommends: [no-such]", "quote 'no-such', which does not exist"),
        ("recommends: [industry-media]", "shouts: [industry-media]", "evidence role 'shouts'"),
        ("  hobbyist:\n    label", "  baker:\n    label", "found charts"),
        ("cases: [hobbyist.project,", "cases: [hobbyist.boat,", r"no leaves: \['hobbyist.boat'\]"),
        ("charts:\n", "charts: [\n", "not valid YAML"),
        ("\ngeneral:\n", "\ngenerally:\n", "missing or malformed"),
    ],
)
def test_a_damaged_file_is_named_with_its_fault(good, bad, sentence):
    text = flowcharts.source()
    assert good in text
    with pytest.raises(CorpusError, match=sentence):
        flowcharts.parse(text.replace(good, bad))
