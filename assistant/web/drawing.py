"""What a page is to draw next: after an act at once, and whenever an answer in the making has gone on.

A drawing maps the names of places on the page to HTML, and `question` to properties of the question box. It
knows nothing of Gradio.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from assistant.serving.service import Service
from assistant.web import failures, panels, turns
from assistant.web.acts import View, Visit
from assistant.web.desk import Desk, Progress
from assistant.web.strings import strings
from assistant.web.watching import Watch, Watches
from corpus.errors import AssistantError, HistoryError

Drawing = dict[str, Any]

WATCH_S = 0.05
"""How often a page that watches a conversation looks for news."""

FRAME = frozenset({"hello", "language"})
"""Acts after which everything is drawn anew."""

APART = frozenset({"rate", "find", "rename"})
"""Acts that leave the conversation as it is drawn."""


class Board:
    """Draws for every page of a server."""

    def __init__(self, service: Service, desk: Desk) -> None:
        self._service, self._desk, self._watches = service, desk, Watches()

    def act(self, name: str, given: Mapping[str, Any], context: str, page: str, owner: str) -> Drawing:
        """Do what was asked for and draw what it changed, without the file of conversations if it fails."""
        try:
            return self._act(name, given, context, page, owner)
        except HistoryError as error:
            self._desk.forget(str(error))
            return self._act(name, given, context, page, owner)

    def _act(self, name: str, given: Mapping[str, Any], context: str, page: str, owner: str) -> Drawing:
        visit, watch = Visit(self._desk, owner, _view(context)), self._watches.of(page)
        watch.begin()
        watch.refusal = ""
        try:
            visit.perform(name, given)
        except HistoryError:
            raise
        except AssistantError as error:
            watch.refusal = failures.sentence(error, visit.view.language)
        drawing: Drawing = {
            "context": visit.view.model_dump_json(),
            "notice": self._notice(visit.view, watch),
        }
        if watch.refusal and name == "ask":
            drawing["question"] = {"value": given.get("text", "")}
        if name in FRAME:
            drawing |= panels.frame(visit.view.language)
        if name != "rate":
            drawing["list"] = panels.conversations(visit)
        if name not in APART:
            watch.conversation = visit.view.conversation
            watch.drawn = self._desk.progress(visit.view.conversation)
            drawing["thread"] = _thread(visit, watch.drawn)
        return drawing

    def forget(self, page: str) -> None:
        """Keep nothing of a page that was left."""
        self._watches.forget(page)

    async def watch(self, context: str, page: str, owner: str) -> AsyncIterator[Drawing]:
        """Draw the conversation in view whenever its answer has come further, until nothing is left to do.

        Each drawing holds all that was drawn before it, for Gradio's page may skip one that the next follows
        fast; an empty one comes last where another event has taken over, for Gradio draws the last one twice.
        """
        view, watch = _view(context), self._watches.of(page)
        if watch.conversation != view.conversation:  # a later act has gone elsewhere
            yield {}
            return
        visit, mine, drawn = Visit(self._desk, owner, view), watch.begin(), watch.drawn
        opening = self._service.standby.opening
        drawing: Drawing = {"notice": self._notice(view, watch), "question": _box(view, drawn is not None)}
        yield dict(drawing)
        while watch.latest == mine:
            now = self._desk.progress(view.conversation)
            if opening and not self._service.standby.opening:
                opening = False
                drawing["notice"] = self._notice(view, watch)
                yield dict(drawing)
            if now is not drawn:
                drawn = now
                drawing |= await asyncio.to_thread(_news, visit, now)
                if watch.latest == mine:
                    watch.drawn = now
                    if now is None:  # what there was no room for may be asked now
                        watch.refusal = ""
                        drawing["notice"] = self._notice(view, watch)
                    yield dict(drawing)
            if now is None and not opening:
                return
            await asyncio.sleep(WATCH_S)
        yield {}

    def _notice(self, view: View, watch: Watch) -> str:
        """What has to be said: why an act was refused, that models are loading, that nothing is kept."""
        words, standby = strings(view.language), self._service.standby
        if watch.refusal:
            return panels.notice(watch.refusal)
        if standby.opening:
            return panels.notice(words["loading"])
        try:
            standby.get()
        except AssistantError as error:
            return panels.notice(failures.sentence(error, view.language))
        return panels.notice(f"{words['unkept']} {self._desk.unkept}") if self._desk.unkept else ""


def _view(context: str) -> View:
    return View.model_validate_json(context or "{}")


def _news(visit: Visit, progress: Progress | None) -> Drawing:
    """What changes with the progress of an answer, and with its end."""
    drawing: Drawing = {
        "thread": _thread(visit, progress),
        "question": _box(visit.view, progress is not None),
    }
    return drawing if progress else drawing | {"list": panels.conversations(visit)}


def _thread(visit: Visit, progress: Progress | None) -> str:
    """The conversation in view, or the first screen."""
    conversation = visit.shown()
    if conversation is None:
        return turns.welcome(visit.view.language)
    return turns.thread(conversation, progress, visit.view.language)


def _box(view: View, busy: bool) -> dict[str, Any]:
    """The question box, with the button to stop while an answer is being written, else to ask."""
    words = strings(view.language)
    texts = {"placeholder": words["placeholder"], "label": words["ask"]}
    return texts | {"submit_btn": not busy, "stop_btn": busy}
