"""Checking saved answers again, offline: `assistant verify`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.terminal.options import json_option
from corpus.errors import AssistantError

if TYPE_CHECKING:
    from assistant.verification import Finding


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def verify(file: Path, as_json: bool) -> None:
    """Check the saved answers in FILE again: quotes against the article, sentences against their quotes.

    FILE is what "ask --json" or "ask --batch" wrote. What fails is named with what was done to it:
    fabricated, altered number, flipped polarity, wrong passage, spliced quote and the like.
    """
    from assistant.terminal import show
    from assistant.verification import read_answers, verify_file

    count = len(read_answers(file))
    findings = verify_file(file)
    if as_json:
        show.say(show.dump({"answers": count, "findings": [vars(finding) for finding in findings]}))
    else:
        _show(findings)
    if findings:
        failed = len({finding.where for finding in findings})
        raise AssistantError(f"{file}: {failed} of {count} answers fail; the lines above say how.")
    show.complain(f"{file}: all answers hold, {count} of {count}.")


def _show(findings: Sequence["Finding"]) -> None:
    """Where and how an answer fails, the words it concerns, and what was found against what was expected."""
    from assistant.terminal.show import say

    for finding in findings:
        say(f"{finding.where}: ", end="")
        say(finding.kind, color="red")
        say(f"    {finding.sentence}")
        say(f"    {finding.detail}", dim=True)
