"""What stands around the conversation: bar, list of conversations, article, flowcharts, notices."""

from functools import cache

from assistant.answer import Language
from assistant.web import charts as flowcharts
from assistant.web import places
from assistant.web.acts import Visit
from assistant.web.markup import block
from assistant.web.strings import strings

LISTED = 200
"""Conversations that are listed at most; older ones are found by searching."""


def frame(language: Language) -> dict[str, str]:
    """Everything that depends on the language alone, by its place."""
    return {part.__name__: part(language) for part in (bar, views, history, article, charts)}


@cache
def bar(language: Language) -> str:
    """The top of the page, with the icons that all of it uses."""
    return block("bar", words=strings(language), language=language)


@cache
def views(language: Language) -> str:
    """The switch between chat, article and flowcharts."""
    return block("views", words=strings(language))


@cache
def history(language: Language) -> str:
    """What stands above the list of conversations."""
    return block("history", words=strings(language))


@cache
def article(language: Language) -> str:
    """The article in both editions, with a table of contents."""
    context = {"parts": places.parts(), "titles": places.titles(), "language": language}
    return block("article", words=strings(language), **context)


@cache
def charts(language: Language) -> str:
    """The six flowcharts, to be walked."""
    return block("charts", words=strings(language), start=flowcharts.start(language), language=language)


def conversations(visit: Visit) -> str:
    """The visitor's conversations, as far as the search finds them."""
    return block(
        "conversations",
        words=strings(visit.view.language),
        conversations=visit.store.list(visit.owner, visit.view.search, limit=LISTED),
        current=visit.view.conversation,
        searched=bool(visit.view.search),
    )


def notice(text: str) -> str:
    """A sentence of the program itself."""
    return block("notice", text=text)
