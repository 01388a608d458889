"""Page and API as one application in one process, and the server that runs it."""

import socket
import sys
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from starlette.routing import Mount

from assistant.api.limits import MAX_BODY
from assistant.api.routes import create_api
from assistant.serving.authentication import KeyCheck
from assistant.serving.gate import Gate
from assistant.serving.journal import Journal
from assistant.serving.keys import Keys
from assistant.serving.standby import Standby
from assistant.settings import Settings, load_settings

GRACE_S = 2
"""Seconds that open streams get when the server is told to stop."""

IDLE_S = 75
"""Seconds that a connection may be idle: longer than clients keep theirs, so that none is cut as it asks."""

SWITCH_S = 0.0005
"""How soon a thread at work lets another run: who answers the network must not wait behind engines."""


def create_app(standby: Standby, host: str = "127.0.0.1", settings: Settings | None = None) -> FastAPI:
    """The whole application for a server bound to `host`: API and page behind the gate.

    Raises InputError when others can reach `host` and the settings hold no API key.
    """
    from assistant.web import page  # late: an API alone needs no web page, which takes seconds to import

    settings = settings or load_settings()
    app = page.mount(create_api(standby, settings))
    _put_last(app)
    return protect(app, host, settings)


def protect(app: FastAPI, host: str, settings: Settings) -> FastAPI:
    """Put what every request passes before `app`: the journal, the gate, the check of keys, in this order."""
    keys = Keys.of(settings)
    keys.require_for(host)
    names = filter(None, map(str.strip, settings.hostnames.split(",")))
    app.add_middleware(KeyCheck, keys=keys)
    app.add_middleware(Gate, host=host, max_body=MAX_BODY, names=tuple(names))
    app.add_middleware(Journal, metrics=app.state.service.metrics)
    return app


def _put_last(app: FastAPI) -> None:
    """Let the page answer only what is no address of the API.

    A mount at / matches every request fully, and so hides that a route takes another method: 404 in place of
    405. As the router's default it comes after all routes.
    """
    mounted = app.router.routes.pop()
    assert isinstance(mounted, Mount) and mounted.path == "", "the page is mounted last, at /"
    app.router.default = mounted.app


class Server(uvicorn.Server):
    """Listens on a bound socket, without a word of its own; `started` is called once it accepts."""

    def __init__(self, app: FastAPI, door: socket.socket, listening: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=IDLE_S,
            ws="none",
        )
        super().__init__(config)
        self.app, self.door, self.listening = app, door, listening

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop by a signal or by `should_exit`."""
        sys.setswitchinterval(SWITCH_S)
        super().run(sockets or [self.door])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start accepting, then say so."""
        await super().startup(sockets)
        self.listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Send away who waits, let who is being answered finish, end."""
        self.app.state.service.refuse()
        await super().shutdown(sockets)
