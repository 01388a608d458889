"""A server of the tests' own on a free port."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from assistant.serving.address import bind, url_of
from assistant.serving.server import Server


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve `app` in a thread; yields its URL."""
    door, up = bind("127.0.0.1", 0), threading.Event()
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
