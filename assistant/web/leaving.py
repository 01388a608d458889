"""Notices that a page was left, by its heartbeat: the one request that lasts as long as the page does."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

HEARTBEAT = "/gradio_api/heartbeat/"


class Leaving:
    """Calls `left` with the session of each page whose heartbeat has ended."""

    def __init__(self, app: ASGIApp, left: Callable[[str], None]) -> None:
        self.app, self.left = app, left

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and tell when a heartbeat is over."""
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http" and scope["path"].startswith(HEARTBEAT):
                self.left(scope["path"].removeprefix(HEARTBEAT))
