"""What several commands share: their options, an engine by the settings, text that can be used."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from corpus.errors import InputError

if TYPE_CHECKING:
    from assistant.answer import Event, Turn
    from assistant.engine import Engine

FILE = click.Path(dir_okay=False, path_type=Path)
LANGUAGES = click.Choice(["auto", "zh", "en"])

language_option = click.option(
    "--language", "--lang", type=LANGUAGES, default="auto", show_default=True, help="Language of the answer."
)
llm_option = click.option(
    "--llm",
    metavar="SPEC",
    help="Generator: a model's name, a GGUF file, transformers:…, openai:URL#MODEL, or none.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
server_option = click.option(
    "--no-server", is_flag=True, help="Load the models here, even if a server of ours runs on this machine."
)


class Answerer(Protocol):
    """What answers: the engine here, or one behind a running server."""

    def stream(
        self, question: str, history: Sequence["Turn"] = (), language: str = "auto"
    ) -> Iterator["Event"]:
        """Retrieved, Tokens, Final."""
        ...


@contextmanager
def events_of(
    answerer: Answerer, question: str, history: Sequence["Turn"], language: str
) -> Iterator[Iterator["Event"]]:
    """The events of an answer, which ends with the block."""
    events = answerer.stream(question, history, language)
    try:
        yield events
    finally:
        if isinstance(events, Generator):
            events.close()


@contextmanager
def open_engine(**chosen: Any) -> Iterator["Engine"]:
    """An engine by the settings, closed at the end."""
    from assistant.terminal.show import waiting

    with waiting("Loading…"):
        from assistant.engine import Engine
        from assistant.settings import load_settings

        engine = Engine.open(load_settings(**chosen))
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def open_answerer(llm: str | None, no_server: bool) -> Iterator[Answerer]:
    """The server of this machine, if one runs with the same generator; else an engine of our own."""
    from assistant.serving import note
    from assistant.settings import load_settings
    from assistant.terminal.show import complain

    running = None if no_server else note.find()
    if running is not None and running.llm == load_settings(llm=llm).llm:
        from assistant.terminal.remote import Remote

        complain(f"Asking the server at {running.url} (--no-server answers here).")
        yield Remote(running.url)
    else:
        with open_engine(llm=llm) as engine:
            yield engine


def readable(text: str) -> str:
    """`text`, unless it holds bytes that were not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError("The question is not valid UTF-8 text; check the terminal's encoding.") from error
    return text
