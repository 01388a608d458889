"""The store against a numpy oracle, every kind of damage, reuse of rows, and a killed writer."""

import hashlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest
from doubles import HandEmbedder

from corpus import article, chunking
from corpus.errors import IndexDamagedError
from index import bank
from index.embedder import open_embedder
from index.likeness import AsQuestions
from index.nearest import FLAT_UP_TO
from index.retriever import Retriever, index_texts
from index.store import PACKAGED, Store, build

ROOT = Path(__file__).parent.parent
HALF = 1e-3
"""What half precision may change in a cosine."""
WORDS = ("deploy", "mobile", "course")
TEXTS = ["deploy deploy", "mobile", "a course", "deploy on mobile", "nothing of these"]


@pytest.fixture
def embedder(tmp_path, monkeypatch) -> HandEmbedder:
    """A hand-computable embedder; everything built goes under the test's folder."""
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    return HandEmbedder(*WORDS)


def vectors_file(folder: Path) -> Path:
    return next(folder.glob("*.faiss"))


class Random(HandEmbedder):
    """Unit vectors that only depend on the text."""

    dimension = 32

    def __init__(self) -> None:
        super().__init__()
        self.dimension = 32

    def embed_queries(self, texts):
        rows = np.stack([np.random.default_rng(list(text.encode())).normal(size=32) for text in texts])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_scores_are_the_cosines(tmp_path, embedder):
    store = build(tmp_path / "index", TEXTS, embedder)
    scores = store.scores(embedder.embed_queries(["deploy", "mobile"]))
    # "deploy" is (1,0,0,1)/√2; "deploy deploy" is (2,0,0,1)/√5, so their cosine is 3/√10
    assert scores[0] == pytest.approx([3 / 10**0.5, 0.5, 0.5, 2 / 6**0.5, 1 / 2**0.5], abs=HALF)
    assert scores[1] == pytest.approx([1 / 10**0.5, 1, 0.5, 2 / 6**0.5, 1 / 2**0.5], abs=HALF)


def test_faiss_agrees_with_numpy(tmp_path):
    embedder = Random()
    texts = [f"text {number}" for number in range(300)]
    store = build(tmp_path / "index", texts, embedder)
    queries = embedder.embed_queries([f"query {number}" for number in range(20)])
    oracle = queries @ embedder.embed_queries(texts).T
    scores = store.scores(queries)
    assert np.allclose(scores, oracle, atol=HALF)
    assert np.array_equal(scores.argmax(axis=1), oracle.argmax(axis=1))
    halves = embedder.embed_queries(texts).astype(np.float16).astype(np.float32)
    assert np.allclose(scores, queries @ halves.T, atol=1e-6)
    assert np.array_equal(store.rows(), halves)


def test_what_was_built_loads_again(tmp_path, embedder):
    built = build(tmp_path / "index", TEXTS, embedder)
    loaded = Store.load(tmp_path / "index", TEXTS, embedder)
    query = embedder.embed_queries(["mobile course"])
    assert np.array_equal(loaded.scores(query), built.scores(query))
    assert loaded.check().startswith("5 texts (every row compared), 4 dimensions by by-hand, in ")
    assert len(list((tmp_path / "index").iterdir())) == 2


def test_no_texts_is_an_index_too(tmp_path, embedder):
    build(tmp_path / "index", [], embedder)
    store = Store.load(tmp_path / "index", [], embedder)
    assert store.scores(embedder.embed_queries(["x"])).shape == (1, 0)


@pytest.mark.parametrize("place", [0, 4, 40, 60, -1])
@pytest.mark.parametrize("bit", [1, 128])
def test_a_flipped_bit_of_the_vectors_is_found_and_mended(tmp_path, embedder, place, bit, caplog):
    first = Store.open(TEXTS, embedder)
    file = vectors_file(first.folder)
    data = bytearray(file.read_bytes())
    data[place] ^= bit
    file.write_bytes(data)
    with pytest.raises(IndexDamagedError, match="was changed") as caught:
        Store.load(first.folder, TEXTS, embedder)
    assert "Run `python -m index.build`" in str(caught.value)
    with pytest.raises(IndexDamagedError):
        first.check()
    embedder.embedded.clear()
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        mended = Store.open(TEXTS, embedder)
    assert len(caplog.records) == 1
    assert len(embedder.embedded) <= 1, "rows with a right checksum are kept"
    query = embedder.embed_queries(["deploy"])
    assert np.array_equal(mended.scores(query), first.scores(query))
    assert Store.load(first.folder, TEXTS, embedder).check()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"rows": [1], "file": "x", "sha256": "y"}'])
def test_a_broken_manifest_is_found_and_mended(embedder, content):
    folder = Store.open(TEXTS, embedder).folder
    (folder / "manifest.json").write_text(content)
    with pytest.raises(IndexDamagedError):
        Store.load(folder, TEXTS, embedder)
    Store.open(TEXTS, embedder)
    Store.load(folder, TEXTS, embedder)


@pytest.mark.parametrize("key", ["format", "metric", "embedder", "dimension", "count", "sha256", "file"])
def test_every_field_of_the_manifest_counts(embedder, key):
    folder = Store.open(TEXTS, embedder).folder
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {key: "other"}))
    with pytest.raises(IndexDamagedError):
        Store.load(folder, TEXTS, embedder)


def test_missing_and_truncated_vectors_are_found(embedder):
    folder = Store.open(TEXTS, embedder).folder
    file = vectors_file(folder)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(IndexDamagedError, match="was changed"):
        Store.load(folder, TEXTS, embedder)
    file.unlink()
    with pytest.raises(IndexDamagedError, match="cannot be read"):
        Store.load(folder, TEXTS, embedder)
    with pytest.raises(IndexDamagedError, match="There is no index"):
        Store.load(folder / "elsewhere", TEXTS, embedder)


def test_only_a_changed_text_is_embedded_again(embedder, caplog):
    Store.open(TEXTS, embedder)
    embedder.embedded.clear()
    edited = ["deploy a course", *TEXTS[1:]]
    with caplog.at_level(logging.WARNING):
        store = Store.open(edited, embedder)
    assert "made from another text" in caplog.text
    assert embedder.embedded == ["deploy a course"]
    assert store.scores(embedder.embed_queries(["deploy a course"]))[0, 0] == pytest.approx(1, abs=HALF)


def test_another_embedder_gets_an_index_of_its_own(embedder):
    other = HandEmbedder("deploy", id="org/other model")
    first, second = Store.open(TEXTS, embedder), Store.open(TEXTS, other)
    assert first.folder != second.folder
    assert second.scores(other.embed_queries(["deploy"])).shape == (1, 5)
    assert Store.load(first.folder, TEXTS, embedder).embedder == "by-hand"


def test_where_nothing_can_be_written_the_index_is_kept_in_memory(tmp_path, monkeypatch, embedder, caplog):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "file"))
    with caplog.at_level(logging.WARNING):
        store = Store.open(TEXTS, embedder)
    assert "kept in memory" in caplog.text
    assert store.scores(embedder.embed_queries(["mobile"]))[0, 1] == pytest.approx(1, abs=HALF)


WRITER = """
import sys
from pathlib import Path
from doubles import HandEmbedder
from index.store import build
print("ready", flush=True)
while True:
    for tail in ("one", "two"):
        build(Path(sys.argv[1]), [f"{number} {tail}" for number in range(300)], HandEmbedder("deploy"))
"""


def test_a_killed_writer_leaves_the_old_index_or_the_new_one(tmp_path, embedder):
    folder = tmp_path / "index"
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    for pause in (0.0, 0.01, 0.03, 0.07):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)],
            env=os.environ | {"PYTHONPATH": path},
            stdout=subprocess.PIPE,
        )
        writer.stdout.readline()
        deadline = time.monotonic() + 20
        while not (folder / "manifest.json").exists():
            assert time.monotonic() < deadline
        time.sleep(pause)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        manifest = json.loads((folder / "manifest.json").read_text())
        reader = HandEmbedder("deploy")
        texts = {tail: [f"{number} {tail}" for number in range(300)] for tail in ("one", "two")}
        loaded = 0
        for candidate in texts.values():
            try:
                loaded += len(Store.load(folder, candidate, reader).texts)
            except IndexDamagedError as exc:
                assert "another text" in str(exc)
        assert loaded == 300
        assert manifest["count"] == 300


def test_the_packaged_index_is_fresh():
    """A failure here means: the article changed; run `python -m index.build` and commit index/data."""
    texts = index_texts(chunking.passages(article.load()))
    assert Store.load(PACKAGED / "passages", texts, open_embedder()).check()
    wordings = [wording for need in bank.load() for wording in need.wordings]
    assert Store.load(PACKAGED / "questions", wordings, AsQuestions(open_embedder())).check()


def test_a_damaged_packaged_index_is_served_around_and_mended(tmp_path):
    for package in ("corpus", "index"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    file = vectors_file(tmp_path / "index" / "data" / "passages")
    data = bytearray(file.read_bytes())
    data[-100] ^= 1
    file.write_bytes(data)
    env = os.environ | {"PYTHONPATH": str(tmp_path), "ASSISTANT_HOME": str(tmp_path / "home")}
    ask = (
        "import logging; logging.basicConfig(format='%(message)s');"
        "from index.retriever import Retriever;"
        "print(Retriever.open().search('什么是 TFX?', k=1)[0].passage.id)"
    )
    first = subprocess.run([sys.executable, "-c", ask], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert first.stdout.strip().startswith("zh-ecosystem-tfx")
    assert first.stderr.count("\n") == 1
    assert "was changed" in first.stderr
    assert "`python -m index.build`" in first.stderr
    mend = [sys.executable, "-m", "index.build"]
    mended = subprocess.run(mend, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert mended.stdout.startswith("read 200 passages, ")
    shutil.rmtree(tmp_path / "home")
    again = subprocess.run([sys.executable, "-c", ask], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert again.stderr == ""
    assert (
        vectors_file(PACKAGED / "passages").read_bytes()
        == vectors_file(tmp_path / "index" / "data" / "passages").read_bytes()
    )


def test_the_store_serves_the_retriever_whole():
    retriever = Retriever.open()
    assert retriever.store.folder == PACKAGED / "passages"


class Digests(HandEmbedder):
    """32 dimensions from the bytes of the text's SHA-256: quick enough for very many texts."""

    def __init__(self) -> None:
        super().__init__()
        self.dimension = 32

    def embed_queries(self, texts):
        digests = b"".join(hashlib.sha256(text.encode()).digest() for text in texts)
        rows = np.frombuffer(digests, np.uint8).reshape(len(texts), 32).astype(np.float32) - 127.5
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> tuple[Path, list[str], Digests, Store]:
    """(its folder, its texts, its embedder, a store one text larger than what is searched flat)."""
    folder, embedder = tmp_path_factory.mktemp("large") / "index", Digests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSISTANT_HOME", str(folder.parent))
        texts = [f"text {number}" for number in range(FLAT_UP_TO + 1)]
        return folder, texts, embedder, build(folder, texts, embedder)


def test_a_large_store_searches_lists_and_says_so(large):
    folder, texts, embedder, store = large
    assert "lists searched" in store.check()
    loaded = Store.load(folder, texts, embedder)
    queries = embedder.embed_passages(texts[::9973])  # each of them is in the store
    scores, places = loaded.nearest(queries, 3)
    assert [texts[place] for place in places[:, 0]] == texts[::9973]
    assert np.all(np.diff(scores, axis=1) <= 0)
    assert np.allclose(scores[:, 0], 1, atol=HALF)


def test_a_large_store_still_knows_every_cosine(large):
    _, texts, embedder, store = large
    queries = embedder.embed_queries(["another", "one more"])
    halves = embedder.embed_queries(texts).astype(np.float16).astype(np.float32)
    assert np.allclose(store.scores(queries), queries @ halves.T, atol=1e-5)
    assert np.array_equal(store.rows(), halves)


def test_a_large_store_keeps_its_rows_when_a_text_changes(large, monkeypatch):
    folder, texts, embedder, _ = large
    monkeypatch.setenv("ASSISTANT_HOME", str(folder.parent))
    embedder.embedded.clear()
    changed = ["changed", *texts[1:]]
    assert build(folder, changed, embedder).rows().shape == (len(texts), 32)
    assert embedder.embedded == ["changed"]


def test_the_nearest_of_a_small_store_are_those_of_numpy(tmp_path):
    embedder = Random()
    texts = [f"text {number}" for number in range(300)]
    store = build(tmp_path / "index", texts, embedder)
    queries = embedder.embed_queries([f"query {number}" for number in range(20)])
    scores, places = store.nearest(queries, 10)
    oracle = np.argsort(-store.scores(queries), axis=1)[:, :10]
    assert np.array_equal(places, oracle)
    assert np.array_equal(scores, np.take_along_axis(store.scores(queries), oracle, axis=1))


def test_a_search_is_one_threads_work_in_every_thread(embedder, tmp_path):
    store = build(tmp_path / "passages", TEXTS, embedder)
    with ThreadPoolExecutor(1) as other:
        other.submit(store.scores, embedder.embed_queries(["deploy"])).result()
        assert other.submit(faiss.omp_get_max_threads).result() == 1
