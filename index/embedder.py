"""Texts become vectors: one protocol, the bundled engine, and whatever sentence-transformers can load.

The bundled 4-bit multilingual-e5-small answers alone; sentence-transformers (5 s to import) is loaded only
for another model. Prefixes such as e5's "query: " belong to the model and are added here, never by callers.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import WeightsError
from index import weights

DEFAULT = "e5-small-q4"
MOST_WORKERS = 4
FEW = 4
"""Fewer texts than this are embedded by the thread that asks."""

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
    """multilingual-e5-small in 4 bits by ONNX Runtime: 384 dimensions, no torch.

    Text beyond 510 tokens is embedded in windows and averaged by length. Every text is computed alone by one
    thread, so its row is the same in any company; many texts are spread over threads. The last questions are
    remembered, for search and rules often read the same.
    """

    id = DEFAULT

    def __init__(self) -> None:
        from index.e5.encoder import Encoder

        self._encoder = Encoder(weights.path(DEFAULT))
        self.digest = f"{weights.registry()[DEFAULT].sha256[:16]}-{Encoder.version}"
        self.dimension: int = self._encoder.dimension
        self._question = lru_cache(maxsize=64)(self._question_afresh)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """With e5's "query: " in front. One question's row is read-only, for it is remembered."""
        return self._question(texts[0]) if len(texts) == 1 else self._rows("query: ", texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """With e5's "passage: " in front."""
        return self._rows("passage: ", texts)

    def _question_afresh(self, text: str) -> Vectors:
        row = self._rows("query: ", [text])
        row.setflags(write=False)
        return row

    def _rows(self, prefix: str, texts: Sequence[str]) -> Vectors:
        prefixed = [prefix + _clean(text) for text in texts]
        if len(texts) < FEW:
            rows = [self._encoder.embed(text) for text in prefixed]
        else:
            with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_WORKERS)) as workers:
                rows = list(workers.map(self._encoder.embed, prefixed))
        return np.array(rows, np.float32).reshape(len(texts), self.dimension)


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
    """Lone surrogates and NUL, which tokenizers in Rust and C stumble over, become harmless characters."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
