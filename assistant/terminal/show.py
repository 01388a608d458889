"""How answers look in a terminal, and what may reach it: no escape sequences but our own colours."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from assistant.answer import Answer, Citation, Event, Final, SearchResult, Token

if TYPE_CHECKING:
    from assistant.verification import Finding

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|$)|[ -/]*[0-~])", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Text without escape sequences, control characters (but newline and tab) and direction overrides."""
    return _CONTROL.sub("", _SEQUENCE.sub("", text))


def dump(value: Any, indent: int | None = 2) -> str:
    """JSON as people read it, with every control character escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def say(text: str = "", end: str = "\n", **style: Any) -> None:
    """Print text; colours appear on a terminal that wants them."""
    text = plain(text)
    click.echo((click.style(text, **style) if style else text) + end, nl=False)


def complain(text: str) -> None:
    """One sentence on standard error."""
    click.echo(plain(text), err=True)


def stream(events: Iterable[Event]) -> Answer:
    """Print an answer as it comes, then its sources; returns it."""
    shown = ""
    for event in events:
        if isinstance(event, Token):
            say(event.text, end="")
            shown += event.text
        elif isinstance(event, Final):
            answer = event.answer
    rest = answer.answer.removeprefix(shown)
    say(rest if rest != answer.answer or not shown else f"\n\n{answer.answer}")
    _show_advice(answer)
    if answer.note:
        say(f"\n{answer.note}", dim=True)
    show_sources(answer.citations)
    return answer


def show_sources(citations: Sequence[Citation]) -> None:
    """The numbered sources, each with its quote in both editions."""
    for citation in citations:
        say()
        say(f"[{citation.marker}] ", end="", bold=True)
        say(citation.section, end="", bold=True)
        say(f"  {citation.passage_id}", dim=True)
        say(f"    {citation.quote}")
        say(f"    {citation.counterpart.quote}", dim=True)


def found(results: Sequence[SearchResult]) -> None:
    """Passages found, best first."""
    for number, result in enumerate(results, 1):
        if number > 1:
            say()
        say(f"{number}. {result.section}", end="", bold=True)
        say(f"  {result.passage_id} · {result.score:.3f}", dim=True)
        say(f"   {result.text}")
        say(f"   {result.counterpart.text}", dim=True)


def unsound(findings: Sequence["Finding"]) -> None:
    """What does not hold in saved answers: where and how, the words it concerns, found against expected."""
    for finding in findings:
        say(f"{finding.where}: ", end="")
        say(finding.kind, fg="red")
        say(f"    {finding.sentence}")
        say(f"    {finding.detail}", dim=True)


def _show_advice(answer: Answer) -> None:
    """What was understood, so that it can be corrected, and what is still to be known."""
    advice, asked = answer.recommendation, answer.ask_next
    if advice or asked:
        say()
    if advice:
        facts = "".join(f", {fact}={dump(value, None)}" for fact, value in advice.facts.items())
        say(f"→ {advice.audience}{facts} ({advice.rule})", dim=True)
    if asked:
        say(f"? {asked.question} {' / '.join(option['label'] for option in asked.options)}", dim=True)
