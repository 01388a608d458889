"""Page and API as one application in one process, and the server that runs it."""

import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from assistant.api.routes import MAX_BODY, create_api
from assistant.serving.gate import Gate
from assistant.serving.standby import Standby
from assistant.web import page

GRACE_S = 2
"""Seconds that open streams get when the server is told to stop."""


def create_app(standby: Standby, host: str = "127.0.0.1") -> FastAPI:
    """The whole application for a server bound to `host`: API, page and gate."""
    app = page.mount(create_api(standby), standby)
    app.add_middleware(Gate, host=host, max_body=MAX_BODY)
    return app


class Server(uvicorn.Server):
    """Listens on a bound socket, without a word of its own; `started` is called once it accepts."""

    def __init__(self, app: FastAPI, door: socket.socket, listening: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app, log_level="warning", server_header=False, timeout_graceful_shutdown=GRACE_S, ws="none"
        )
        super().__init__(config)
        self.door, self.listening = door, listening

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop by a signal or by `should_exit`."""
        super().run(sockets or [self.door])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start accepting, then say so."""
        await super().startup(sockets)
        self.listening()
