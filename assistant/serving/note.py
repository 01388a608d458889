"""A note in the user's data folder that tells other commands where this machine's server is.

It is written once the server is ready and taken away when it ends. What a killed server left behind is not
believed: its process must live, and the address must answer as ready.
"""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import psutil  # type: ignore[import-untyped]

from assistant.settings import data_folder
from assistant.version import VERSION
from corpus.files import write_whole

PATIENCE_S = 2.0
"""Seconds to wait for a server to say that it is ready."""


@dataclass(frozen=True)
class Note:
    """Where a server is, its process, the generator that it was told to use, and its release."""

    url: str
    pid: int
    llm: str
    version: str = VERSION


def leave(url: str, llm: str) -> None:
    """Say that this process serves at `url`. A folder that cannot be written leaves it unsaid."""
    with suppress(OSError):
        _file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(_file(), json.dumps(asdict(Note(url, os.getpid(), llm))).encode())


def take_away() -> None:
    """Remove the note of this process; another server's stays."""
    note = _read()
    if note is not None and note.pid == os.getpid():
        with suppress(OSError):
            _file().unlink()


def find() -> Note | None:
    """The server of our release that runs on this machine and is ready, or None."""
    note = _read()
    if note is None or note.version != VERSION or not psutil.pid_exists(note.pid):
        return None
    return note if _is_ready(note.url) else None


def _read() -> Note | None:
    try:
        return Note(**json.loads(_file().read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _is_ready(url: str) -> bool:
    straight = build_opener(ProxyHandler({}))  # a proxy of the shell is not for this machine
    try:
        for path, status in (("healthz", "ok"), ("readyz", "ready")):
            with straight.open(f"{url}/{path}", timeout=PATIENCE_S) as reply:
                if json.load(reply)["status"] != status:
                    return False
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def _file() -> Path:
    return data_folder() / "server.json"
