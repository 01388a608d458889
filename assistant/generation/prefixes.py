"""Computed prompts on disk: what many prompts begin with takes seconds to compute and milliseconds to read.

A file is named `<model><messages>-<digest of its bytes>`, so one that was cut short or changed is noticed and
computed again; it appears under that name whole or not at all. A head stands whole in a `.kv`, some 28 KB per
token of the default model; what goes on from a head is kept as the difference from it, in a `.more`.
"""

import contextlib
import hashlib
import json
import logging
import os
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assistant.generation import differences
from assistant.generation.base import Message

log = logging.getLogger(__name__)

HEADS_KEPT = 8
"""Heads that were not used for longest are removed."""

ABANDONED_SECONDS = 3600.0
"""What is not finished after so long was left by a program that was killed."""

_DIGITS, _OWN_DIGITS = 32, 12


class Prefixes:
    """The files of one model. `identity` names everything a state depends on besides the messages.

    `keep(action, slot, file name)` saves or restores the state of a slot and says whether it did. What goes
    on from heads takes up to `most_bytes`; what was not used for longest is removed.
    """

    def __init__(
        self, folder: Path, identity: str, keep: Callable[[str, int, str], bool], most_bytes: int
    ) -> None:
        self._folder = folder
        self._own = _hexadecimal(identity, _OWN_DIGITS)
        self._keep = keep
        self._most_bytes = most_bytes
        self._sound: set[Path] = set()
        self._writer = ThreadPoolExecutor(1, "prompts")

    def restore(self, messages: Sequence[Message], slot: int, head: Sequence[Message] = ()) -> bool:
        """Bring the computed messages into a slot; False when there is no sound file of them.

        `head` names the head they go on from, where they were saved with one. Bytes are checked when a file
        is first read, for that takes longer than to read it.
        """
        self.settle()
        base = self._sound_file(head) if head else None
        file = self._sound_file(messages, base) if base or not head else None
        if file is None:
            return False
        if self._bring(file, base, slot):
            with contextlib.suppress(OSError):
                file.touch()
            return True
        self._remove(file)
        return False

    def save(self, messages: Sequence[Message], slot: int, head: Sequence[Message] = ()) -> None:
        """Keep the state of a slot that has just computed the messages; that it fails is only logged.

        With a `head`, whose file has to be there, only what is new since that head. The state is copied now;
        a thread finds what is new and names the file, for the reply need not wait for that; `settle` does.
        """
        part = self._part()
        if self._keep("save", slot, part.name):
            self._writer.submit(self._store, messages, part, head)
        else:
            self._remove(part)
            log.warning("a computed prompt could not be kept: %s does not take it", self._folder)

    def settle(self) -> None:
        """Return when everything that was saved is there for `has` and `restore`."""
        self._writer.submit(lambda: None).result()  # it works in order, so all before it has ended

    def has(self, messages: Sequence[Message], head: Sequence[Message]) -> bool:
        """Is there a file of what goes on from a head? Its bytes are not looked at."""
        base = self._sound_file(head)
        return bool(base and self._files(messages, base))

    @property
    def full(self) -> bool:
        """Is there so much of this model that some of it would soon be removed to make room?

        What another model or build has left is removed first, for nobody reads it.
        """
        files = self._newest_first(".more", self._own)
        taken = sum(map(_size, files))
        return taken + taken // max(1, len(files)) >= self._most_bytes

    def _bring(self, file: Path, base: Path | None, slot: int) -> bool:
        if base is None:
            return self._keep("restore", slot, file.name)
        part = self._part()
        try:
            differences.write(base, file.read_bytes(), part)
            return self._keep("restore", slot, part.name)
        except (OSError, ValueError) as error:
            log.warning("a computed prompt could not be read: %s", error)
            return False
        finally:
            self._remove(part)

    def _store(self, messages: Sequence[Message], part: Path, head: Sequence[Message]) -> None:
        """Give a saved state its place."""
        try:
            base = self._sound_file(head) if head else None
            if base:
                part.write_bytes(differences.take(base, part))
            if base or not head:
                name = f"{self._name(messages, base)}-{_digest(part)}{_kind(base)}"
                os.replace(part, self._folder / name)
            self._tidy()
        except (OSError, ValueError) as error:  # an empty file cannot be mapped
            log.warning("a computed prompt could not be kept: %s", error)
        finally:
            self._remove(part)

    def _sound_file(self, messages: Sequence[Message], base: Path | None = None) -> Path | None:
        """The file of the messages; one whose bytes are not those it was written with is removed."""
        for file in self._files(messages, base):
            with contextlib.suppress(OSError):
                if file in self._sound or file.stem.endswith(_digest(file)):
                    self._sound.add(file)
                    return file
            self._remove(file)
        return None

    def _files(self, messages: Sequence[Message], base: Path | None = None) -> list[Path]:
        return list(self._folder.glob(f"{self._name(messages, base)}-*{_kind(base)}"))

    def _name(self, messages: Sequence[Message], base: Path | None) -> str:
        text = json.dumps([list(messages), base and base.name], ensure_ascii=False)
        return self._own + _hexadecimal(text, _DIGITS - _OWN_DIGITS)

    def _part(self) -> Path:
        """A name for a file that is not finished."""
        return self._folder / f"{secrets.token_hex(8)}.part"

    def _tidy(self) -> None:
        for file in self._newest_first(".kv")[HEADS_KEPT:]:
            self._remove(file)
        room = self._most_bytes
        for file in self._newest_first(".more"):
            room -= _size(file)
            if room < 0:
                self._remove(file)
        for file in self._newest_first(".part"):
            if _used(file) < time.time() - ABANDONED_SECONDS:
                self._remove(file)

    def _newest_first(self, kind: str, beginning: str = "") -> list[Path]:
        return sorted(self._folder.glob(f"{beginning}*{kind}"), key=_used, reverse=True)

    def _remove(self, file: Path) -> None:
        self._sound.discard(file)
        with contextlib.suppress(OSError):
            file.unlink()


def _kind(base: Path | None) -> str:
    return ".more" if base else ".kv"


def _hexadecimal(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:_DIGITS]


def _used(file: Path) -> float:
    """When it was last read or written; 0 for one that another program has just removed."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
