"""One protocol for every engine: messages in, a stream of text out, with figures and a way to stop."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypedDict, runtime_checkable


class Message(TypedDict):
    """One turn of a chat, as every chat template understands it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Request:
    """What to generate. Decoding is greedy at temperature 0; `grammar` is GBNF, ignored where unsupported.

    A last message from the assistant is continued, not answered. `max_tokens` counts up to the settings' own
    `max_answer_tokens`. Only a system message may hold control tokens; elsewhere they become plain text.
    `prefix` says what other requests are likely to share: the messages with the last one cut short.
    """

    messages: Sequence[Message]
    max_tokens: int = 256
    temperature: float = 0.0
    stop: Sequence[str] = ()
    grammar: str | None = None
    prefix: Sequence[Message] = ()


@dataclass
class Usage:
    """Token counts of one generation; `new_prompt_tokens` were computed, the rest came from the cache."""

    prompt_tokens: int = 0
    new_prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass
class Generation:
    """A running generation: iterate for pieces of text (whole characters), `close()` to stop decoding.

    `usage` is complete when the iteration ends. An engine's failure half-way raises GenerationError from
    the iteration.
    """

    pieces: Iterator[str]
    usage: Usage = field(default_factory=Usage)

    def __iter__(self) -> Iterator[str]:
        return self.pieces

    def close(self) -> None:
        """Stop decoding now; safe to call twice and after the end."""
        close = getattr(self.pieces, "close", None)
        if close:
            close()


class Generator(Protocol):
    """A language model. Thread-safe: calls may come from several requests at once."""

    name: str

    def stream(self, request: Request) -> Generation:
        """Start generating. Raises GenerationError when the engine cannot."""
        ...

    def warm(self, messages: Sequence[Message]) -> None:
        """Compute these messages ahead, so that a prompt beginning with them starts fast; may do nothing.

        The last one may be cut short.
        """
        ...

    def close(self) -> None:
        """Free the model."""
        ...


@runtime_checkable
class Foresees(Protocol):
    """A language model that computes ahead while nothing is asked."""

    def foresee(self, prefixes: Iterable[Sequence[Message]]) -> None:
        """Have prompts that begin with these start fast, with time, as far as there is room; returns at once.

        What is asked meanwhile goes first. Their heads have to be warm; `close` ends it.
        """
        ...


def begins(messages: Sequence[Message], prefix: Sequence[Message]) -> bool:
    """Do the messages begin like the prefix, whose last message may be cut short? None begin like nothing."""
    if not prefix or len(prefix) > len(messages) or list(messages[: len(prefix) - 1]) != list(prefix[:-1]):
        return False
    last, cut = messages[len(prefix) - 1], prefix[-1]
    return last["role"] == cut["role"] and last["content"].startswith(cut["content"])
