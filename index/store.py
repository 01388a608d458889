"""Texts and their vectors on disk: a FAISS file and the manifest that vouches for it.

A folder holds `manifest.json` and `vectors-<hash>.faiss`, with rows in half precision. The vectors are
written and synced first; putting the manifest in its place is the one atomic step, so a killed writer leaves
the old index or the new one. Up to some size every row is compared, beyond it only near ones
(`index.nearest`); the store says which.
Loading hashes the file before FAISS reads it (a flipped byte would load without a word) and compares
every text with the one the row was made from.

Knows nothing of passages or languages: a store maps a list of texts to rows of unit vectors.
"""

import hashlib
import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from corpus.errors import IndexDamagedError
from index import nearest, weights
from index.embedder import Embedder, Vectors

log = logging.getLogger(__name__)

FORMAT = 2
METRIC = "inner product of unit rows"
PACKAGED = Path(__file__).parent / "data"
REMEDY = "Run `python -m index.build` to make it anew."


@dataclass(frozen=True)
class Store:
    """Vectors that were verified against their manifest and against the texts they stand for."""

    texts: tuple[str, ...]
    folder: Path
    embedder: str
    dimension: int
    _faiss: Any

    @classmethod
    def open(cls, texts: Sequence[str], embedder: Embedder, name: str = "passages") -> "Store":
        """The packaged index `name`, or the one built here before, or a fresh one in `home()/index`.

        A stale or damaged index is rebuilt with one line in the log; rows that are still right are kept.
        """
        own = weights.home() / "index" / f"{_slug(embedder.id)}-{embedder.digest[:8]}" / name
        reason = f"There is no index by {embedder.id} yet."
        for folder in (PACKAGED / name, own):
            try:
                return cls.load(folder, texts, embedder)
            except IndexDamagedError as exc:
                if _maker(folder) == embedder.digest:
                    reason = str(exc)
        log.warning("%s A fresh one is made in %s.", reason, own)
        return build(own, texts, embedder)

    @classmethod
    def load(cls, folder: Path, texts: Sequence[str], embedder: Embedder) -> "Store":
        """Read and verify a folder. Raises IndexDamagedError when anything differs from what is expected."""
        manifest = _manifest(folder)
        expected = {
            "format": FORMAT,
            "metric": METRIC,
            "embedder": {"id": embedder.id, "digest": embedder.digest},
            "dimension": embedder.dimension,
            "count": len(texts),
        }
        for key, value in expected.items():
            if manifest.get(key) != value:
                raise _stale(folder, f"its {key} is {manifest.get(key)!r}, expected {value!r}")
        if [row.split(" ")[0] for row in manifest["rows"]] != [_short(text.encode()) for text in texts]:
            raise _stale(folder, "it was made from another text")
        data = _vector_bytes(folder, manifest)
        digest = hashlib.sha256(data).hexdigest()
        if digest != manifest["sha256"]:
            raise _stale(folder, f"{manifest['file']} was changed: SHA-256 {digest[:16]}…")
        return cls(tuple(texts), folder, embedder.id, embedder.dimension, _parse(folder, data))

    def scores(self, queries: Vectors) -> Vectors:
        """(n, dimension) unit rows -> (n, len(texts)) cosines, in the order of `texts`; all are compared."""
        if not self.texts:
            return np.empty((len(queries), 0), np.float32)
        nearest.alone()
        found, rows = self._faiss.search(
            np.ascontiguousarray(queries, np.float32),
            len(self.texts),
            params=nearest.exhaustive(self._faiss),
        )
        scores: Vectors = np.empty_like(found)
        np.put_along_axis(scores, rows, found, axis=1)
        return scores

    def nearest(self, queries: Vectors, k: int) -> tuple[Vectors, NDArray[np.int64]]:
        """(n, dimension) unit rows -> (n, k) cosines, best first, and (n, k) places in `texts`.

        Large stores may miss some, and then fill up with places of -1.
        """
        nearest.alone()
        found, rows = self._faiss.search(np.ascontiguousarray(queries, np.float32), min(k, len(self.texts)))
        return found, rows

    def rows(self) -> Vectors:
        """(len(texts), dimension) float32: the vectors themselves."""
        if not self.texts:
            return np.empty((0, self.dimension), np.float32)
        rows: Vectors = self._faiss.reconstruct_n(0, len(self.texts))
        return rows

    def check(self) -> str:
        """One line about the files as they are now. Raises IndexDamagedError when they changed since."""
        manifest = _manifest(self.folder)
        if hashlib.sha256(_vector_bytes(self.folder, manifest)).hexdigest() != manifest["sha256"]:
            raise _stale(self.folder, f"{manifest['file']} was changed")
        texts = f"{len(self.texts)} texts ({nearest.described(self._faiss)})"
        return f"{texts}, {self.dimension} dimensions by {self.embedder}, in {self.folder}"


def build(folder: Path, texts: Sequence[str], embedder: Embedder) -> Store:
    """Embed the texts, write the folder, and return the store.

    Vectors whose text and embedder are unchanged are taken from `folder` and from the packaged index, each
    after its own checksum. When the folder cannot be written the store serves from memory.
    """
    kept = _salvage(PACKAGED / folder.name, embedder) | _salvage(folder, embedder)
    fresh = [text for text in dict.fromkeys(texts) if _short(text.encode()) not in kept]
    made = embedder.embed_passages(fresh)
    kept |= {_short(text.encode()): vector for text, vector in zip(fresh, made, strict=True)}
    keys = [_short(text.encode()) for text in texts]
    vectors = np.stack([kept[key] for key in keys]) if keys else np.empty((0, embedder.dimension), np.float32)
    index = nearest.index_of(vectors)
    log.info("%d texts are searched so: %s", len(texts), nearest.described(index))
    data = faiss.serialize_index(index).tobytes()
    manifest = {
        "format": FORMAT,
        "metric": METRIC,
        "embedder": {"id": embedder.id, "digest": embedder.digest},
        "dimension": embedder.dimension,
        "count": len(texts),
        "file": f"vectors-{hashlib.sha256(data).hexdigest()[:8]}.faiss",
        "sha256": hashlib.sha256(data).hexdigest(),
        "rows": [f"{key} {_short(_half(vector))}" for key, vector in zip(keys, vectors, strict=True)],
    }
    try:
        _write(folder, manifest, data)
    except OSError as exc:
        log.warning("the index could not be written to %s (%s); it is kept in memory", folder, exc)
    return Store(tuple(texts), folder, embedder.id, embedder.dimension, index)


def _write(folder: Path, manifest: dict[str, Any], data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    weights.home().mkdir(parents=True, exist_ok=True)
    with FileLock(weights.home() / "index.lock"):
        _put(folder / manifest["file"], data)
        _put(folder / "manifest.json", (json.dumps(manifest, indent=1) + "\n").encode())
        for other in folder.iterdir():
            if other.name not in (manifest["file"], "manifest.json"):
                other.unlink()


def _put(file: Path, data: bytes) -> None:
    """Write beside, sync, rename; the folder is synced too, so that the order survives a power cut."""
    aside = file.with_name(file.name + ".new")
    with aside.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(aside, file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    except FileNotFoundError as exc:
        raise IndexDamagedError(f"There is no index in {folder}. {REMEDY}") from exc
    except (OSError, ValueError) as exc:
        raise _stale(folder, f"manifest.json cannot be read ({exc})") from exc
    if not isinstance(manifest, dict) or not isinstance(manifest.get("rows"), list):
        raise _stale(folder, "manifest.json is not a manifest")
    if not {"file", "sha256"} <= manifest.keys() or not all(isinstance(row, str) for row in manifest["rows"]):
        raise _stale(folder, "manifest.json is not a manifest")
    return manifest


def _vector_bytes(folder: Path, manifest: dict[str, Any]) -> bytes:
    try:
        return (folder / Path(str(manifest["file"])).name).read_bytes()
    except OSError as exc:
        raise _stale(folder, f"{manifest['file']} cannot be read ({exc.strerror})") from exc


def _parse(folder: Path, data: bytes) -> Any:
    try:
        return faiss.deserialize_index(np.frombuffer(data, np.uint8))
    except RuntimeError as exc:
        raise _stale(folder, "FAISS cannot read its vectors") from exc


def _maker(folder: Path) -> str | None:
    """The digest of the embedder an index says it was made by, as far as it can be read."""
    try:
        embedder = _manifest(folder).get("embedder")
    except IndexDamagedError:
        return None
    return embedder.get("digest") if isinstance(embedder, dict) else None


def _salvage(folder: Path, embedder: Embedder) -> dict[str, Vectors]:
    """Text key -> vector, for every row of this embedder that still has its checksum.

    A flat file ends with the rows themselves, so they can be had even when the rest is damaged.
    """
    try:
        manifest = _manifest(folder)
        if manifest.get("embedder") != {"id": embedder.id, "digest": embedder.digest}:
            return {}
        data = _vector_bytes(folder, manifest)
    except IndexDamagedError:
        return {}
    size = 2 * embedder.dimension
    if hashlib.sha256(data).hexdigest() == manifest["sha256"] and manifest["rows"]:
        tail = _half(_parse(folder, data).reconstruct_n(0, len(manifest["rows"])))
    else:
        tail = data[len(data) - size * len(manifest["rows"]) :]
    found = {}
    for number, row in enumerate(manifest["rows"]):
        text, _, checksum = row.partition(" ")
        vector = tail[number * size : (number + 1) * size]
        if len(vector) == size and _short(vector) == checksum:
            found[text] = np.frombuffer(vector, np.float16).astype(np.float32)
    return found


def _half(vector: Vectors) -> bytes:
    return vector.astype(np.float16).tobytes()


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-." else "-" for c in name).strip("-.")[-40:] or "embedder"


def _stale(folder: Path, why: str) -> IndexDamagedError:
    return IndexDamagedError(f"The index in {folder} cannot be used: {why}. {REMEDY}")
