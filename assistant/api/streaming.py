"""Server-sent events as a response, and what is said when they break off."""

import logging
from collections.abc import AsyncIterator
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from assistant.serving import journal
from corpus.errors import AssistantError

log = logging.getLogger(__name__)

EVENT_STREAM = "text/event-stream"


def documented_events(example: str, *names: str) -> dict[str, Any]:
    """The OpenAPI entry of a stream whose events have these names and JSON as data."""
    schema = {
        "type": "object",
        "description": "one event",
        "properties": {
            "event": {"type": "string", "enum": list(names), "description": "what `data` holds"},
            "data": {"type": "string", "contentMediaType": "application/json", "description": "its payload"},
        },
        "required": ["event", "data"],
    }
    return {EVENT_STREAM: {"schema": schema, "example": example}}


class EventStream(StreamingResponse):
    """Sends blocks of events; however it ends, what makes them is closed."""

    media_type = EVENT_STREAM

    def __init__(self, blocks: AsyncIterator[bytes]) -> None:
        super().__init__(blocks, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._blocks = blocks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the end or until the client leaves."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            close = getattr(self._blocks, "aclose", None)
            if close:
                await close()


def broken_off(error: Exception) -> tuple[int, str]:
    """Status and sentence for a stream that has already begun; what is not ours is logged."""
    if isinstance(error, AssistantError):
        return error.status, str(error)
    log.error("an answer broke off: %s", journal.place_of(error))
    return 500, "The answer broke off; the server's log has the cause."
