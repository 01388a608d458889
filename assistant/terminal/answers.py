"""An answer on a terminal: the text as it comes, what was understood, the numbered sources."""

from collections.abc import Iterable, Sequence
from typing import Literal

from rich.style import Style
from rich.text import Text

from assistant.answer import Answer, Citation, Event, Final, Language, Retrieved, SearchResult, Token
from assistant.terminal import show
from assistant.terminal.flow import Flow
from assistant.terminal.show import dump, plain, say

Sources = Literal["none", "quotes", "passages"]
"""What is shown of the sources: nothing; the quotes, in the answer's language; or the whole passages of both
editions with the quotes marked."""

AMOUNTS: dict[bool | None, Sources] = {None: "quotes", True: "passages", False: "none"}
"""By `--sources`, `--no-sources` or neither."""

READING: dict[Language, str] = {"zh": "在读 {count} 段原文……", "en": "Reading {count} passages…"}
UNDERSTOOD: dict[Language, str] = {"zh": "问题理解为：{question}", "en": "Understood as: {question}"}
INDENT = "    "
NEAREST = 3
"""Passages named where the article does not answer."""


def stream(events: Iterable[Event], sources: Sources = "quotes", numbered: bool = False) -> Answer:
    """Show an answer as it comes, then what belongs to it; returns it. `numbered`: replies may be numbers."""
    answer, found = _follow(events)
    below(answer, sources, numbered)
    if answer.abstained and sources != "none":
        say()
        for near in found[:NEAREST]:
            say(f"· {near.section}", end="")
            say(f"  {near.passage_id}", dim=True)
    return answer


def below(answer: Answer, sources: Sources, numbered: bool = False) -> None:
    """What stands below the text of an answer."""
    flow = Flow(show.room())
    if answer.rewritten:
        understood = UNDERSTOOD[answer.language].format(question=answer.rewritten)
        say(f"\n{flow(plain(understood))}", dim=True)
    if answer.note:
        say(f"\n{Flow(flow.width)(plain(answer.note))}", dim=True)
    if answer.recommendation:
        advice = answer.recommendation
        facts = "".join(f", {fact}={dump(value, None)}" for fact, value in advice.facts.items())
        say(f"\n→ {advice.audience}{facts} ({advice.rule})", dim=True)
    for citation in answer.citations if sources != "none" else ():
        source(citation, sources)
    if answer.ask_next:
        _asked_back(answer, numbered)


def text(answer: Answer) -> None:
    """The text of an answer that is already whole."""
    say(Flow(show.room())(plain(answer.answer)))


def source(citation: Citation, much: Sources) -> None:
    """A numbered source: where it stands, and its words."""
    say()
    say(f"[{citation.marker}] ", end="", bold=True)
    say(citation.section, end="", bold=True)
    say(f"  {citation.passage_id}", dim=True)
    if much == "passages":
        _marked(citation.text, citation.quote)
        _marked(citation.counterpart.text, citation.counterpart.quote, dim=True)
    else:
        say(_indented(citation.quote))


def _follow(events: Iterable[Event]) -> tuple[Answer, Sequence[SearchResult]]:
    """Print tokens as they come; on a terminal, say meanwhile what is being read. Also what was found."""
    flow, shown, answer = Flow(show.room()), "", None
    found: Sequence[SearchResult] = ()
    waiting = show.console(err=True)
    status = waiting.status("") if waiting.is_interactive else None
    try:
        for event in events:
            if isinstance(event, Retrieved):
                found = event.passages
                if status and found:
                    status.update(READING[found[0].language].format(count=len(found)))
                    status.start()
            elif isinstance(event, Token):
                if status:
                    status.stop()
                say(flow(plain(event.text)), end="")
                shown += event.text
            elif isinstance(event, Final):
                answer = event.answer
    except BaseException:
        if shown:
            say()
        raise
    finally:
        if status:
            status.stop()
    assert answer is not None, "a stream ends with Final"
    say(_rest(answer.answer, shown, flow))
    return answer, found


def _rest(final: str, shown: str, flow: Flow) -> str:
    """What is still to be printed of the final text, which is authoritative."""
    if final.startswith(shown):
        return flow(plain(final[len(shown) :]))
    return "\n\n" + Flow(flow.width)(plain(final))


def _asked_back(answer: Answer, numbered: bool) -> None:
    """The flowchart's next question with its options."""
    asked = answer.ask_next
    assert asked is not None
    labels: Sequence[str] = [option["label"] for option in asked.options]
    say(f"\n? {asked.question}", bold=True)
    if numbered:
        for number, label in enumerate(labels, 1):
            say(f"  {number}. {label}")
    else:
        say(f"  {' / '.join(labels)}", dim=True)


def _indented(words: str) -> str:
    return Flow(show.room(), INDENT)(plain(words))


def _marked(passage: str, quote: str, dim: bool = False) -> None:
    """A passage with the quote in bold, between » and « where nothing can be bold."""
    out = show.console()
    passage, quote = plain(passage), plain(quote)
    if not out.color_system:
        say(_indented(passage.replace(quote, f"»{quote}«", 1)))
        return
    before, found, after = passage.partition(quote)
    flow = Flow(show.room(), INDENT)
    words = Text(flow(before), Style(dim=dim))
    words.append(flow(found), Style(bold=True))
    words.append(flow(after), Style(dim=dim))
    out.print(words)
