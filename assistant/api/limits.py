"""What a request may hold. Every limit has a sentence of its own when it is passed."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from assistant.answer import Turn

MAX_BODY = 64 * 1024
"""Bytes of a request."""

MAX_QUESTION = 2000
"""Characters of a question."""

MAX_HISTORY = 40
"""Earlier messages sent with a question."""

MAX_HISTORY_CHARACTERS = 8000
"""Characters of all earlier messages; with the question they fit into a body however they are escaped."""

MAX_RESULTS = 10
"""Aligned pairs of passages found for a query."""

MAX_TOKENS = 4096
"""What a client of chat completions may ask for; answers are far shorter."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TOKENS_OF_MODELS = re.compile(r"<\|[^<>|]{0,64}\|>|</?s>|\[/?INST\]")


def _readable(text: str) -> str:
    """A question that says something: no control characters, more than a model's control tokens."""
    if _CONTROL.search(text):
        raise PydanticCustomError("control_character", "String should hold no control characters")
    if text.strip() and not _TOKENS_OF_MODELS.sub("", text).strip():
        raise PydanticCustomError("control_token", "String should hold more than a model's control tokens")
    return text


def _in_all(turns: list[Turn]) -> list[Turn]:
    characters = sum(len(turn.content) for turn in turns)
    if characters > MAX_HISTORY_CHARACTERS:
        raise PydanticCustomError(
            "history_too_long",
            "Messages should have at most {most} characters in all, not {found}; leave out the oldest",
            {"most": MAX_HISTORY_CHARACTERS, "found": characters},
        )
    if any(turn.role == "user" and len(turn.content) > MAX_QUESTION for turn in turns):
        raise PydanticCustomError(
            "turn_too_long",
            "A message of the user's should have at most {most} characters, as a question",
            {"most": MAX_QUESTION},
        )
    return turns


QuestionText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_QUESTION,
        json_schema_extra={"pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"},
    ),
    AfterValidator(_readable),
]
History = Annotated[list[Turn], Field(max_length=MAX_HISTORY), AfterValidator(_in_all)]
