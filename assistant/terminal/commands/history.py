"""`assistant history`: the conversations that chats on the terminal left behind."""

import sys
from pathlib import Path
from typing import Any

import click

from assistant.terminal.options import FILE, json_option


def _ids(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """The ids of conversations that a shell may complete, with their titles."""
    from click.shell_completion import CompletionItem

    from assistant.conversations import Conversations
    from assistant.terminal.kept import ID_CHARACTERS
    from assistant.terminal.talk import OWNER
    from corpus.errors import AssistantError

    try:
        with Conversations.open() as store:
            found = store.list(OWNER)
    except AssistantError:
        return []
    shown = [(conversation.id[:ID_CHARACTERS], conversation.title) for conversation in found]
    return [CompletionItem(name, help=title) for name, title in shown if name.startswith(incomplete)]


id_argument = click.argument("id", shell_complete=_ids)


@click.group()
def history() -> None:
    """List, search, show, export or delete kept conversations.

    They lie in one file of your data folder; ASSISTANT_HISTORY names another, or is "off".
    An ID may be shortened to its first characters.
    """


@history.command("list")
@click.option(
    "-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="How many at most."
)
@json_option
def list_(limit: int, as_json: bool) -> None:
    """List conversations, the last one first."""
    _list("", limit, as_json)


@history.command()
@click.argument("words", nargs=-1, required=True)
@click.option(
    "-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="How many at most."
)
@json_option
def search(words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List conversations in which all WORDS stand, in a title, a question or an answer."""
    _list(" ".join(words), limit, as_json)


@history.command()
@id_argument
@click.option(
    "--sources/--no-sources",
    default=None,
    help="Whole passages of both editions, or no sources; otherwise the sentences quoted.",
)
def show(id: str, sources: bool | None) -> None:
    """Show a conversation."""
    from assistant.conversations import Conversations
    from assistant.terminal import kept
    from assistant.terminal.answers import AMOUNTS
    from assistant.terminal.talk import OWNER

    with Conversations.open() as store:
        kept.show_conversation(store.get(OWNER, store.find(OWNER, id)), AMOUNTS[sources])


@history.command()
@id_argument
@click.option(
    "--format", "form", type=click.Choice(["markdown", "json"]), help="  [default: by --out, or markdown]"
)
@click.option(
    "--out", type=FILE, metavar="FILE", help="Where it goes, FILE.md or FILE.json; else standard output."
)
def export(id: str, form: str | None, out: Path | None) -> None:
    """Write a conversation with all its sources; `assistant verify` checks the JSON again."""
    from assistant.conversations import Conversations
    from assistant.terminal import kept
    from assistant.terminal.show import complain, say
    from assistant.terminal.talk import OWNER

    chosen = "json" if form == "json" else "markdown" if form or out is None else kept.form_of(out)
    with Conversations.open() as store:
        text = store.export(OWNER, store.find(OWNER, id), chosen)
    if out is None:
        say(text, end="")
    else:
        kept.write(out, text)
        complain(f"Written to {out}.")


@history.command()
@id_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(id: str, yes: bool) -> None:
    """Delete a conversation for good."""
    from assistant.conversations import Conversations
    from assistant.terminal.show import complain, plain
    from assistant.terminal.talk import OWNER

    with Conversations.open() as store:
        conversation = store.get(OWNER, store.find(OWNER, id))
        if not yes:
            if not sys.stdin.isatty():
                raise click.UsageError("Nobody can be asked here; add --yes to delete it.")
            click.confirm(
                plain(f"Delete {conversation.title!r} with {conversation.count} questions?"), abort=True
            )
        store.delete(OWNER, conversation.id)
    complain(f"Deleted {conversation.title!r}.")


def _list(words: str, limit: int, as_json: bool) -> None:
    from assistant.conversations import Conversations
    from assistant.terminal import kept
    from assistant.terminal.show import dump, say
    from assistant.terminal.talk import OWNER

    with Conversations.open() as store:
        found = store.list(OWNER, words, limit)
    if as_json:
        listed = [conversation.model_dump(mode="json", exclude={"turns"}) for conversation in found]
        say(dump({"conversations": listed}))
    elif found:
        kept.show_list(found)
    else:
        kept.none_found(words)
