"""Who is asking: a secret in a cookie that only this server reads, and that no address ever carries.

The cookie is for this site alone (SameSite=Strict), so a browser that follows a link from elsewhere loads the
page without it. Hence the page itself never hands one out, which would replace the visitor's own; only the
requests that the page then makes do.
"""

import hashlib
import secrets
from http.cookies import SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "visitor"
YEAR_S = 365 * 24 * 3600


class Visitors:
    """Gives a visitor without a cookie one, with the answer to the first request that writes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and let the app see the new cookie as if it had been sent."""
        if scope["type"] != "http" or scope["method"] != "POST" or _token(Headers(scope=scope).get("cookie")):
            await self.app(scope, receive, send)
            return
        token = secrets.token_urlsafe(32)
        others = [value for name, value in scope["headers"] if name == b"cookie"]
        cookies = b"; ".join([*others, f"{COOKIE}={token}".encode()])
        headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        scope = {**scope, "headers": [*headers, (b"cookie", cookies)]}

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", _set_cookie(token, scope["scheme"]))
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def owner_of(cookies: str | None) -> str | None:
    """Under what name a visitor's conversations are kept: a digest, so that the file holds no secret."""
    token = _token(cookies)
    return f"web:{hashlib.sha256(token.encode()).hexdigest()}" if token else None


def _token(cookies: str | None) -> str | None:
    found = SimpleCookie(cookies or "").get(COOKIE)
    return found.value if found and len(found.value) >= 43 else None


def _set_cookie(token: str, scheme: str) -> str:
    secure = "; Secure" if scheme == "https" else ""
    return f"{COOKIE}={token}; Path=/; Max-Age={YEAR_S}; HttpOnly; SameSite=Strict{secure}"
