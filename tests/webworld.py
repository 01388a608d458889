"""The web chat as tests run it: the true engine, article and rules over a scripted model."""

import json
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from assistant.answer import Event, Turn
from assistant.conversations import OFF, Conversations
from assistant.engine import Engine
from assistant.generation.base import Generation, Message, Request
from assistant.generation.stopping import current
from assistant.serving.service import Service
from assistant.serving.standby import Standby
from assistant.settings import load_settings
from corpus.errors import GenerationError
from index.retriever import Retriever
from tests.doubles import ScriptedGenerator

APIS = "Which APIs does TorchServe support?"
APIS_ANSWER = "It supports REST as well as gRPC APIs."
APIS_ZH = "TorchServe 支持哪些 API?"
SENSOR = "We are building an IoT sensor at my company. Which framework?"
SENSOR_ZH = "公司要做一个物联网传感器，用哪个框架？"
OUTSIDE = "How much does TensorFlow cost per month?"
BROKEN = "Will the model break off?"
BREAK = GenerationError("The model stopped half-way; ask again.")


def says(messages: Sequence[Message]) -> str:
    """What the scripted model says: true of TorchServe, and nothing of anything else."""
    asked = messages[-1]["content"]
    if "TorchServe" not in asked:
        return ""
    return "它同时支持 REST 和 gRPC API。[1]" if "哪些" in asked else f"{APIS_ANSWER} [1]"


class Forgetful(ScriptedGenerator):
    """A scripted model that does not keep what it was asked, so that it can be asked without end."""

    def stream(self, request: Request) -> Generation:
        """The reply."""
        self.requests.clear()
        return super().stream(request)


class HeldEngine(Engine):
    """The true engine, held before the events named in `hold` until they are taken out of it.

    `streams` counts what is running. A question of BROKEN breaks off after what was found.
    """

    hold: frozenset[str] = frozenset()
    streams = 0

    @classmethod
    def scripted(cls) -> "HeldEngine":
        """Over the shipped index and the scripted model."""
        return cls(Retriever.open(), Forgetful(says), load_settings())

    def stream(self, question: str, history: Sequence[Turn] = (), language: str = "auto") -> Iterator[Event]:
        """The engine's events, each let through when it is not held."""
        self.streams += 1
        try:
            for event in super().stream(question, history, language):
                while type(event).__name__ in self.hold:
                    current().check()
                    time.sleep(0.01)
                yield event
                if question == BROKEN:
                    raise GenerationError(str(BREAK))
        finally:
            self.streams -= 1

    @contextmanager
    def held(self, *events: str) -> Iterator[None]:
        """Hold these events while the block runs."""
        self.hold = frozenset(events)
        try:
            yield
        finally:
            self.hold = frozenset()


def standby(engine: Engine) -> Standby:
    """An engine that is open already."""
    ready = Standby(lambda: engine)
    ready.start()
    ready.wait(10)
    return ready


def service(engine: Engine, **chosen: object) -> Service:
    """What a server holds, over an engine that is open already."""
    return Service(standby(engine), load_settings(**chosen))


def web_app(engine: Engine, store: Conversations | None = None, kept: bool = False) -> FastAPI:
    """Page and API as `assistant serve` runs them; `kept`: with the file that the settings name."""
    from assistant.api.routes import create_api
    from assistant.serving.server import _put_last, protect
    from assistant.web import page

    settings = load_settings()
    app = page.mount(
        create_api(standby(engine), settings), store or (None if kept else Conversations.open(OFF))
    )
    _put_last(app)
    return protect(app, settings.host, settings)


@contextmanager
def forked(engine: Engine, file: Path) -> Iterator[tuple[str, int]]:
    """(address, process) of a server in a process of its own, which does not outlive the block."""
    from assistant.web import page  # noqa: F401  (before the fork, so that no two have to)
    from tests.doors import serving

    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        with serving(web_app(engine, Conversations.open(file))) as url:
            os.write(tell, url.encode())
            os.close(tell)
            signal.pause()
    os.close(tell)
    try:
        with os.fdopen(told) as pipe:
            yield pipe.read(), child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


class Caller:
    """A page without a browser: says what page.js says, and reads what Gradio would draw."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=30)
        self.session, self.context = uuid.uuid4().hex[:11], ""
        config = self.http.get("/config").json()
        wire = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "wire")
        self._names = {c["id"]: c["props"].get("elem_id") for c in config["components"]}
        self._acts = {d["id"]: d for d in config["dependencies"]}
        self._act = next(id for id, d in self._acts.items() if d["targets"] == [[wire, "submit"]])
        self._watch = next(id for id, d in self._acts.items() if d["trigger_after"] == self._act)

    def act(self, do: str, **given: str) -> dict[str, Any]:
        """Do something; gives what is drawn after it, by the name of its place."""
        drawn = self._run(self._act, [json.dumps({"do": do, **given}), self.context])
        self.context = drawn["context"]
        return drawn

    def watch(self) -> dict[str, Any]:
        """What is drawn when nothing is left to do."""
        return self._run(self._watch, [self.context])

    def close(self) -> None:
        """Leave the page, as a browser does: its heartbeat ends."""
        with self.http.stream("GET", f"/gradio_api/heartbeat/{self.session}"):
            pass
        self.http.close()

    def _run(self, function: int, data: list[object]) -> dict[str, Any]:
        body = {"data": data, "fn_index": function, "session_hash": self.session}
        self.http.post("/gradio_api/queue/join", json=body).raise_for_status()
        asked = {"session_hash": self.session}
        with self.http.stream("GET", "/gradio_api/queue/data", params=asked) as stream:
            for line in stream.iter_lines():
                if "process_completed" in line:
                    values = json.loads(line.removeprefix("data: "))["output"]["data"]
                    names = [self._names[one] for one in self._acts[function]["outputs"]]
                    return dict(zip(names, values, strict=True))
        raise AssertionError("the stream ended before the act was done")


def until(holds: object, seconds: float = 90.0) -> None:
    """Wait until a condition holds."""
    ends = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        if time.monotonic() > ends:
            raise AssertionError("it did not come to hold")
        threading.Event().wait(0.01)
