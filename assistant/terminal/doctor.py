"""What a working installation needs, checked piece by piece, each with the command that mends it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from assistant.serving.address import bind, url_of
from assistant.settings import Settings
from corpus.errors import AssistantError, CorpusError


@dataclass(frozen=True)
class Check:
    """One thing looked at: `detail` is what was found, and when it is broken, what to do."""

    name: str
    ok: bool
    detail: str


def examine(settings: Settings) -> Iterator[Check]:
    """Every check in order, each as soon as it is known; never raises for what it finds broken."""
    for name, look in (
        ("article", _article),
        ("flowcharts", _flowcharts),
        ("embedder", _embedder),
        ("generator", lambda: _generator(settings)),
        ("index", _index),
        ("history", _history),
        ("address", lambda: _address(settings)),
    ):
        yield _check(name, look)


def _check(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except AssistantError as error:
        return Check(name, False, str(error))
    except Exception as error:
        return Check(name, False, f"{type(error).__name__}: {error}. Install again with `make setup`.")


def _article() -> str:
    from corpus.article import load
    from corpus.chunking import passages

    count = len(passages(load()))
    return f"both editions as released, {count} passages"


def _flowcharts() -> str:
    from assistant.rules import prove

    certificate = prove()
    if not certificate.holds:
        raise CorpusError("they disagree with the article; `assistant check` names every place")
    return f"{certificate.counts['leaves']} outcomes, proven against both editions"


def _embedder() -> str:
    from index import weights

    return str(weights.path("e5-small-q4"))


def _generator(settings: Settings) -> str:
    from index import weights

    if settings.llm in weights.registry():
        return f"{settings.llm}: {weights.path(settings.llm)}"
    return f"{settings.llm}: not one of ours, checked when it is opened"


def _index() -> str:
    from index.retriever import Retriever

    return Retriever.open().store.check()


def _history() -> str:
    from assistant.conversations import OFF, Conversations, place

    if place() == OFF:
        return "off, no conversation is kept"
    if not Path(place()).expanduser().exists():
        return f"{place()}, nothing kept yet"
    with Conversations.open() as store:
        return store.check()


def _address(settings: Settings) -> str:
    try:
        with bind(settings.host, settings.port) as door:
            return f"{url_of(door)} is free"
    except AssistantError:
        if _serves(settings):
            return f"already served on port {settings.port}"
        raise


def _serves(settings: Settings) -> bool:
    """Does a server of ours answer there?"""
    try:
        with urlopen(f"http://{settings.host}:{settings.port}/healthz", timeout=2) as reply:
            return bool(json.load(reply) == {"status": "ok"})
    except (OSError, ValueError):
        return False
