"""What several commands share: their options, an engine by the settings, text that can be used."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.errors import InputError

if TYPE_CHECKING:
    from assistant.engine import Engine

FILE = click.Path(dir_okay=False, path_type=Path)
LANGUAGES = click.Choice(["auto", "zh", "en"])

language_option = click.option(
    "--language", type=LANGUAGES, default="auto", show_default=True, help="Language of the answer."
)
llm_option = click.option(
    "--llm",
    metavar="SPEC",
    help="Generator: a model's name, a GGUF file, transformers:…, openai:URL#MODEL, or none.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def open_engine(**chosen: Any) -> Iterator["Engine"]:
    """An engine by the settings, closed at the end."""
    from assistant.engine import Engine
    from assistant.settings import load_settings

    engine = Engine.open(load_settings(**chosen))
    try:
        yield engine
    finally:
        engine.close()


def readable(text: str) -> str:
    """`text`, unless it holds bytes that were not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError("The question is not valid UTF-8 text; check the terminal's encoding.") from error
    return text
