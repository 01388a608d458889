"""A server of ours in a process of its own, timed from its start, its memory watched."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from corpus.errors import AssistantError
from index import weights

APP = Path(__file__).parents[2] / "app.py"

STOPS_IN = 30.0
"""Seconds that a server may take to end."""

MEMORY = ("VmHWM", "RssAnon")
"""What Linux calls the most that a process held, and what of its memory stands for no file; in KiB."""


@dataclass(frozen=True)
class Serving:
    """A server that is ready: where, after how many seconds, and its process."""

    url: str
    ready_s: float
    process: psutil.Process

    def peak(self) -> tuple[float, float]:
        """GB (10^9 bytes) it held at most, and of them now anonymous; 0 where the system does not tell."""
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        except OSError:
            return self.process.memory_info().rss / 1e9, 0.0
        kib = {
            name: int(value.split()[0])
            for name, value in (line.split(":", 1) for line in lines)
            if name in MEMORY
        }
        return kib["VmHWM"] * 1024 / 1e9, kib["RssAnon"] * 1024 / 1e9


@contextmanager
def serving(**settings: object) -> Iterator[Serving]:
    """Start a server on a free port and wait until it is ready; stop it at the end of the block."""
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, str(APP), "serve", "--port", "0"]
        began = time.perf_counter()
        chosen = environment(data, settings)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=chosen)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            ready_s = time.perf_counter() - began
            if "http" not in line:
                raise AssistantError("The server did not start; what it said stands above.")
            url = next(word for word in line.split() if word.startswith("http"))
            yield Serving(url, ready_s, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(STOPS_IN)


@contextmanager
def never_started() -> Iterator[Path]:
    """A home as after the models were fetched: they and the index are there, nothing computed since."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("models", "index"):
            if (weights.home() / name).exists():
                (Path(folder) / name).symlink_to(weights.home() / name)
        yield Path(folder)


def oneshot(question: str, llm: str) -> float:
    """Seconds of `assistant ask` from nothing to its exit; the article need not answer."""
    with tempfile.TemporaryDirectory() as data:
        began = time.perf_counter()
        command = [sys.executable, str(APP), "ask", "--no-server", "--json", question]
        ran = subprocess.run(command, capture_output=True, env=environment(data, {"llm": llm}))
        if not ran.stdout:
            raise AssistantError(f"`assistant ask` failed: {ran.stderr.decode().strip()}")
        return time.perf_counter() - began


def environment(data: str, settings: Mapping[str, object]) -> dict[str, str]:
    """Ours with these settings, and `data` as the folder of what a user keeps: nobody's notes are touched."""
    chosen = {f"ASSISTANT_{name.upper()}": str(value) for name, value in settings.items()}
    return {**os.environ, "XDG_DATA_HOME": data, "ASSISTANT_HISTORY": "off", **chosen}
