"""`assistant chat`: one question after another, in a conversation that is kept."""

import sys

import click

from assistant.terminal.options import language_option, llm_option, open_answerer, readable, server_option
from corpus.errors import AssistantError


@click.command()
@click.option("-c", "--continue", "goes_on", is_flag=True, help="Go on with the last conversation.")
@click.option(
    "--conversation", "chosen", metavar="ID", help="Go on with this one of `assistant history list`."
)
@language_option
@llm_option
@server_option
def chat(goes_on: bool, chosen: str | None, language: str, llm: str | None, no_server: bool) -> None:
    """Ask one question after another; the conversation is kept.

    Ctrl-C stops an answer, Ctrl-D leaves, /help lists what else a line can do.
    """
    from assistant.terminal import slash
    from assistant.terminal.show import complain, say
    from assistant.terminal.talk import Talk, open_conversations

    with open_conversations() as store, open_answerer(llm, no_server) as answerer:
        talk = Talk(answerer, store, language)
        if goes_on or chosen:
            found = talk.go_on(chosen or "")
            say(f"{found.title} ({found.count} questions so far)", dim=True)
        while (line := _next_line(slash.MANY_LINES)) is not None:
            try:
                if line.startswith("/"):
                    slash.run(talk, line)
                else:
                    talk.ask(line)
            except EOFError:
                return
            except AssistantError as error:
                complain(str(error))


def _next_line(many_lines: str) -> str | None:
    """The next line that says something, or the lines between two marks; None at the end of the input."""
    interactive = sys.stdin.isatty()
    if interactive:
        import readline  # noqa: F401  (gives input() its line editing)
    while True:
        try:
            line = readable(input("\n> " if interactive else "")).strip()
            if line.startswith(many_lines):
                line = _lines_until(many_lines, line.removeprefix(many_lines), "… " if interactive else "")
        except EOFError:
            if interactive:
                click.echo()
            return None
        except KeyboardInterrupt:
            if not interactive:
                raise
            click.echo("\nCtrl-D or /quit leaves.", err=True)
            continue
        if line in ("exit", "quit"):
            return None
        if line:
            return line


def _lines_until(mark: str, first: str, prompt: str) -> str:
    """A text of several lines, to the mark that ends it."""
    lines = [first]
    while mark not in lines[-1]:
        lines.append(readable(input(prompt)))
    lines[-1] = lines[-1].partition(mark)[0]
    return "\n".join(lines).strip()
