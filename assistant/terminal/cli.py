"""The terminal door: `assistant COMMAND`. Heavy imports wait inside the commands, so that help is at once.

Exit codes: 0 done; 1 failed, with one sentence on standard error; 2 usage; 130 stopped by Ctrl-C.
"""

import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from corpus.errors import AssistantError, InputError

if TYPE_CHECKING:
    from assistant.answer import Language
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


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="framework-assistant")
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR and pipes do the same.")
@click.option("--verbose", is_flag=True, help="Log to standard error what happens inside.")
@click.pass_context
def cli(context: click.Context, no_color: bool, verbose: bool) -> None:
    """Answers from one article, PyTorch vs TensorFlow in 2022: every sentence with its source."""
    if no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, format="%(name)s: %(message)s")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit with its code."""
    try:
        code = cli.main(arguments, prog_name="assistant", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except AssistantError as error:
        from assistant.terminal.show import complain

        complain(str(error))
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except Exception as error:
        logging.getLogger(__name__).info("the whole story", exc_info=error)
        click.echo(f"Something broke: {type(error).__name__}: {error}. --verbose shows where.", err=True)
        code = 1
    sys.exit(code or 0)


@cli.command()
@click.argument("question", required=False)
@click.option("--batch", type=click.File("rb"), metavar="IN.jsonl", help="Answer every line of a file.")
@click.option("--out", type=FILE, metavar="OUT.jsonl", help="Where the answers to --batch go.")
@json_option
@language_option
@llm_option
def ask(
    question: str | None,
    batch: BinaryIO | None,
    out: Path | None,
    as_json: bool,
    language: str,
    llm: str | None,
) -> None:
    """Answer QUESTION, or the text of standard input when it is "-".

    \b
    assistant ask "Why do most papers use PyTorch?"
    assistant ask --batch questions.jsonl --out answers.jsonl
    """
    if (question is None) == (batch is None) or (batch is None) != (out is None):
        raise click.UsageError('Give a question (or "-"), or both --batch IN.jsonl and --out OUT.jsonl.')
    if batch is not None and out is not None:
        _ask_batch(batch, out, language, llm)
        return
    from assistant.terminal import show

    text = _readable(sys.stdin.read() if question == "-" else question or "")
    with _engine(llm=llm) as engine:
        if as_json:
            show.say(show.dump(engine.ask(text, language=language).model_dump(mode="json")))
        else:
            show.stream(engine.stream(text, language=language))


def _ask_batch(source: BinaryIO, target: Path, language: str, llm: str | None) -> None:
    from assistant.terminal import batch
    from assistant.terminal.show import complain

    with _engine(llm=llm) as engine:
        try:
            count, failed = batch.run(engine, source, target, language)
        except KeyboardInterrupt:
            complain(f"Stopped; the finished lines are in {batch.partial_of(target)}.")
            raise
    complain(f"{target}: {count} lines, {failed} of them with an error.")


@cli.command()
@language_option
@llm_option
def chat(language: str, llm: str | None) -> None:
    """Ask one question after another; Ctrl-C stops an answer, Ctrl-D ends."""
    from assistant.answer import Turn
    from assistant.terminal import show

    history: list[Turn] = []
    with _engine(llm=llm) as engine:
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
            line = _readable(input("\n> " if interactive else "")).strip()
            if line in ("exit", "quit"):
                return None
            if line:
                return line
    except EOFError:
        return None


@cli.command()
@click.argument("query")
@click.option("-k", type=click.IntRange(1, 10), default=5, show_default=True, help="How many pairs at most.")
@click.option("--language", type=LANGUAGES, default="auto", show_default=True, help="Language shown first.")
@json_option
def search(query: str, k: int, language: str, as_json: bool) -> None:
    """Print the passages nearest to QUERY, each with its counterpart in the other edition."""
    from assistant.terminal import show

    with _engine(llm="none") as engine:
        results = engine.search(_readable(query), k, language)
    if as_json:
        show.say(show.dump({"results": [result.model_dump(mode="json") for result in results]}))
    else:
        show.found(results)


@cli.command()
@click.option(
    "--audience", metavar="A", help="Who asks: industry, researcher, professor, career, hobbyist, beginner."
)
@click.option("--fact", "pairs", multiple=True, metavar="KEY=VALUE", help="What is known; may be repeated.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@json_option
def recommend(audience: str | None, pairs: tuple[str, ...], language: "Language", as_json: bool) -> None:
    """Say which framework the article advises, by its flowchart; on a terminal, ask for what is missing."""
    from assistant import rules
    from assistant.facts import read_facts
    from assistant.terminal import advising, show

    facts = read_facts(pairs)
    if as_json or not sys.stdin.isatty():
        if audience is None:
            raise click.UsageError(f"Say who asks, --audience {'|'.join(rules.load_flowcharts())}.")
        outcome = rules.decide(audience, facts)
    else:
        outcome = advising.interview(audience, facts, language)
    if as_json:
        show.say(show.dump(outcome.recommendation(language).model_dump(mode="json")))
    else:
        advising.show(outcome, language)


@cli.command()
@json_option
def check(as_json: bool) -> None:
    """Prove that the flowcharts and both editions say the same, and print the certificate."""
    from assistant import rules
    from assistant.terminal import show

    certificate = rules.prove()
    show.say(show.dump(certificate.as_json()) if as_json else certificate.report())
    if not certificate.holds:
        first = certificate.disagreements[0]
        raise AssistantError(
            f"Flowcharts and article disagree in {len(certificate.disagreements)} places, "
            f"first at {first.leaf} ({first.part}): {first.quote}"
        )


@cli.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on.  [default: 7860]")
@llm_option
def serve(host: str | None, port: int | None, llm: str | None) -> None:
    """Serve the web chat and the HTTP API until Ctrl-C."""
    from assistant.serving.address import bind, is_loopback, url_of
    from assistant.serving.standby import Standby
    from assistant.settings import load_settings
    from assistant.terminal.show import complain

    settings = load_settings(host=host, port=port, llm=llm)
    door = bind(settings.host, settings.port)
    complain("Starting; the models are being loaded.")
    if not is_loopback(settings.host):
        complain(f"Whoever reaches {settings.host} may ask: there are no keys yet.")

    def open_engine() -> "Engine":
        from assistant.engine import Engine

        return Engine.open(settings)

    standby = Standby(open_engine)
    standby.start()  # now, so that loading overlaps with the import of the web page
    from assistant.serving.server import Server, create_app

    def announce() -> None:
        try:
            standby.wait()
        except AssistantError as error:
            complain(str(error))
        else:
            click.echo(f"Ready at {url_of(door)} (Ctrl-C stops)")

    app = create_app(standby, settings.host)
    try:
        Server(app, door, threading.Thread(target=announce, daemon=True).start).run()
    except KeyboardInterrupt:
        complain("Stopped.")


@cli.group(invoke_without_command=True)
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


@cli.command()
@llm_option
@click.option("--port", type=int, help="The port that serving would use.")
def doctor(llm: str | None, port: int | None) -> None:
    """Check this installation piece by piece and say what to do about what is broken."""
    from assistant.settings import load_settings
    from assistant.terminal.doctor import examine
    from assistant.terminal.show import say

    broken = 0
    for check in examine(load_settings(llm=llm, port=port)):
        say("ok     " if check.ok else "broken ", end="", fg="green" if check.ok else "red")
        say(f"{check.name:<11} {check.detail}")
        broken += not check.ok
    if broken:
        raise AssistantError(f"{broken} checks failed; the lines above say what to do.")


@contextmanager
def _engine(**chosen: Any) -> Iterator["Engine"]:
    """An engine by the settings, closed at the end."""
    from assistant.engine import Engine
    from assistant.settings import load_settings

    engine = Engine.open(load_settings(**chosen))
    try:
        yield engine
    finally:
        engine.close()


def _readable(text: str) -> str:
    """`text`, unless it holds bytes that were not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError("The question is not valid UTF-8 text; check the terminal's encoding.") from error
    return text


if __name__ == "__main__":
    main()
