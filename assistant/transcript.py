"""A conversation as a text: Markdown with footnotes for people, JSON that can be verified again."""

import json
import re
from collections.abc import Iterator

from assistant.answer import Answer, Citation
from assistant.conversations import Conversation, StoredTurn

_MARKED = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_MARKER = re.compile(r"\[(\d+)\]")


def as_json(conversation: Conversation) -> str:
    """The conversation with every answer object whole, as `assistant verify` reads it."""
    return json.dumps(conversation.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"


def markdown(conversation: Conversation) -> str:
    """Questions as headings, answers below, and a footnote for each citation that quotes both editions."""
    parts = [f"# {_escaped(conversation.title) or '…'}", f"{conversation.created:%Y-%m-%d %H:%M} UTC"]
    for number, turn in enumerate(conversation.turns, 1):
        parts += _turn(turn, number)
    return "\n\n".join(parts) + "\n"


def _turn(turn: StoredTurn, number: int) -> Iterator[str]:
    yield f"## {' '.join(_escaped(turn.question).split())}"
    if turn.answer is None:
        yield f"*{_escaped(turn.failure or 'Interrupted before the answer was whole.')}*"
        return
    yield from _answer(turn.answer, number)


def _answer(answer: Answer, number: int) -> Iterator[str]:
    known = {citation.marker for citation in answer.citations}
    if answer.rewritten:
        yield f"*↳ {_escaped(answer.rewritten)}*"
    pieces = _MARKER.split(answer.answer)
    yield "".join(
        _escaped(piece) if place % 2 == 0 else _reference(int(piece), number, known)
        for place, piece in enumerate(pieces)
    )
    if answer.note:
        yield f"*{_escaped(answer.note)}*"
    for citation in answer.citations:
        yield _footnote(citation, number)


def _reference(marker: int, number: int, known: set[int]) -> str:
    return f"[^{number}-{marker}]" if marker in known else f"\\[{marker}\\]"


def _footnote(citation: Citation, number: int) -> str:
    """Section and passage, then the quote and its counterpart."""
    lines = [
        f"[^{number}-{citation.marker}]: {_escaped(citation.section)} ({citation.passage_id})",
        "",
        f"    > {_quoted(citation.quote)}",
        "    >",
        f"    > {_quoted(citation.counterpart.quote)}",
    ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return " ".join(_escaped(text).split())


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is, and that no viewer takes for HTML."""
    return _MARKED.sub(r"\\\1", text)
