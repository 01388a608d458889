"""Kept conversations on a terminal: listed, shown, written to files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from assistant.conversations import Conversation
from assistant.terminal import answers
from assistant.terminal.show import complain, say
from corpus.errors import InputError
from corpus.files import write_whole

ID_CHARACTERS = 8
"""So much of an id is shown, and is enough to name one."""


def show_list(conversations: Sequence[Conversation]) -> None:
    """A line for each: id, when it was last asked in, how many questions, title."""
    for found in conversations:
        say(found.id[:ID_CHARACTERS], end="", bold=True)
        say(f"  {found.changed.astimezone():%Y-%m-%d %H:%M}  {found.count:>3}  {found.title}")


def show_conversation(conversation: Conversation, sources: answers.Sources) -> None:
    """All questions with their answers and sources."""
    say(f"{conversation.title}  {conversation.created.astimezone():%Y-%m-%d %H:%M}", bold=True)
    for turn in conversation.turns:
        say()
        say(f"> {turn.question}", bold=True)
        if turn.answer is None:
            say(turn.failure or "Interrupted before the answer was whole.", dim=True)
        else:
            answers.text(turn.answer)
            answers.below(turn.answer, sources)


def form_of(file: Path) -> Literal["markdown", "json"]:
    """What a file's name asks for. Raises InputError for other endings."""
    forms: dict[str, Literal["markdown", "json"]] = {".md": "markdown", ".json": "json"}
    if file.suffix not in forms:
        raise InputError(f"Name the file so that it ends in .md or .json; {file} does not.")
    return forms[file.suffix]


def write(file: Path, text: str) -> None:
    """Write a new file. Raises InputError when there is one already, or it cannot be written."""
    if file.exists():
        raise InputError(f"{file} exists already; choose another name.")
    try:
        write_whole(file, text.encode())
    except OSError as error:
        raise InputError(f"Cannot write {file}: {error.strerror}; choose another name.") from error


def none_found(words: str) -> None:
    """Say that nothing is kept, or nothing with these words."""
    complain(
        f"No conversation holds {words!r}." if words else "No conversations yet; `assistant chat` begins one."
    )
