"""The web door: the chat page, a Gradio app mounted beside the API in one application.

What the page shows is HTML from our templates in Gradio's Markdown, which redraws only what changed. What a
visitor does comes in over one hidden textbox, the wire, which page.js writes to; the question has a textbox
of its own. Both run through Gradio's queue, and a page that watches a conversation is streamed its progress.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
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

import gradio as gr
from fastapi import FastAPI

from assistant.api.limits import MAX_QUESTION
from assistant.conversations import OFF, Conversations
from assistant.serving.gate import AllowList
from assistant.serving.service import Service
from assistant.web import exporting, panels, turns
from assistant.web.acts import View, Visit
from assistant.web.desk import Desk, Progress
from assistant.web.document import Document
from assistant.web.strings import STRINGS, strings
from assistant.web.theme import theme
from assistant.web.visitors import Visitors, owner_of
from corpus.errors import AssistantError, HistoryError

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

WATCH_S = 0.05
"""How often a page that watches a conversation looks for news."""

HERE = Path(__file__).parent
Updates = dict[Any, Any]


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
    gr.mount_gradio_app(
        app,
        ChatPage(service, desk).blocks,
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
    page.app = Document(Visitors(AllowList(page.app, ROUTES)), HERE)  # type: ignore[attr-defined]
    _close_with(app, desk)
    return app


def _close_with(app: FastAPI, desk: Desk) -> None:
    """Stop the desk and close its store when the application ends, before the engine is freed."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[Any]:
        async with inner(running) as state:
            yield state
            desk.close()

    app.router.lifespan_context = lifespan


class Watch:
    """What Gradio keeps of a page: the conversation and progress it was last drawn with, why its last act was
    refused, and which of its events watches: the one that came last."""

    conversation = ""
    drawn: Progress | None = None
    refusal = ""
    latest = 0

    def begin(self) -> int:
        """The number of the event that watches from now on; those before it see that it is not theirs."""
        self.latest += 1
        return self.latest


class ChatPage:
    """The components of the page and what happens between them."""

    def __init__(self, service: Service, desk: Desk) -> None:
        self.service, self.desk = service, desk

    @cached_property
    def blocks(self) -> gr.Blocks:
        """The whole page; empty until its script has said hello, with the visitor's language."""
        words = strings("en")
        with gr.Blocks(title=f"{words['title']} · {STRINGS['zh']['title']}", fill_width=True) as page:
            watch = gr.State(Watch())  # copied for each page
            self.bar, self.history, self.list = _html("bar"), _html("history"), _html("list")
            self.views, self.notice, self.thread = _html("views"), _html("notice"), _html("thread")
            self.article, self.charts = _html("article"), _html("charts")
            self.question = gr.Textbox(
                placeholder=" ",
                label=words["ask"],
                show_label=False,
                container=False,
                submit_btn=True,
                max_length=MAX_QUESTION,
                max_lines=6,
                elem_id="question",
            )
            self.context = gr.Textbox(visible="hidden", elem_id="context")
            self.wire = gr.Textbox(visible="hidden", elem_id="wire")
            inputs = [self.context, watch]
            shown = [
                *(self.context, self.notice, self.bar, self.views, self.history, self.list, self.thread),
                *(self.article, self.charts, self.question),
            ]
            quiet = {
                "concurrency_limit": None,
                "show_progress": "hidden",
                "api_visibility": "private",
                "trigger_mode": "multiple",  # else what comes while the same event is under way is dropped
            }
            for event, act, said in (
                (self.question.submit, self._ask, [self.question]),
                (self.question.stop, self._stop, []),
                (self.wire.submit, self._act, [self.wire]),
            ):
                done = event(act, [*said, *inputs], shown, **quiet)
                done.then(self._watch, inputs, [self.thread, self.list, self.question, self.notice], **quiet)
        return page

    def _ask(self, text: str, context: str, watch: Watch, request: gr.Request) -> Updates:
        updates = self._perform("ask", {"text": text}, context, watch, request)
        return updates | ({self.question: gr.Textbox(value=text)} if watch.refusal else {})

    def _stop(self, context: str, watch: Watch, request: gr.Request) -> Updates:
        return self._perform("stop", {}, context, watch, request)

    def _act(self, command: str, context: str, watch: Watch, request: gr.Request) -> Updates:
        given = json.loads(command)
        return self._perform(str(given.get("do")), given, context, watch, request)

    def _perform(
        self, act: str, given: dict[str, Any], context: str, watch: Watch, request: gr.Request
    ) -> Updates:
        """Do what was asked for and draw what it changed, without the file of conversations if it fails."""
        try:
            return self._performed(act, given, context, watch, _owner(request))
        except HistoryError as error:
            self.desk.forget(str(error))
            return self._performed(act, given, context, watch, _owner(request))

    def _performed(self, act: str, given: dict[str, Any], context: str, watch: Watch, owner: str) -> Updates:
        visit = Visit(self.desk, owner, View.model_validate_json(context or "{}"))
        watch.begin()
        watch.refusal = ""
        try:
            visit.perform(act, given)
        except HistoryError:
            raise
        except AssistantError as error:
            watch.refusal = str(error)
        updates: Updates = {
            self.context: visit.view.model_dump_json(),
            self.notice: self._standing(visit.view, watch),
        }
        if act in ("hello", "language"):
            updates |= self._frame(visit.view)
        if act != "rate":
            updates[self.list] = panels.conversations(visit)
        if act not in ("rate", "find", "rename"):
            watch.conversation = visit.view.conversation
            watch.drawn = self.desk.progress(visit.view.conversation)
            updates[self.thread] = _thread(visit, watch.drawn)
        return updates

    def _frame(self, view: View) -> Updates:
        """Everything that depends on the language alone."""
        language = view.language
        return {
            self.bar: panels.bar(language),
            self.views: panels.views(language),
            self.history: panels.history(language),
            self.article: panels.article(language),
            self.charts: panels.charts(language),
        }

    def _standing(self, view: View, watch: Watch) -> str:
        """What has to be said: why an act was refused, that models are loading, that nothing is kept."""
        words, standby = strings(view.language), self.service.standby
        if watch.refusal:
            return panels.notice(watch.refusal)
        if standby.opening:
            return panels.notice(words["loading"])
        try:
            standby.get()
        except AssistantError as error:
            return panels.notice(str(error))
        return panels.notice(f"{words['unkept']} {self.desk.unkept}") if self.desk.unkept else ""

    async def _watch(self, context: str, watch: Watch, request: gr.Request) -> AsyncIterator[Updates]:
        """Draw the conversation in view whenever its answer has come further, until nothing is left to do.

        Each update holds all that was drawn before it: Gradio's page may skip one that the next follows fast.
        """
        view, nothing_new = View.model_validate_json(context or "{}"), {self.thread: gr.skip()}
        if watch.conversation != view.conversation:  # a later act has gone elsewhere
            yield nothing_new
            return
        visit, mine, drawn = Visit(self.desk, _owner(request), view), watch.begin(), watch.drawn
        opening = self.service.standby.opening
        updates: Updates = {
            self.notice: self._standing(view, watch),
            self.question: _box(view, drawn is not None),
        }
        yield dict(updates)
        while watch.latest == mine:
            now = self.desk.progress(view.conversation)
            if opening and not self.service.standby.opening:
                opening = False
                updates[self.notice] = self._standing(view, watch)
                yield dict(updates)
            if now is not drawn:
                drawn = now
                updates[self.thread] = await asyncio.to_thread(_thread, visit, now)
                updates[self.question] = _box(view, now is not None)
                if now is None:
                    updates[self.list] = await asyncio.to_thread(panels.conversations, visit)
                if watch.latest == mine:
                    watch.drawn = now
                    yield dict(updates)
            if now is None and not opening:
                return
            await asyncio.sleep(WATCH_S)
        yield nothing_new  # Gradio sends the last update again, when a later event may have drawn


def _thread(visit: Visit, progress: Progress | None) -> str:
    """The conversation in view, or the first screen."""
    conversation = visit.shown()
    if conversation is None:
        return turns.welcome(visit.view.language)
    return turns.thread(conversation, progress, visit.view.language)


def _box(view: View, busy: bool) -> gr.Textbox:
    """The question box, with the button to stop while an answer is being written, else to ask."""
    words = strings(view.language)
    return gr.Textbox(
        placeholder=words["placeholder"], label=words["ask"], submit_btn=not busy, stop_btn=busy
    )


def _owner(request: gr.Request) -> str:
    owner = owner_of(request.headers.get("cookie"))
    assert owner, "Visitors gives every request a cookie"
    return owner


def _html(name: str) -> gr.Markdown:
    """A place for our own HTML, escaped by its templates; the sanitizer would take the buttons out."""
    return gr.Markdown(elem_id=name, sanitize_html=False, latex_delimiters=[], header_links=False)
