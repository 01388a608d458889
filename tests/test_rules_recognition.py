"""Readers and facts recognised from our own phrasings; where nobody can know, the assistant asks."""

from pathlib import Path

import pytest
import yaml

from assistant.rules import Likely, load_flowcharts, recognise
from assistant.rules.likely import NO_ADVICE, NOBODY
from assistant.rules.orders import without_orders
from corpus.errors import CorpusError
from index.embedder import open_embedder
from index.situations import Known, load, texts
from tests import phrased
from tests.doubles import HandEmbedder

PHRASINGS = yaml.safe_load((Path(__file__).parent / "rules_phrasings.yaml").read_text(encoding="utf-8"))


def read(case, likely=None):
    return recognise(
        case["q"], [{"role": "user", "content": turn} for turn in case.get("before", [])], likely
    )


def understood(case, likely=None):
    """What was recognised, in the terms of the phrasing's own labels."""
    situation = read(case, likely)
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


KNOWN = [
    Known("hobbyist", {}, True, ("for fun", "fun at home", "fun")),
    Known("hobbyist", {"target": "embedded"}, True, ("fun with a board", "board fun at home")),
    Known("professor", {}, True, ("my pupils", "pupils at school")),
    Known("professor", {"goal": "theory"}, True, ("pupils and proofs", "proofs at school")),
    Known("industry", {}, True, ("depot", "a depot by day")),
    Known("industry", {"target": "production"}, True, ("depot nightly", "nightly")),
    Known(None, {}, True, ("pick one", "pick")),
    Known(None, {}, False, ("what year", "year")),
]
WORDS = ("fun", "board", "home", "pupils", "school", "proofs", "depot", "nightly", "pick", "year")


@pytest.fixture(scope="module")
def by_hand():
    embedder = HandEmbedder(*WORDS)
    rows = embedder.embed_queries(texts(KNOWN))
    return Likely(embedder, KNOWN, rows, embedder.embed_queries(["that year", "year after year"]))


def test_a_judgement_tells_the_reader_and_what_is_said(by_hand):
    judged = by_hand.judge("a board, for fun")
    assert judged.reader == "hobbyist"
    assert judged.said("hobbyist", 0) == {"target": "embedded"}
    assert judged.said("hobbyist", 2) == {}
    assert judged.said("career", 0) == {}


def test_nobody_and_no_advice_are_classes_of_their_own(by_hand):
    assert by_hand.judge("pick").reader == NOBODY
    assert by_hand.judge("year").reader == NO_ADVICE


def test_likeness_names_a_reader_where_no_word_does(by_hand):
    question = "I solder a board for fun at home. Which framework should I use?"
    told = question.replace("for fun at home", "for my pupils and proofs at school").replace("board", "class")
    assert recognise("Which framework should I pick?", likely=by_hand).audience is None
    assert recognise(told).audience != "professor" or recognise(told, likely=by_hand).facts == {
        "goal": "theory"
    }
    assert recognise(question, likely=by_hand).facts == {"target": "embedded"}


def test_likeness_adds_the_fact_that_no_word_tells(by_hand):
    question = "I'm a professor whose pupils like proofs. Which framework?"
    assert recognise(question).facts == {}
    assert recognise(question, likely=by_hand).facts == {"goal": "theory"}


def test_likeness_adds_no_fact_that_changes_no_advice(by_hand):
    question = "Our company has a depot that runs nightly. Which framework?"
    told = question.replace("Which", "The model exists only in PyTorch. Which")
    assert recognise(question, likely=by_hand).facts == {"target": "production"}
    assert by_hand.judge(told).said("industry", 0) == {"target": "production"}
    assert recognise(told, likely=by_hand).facts == {"pytorch_only": True}


def test_where_the_words_are_plain_nothing_is_judged():
    class Unasked:
        def judge(self, question):
            raise AssertionError(question)

    for question in ("As a hobbyist I build with an Arduino. Which framework?", "What is Haiku?"):
        assert recognise(question, likely=Unasked()) == recognise(question)


def test_situations_are_of_readers_and_facts_that_the_flowcharts_know():
    charts = load_flowcharts()
    for known in load():
        assert known.audience is None or known.audience in charts
        for fact, value in known.facts.items() if known.audience else ():
            assert charts[known.audience].question(fact).option(value), (known.audience, fact, value)


def test_no_wording_is_told_twice():
    wordings = texts(load())
    assert len(wordings) >= 1000
    assert len(set(wordings)) == len(wordings)


def test_an_entry_that_is_no_situation_is_refused(tmp_path):
    (tmp_path / "odd.yaml").write_text(
        "- {audience: industry, facts: {target: 3}, zh: [一], en: [one]}\n", "utf-8"
    )
    with pytest.raises(CorpusError, match=r"odd\.yaml"):
        load(tmp_path)


@pytest.fixture(scope="module")
def likely():
    return Likely.open(open_embedder())


@pytest.mark.model
def test_what_no_word_tells_is_recognised(likely):
    question = "Evenings I build gizmos that hear a clap; which framework for the little chip inside?"
    assert recognise(question).audience is None
    situation = recognise(question, likely=likely)
    assert (situation.audience, situation.facts) == ("hobbyist", {"target": "embedded"})


@pytest.mark.model
def test_nobody_is_guessed(likely):
    assert recognise("PyTorch or TensorFlow?", likely=likely).audience is None


@pytest.mark.model
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_the_words_tell_stays_right(likely, language):
    cases = PHRASINGS[language]
    wrong = [case["q"] for case in cases if understood(case, likely) != expected(case)]
    assert len(wrong) / len(cases) <= 0.01, wrong


def test_what_the_assistant_is_told_to_say_is_not_the_readers_plan():
    question = "我是研究人员,该用哪个框架?你只能回答“打算使用 TensorFlow”。"
    assert recognise(question).facts == {}
    assert recognise('I\'m a researcher. Answer only "I plan to use TensorFlow". Which one?').facts == {}


ELSEWHERE = [
    "不想听大道理,TensorFlow 对搞科研的人合适吗",
    "我不要长篇,TensorFlow 合不合适写论文,我是博士生",
    "别反问我,实验室该不该选 TensorFlow",
    "不用查,课题组是不是该用 TensorFlow",
    "I don't like waiting, so is TensorFlow fine for my thesis?",
    "Never hedge. Should our lab pick TensorFlow?",
    "Do not cite a thing; I'm a postdoc, is TensorFlow the one to take?",
    "Don't look anything up, say whether scholars should choose TensorFlow",
]
WITHIN = [
    "我是博士生,TensorFlow 我不想碰,还能选什么",
    "搞科研的,反正不愿意再写 TensorFlow,选哪个",
    "别推荐 TensorFlow,实验室不考虑 TensorFlow,选哪个",
    "I'm a postdoc and I don't ever want to touch it, that is, I avoid TensorFlow. What else?",
    "Don't hedge. I don't want to use TensorFlow for my thesis, which one then?",
    "Our lab would rather not use TensorFlow. Which framework?",
]


@pytest.mark.parametrize("question", ELSEWHERE)
def test_what_is_denied_in_one_clause_is_not_denied_in_another(question):
    situation = recognise(question)
    assert (situation.audience, situation.facts) == ("researcher", {})


@pytest.mark.model
@pytest.mark.parametrize("question", ELSEWHERE)
def test_nor_is_it_by_likeness(likely, question):
    situation = recognise(question, likely=likely)
    assert (situation.audience, situation.facts) == ("researcher", {})


@pytest.mark.parametrize("question", WITHIN)
def test_what_is_denied_in_its_own_clause_is(question):
    assert recognise(question).facts == {"plan": "avoid_tensorflow"}


@pytest.mark.parametrize(
    ("question", "facts"),
    [
        ("完全外行,想学,求推荐框架", {}),
        ("公司要做模型服务和工件跟踪,选哪个框架", {"target": "production"}),
        ("Keras 会了去学 TensorFlow,结果一头雾水,换哪个", {"concern": "tensorflow_confusing"}),
    ],
)
def test_words_of_two_clauses_make_no_fact_unless_they_may(question, facts):
    assert {fact: value for fact, value in recognise(question).facts.items() if fact != "stage"} == facts


def test_who_forbids_the_assistant_something_tells_no_more_of_the_case():
    told = "I am a hobbyist with an Arduino. Which framework?"
    assert without_orders("Don't ask me back! " + told).strip() == told
    assert without_orders("别啰嗦,我是爱好者,用哪个框架") == "我是爱好者,用哪个框架"
    assert without_orders("Don't mention TensorFlow. Which one?") == "Don't mention TensorFlow. Which one?"
    assert without_orders("Don't tell my boss. Which one?") == "Don't tell my boss. Which one?"
    assert without_orders("别问") == "别问"
    for case in ("不用问也知道我是教授,用哪个框架", "No need to explain that we are a bank. Which one?"):
        assert without_orders(case) == case


@pytest.mark.parametrize(
    ("question", "audience", "facts"),
    [
        ("Our company wants the net mounted into the ceiling lamp. Which framework?", "industry", "embedded"),
        ("公司做的充电桩里要跑个小网络,选哪个框架", "industry", "embedded"),
        ("I'm a maker: a battery-powered nest box that counts eggs. Which one?", "hobbyist", "embedded"),
        ("Nearly all of my class take jobs straight away. Which framework?", "professor", "industry_skills"),
        ("Half of mine apply to grad school, which framework?", "professor", "research"),
        ("班上的孩子毕业后大多去企业,教哪个框架", "professor", "industry_skills"),
        ("这届学生以后多半要读博,课上用哪个框架", "professor", "research"),
    ],
)
def test_a_device_is_known_by_its_use_and_a_course_by_what_comes_after(question, audience, facts):
    situation = recognise(question)
    assert (situation.audience, *situation.facts.values()) == (audience, facts)


def test_who_works_for_a_maker_is_none():
    assert recognise("I work for a piano maker. Which framework?").audience == "industry"
    assert recognise("I'm a maker. Which framework?").audience == "hobbyist"


def test_a_long_statement_after_advice_may_tell_a_fact_in_words(by_hand):
    before = [{"role": "user", "content": "I work at a company. Which framework?"}]
    said = "To be more precise about it, the net is bolted into the gear box of a crane."
    assert recognise(said, before, by_hand).facts == {"target": "embedded"}
    assert recognise(said.replace("bolted into", "told of"), before, by_hand).intent != "advice"


@pytest.mark.parametrize(
    "question",
    [
        "Our backend developers know only PyTorch. What should the company deploy with?",
        "I lead a PyTorch-only team at a bank, what should we serve models with?",
        "My colleagues have nothing but PyTorch experience; which framework for our product in production?",
        "公司里的人只学过 PyTorch,上线该用哪个框架?",
        "我们部门一直只用 PyTorch,产品要投产,选哪个框架?",
    ],
)
def test_who_knows_only_pytorch_needs_no_model_of_it(question):
    situation = recognise(question)
    assert situation.audience == "industry" and "pytorch_only" not in situation.facts
    assert situation.outcome().frameworks == ("TensorFlow",)


@pytest.mark.model
def test_nor_does_likeness_make_it_so(likely):
    question = "团队里大家只熟 PyTorch,公司要把模型放到服务器上,该用哪个框架?"
    assert recognise(question, likely=likely).facts == {"target": "production"}


def test_a_model_stays_one_whatever_people_know():
    question = "My team knows only PyTorch, and our product needs a net available only in PyTorch. Which one?"
    assert recognise(question).facts == {"pytorch_only": True}
    assert recognise("公司只会 PyTorch,要的模型也只有 PyTorch 版,选哪个框架?").facts == {"pytorch_only": True}


def test_a_question_about_a_thing_after_advice_asks_for_no_advice():
    before = [{"role": "user", "content": "My company ships a phone app. Which framework?"}]
    assert recognise("Which colour does an app icon have?", before).intent != "advice"
    assert recognise("What about tablets?", before).intent == "advice"
