"""A server of the tests' own on a free port."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from assistant.api.routes import create_api
from assistant.engine import Engine
from assistant.serving.address import bind, url_of
from assistant.serving.server import Server, protect
from assistant.serving.standby import Standby
from assistant.settings import load_settings


def api_over(engine: Engine, **chosen: object) -> FastAPI:
    """The API as `assistant serve` runs it, without the page, over an engine that is there already."""
    settings = load_settings(**chosen)
    standby = Standby(lambda: engine)
    standby.start()
    standby.wait(10)
    return protect(create_api(standby, settings), settings.host, settings)


@contextmanager
def serving(app: FastAPI, port: int = 0) -> Iterator[str]:
    """Serve `app` in a thread, on a free port unless one is given; yields its URL."""
    door, up = bind("127.0.0.1", port), threading.Event()
    server = Server(app, door, up.set)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    if not up.wait(20):
        raise RuntimeError("the server did not come up")
    try:
        yield url_of(door)
    finally:
        server.should_exit = True
        thread.join(20)
