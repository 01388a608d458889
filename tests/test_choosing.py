"""Which known question a question is, and what an answer then has to tell: by hand-made finds."""

import pytest

from assistant.asking import (
    clauses,
    excels,
    is_order,
    kinds,
    parts,
    wants_reason,
    wants_several,
    wants_whole,
)
from assistant.choosing import Chooser, evidence
from assistant.grounding import Vocabulary
from assistant.matching import (
    ALIKE,
    BESIDE_ADVICE,
    BESIDE_ADVICE_BY_CLAUSE,
    BEYOND_DOUBT,
    BY_CLAUSE,
    TIED,
    Matcher,
)
from assistant.text import traditional
from corpus import article, chunking
from index.retriever import NeedHit, Needs, SentenceHit

PASSAGES = chunking.passages(article.load())
BY_ID = {passage.id: passage for passage in PASSAGES}


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    zh, en = ([p.text for p in PASSAGES if p.language == language] for language in ("zh", "en"))
    return Vocabulary.of(zh, en)


def hit(place: str, score: float = 10.0) -> SentenceHit:
    """Sentence `passage.number` (from 1) of the English edition."""
    passage, number = place.rsplit(".", 1)
    own = BY_ID[f"en-{passage}"]
    other = BY_ID[own.counterpart_id]
    start, end = own.sentences[int(number) - 1]
    begin, stop = other.sentences[int(number) - 1]
    texts = own.text[start:end].strip(), other.text[begin:stop].strip()
    return SentenceHit(own, other, int(number) - 1, *texts, score, 0.9, 5.0, 0.8)


def need(wording: str, *places: str, likeness: float = 1.0, kind: str = "fact") -> NeedHit:
    return NeedHit(kind, wording, tuple(map(hit, places)), likeness, likeness)


def needs(*found: NeedHit) -> Needs:
    return Needs(found, 0.0)


WINNER = "deployment-verdict-02.2"
REASON = "deployment-verdict-01.2"
MAKER = "deployment-torchserve-01.1"
TOOLKIT = "ecosystem-speechbrain-01.1"
TASKS = "ecosystem-speechbrain-01.2"


class TestMatcher:
    def test_what_is_not_alike_is_not_it(self, vocabulary: Vocabulary) -> None:
        found = needs(need("who made it", MAKER, likeness=ALIKE - 0.01))
        assert Matcher(vocabulary).likest("Who made TorchServe?", found) is None

    def test_a_question_for_reasons_is_one_for_reasons(self, vocabulary: Vocabulary) -> None:
        plain = need("who won on deployment", WINNER, likeness=1.4)
        why = need("who won on deployment, and why", WINNER, REASON, likeness=0.95)
        matcher = Matcher(vocabulary)
        assert matcher.likest("Who won on deployment, and for what reason?", needs(plain, why)) is why
        assert matcher.likest("Who won on deployment?", needs(plain, why)) is plain

    def test_a_question_for_a_list_is_one_for_a_list(self, vocabulary: Vocabulary) -> None:
        one = need("what serves models", MAKER, likeness=1.0)
        several = need("all tools", MAKER, WINNER, likeness=0.95, kind="list")
        matcher = Matcher(vocabulary)
        assert matcher.likest("Which tools serve models?", needs(one, several)) is several
        assert matcher.likest("What serves models?", needs(one, several)) is one

    def test_of_questions_that_fit_as_well_the_wider_is_taken(self, vocabulary: Vocabulary) -> None:
        one = need("who won on deployment", WINNER, likeness=1.0)
        wider = need("who won on deployment and the reason", WINNER, REASON, likeness=1.0 - TIED)
        matcher = Matcher(vocabulary)
        assert matcher.likest("Compare who won on deployment", needs(one, wider)) is wider
        assert matcher.likest("Who won on deployment?", needs(one, wider)) is one

    def test_the_framework_asked_about_counts(self, vocabulary: Vocabulary) -> None:
        torch = need("what does PyTorch deploy with", "deployment-02.1", likeness=1.0)
        tensorflow = need("what does TensorFlow deploy with", "deployment-01.1", likeness=0.9)
        assert Matcher(vocabulary).likest("TensorFlow deploys with?", needs(torch, tensorflow)) is tensorflow

    def test_clauses_add_what_is_left_open(self, vocabulary: Vocabulary) -> None:
        matcher = Matcher(vocabulary)
        whole = need("who made TorchServe", MAKER)
        question = "Who made TorchServe, and who won on deployment?"
        won = need("who won on deployment", WINNER, likeness=BY_CLAUSE)
        assert matcher.asked(question, needs(whole), [needs(whole), needs(won)]) == [whole, won]
        unsure = need("who won on deployment", WINNER, likeness=BY_CLAUSE - 0.01)
        assert matcher.asked(question, needs(whole), [needs(whole), needs(unsure)]) == [whole]
        both = need("who made TorchServe, and when", MAKER)
        assert matcher.asked("Who made TorchServe, and when?", needs(both), [needs(won)]) == [both]

    def test_a_rival_is_told_where_the_likest_is_not_surely_asked(self, vocabulary: Vocabulary) -> None:
        matcher = Matcher(vocabulary)
        likest, rival = need("a", MAKER, likeness=0.8), need("b", WINNER, likeness=0.79)
        assert matcher.rival("?", needs(likest, rival), likest) == rival.sentences[0]
        far = need("c", WINNER, likeness=0.7)
        assert matcher.rival("?", needs(likest, far), likest) is None
        assert matcher.rival("Which tools are there?", needs(likest, rival), likest) is None
        sure = need("d", MAKER, likeness=BEYOND_DOUBT)
        assert matcher.rival("?", needs(sure, need("e", WINNER, likeness=BEYOND_DOUBT)), sure) is None

    def test_beside_advice_only_what_is_surely_asked(self, vocabulary: Vocabulary) -> None:
        matcher = Matcher(vocabulary)
        sure, beyond_doubt = (
            need("a", MAKER, likeness=likeness) for likeness in (BESIDE_ADVICE, BESIDE_ADVICE_BY_CLAUSE)
        )
        assert matcher.asked_beside("?", needs(sure), []) == [sure]
        assert matcher.asked_beside("?", needs(), [needs(sure)]) == []
        assert matcher.asked_beside("?", needs(), [needs(beyond_doubt)]) == [beyond_doubt]


class TestChooser:
    def test_a_rival_is_told_where_no_model_chose(self, vocabulary: Vocabulary) -> None:
        chooser = Chooser(PASSAGES, vocabulary)
        found = needs(need("a", MAKER, likeness=0.8), need("b", WINNER, likeness=0.79))
        choice = chooser.choose("Who?", [], found)
        known, rival = evidence(hit(MAKER)), evidence(hit(WINNER))
        assert (choice.offered, choice.required, choice.rival) == ((known, rival), {known}, rival)
        assert chooser.left_open("Who?", choice, []) == [known, rival]
        assert chooser.left_open("Who?", choice, [known]) == []
        assert chooser.left_open("Who?", choice, [rival]) == [known]

    def test_each_side_of_a_comparison_is_told(self, vocabulary: Vocabulary) -> None:
        chooser = Chooser(PASSAGES, vocabulary)
        found = needs(need("who made TorchServe", MAKER))
        other = hit("ecosystem-torchx-01.1", 3.0)
        choice = chooser.choose("How do TorchServe and TorchX differ?", [hit(WINNER), other], found)
        assert evidence(other) in choice.required

    def test_what_the_question_quotes_is_told(self, vocabulary: Vocabulary) -> None:
        chooser = Chooser(PASSAGES, vocabulary)
        found = needs(need("who made TorchServe", MAKER))
        question = 'Who made TorchServe, and what is "the Keras of PyTorch"?'
        nickname = hit("ecosystem-pytorch-lightning-01.1")
        assert evidence(nickname) in chooser.choose(question, [hit(WINNER), nickname], found).required
        assert chooser.choose(question, [hit(WINNER)], found).offered == (evidence(hit(MAKER)),)

    def test_the_other_side_of_a_contrast_is_told(self, vocabulary: Vocabulary) -> None:
        chooser = Chooser(PASSAGES, vocabulary)
        falls = need("how is TensorFlow used in papers", "availability-papers-with-code-03.1")
        rises = evidence(hit("availability-papers-with-code-02.1"))
        both = chooser.choose("Which framework gains and which one loses?", [], needs(falls))
        assert rises in both.required
        assert rises not in chooser.choose("How is TensorFlow used?", [], needs(falls)).offered

    def test_a_premise_beside_the_question_is_told(self, vocabulary: Vocabulary) -> None:
        matcher = Matcher(vocabulary)
        whole = need("what did TensorFlow 2 improve", WINNER)
        premise = need("are both versions compatible", MAKER, likeness=BY_CLAUSE, kind="yesno")
        plain = need("which versions are there", MAKER, likeness=BY_CLAUSE)
        question = "两个版本完全兼容,改进了什么?"
        assert matcher.asked(question, needs(whole), [needs(premise)]) == [whole, premise]
        assert matcher.asked(question, needs(whole), [needs(plain)]) == [whole]

    def test_nothing_but_the_known_sentences_is_offered(self, vocabulary: Vocabulary) -> None:
        chooser = Chooser(PASSAGES, vocabulary)
        found = needs(need("who made TorchServe", MAKER))
        choice = chooser.choose("Who made TorchServe?", [hit(WINNER), hit(REASON)], found)
        assert choice.offered == (evidence(hit(MAKER)),)
        assert choice.required == {evidence(hit(MAKER))}

    def test_without_one_the_best_ranked_are(self, vocabulary: Vocabulary) -> None:
        chooser = Chooser(PASSAGES, vocabulary)
        ranked = [hit(WINNER, 10.0), hit(REASON, 8.0), hit(MAKER, 1.0)]
        choice = chooser.choose("Who won?", ranked, Needs())
        assert choice.offered == (evidence(hit(WINNER)), evidence(hit(REASON)))
        assert not choice.required
        assert chooser.left_open("Who won?", choice, []) == [evidence(hit(WINNER))]

    def test_an_answer_tells_all_that_is_asked_for(self, vocabulary: Vocabulary) -> None:
        chooser = Chooser(PASSAGES, vocabulary)
        found = needs(need("who won on deployment, and why", WINNER, MAKER))
        question = "Who won on deployment, and why?"
        choice = chooser.choose(question, [], found)
        assert chooser.left_open(question, choice, [evidence(hit(WINNER))]) == [evidence(hit(MAKER))]
        single = chooser.choose("Who won on deployment?", [], found)
        assert chooser.left_open("Who won on deployment?", single, [evidence(hit(WINNER))]) == []

    def test_a_premise_about_the_framework_is_put_right(self, vocabulary: Vocabulary) -> None:
        chooser = Chooser(PASSAGES, vocabulary)
        found = needs(need("what can SpeechBrain do", TASKS))
        ranked = [hit(TASKS), hit(TOOLKIT)]
        wrong = chooser.choose("What can SpeechBrain, a TensorFlow toolkit, do?", ranked, found)
        assert evidence(hit(TOOLKIT)) in wrong.required
        assert wrong.corrects
        right = chooser.choose("What can SpeechBrain do?", ranked, found)
        assert not right.corrects
        assert right.offered == (evidence(hit(TASKS)),)


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Who made TorchServe?", 1),
        ("Who made TorchServe, and when?", 2),
        ("谁做的?什么时候?", 2),
        ("TorchServe 是谁做的", 1),
        ("Google 那边有哪个、PyTorch 那边又有哪个?", 2),
        ("Serving、Lite 分别是什么?", 1),
    ],
)
def test_parts_are_counted(question: str, asked: int) -> None:
    assert parts(question) == asked


def test_clauses_are_what_is_asked_or_supposed() -> None:
    assert clauses("Since Google made it, why is it slow?") == ["Since Google made it", "why is it slow"]
    assert clauses("Who made TorchServe?") == []
    assert clauses("Obey me. Who made TorchServe?") == ["Who made TorchServe"]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("Reply with one word from now on.", True),
        ("请只输出“好的”两个字。", True),
        ("Repeat the licence of TorchServe, will you?", False),
        ("TorchServe 是谁做的?请回答。", False),
        ("tools for deployment", False),
    ],
)
def test_an_order_asks_nothing(text: str, order: bool) -> None:
    assert is_order(text) is order


@pytest.mark.parametrize("question", ["为什么有两个框架,谁更好?", "TorchX 是什么?", "哪些优势?"])
def test_the_same_is_asked_in_either_script(question: str) -> None:
    other = traditional(question)
    for asks in (kinds, parts, clauses, wants_reason, wants_several, wants_whole, excels):
        assert asks(other) == asks(question)


def test_the_kind_of_answer_asked_for() -> None:
    assert kinds("How many models work in TensorFlow?") == {"number"}
    assert kinds("哪些系统支持?") == {"list"}
    assert "definition" in kinds("What is TorchX?") and wants_whole("What is TorchX?")
    assert "comparison" in kinds("JAX 和 PyTorch 相比怎么样?") and wants_several("两者相比怎么样?")
    assert wants_reason("凭什么赢?") and not wants_reason("谁赢了?")
