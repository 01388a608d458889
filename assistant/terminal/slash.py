"""What a line that begins with a slash does in a chat."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant import rules
from assistant.answer import Language
from assistant.terminal import answers, kept
from assistant.terminal.charts import show_flowchart
from assistant.terminal.show import say
from assistant.terminal.talk import OWNER, Talk
from corpus.errors import InputError

LANGUAGES = ("auto", "zh", "en")


@dataclass(frozen=True)
class Slash:
    """A command: what follows it, what it does, in words and in deed."""

    takes: str
    does: str
    run: Callable[[Talk, str], None]


def run(talk: Talk, line: str) -> None:
    """Do what a line says. Raises InputError when it cannot be done."""
    name, _, rest = line.partition(" ")
    command = COMMANDS.get(name)
    if command is None:
        raise InputError(f"There is no {name}; /help lists what there is.")
    command.run(talk, rest.strip())


def _sources(talk: Talk, number: str) -> None:
    if talk.last is None or not talk.last.citations:
        raise InputError("There are no sources yet; ask something first.")
    markers = [str(citation.marker) for citation in talk.last.citations]
    if number and number not in markers:
        raise InputError(f"There is no source {number!r}; the last answer has {', '.join(markers)}.")
    for citation in talk.last.citations:
        if number in ("", str(citation.marker)):
            answers.source(citation, "passages")


def _flowchart(talk: Talk, audience: str) -> None:
    advice = talk.last.recommendation if talk.last else None
    if advice is None and not audience:
        kinds = ", ".join(rules.load_flowcharts())
        raise InputError(f"The last answer gave no advice; name a reader: /flowchart {kinds}.")
    language: Language = talk.last.language if talk.last else "zh" if talk.language == "zh" else "en"
    walked = advice if advice and audience in ("", advice.audience) else None
    show_flowchart(audience or (advice.audience if advice else ""), language, walked.path if walked else ())


def _language(talk: Talk, language: str) -> None:
    if language not in LANGUAGES:
        raise InputError(f"Choose a language: /lang {'|'.join(LANGUAGES)}; it is {talk.language} now.")
    talk.language = language
    say(f"Answers in: {language}", dim=True)


def _export(talk: Talk, name: str) -> None:
    if talk.conversation is None:
        raise InputError("There is nothing to export yet; ask something first.")
    file = Path(name or f"conversation-{talk.conversation.id[:8]}.md").expanduser()
    form = kept.form_of(file)
    kept.write(file, talk.store.export(OWNER, talk.conversation.id, form))
    say(f"Written to {file}", dim=True)


def _new(talk: Talk, _: str) -> None:
    talk.new()
    say("A new conversation.", dim=True)


def _help(_: Talk, __: str) -> None:
    for name, command in COMMANDS.items():
        say(f"{f'{name} {command.takes}':<24}{command.does}")
    say(f"{'a number':<24}one of the replies offered")
    say(f"{MANY_LINES:<24}begins and ends a question of several lines")
    say(f"{'Ctrl-C, Ctrl-D':<24}stop the answer; leave")


def _quit(_: Talk, __: str) -> None:
    raise EOFError


MANY_LINES = '"""'

COMMANDS = {
    "/sources": Slash("[N]", "whole passages of the last answer, both editions", _sources),
    "/flowchart": Slash("[READER]", "the flowchart behind the last advice, or a reader's", _flowchart),
    "/lang": Slash("|".join(LANGUAGES), "language of the answers", _language),
    "/export": Slash("[FILE]", "write this conversation to FILE.md or FILE.json", _export),
    "/new": Slash("", "begin another conversation", _new),
    "/help": Slash("", "this list", _help),
    "/quit": Slash("", "leave", _quit),
}
