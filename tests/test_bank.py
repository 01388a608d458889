"""Questions known in advance: that they are sound, and that a question finds its like."""

import numpy as np
import pytest
import yaml
from doubles import HandEmbedder

from corpus import article, chunking
from corpus.errors import CorpusError
from evaluation import labelled
from index import bank, lexical, situations
from index.bank import Bank, Need
from index.embedder import open_embedder
from index.likeness import LEXICAL, AsQuestions
from index.retriever import Needs, Retriever
from index.store import build

NEEDS = (
    Need("fact", (("made-0", 0),), ("who can deploy", "deploy by whom")),
    Need("list", (("made-1", 0), ("made-1", 1)), ("mobile options",)),
    Need("silent", (), ("price of a course",)),
)


@pytest.fixture
def by_hand(tmp_path, monkeypatch) -> Bank:
    """A bank whose vectors can be worked out."""
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    embedder = HandEmbedder("deploy", "mobile", "course")
    wordings = [wording for need in NEEDS for wording in need.wordings]
    return Bank(NEEDS, embedder, build(tmp_path / "questions", wordings, AsQuestions(embedder)))


def test_likeness_is_the_documented_sum(by_hand: Bank):
    question = "deploy on mobile"
    embedder = HandEmbedder("deploy", "mobile", "course")
    vector = embedder.embed_queries([question])
    wordings = [wording for need in NEEDS for wording in need.wordings]
    rows = embedder.embed_queries(wordings)
    mean = rows.mean(axis=0)
    centred, own = rows - mean, vector[0] - mean
    cosines = centred @ own / (np.linalg.norm(centred, axis=1) * np.linalg.norm(own))
    bm25 = lexical.BM25([lexical.terms(wording) for wording in wordings])
    terms = dict.fromkeys(lexical.terms(question), 1.0)
    weight = np.sqrt(sum(bm25.rarity(term) ** 2 for term in terms))
    scores = cosines + LEXICAL * bm25.scores(terms) / weight
    expected = [max(scores[:2]), scores[2], scores[3]]
    likeness, likest = by_hand.likeness(question, vector)
    assert likeness == pytest.approx(expected, abs=5e-3)
    assert likest.tolist() == [int(scores[:2].argmax()), 2, 3]
    assert by_hand.silent.tolist() == [False, False, True]


def test_a_question_without_a_known_word_is_like_nothing_much(by_hand: Bank):
    embedder = HandEmbedder("deploy", "mobile", "course")
    likeness, _ = by_hand.likeness("???", embedder.embed_queries(["???"]))
    assert np.isfinite(likeness).all()


def test_every_entry_names_sentences_that_exist():
    sentences = {p.id: len(p.sentences) for p in chunking.passages(article.load())}
    for need in bank.load():
        assert need.wordings
        assert (need.kind == "silent") == (not need.sentences)
        for passage, number in need.sentences:
            assert 0 <= number < sentences[f"zh-{passage}"], need
            assert f"en-{passage}" in sentences


def test_no_wording_is_answered_and_not_answered():
    needs = bank.load()
    answered = {w.casefold() for need in needs if need.sentences for w in need.wordings}
    silent = {w.casefold() for need in needs if not need.sentences for w in need.wordings}
    assert not answered & silent


@pytest.mark.parametrize(
    "entry",
    [{"kind": "fact"}, {"kind": 1, "zh": ["x"], "en": []}, {"kind": "fact", "zh": [], "en": []}, ["x"]],
)
def test_a_broken_entry_is_named(tmp_path, monkeypatch, entry):
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "made.yaml").write_text(yaml.safe_dump([entry]))
    with pytest.raises(CorpusError, match=r"index/questions/made.yaml holds .* expected kind"):
        bank.load(tmp_path / "questions")


def test_a_sentence_that_is_not_there_is_named():
    needs = [Need("fact", (("intro-01", 99),), ("who?",))]
    embedder = open_embedder()
    with pytest.raises(CorpusError, match=r"intro-01\.100, which the article has not"):
        Retriever(
            chunking.passages(article.load()), embedder, questions=Bank(needs, embedder, _no_store(needs))
        )


def _no_store(needs):
    class Nothing:
        texts = tuple(wording for need in needs for wording in need.wordings)

    return Nothing()


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("啥时候出的 TorchServe?", "2020"),
        ("On which hardware can one train in Colab?", "TPU"),
        ("那三轮比较各是谁赢了", "TensorFlow"),
    ],
)
def test_a_question_finds_its_like(question, told):
    found = Retriever.open().needs(question)
    assert any(told in sentence.text for sentence in found.answered[0].sentences)
    assert found.answered[0].likeness > found.silent


def test_what_the_article_leaves_open_is_known_too():
    found = Retriever.open().needs("How many GitHub stars has TorchServe got?")
    assert found.silent > max(need.likeness for need in found.answered)


def test_without_a_bank_nothing_is_known(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
    plain = Retriever(chunking.passages(article.load()), HandEmbedder("deploy"))
    assert plain.needs("deploy?") == Needs()


def test_no_development_question_is_known() -> None:
    known = {_bare(wording) for need in bank.load() for wording in need.wordings}
    known |= {_bare(wording) for wording in situations.texts(situations.load())}
    asked = labelled.read(labelled.path_of("dev"))
    assert [question.id for question in asked if _bare(question.question) in known] == []


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
