"""Lets in who shows a key, and says who it is."""

import base64
import binascii

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.api import problems
from assistant.serving.keys import Keys

OPEN = frozenset({"/healthz", "/readyz"})
"""What a supervisor asks without a key."""


class KeyCheck:
    """Lets in who shows a key, and calls the client by its name; without keys, by its address.

    A program sends `Authorization: Bearer KEY`. A browser asks its user, who gives the key as password with
    any name; so the page needs no sign-in of its own.
    """

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self.app, self.keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 401."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = (scope.get("client") or ("unknown",))[0]
        if self.keys and scope["path"] not in OPEN:
            name = self.keys.name_of(_shown(Headers(scope=scope)))
            if name is None:
                await _refuse(scope, receive, send)
                return
        scope.setdefault("state", {})["client"] = name
        await self.app(scope, receive, send)


def _shown(headers: Headers) -> str:
    """The key in the Authorization header; empty when there is none."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, UnicodeError):
            return ""
    return ""


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    path = scope["path"]
    for_programs = path.startswith("/v1/") or path == "/metrics"
    challenge = 'Bearer realm="assistant"' if for_programs else 'Basic realm="assistant", charset="UTF-8"'
    detail = "A valid API key is needed: send it as `Authorization: Bearer KEY`."
    reply = problems.respond(401, detail, path, headers={"WWW-Authenticate": challenge})
    await reply(scope, receive, send)
