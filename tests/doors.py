"""A server of the tests' own on a free port, and a watch for anything that reaches out."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from assistant.serving import Server, bind, url_of


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


@contextmanager
def no_way_out() -> Iterator[list[str]]:
    """Collect every look-up and connection to another machine, made through Python in any thread."""
    reached: list[str] = []
    lookup, connect = socket.getaddrinfo, socket.socket.connect

    def watched_lookup(host: str, *rest: object, **more: object) -> object:
        if host not in ("127.0.0.1", "localhost", "::1", None):
            reached.append(f"look-up of {host}")
        return lookup(host, *rest, **more)

    def watched_connect(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
            reached.append(f"connection to {address}")
        connect(self, address)

    socket.getaddrinfo, socket.socket.connect = watched_lookup, watched_connect
    try:
        yield reached
    finally:
        socket.getaddrinfo, socket.socket.connect = lookup, connect
