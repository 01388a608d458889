"""The web door: the chat page, a Gradio app mounted beside the API in one application.

What the page shows is HTML from our templates in Gradio's Markdown, which redraws only what changed. What a
visitor does comes in over one hidden textbox, the wire, which page.js writes to. It runs through Gradio's
queue, and a page that watches a conversation is streamed its progress.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

# Read by Gradio and the hub client when they are imported: nothing may leave this machine, and nobody reads
# the statistics that Gradio would otherwise compute anew, with pandas, after every event.
os.environ.update(
    GRADIO_ANALYTICS_ENABLED="False",
    GRADIO_ANALYTICS_MAX_EVENTS="1",
    GRADIO_ANALYTICS_CACHE_FREQUENCY=str(10**9),
    HF_HUB_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
)

from assistant.web.unstubbed import unstubbed

with unstubbed():
    import gradio as gr
from fastapi import FastAPI

from assistant.api.limits import MAX_QUESTION
from assistant.conversations import OFF, Conversations
from assistant.serving.gate import AllowList
from assistant.serving.service import Service
from assistant.web import exporting
from assistant.web.desk import Desk
from assistant.web.document import Document
from assistant.web.drawing import Board, Drawing
from assistant.web.leaving import Leaving
from assistant.web.strings import STRINGS, strings
from assistant.web.theme import theme
from assistant.web.visitors import Visitors, owner_of
from corpus.errors import HistoryError

ROUTES = frozenset(
    {
        ("GET", "/"),
        ("GET", "/config"),
        ("GET", "/favicon.ico"),
        ("GET", "/theme.css"),
        ("GET", "/assets/*"),
        ("GET", "/static/*"),
        ("GET", "/gradio_api/heartbeat/*"),
        ("GET", "/gradio_api/queue/data"),
        ("POST", "/gradio_api/queue/join"),
        ("GET", "/gradio_api/startup-events"),
    }
)
"""The routes of Gradio that the page uses; all others stay closed."""

SESSIONS = 50
"""Pages of which Gradio remembers what it drew, 100 KB each; nothing is lost with them."""

PLACES = ("bar", "history", "list", "notice", "thread", "question", "views", "article", "charts")
"""What stands on the page, in the order in which a keyboard reaches it."""

HERE = Path(__file__).parent


def mount(app: FastAPI, store: Conversations | None = None) -> FastAPI:
    """Serve the page at / of `app`, whose `state.service` answers; routes that `app` already has go first.

    Without a `store` the one that the settings name is opened; where that fails, conversations are kept only
    in memory and the page says so.
    """
    service: Service = app.state.service
    try:
        desk = Desk(service, store or Conversations.open(service.settings.history))
    except HistoryError as error:
        desk = Desk(service, Conversations.open(OFF))
        desk.forget(str(error))
    app.include_router(exporting.routes(lambda: desk.store))
    board = Board(service, desk)
    blocks = create_page(board)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        theme=theme(),
        favicon_path=str(HERE / "favicon.svg"),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        max_file_size=0,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
    )
    page = app.routes[-1]
    inner = Leaving(AllowList(page.app, ROUTES), partial(_forget, blocks, board))  # type: ignore[attr-defined]
    page.app = Document(Visitors(inner), HERE)  # type: ignore[attr-defined]
    _close_with(app, desk)
    return app


def _forget(blocks: gr.Blocks, board: Board, session: str) -> None:
    """Keep nothing of a page that was left, where Gradio keeps its empty queue and a set for good."""
    board.forget(session)
    queue = blocks._queue
    if not queue.pending_event_ids_session.get(session):
        queue.pending_event_ids_session.pop(session, None)
        queue.pending_messages_per_session.pop(session, None)


def _close_with(app: FastAPI, desk: Desk) -> None:
    """Stop the desk when the application ends, before the engine is freed."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[Any]:
        async with inner(running) as state:
            yield state
            desk.close()

    app.router.lifespan_context = lifespan


def create_page(board: Board) -> gr.Blocks:
    """The components and what happens between them; all empty until the page's script has said hello."""
    title = " · ".join(words["title"] for words in STRINGS.values())
    with gr.Blocks(title=title, fill_width=True) as page:
        page.state_session_capacity = SESSIONS
        parts: dict[str, Any] = {name: _question() if name == "question" else _html(name) for name in PLACES}
        question = parts["question"]
        context = parts["context"] = gr.Textbox(visible="hidden", elem_id="context")
        wire = gr.Textbox(visible="hidden", elem_id="wire")

        def updates(drawing: Drawing) -> dict[Any, Any]:
            """A drawing as Gradio takes it; an empty one changes nothing, where none would empty the page."""
            drawn = {
                parts[name]: gr.Textbox(**it) if isinstance(it, dict) else it for name, it in drawing.items()
            }
            return drawn or {parts["thread"]: gr.skip()}

        def stop(context: str, request: gr.Request) -> dict[Any, Any]:
            return updates(board.act("stop", {}, context, *_whose(request)))

        def act(command: str, context: str, request: gr.Request) -> dict[Any, Any]:
            given = json.loads(command)
            return updates(board.act(str(given.get("do")), given, context, *_whose(request)))

        async def watch(context: str, request: gr.Request) -> AsyncIterator[dict[Any, Any]]:
            async for drawing in board.watch(context, *_whose(request)):
                yield updates(drawing)

        quiet = {
            "concurrency_limit": None,
            "show_progress": "hidden",
            "api_visibility": "private",
            "trigger_mode": "multiple",  # else what comes while the same event is under way is dropped
        }
        for event, function, said in (
            (question.stop, stop, [context]),
            (wire.submit, act, [wire, context]),
        ):
            done = event(function, said, [*parts.values()], **quiet)
            done.then(
                watch, context, [parts[name] for name in ("thread", "list", "question", "notice")], **quiet
            )
    return page


def _html(name: str) -> gr.Markdown:
    """A place for our HTML. The sanitizer would take the buttons out; the templates escape every text."""
    return gr.Markdown(elem_id=name, sanitize_html=False, latex_delimiters=[])


def _question() -> gr.Textbox:
    return gr.Textbox(
        placeholder=" ",
        label=strings("en")["ask"],
        show_label=False,
        container=False,
        submit_btn=True,
        interactive=True,  # no event takes it as input
        max_length=2 * MAX_QUESTION,  # what is pasted beyond a question's length is refused, not cut unseen
        max_lines=6,
        elem_id="question",
    )


def _whose(request: gr.Request) -> tuple[str, str]:
    """(the page's session, the visitor's name)."""
    owner = owner_of(request.headers.get("cookie"))
    assert owner, "Visitors gives every request a cookie"
    return str(request.session_hash), owner
