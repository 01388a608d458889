"""What every request passes before the app sees it, and the headers every response carries.

A page of somebody else's must not be able to use this server through the visitor's browser: the Host has to
be ours (against DNS rebinding), a foreign Origin may not write, and no CORS header is ever sent.
"""

import asyncio
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.api import problems
from assistant.serving.address import LOOPBACK, is_address, is_loopback

HEADERS = {
    # Gradio's page needs inline script and style; nothing may come from, or go to, another host.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


BODY_S = 10.0
"""Seconds that a client has to send its body; a slow one would hold a connection for ever."""


class Gate:
    """Refuses foreign hosts (400), foreign pages that write (403), large bodies (413) and slow ones (408).

    A server bound to `host` goes by that name, the loopback names and `names`. One that others can reach also
    goes by this machine's name and by any address: rebinding needs a name that an attacker's DNS resolves.
    """

    def __init__(self, app: ASGIApp, host: str, max_body: int, names: Iterable[str] = ()) -> None:
        self.app, self.max_body = Punctual(RequestBodyLimitMiddleware(app, max_body)), max_body
        self.names = LOOPBACK | {host.lower()} | {name.lower() for name in names}
        self.reachable = not is_loopback(host)
        if self.reachable:
            self.names |= {socket.gethostname().lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on; either way with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self.app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        host = headers.get("host", "")
        if not self._is_ours(host):
            return problems.respond(400, "This server does not answer to that Host.", path)
        origin = headers.get("origin")
        if origin is not None and scope["method"] not in ("GET", "HEAD") and urlsplit(origin).netloc != host:
            return problems.respond(403, "A page of another site may not send requests here.", path)
        if int(headers.get("content-length") or 0) > self.max_body:
            detail = f"The request is too large; at most {self.max_body // 1024} KiB are read."
            return problems.respond(413, detail, path)
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self.names or (self.reachable and is_address(name))


class Punctual:
    """Ends a request with 408 whose body takes longer than `BODY_S` to arrive."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with a time limit on the body."""
        end, whole = asyncio.get_running_loop().time() + BODY_S, False

        async def receive_in_time() -> Message:
            nonlocal whole
            try:
                async with asyncio.timeout_at(None if whole else end):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers={"Connection": "close"}) from None
            whole = not message.get("more_body", False)
            return message

        await self.app(scope, receive_in_time, send)


class AllowList:
    """Passes listed (method, path) pairs and answers 404 to the rest; a path ending in * is a prefix."""

    def __init__(self, app: ASGIApp, allowed: frozenset[tuple[str, str]]) -> None:
        self.app = app
        self.exact = {pair for pair in allowed if not pair[1].endswith("*")}
        self.prefixes = {(method, path[:-1]) for method, path in allowed - self.exact}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is listed, without the Origin: the gate has judged it, and Gradio would add CORS."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http" and self._allows(scope):
            headers = [pair for pair in scope["headers"] if pair[0] != b"origin"]
            await self.app({**scope, "headers": headers}, receive, send)
        elif scope["type"] == "http":
            detail = "There is nothing at this address; /docs lists what there is."
            await problems.respond(404, detail, scope["path"])(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _allows(self, scope: Scope) -> bool:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        path = scope["path"]
        if (method, path) in self.exact:
            return True
        return any(method == wanted and path.startswith(prefix) for wanted, prefix in self.prefixes)
