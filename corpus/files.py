"""The files of corpus/article: found in the installed package, verified, written whole."""

import hashlib
import json
import os
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from corpus.errors import CorpusError

MANIFEST = "manifest.json"
RECORDED = ("source.txt", "repairs.yaml", "zh.md", "en.md")
"""The files whose SHA-256 the manifest records."""


def stored(name: str) -> Path:
    """Path of a file of corpus/article, wherever the package is installed."""
    return Path(str(files("corpus") / "article" / name))


def _remedy(name: str) -> str:
    if name == "zh.md":
        return "`python -m corpus.restore` writes it again"
    return f"`git checkout corpus/article/{name}` or a reinstall brings it back"


def parse_yaml(text: str) -> Any:
    """What YAML says, by the parser in C where there is one: ten times faster. Raises yaml.YAMLError."""
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def sha256(data: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read(name: str) -> str:
    """Text of a file as it is now. Raises CorpusError when it is missing or not UTF-8."""
    try:
        return stored(name).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise CorpusError(f"corpus/article/{name} cannot be read ({exc}); {_remedy(name)}.") from exc


def read_verified(name: str) -> str:
    """Text of a recorded file. Raises CorpusError when it is missing or not the one the manifest records."""
    try:
        data = stored(name).read_bytes()
    except OSError as exc:
        raise CorpusError(f"corpus/article/{name} cannot be read ({exc}); {_remedy(name)}.") from exc
    found, expected = sha256(data), recorded_hashes().get(name, "none")
    if found != expected:
        raise CorpusError(
            f"corpus/article/{name} has changed: its SHA-256 is {found[:12]}…, the manifest records "
            f"{expected[:12]}…; {_remedy(name)}, and `python -m corpus.build` records a change that is meant."
        )
    return data.decode("utf-8")


def recorded_hashes() -> dict[str, str]:
    """File name to SHA-256, as manifest.json records them."""
    try:
        hashes = json.loads(stored(MANIFEST).read_bytes())
        return {str(name): str(digest) for name, digest in hashes.items()}
    except (OSError, ValueError, AttributeError) as exc:
        raise CorpusError(f"corpus/article/{MANIFEST} cannot be read ({exc}); {_remedy(MANIFEST)}.") from exc


def write_whole(path: Path, data: bytes) -> None:
    """Write aside, flush to disk, rename: a reader sees the old file or the new one, never half of one."""
    descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(aside, 0o644)
        os.replace(aside, path)
    except BaseException:
        os.unlink(aside)
        raise
