"""What may reach a terminal, and how: no escape sequences but our own colours, and none in pipes."""

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.style import Style
from rich.text import Text

from assistant.answer import SearchResult
from assistant.terminal.flow import Flow

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|$)|[ -/]*[0-~])", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

WIDEST = 100
"""Cells of the longest line that is easy to read."""
UNBROKEN = 10_000
"""Cells of a line in a pipe."""


def plain(text: str) -> str:
    """Text without escape sequences, control characters (but newline and tab) and direction overrides."""
    return _CONTROL.sub("", _SEQUENCE.sub("", text))


def dump(value: Any, indent: int | None = 2) -> str:
    """JSON as people read it, with every control character escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def console(err: bool = False) -> Console:
    """Standard output or error: bare in pipes, and on terminals where colours were declined."""
    context = click.get_current_context(silent=True)
    declined = context is not None and context.color is False
    bare = declined or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    shown = (sys.stderr if err else sys.stdout).isatty()
    return Console(
        stderr=err,
        width=None if shown else UNBROKEN,
        color_system=None if bare else "auto",
        force_interactive=False if bare else None,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=True,
    )


def say(text: str = "", end: str = "\n", err: bool = False, **style: Any) -> None:
    """Print text in a style of Rich (`bold`, `dim`, `color`), where the terminal shows styles."""
    console(err).print(Text(plain(text), Style(**style)), end=end)


def tell(text: str, indent: str = "", **style: Any) -> None:
    """Print a paragraph whose lines end between words, each of them indented."""
    say(Flow(room(), indent)(plain(text)), **style)


def complain(text: str) -> None:
    """One sentence on standard error."""
    say(text, err=True)


def room() -> int | None:
    """Cells of a line on the terminal; None in pipes, where lines are not broken."""
    out = console()
    return min(out.width, WIDEST) if out.is_terminal else None


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Say on a terminal what is being waited for, until it is there."""
    err = console(err=True)
    if err.is_interactive:
        with err.status(text):
            yield
    else:
        yield


def found(results: Sequence[SearchResult]) -> None:
    """Passages found, best first."""
    for number, result in enumerate(results, 1):
        if number > 1:
            say()
        say(f"{number}. {result.section}", end="", bold=True)
        say(f"  {result.passage_id} · {result.score:.3f}", dim=True)
        tell(result.text, "   ")
        tell(result.counterpart.text, "   ", dim=True)
