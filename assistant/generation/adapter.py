"""A LoRA adapter: a small GGUF file beside a model, which changes how that model answers.

One file serves llama.cpp and transformers; `python -m training.adapter` writes it.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from assistant.settings import Settings
from corpus.errors import InputError

OFF = "off"


@dataclass(frozen=True)
class Adapter:
    """An adapter's file and what was in it when it was chosen."""

    path: Path
    sha256: str


def chosen(settings: Settings) -> Adapter | None:
    """The adapter that the settings name; None where it is off. Raises InputError when there is no file."""
    if settings.adapter == OFF:
        return None
    path = Path(settings.adapter).expanduser()
    try:
        with path.open("rb") as stream:
            return Adapter(path, hashlib.file_digest(stream, "sha256").hexdigest())
    except OSError as error:
        raise InputError(
            f"There is no adapter {path}: set ASSISTANT_ADAPTER to the path of a GGUF adapter, or to {OFF}."
        ) from error
