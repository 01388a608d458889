"""`assistant ask`: one question, or a file of them."""

import sys
from pathlib import Path
from typing import BinaryIO

import click

from assistant.terminal.options import (
    FILE,
    events_of,
    json_option,
    language_option,
    llm_option,
    open_answerer,
    open_engine,
    readable,
    server_option,
)

NOT_IN_THE_ARTICLE = 3
"""Exit code of an answer that says that the article does not tell."""


@click.command()
@click.argument("question", required=False)
@click.option(
    "--sources/--no-sources",
    default=None,
    help="Whole passages of both editions, or no sources; otherwise the sentences quoted.",
)
@click.option("--batch", type=click.File("rb"), metavar="IN.jsonl", help="Answer every line of a file.")
@click.option("--out", type=FILE, metavar="OUT.jsonl", help="Where the answers to --batch go.")
@json_option
@language_option
@llm_option
@server_option
@click.pass_context
def ask(
    context: click.Context,
    question: str | None,
    sources: bool | None,
    batch: BinaryIO | None,
    out: Path | None,
    as_json: bool,
    language: str,
    llm: str | None,
    no_server: bool,
) -> None:
    """Answer QUESTION, or the text of standard input when it is "-".

    \b
    assistant ask "Why do most papers use PyTorch?"
    assistant ask --sources "TorchServe 支持哪些 API?"
    assistant ask --batch questions.jsonl --out answers.jsonl

    \b
    A line of a batch: {"id": 1, "question": "What is JAX?"}
    and, if wished, "language" and "history".

    Exit codes: 0 answered; 1 failed; 2 usage; 3 the article does not answer.
    """
    if (question is None) == (batch is None) or (batch is None) != (out is None):
        raise click.UsageError('Give a question (or "-"), or both --batch IN.jsonl and --out OUT.jsonl.')
    if batch is not None and out is not None:
        _ask_batch(batch, out, language, llm)
        return
    from assistant.answer import Final
    from assistant.terminal import answers, show

    text = readable(sys.stdin.read() if question == "-" else question or "")
    with open_answerer(llm, no_server) as answerer, events_of(answerer, text, (), language) as events:
        if as_json:
            *_, last = events
            assert isinstance(last, Final), "a stream ends with Final"
            answer = last.answer
            show.say(show.dump(answer.model_dump(mode="json")))
        else:
            answer = answers.stream(events, answers.AMOUNTS[sources])
    if answer.abstained:
        context.exit(NOT_IN_THE_ARTICLE)


def _ask_batch(source: BinaryIO, target: Path, language: str, llm: str | None) -> None:
    from assistant.terminal import batch
    from assistant.terminal.show import complain

    with open_engine(llm=llm) as engine:
        try:
            count, faults = batch.run(engine, source, target, language)
        except KeyboardInterrupt:
            complain(f"Stopped; the finished lines are in {batch.partial_of(target)}.")
            raise
    complain(f"{target}: {count} lines, {len(faults)} of them with an error.")
    if faults:
        complain(f"The first: {faults[0]}")
