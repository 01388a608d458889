"""The bundled encoder alone, behind sentence-transformers, and another model through the same door."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import WeightsError
from index.embedder import BundledEmbedder, SentenceTransformerEmbedder, open_embedder

ROOT = Path(__file__).parent.parent
TEXTS = ["什么是 TFX?", "TensorFlow Lite runs on phones.", "", "a\0b", "lone \ud800 surrogate"]


@pytest.fixture(scope="module")
def bundled() -> BundledEmbedder:
    return BundledEmbedder()


def test_rows_are_unit_float32(bundled):
    for vectors in (bundled.embed_queries(TEXTS), bundled.embed_passages(TEXTS)):
        assert vectors.shape == (len(TEXTS), 384)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert bundled.embed_queries([]).shape == bundled.embed_passages([]).shape == (0, 384)


def test_a_text_beyond_the_window_is_averaged_and_not_cut(bundled):
    start, whole = bundled.embed_passages(["长" * 500, "长" * 500 + "短" * 100])
    assert np.linalg.norm(whole) == pytest.approx(1, abs=1e-5)
    assert not np.allclose(start, whole, atol=1e-3)


def test_the_two_prefixes_make_two_rows(bundled):
    assert not np.allclose(bundled.embed_queries(TEXTS[:1]), bundled.embed_passages(TEXTS[:1]), atol=1e-3)


def test_what_follows_a_nul_still_counts(bundled):
    plain, cut = bundled.embed_queries(["mobile\0deployment", "mobile"])
    assert not np.allclose(plain, cut, atol=1e-3)


def test_meaning_crosses_the_languages(bundled):
    question = bundled.embed_queries(["How do I deploy on a phone?"])[0]
    near, far = bundled.embed_passages(["在手机上部署模型。", "今天天气很好。"])
    assert question @ near > question @ far


def test_threads_and_batches_give_the_same_rows(bundled):
    texts = [f"第 {number} 句" for number in range(40)]
    alone = np.stack([bundled.embed_passages([text])[0] for text in texts])
    assert np.array_equal(bundled.embed_passages(texts), alone)
    with ThreadPoolExecutor(4) as workers:
        together = list(workers.map(lambda text: bundled.embed_passages([text])[0], texts))
    assert np.array_equal(np.stack(together), alone)


def test_many_questions_get_the_rows_of_each(bundled):
    questions = [f"第 {number} 问?" for number in range(40)]
    alone = np.concatenate([bundled.embed_queries([question]) for question in questions])
    assert np.array_equal(bundled.embed_queries(questions), alone)


def test_a_question_read_again_is_not_embedded_again_and_nobody_can_spoil_its_row(bundled):
    row = bundled.embed_queries(["Who trains on TPUs?"])
    assert bundled.embed_queries(["Who trains on TPUs?"]) is row
    assert not np.array_equal(bundled.embed_queries(["Who trains on GPUs?"]), row)
    with pytest.raises(ValueError, match="read-only"):
        row[0, 0] = 1


def test_it_answers_alone_and_leaves_the_environment_as_it_was():
    script = (
        "import os, sys; from index.embedder import open_embedder; before = dict(os.environ);"
        "open_embedder().embed_queries(['x']); assert dict(os.environ) == before;"
        "assert not {'torch', 'transformers', 'sentence_transformers', 'faiss'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_a_damaged_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "e5-small-q4.bin").write_bytes(b"cut short")
    with pytest.raises(WeightsError, match="assistant models fetch e5-small-q4"):
        open_embedder()


def test_sentence_transformers_gives_the_same_vectors(bundled, tmp_path):
    from sentence_transformers import SentenceTransformer

    from index.bundled_module import PROMPTS, BundledEncoder

    model = SentenceTransformer(modules=[BundledEncoder()], prompts=PROMPTS)
    assert model.get_embedding_dimension() == 384
    assert np.array_equal(model.encode_query(TEXTS), bundled.embed_queries(TEXTS))
    assert np.array_equal(model.encode_document(TEXTS), bundled.embed_passages(TEXTS))
    assert np.array_equal(model.encode(["query: 什么是 TFX?"]), bundled.embed_queries(TEXTS[:1]))
    model.save(str(tmp_path / "saved"))
    again = SentenceTransformer(str(tmp_path / "saved"), trust_remote_code=True)
    assert np.array_equal(again.encode_query(TEXTS[:2]), bundled.embed_queries(TEXTS[:2]))


def tiny(folder: Path, prompts: dict[str, str], seed: int = 0) -> Path:
    """A folder with a sentence-transformers model of a few words in five dimensions."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = ["[UNK]", "ask", "tell", "mobile", "server"]
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    table = np.random.default_rng(seed).normal(size=(len(words), 5)).astype(np.float32)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, table)], prompts=prompts).save(str(folder))
    return folder


def test_any_folder_of_sentence_transformers_is_an_embedder(tmp_path):
    folder = tiny(tmp_path / "tiny", {"query": "ask ", "document": "tell "})
    embedder = open_embedder(str(folder))
    assert isinstance(embedder, SentenceTransformerEmbedder)
    assert (embedder.id, embedder.dimension) == (str(folder), 5)
    query, again = embedder.embed_queries(["mobile"]), embedder.embed_passages(["ask mobile"])
    assert query.shape == (1, 5)
    assert query.dtype == np.float32
    assert np.linalg.norm(query[0]) == pytest.approx(1)
    assert not np.allclose(query, again), "the document prompt must be in front"
    assert embedder.embed_passages([]).shape == (0, 5)


def test_the_digest_follows_weights_and_prompts(tmp_path):
    prompts = {"query": "ask "}
    first = open_embedder(str(tiny(tmp_path / "a", prompts))).digest
    assert open_embedder(str(tiny(tmp_path / "same", prompts))).digest == first
    assert open_embedder(str(tiny(tmp_path / "weights", prompts, seed=1))).digest != first
    assert open_embedder(str(tiny(tmp_path / "prompt", {"query": "tell "}))).digest != first


def test_a_known_model_without_prompts_gets_its_own(tmp_path):
    folder = tiny(tmp_path / "multilingual-e5-tiny", {})
    plain = open_embedder(str(tiny(tmp_path / "plain", {})))
    embedder = open_embedder(str(folder))
    expected = plain.embed_queries(["query: mobile"])
    assert np.allclose(embedder.embed_queries(["mobile"]), expected, atol=1e-6)


def test_what_cannot_be_loaded_is_one_sentence(tmp_path):
    with pytest.raises(WeightsError, match="cannot be loaded by sentence-transformers") as caught:
        open_embedder(str(tmp_path / "nothing" / "here"))
    assert "e5-small-q4" in str(caught.value)
    assert os.linesep not in str(caught.value)
