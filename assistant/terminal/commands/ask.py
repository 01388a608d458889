"""`assistant ask`: one question, or a file of them."""

import sys
from pathlib import Path
from typing import BinaryIO

import click

from assistant.terminal.options import FILE, json_option, language_option, llm_option, open_engine, readable


@click.command()
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

    text = readable(sys.stdin.read() if question == "-" else question or "")
    with open_engine(llm=llm) as engine:
        if as_json:
            show.say(show.dump(engine.ask(text, language=language).model_dump(mode="json")))
        else:
            show.stream(engine.stream(text, language=language))


def _ask_batch(source: BinaryIO, target: Path, language: str, llm: str | None) -> None:
    from assistant.terminal import batch
    from assistant.terminal.show import complain

    with open_engine(llm=llm) as engine:
        try:
            count, failed = batch.run(engine, source, target, language)
        except KeyboardInterrupt:
            complain(f"Stopped; the finished lines are in {batch.partial_of(target)}.")
            raise
    complain(f"{target}: {count} lines, {failed} of them with an error.")
