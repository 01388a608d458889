"""One line of log for each request, as JSON, under an id that the client sees too.

What was asked and answered is not in it unless ASSISTANT_LOG_QUESTIONS says so: an address is logged as its
route, an error as its kind and its place in the code.
"""

import logging
import re
import sys
import time
import traceback
import uuid
from typing import Any, TextIO

from pythonjsonlogger.json import JsonFormatter
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.api import problems
from assistant.serving.metrics import Metrics

log = logging.getLogger(__name__)

ID = "X-Request-Id"
GONE = 499
"""Logged as the status of a request whose client left before it was answered, as nginx does."""

_FIT = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")


def note(scope: Scope, **facts: Any) -> None:
    """Add facts to the line that will be logged for a request."""
    scope.setdefault("state", {}).setdefault("journal", {}).update(facts)


def place_of(error: BaseException) -> str:
    """Kind and place of an error, without its message, which may hold what somebody asked."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return f"{type(error).__name__} at " + " < ".join(
        f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno}" for frame in reversed(frames)
    )


def write_json(stream: TextIO = sys.stderr) -> None:
    """Log requests and warnings of this process as JSON, an object a line."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        JsonFormatter(
            "%(levelname)s %(name)s %(message)s",
            timestamp="time",
            rename_fields={"levelname": "level", "name": "logger"},
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    log.setLevel(logging.INFO)


class Journal:
    """Gives every request an id, counts it and logs it; an error nobody caught becomes a problem."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and write down how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        given = Headers(scope=scope).get(ID, "")
        request_id = given if _FIT.fullmatch(given) else uuid.uuid4().hex
        note(scope, request_id=request_id)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[ID] = request_id
            await send(message)

        self.metrics.active.inc()
        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:
            note(scope, error=place_of(error))
            if not status:
                detail = "Something went wrong here; the server's log has the cause."
                await problems.respond(500, detail, scope["path"])(scope, receive, send_with_id)
        finally:
            self.metrics.active.dec()
            self._write(scope, status or GONE, time.perf_counter() - began)

    def _write(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.metrics.request(method, route, status, seconds)
        facts: dict[str, Any] = {
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "client": scope["state"].get("client"),
            **scope["state"]["journal"],
        }
        if "error" in facts:
            log.error("a request failed: %s", facts["error"], extra=facts)
        else:
            worth = route.startswith("/v1/") or status >= 400
            log.log(logging.INFO if worth else logging.DEBUG, "request", extra=facts)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Anything may be sent as a method; a figure needs a closed set."""
