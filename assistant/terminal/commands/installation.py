"""What is installed and whether it works: `assistant models` and `doctor`."""

from pathlib import Path

import click

from assistant.terminal.options import FILE, llm_option
from corpus.errors import AssistantError


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """Show the model files, or fetch them."""
    if context.invoked_subcommand is None:
        context.invoke(list_models)


@models.command("list")
def list_models() -> None:
    """Show every known model, and whether its file is here and unchanged."""
    from assistant.terminal.show import say
    from index import weights

    for status in weights.status():
        model = status.model
        say(f"{model.name:<20} {model.size / 1e6:>6,.0f} MB  {model.licence:<10}  {status.state}")
        say(f"  {status.path if status.state == 'ready' else status.detail}", dim=True)


@models.command()
@click.argument("name", required=False)
@click.option("--from", "given", type=FILE, help="A file that you already have.")
def fetch(name: str | None, given: Path | None) -> None:
    """Bring model NAME into the cache; without a name, what the present settings need."""
    from assistant.terminal.show import say
    from index import weights
    from index.progress import byte_bar

    if given is not None and name is None:
        raise click.UsageError("Say which model the file is: assistant models fetch NAME --from FILE.")
    for wanted in [name] if name else _needed():
        with byte_bar(wanted) as progress:
            path = weights.fetch(wanted, given, progress)
        say(f"{wanted}: {path}")


def _needed() -> list[str]:
    """The embedder, and the generator when it is one of ours."""
    from assistant.settings import load_settings
    from index import weights

    return [name for name in ("e5-small-q4", load_settings().llm) if name in weights.registry()]


@click.command()
@llm_option
@click.option("--port", type=int, help="The port that serving would use.")
def doctor(llm: str | None, port: int | None) -> None:
    """Check this installation piece by piece and say what to do about what is broken."""
    from assistant.settings import load_settings
    from assistant.terminal.doctor import examine
    from assistant.terminal.show import say

    broken = 0
    for check in examine(load_settings(llm=llm, port=port)):
        say("ok     " if check.ok else "broken ", end="", color="green" if check.ok else "red")
        say(f"{check.name:<11} {check.detail}")
        broken += not check.ok
    if broken:
        raise AssistantError(f"{broken} checks failed; the lines above say what to do.")
