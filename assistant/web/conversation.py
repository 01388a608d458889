"""A chat as the page shows it: a question goes in, messages come out after every event of the engine."""

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from assistant.answer import Citation, Event, Language, Retrieved, Token, Turn
from assistant.api.routes import MAX_HISTORY
from assistant.serving.standby import Standby
from assistant.web import rendering
from assistant.web.strings import Strings, strings
from corpus.errors import AssistantError

log = logging.getLogger(__name__)

Messages = list[dict[str, Any]]
"""In the shape of Gradio's chat: role, content, options."""


class Conversation:
    """What was said on one page: `turns` for the engine, `messages` as shown. Kept by the server."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.messages: Messages = []
        self.question = ""
        self.replies: tuple[str, ...] = ()

    def ask(self, text: str) -> Messages:
        """Show a question that `converse` will answer; gives the messages."""
        self.question, self.replies = text, ()
        self.offer()
        return self.show("user", rendering.question(text)) if text.strip() else self.messages

    def show(self, role: str, content: str) -> Messages:
        """Append a message, or go on with the last one of the same role; gives the messages."""
        if self.messages and self.messages[-1]["role"] == role:
            self.messages.pop()
        self.messages.append({"role": role, "content": content})
        return self.messages

    def offer(self) -> Messages:
        """Put what one may reply with a click under the last message; gives the messages."""
        if self.messages:
            self.messages[-1]["options"] = [{"value": reply, "label": reply} for reply in self.replies]
        return self.messages


def converse(standby: Standby, talk: Conversation, language: Language | None) -> Iterator[Messages]:
    """Answer what was asked and yield the messages to show after every event; errors become sentences."""
    text, talk.question = talk.question, ""
    if not text.strip():
        yield talk.messages
        return
    words = strings(language)
    if standby.opening:
        yield talk.show("assistant", rendering.note(words.loading))
    said = ""
    try:
        with closing(_answering(standby, text, talk.turns)) as steps:
            for step in steps:
                said, talk.replies = step.said, step.replies
                yield talk.show("assistant", step.show(words))
    except AssistantError as error:
        yield talk.show("assistant", rendering.note(str(error)))
    except Exception:
        log.exception("an answer broke off")
        yield talk.show("assistant", rendering.note(words.failed))
    finally:
        if said:
            talk.turns += [Turn(role="user", content=text), Turn(role="assistant", content=said)]


@dataclass(frozen=True)
class _Step:
    """The answer so far, how to show it, and what one may reply with a click."""

    said: str
    show: Callable[[Strings], str]
    replies: tuple[str, ...] = ()


def _answering(standby: Standby, text: str, turns: Sequence[Turn]) -> Generator[_Step, None, None]:
    """A step for every event. Closing it stops the engine."""
    said, citations = "", list[Citation]()
    stream = standby.wait().stream(text, turns[-MAX_HISTORY:])
    with closing(cast(Generator[Event, None, None], stream)) as events:
        for event in events:
            if isinstance(event, Retrieved):
                yield _Step(said, partial(rendering.reading, event.passages))
            elif isinstance(event, Token):
                said, citations = said + event.text, citations + event.citations
                yield _Step(said, partial(rendering.partial, said, citations))
            else:
                answer = event.answer
                options = answer.ask_next.options if answer.ask_next else []
                replies = tuple(option["label"] for option in options)
                yield _Step(answer.answer, partial(rendering.whole, answer), replies)
