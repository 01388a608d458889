"""Answers as HTML for the chat: text is escaped here, so that nothing in a question or an answer is markup.

Each function returns one HTML block without blank lines, which Markdown renderers pass through untouched.
"""

import re
from collections.abc import Sequence
from html import escape

from assistant.answer import Answer, Citation, Language, SearchResult
from assistant.web.strings import Strings

_MARKER = re.compile(r"\s*\[(\d+)\]")


def question(text: str) -> str:
    """What the visitor asked."""
    return f'<div class="question">{_lines(text)}</div>'


def note(text: str) -> str:
    """A sentence of the program itself: loading, or an error."""
    return f'<div class="note">{_lines(text)}</div>'


def whole(answer: Answer, words: Strings) -> str:
    """A finished answer: with its note, and with the question it asks back."""
    asked = answer.ask_next.question if answer.ask_next else ""
    return _block(answer.answer, answer.citations, words, [answer.note, asked])


def reading(passages: Sequence[SearchResult], words: Strings) -> str:
    """Where the answer is being looked for."""
    sections = " · ".join(dict.fromkeys(passage.section for passage in passages[:3]))
    return note(words.reading.format(sections=sections))


def partial(text: str, citations: Sequence[Citation], words: Strings) -> str:
    """The answer so far with small numbers for markers, and its sources folded below."""
    return _block(text, citations, words, [])


def _block(text: str, citations: Sequence[Citation], words: Strings, notes: Sequence[str]) -> str:
    prose = _MARKER.sub(r'<sup class="marker">\1</sup>', _lines(text))
    said = "".join(f'<div class="aside">{_lines(said)}</div>' for said in notes if said)
    return f'<div class="answer"><div class="prose">{prose}</div>{_sources(citations, words)}{said}</div>'


def _sources(citations: Sequence[Citation], words: Strings) -> str:
    if not citations:
        return ""
    items = "".join(_source(citation, words) for citation in citations)
    summary = escape(words.sources.format(count=len(citations)))
    return f'<details class="sources"><summary>{summary}</summary><ol>{items}</ol></details>'


def _source(citation: Citation, words: Strings) -> str:
    """One source: the quote in both editions, the one that was cited first."""
    other = citation.counterpart
    return (
        f'<li><div class="section"><span class="marker">{citation.marker}</span>'
        f" {escape(citation.section)}</div>"
        f"{_quote(citation.text, citation.quote, citation.language, words)}"
        f"{_quote(other.text, other.quote, other.language, words)}</li>"
    )


def _quote(passage: str, quote: str, language: Language, words: Strings) -> str:
    """The passage with the sentence that is quoted marked in it."""
    before, found, after = passage.partition(quote)
    marked = f"{_lines(before)}<mark>{_lines(found)}</mark>{_lines(after)}"
    edition = escape(words.original if language == "zh" else words.translation)
    return (
        f'<figure lang="{language}"><figcaption>{edition}</figcaption>'
        f"<blockquote>{marked}</blockquote></figure>"
    )


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.splitlines())
