"""`assistant chat`: one question after another."""

import sys

import click

from assistant.terminal.options import language_option, llm_option, open_engine, readable
from corpus.errors import AssistantError


@click.command()
@language_option
@llm_option
def chat(language: str, llm: str | None) -> None:
    """Ask one question after another; Ctrl-C stops an answer, Ctrl-D ends."""
    from assistant.answer import Turn
    from assistant.terminal import show

    history: list[Turn] = []
    with open_engine(llm=llm) as engine:
        while (question := _next_question()) is not None:
            events = engine.stream(question, history[-40:], language)
            try:
                answer = show.stream(events)
            except KeyboardInterrupt:
                show.complain("Stopped.")
            except AssistantError as error:
                show.complain(str(error))
            else:
                history.append(Turn(role="user", content=question))
                history.append(Turn(role="assistant", content=answer.answer))


def _next_question() -> str | None:
    """The next line that says something; None at the end of the input."""
    interactive = sys.stdin.isatty()
    if interactive:
        import readline  # noqa: F401  (gives input() its line editing)
    try:
        while True:
            line = readable(input("\n> " if interactive else "")).strip()
            if line in ("exit", "quit"):
                return None
            if line:
                return line
    except EOFError:
        return None
