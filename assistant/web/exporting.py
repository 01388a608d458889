"""Conversations as files: a visitor's own, over plain addresses that a browser can download."""

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Header
from fastapi.responses import Response

from assistant.api import problems
from assistant.conversations import Conversations
from assistant.web.visitors import owner_of
from corpus.errors import InputError

FORMS: dict[str, tuple[Literal["markdown", "json"], str]] = {
    "md": ("markdown", "text/markdown"),
    "json": ("json", "application/json"),
}


def routes(store: Callable[[], Conversations]) -> APIRouter:
    """`/conversations/ID.md` and `.json`, for the browser that the conversation belongs to."""
    router = APIRouter(include_in_schema=False)

    @router.get("/conversations/{conversation}.{form}")
    def export(conversation: str, form: str, cookie: str = Header("")) -> Response:
        """A conversation as a file, with its citations."""
        owner = owner_of(cookie)
        if form not in FORMS or owner is None:
            return problems.respond(404, "There is no such conversation here.", None)
        kind, media_type = FORMS[form]
        try:
            text = store().export(owner, conversation, kind)
        except InputError as error:
            return problems.respond(404, str(error), None)
        headers = {"Content-Disposition": f'attachment; filename="conversation-{conversation[:8]}.{form}"'}
        return Response(text, media_type=f"{media_type}; charset=utf-8", headers=headers)

    return router
