"""The page's document on its way out: our style and script in its head, a policy that lets nothing else run.

Gradio writes scripts into its HTML, which a policy of fixed text can only allow all or none of. So each load
gets a number used once, in the policy and in the scripts; an injected script has none and stays dead. Our
head goes in here too: what Gradio is given as `css`, `js` or `head` comes late, rewritten or by eval.
"""

import re
import secrets
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'none'; "
    "object-src 'none'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing comes from, or goes to, another host; styles stand in attributes of Gradio's components."""

_CARDS = re.compile(rb'\s*<meta\s+(?:property="og:|name="twitter:)[^>]*>')
"""What Gradio tells other sites of itself, with an image of another host."""


class Document:
    """Puts the head into the page at /, marks its scripts and sends the policy that allows them alone."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        css, js = ((folder / name).read_text("utf-8") for name in ("page.css", "page.js"))
        self.app = app
        self.head = f'<style>{css}</style><script type="module">{js}</script></head>'.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; the page itself is held back until it is whole."""
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        uncompressed = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        nonce, begun, body = secrets.token_urlsafe(16), dict[str, object](), bytearray()

        async def hold_back(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                whole = self._furnished(bytes(body), nonce)
                headers = MutableHeaders(raw=list(begun["headers"]))  # type: ignore[call-overload]
                headers["content-length"] = str(len(whole))
                headers["content-security-policy"] = POLICY.format(nonce=nonce)
                await send({**begun, "headers": headers.raw})
                await send({"type": "http.response.body", "body": whole})

        await self.app({**scope, "headers": uncompressed}, receive, hold_back)

    def _furnished(self, html: bytes, nonce: str) -> bytes:
        with_head = _CARDS.sub(b"", html).replace(b"</head>", self.head, 1)
        return with_head.replace(b"<script", f"<script nonce={nonce}".encode())
