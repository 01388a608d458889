"""Computed prompts on disk: the fixed head of a prompt takes seconds to compute and milliseconds to read.

A file is named `<what it depends on>-<digest of its bytes>.kv`, so one that was cut short or changed is
noticed and computed again; it appears under that name whole or not at all.
"""

import contextlib
import hashlib
import json
import logging
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from assistant.generation.base import Message

log = logging.getLogger(__name__)

FILES_KEPT = 8
"""Older ones are removed: each takes some 28 KB per token of the default model."""

_DIGITS = 32


class Prefixes:
    """The files of one model. `identity` names everything a state depends on besides the messages.

    `keep(action, slot, file name)` saves or restores the state of a slot and says whether it did.
    """

    def __init__(self, folder: Path, identity: str, keep: Callable[[str, int, str], bool]) -> None:
        self._folder = folder
        self._identity = identity
        self._keep = keep
        self._sound: set[Path] = set()

    def restore(self, messages: Sequence[Message], slot: int) -> bool:
        """Bring the computed messages into a slot; False when there is no sound file of them.

        Bytes are checked when a file is first read, for that takes longer than to read it.
        """
        for file in self._folder.glob(f"{self._name(messages)}-*.kv"):
            if self._is_sound(file) and self._keep("restore", slot, file.name):
                with contextlib.suppress(OSError):
                    file.touch()
                return True
            with contextlib.suppress(OSError):
                file.unlink()
        return False

    def save(self, messages: Sequence[Message], slot: int) -> None:
        """Write the state of a slot that has just computed the messages; that it fails is only logged."""
        part = self._folder / f"{secrets.token_hex(8)}.part"
        try:
            if not self._keep("save", slot, part.name):
                raise OSError(f"{self._folder} does not take it")
            os.replace(part, self._folder / f"{self._name(messages)}-{_digest(part)}.kv")
            self._tidy()
        except OSError as error:
            log.warning("a computed prompt could not be kept: %s", error)
            with contextlib.suppress(OSError):
                part.unlink()

    def _is_sound(self, file: Path) -> bool:
        if file not in self._sound and file.stem.endswith(_digest(file)):
            self._sound.add(file)
        return file in self._sound

    def _name(self, messages: Sequence[Message]) -> str:
        text = json.dumps([self._identity, list(messages)], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]

    def _tidy(self) -> None:
        files = sorted(self._folder.glob("*.kv"), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files[FILES_KEPT:]:
            with contextlib.suppress(OSError):
                file.unlink()


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:_DIGITS]
