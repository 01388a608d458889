"""What the README says of the proof is what the proof says."""

import re
from pathlib import Path

import pytest

from assistant import rules
from assistant.terminal.cli import cli, main

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_counts_are_those_of_the_certificate() -> None:
    certificate = rules.prove()
    counts = certificate.counts
    assert certificate.holds
    for claim in (
        f"{counts['leaves']} outcomes",
        f"{counts['quotes, each verbatim in both editions']} quotes verbatim in both editions",
        f"{counts['recommending sentences']} recommending sentences",
        f"{counts['of them covered by a leaf']} are covered",
        f"{counts['of them listed as descriptive']} are listed",
        f"{counts['states, each with one outcome']} situations",
    ):
        assert claim in README, claim


def test_every_command_of_the_terminal_is_named() -> None:
    (row,) = (line for line in README.splitlines() if line.startswith("| terminal |"))
    assert set(re.findall(r"`([a-z]+)`", row)) == set(cli.commands)


def test_the_terminals_example_is_what_it_prints(capsys, monkeypatch) -> None:
    question, shown = re.search(r'`make ask Q="(.+)"` answers\n\n```\n(.+?)```', README, re.DOTALL).groups()
    monkeypatch.setenv("ASSISTANT_LLM", "none")
    with pytest.raises(SystemExit):
        main(["ask", question, "--no-server"])
    assert capsys.readouterr().out == shown
