"""Invariants of the whole: the direction of imports, the promises of the README."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from assistant.terminal.cli import cli
from corpus import errors

ROOT = Path(__file__).parent.parent
UPSTREAM = {
    "corpus": {"corpus"},
    "index": {"corpus", "index"},
    "assistant": {"corpus", "index", "assistant"},
    "app": {"assistant"},
    "evaluation": {"corpus", "index", "assistant", "evaluation"},
    "training": {"corpus", "index", "assistant", "evaluation", "training"},
}


def sources() -> Iterator[Path]:
    yield ROOT / "app.py"
    for package in ("corpus", "index", "assistant", "evaluation", "training"):
        yield from sorted((ROOT / package).rglob("*.py"))


def imported(file: Path) -> set[str]:
    """The first names of all imports, those inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("file", list(sources()), ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_upstream(file: Path) -> None:
    stage = file.relative_to(ROOT).parts[0].removesuffix(".py")
    assert imported(file) & set(UPSTREAM) <= UPSTREAM[stage]


@pytest.mark.parametrize("file", list(sources()), ids=lambda file: str(file.relative_to(ROOT)))
def test_every_module_says_what_it_is(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text("utf-8")))


def commands_in(text: str) -> list[list[str]]:
    """The words of every `assistant …` command in fenced blocks and code spans."""
    code = re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL) + re.findall(r"`([^`\n]+)`", text)
    lines = [line.split(" #")[0].split() for block in code for line in block.splitlines()]
    return [words[1:] for words in lines if words[:1] == ["assistant"] and len(words) > 1]


def test_every_command_in_the_readme_exists() -> None:
    for words in commands_in((ROOT / "README.md").read_text("utf-8")):
        command: click.Command = cli
        while isinstance(command, click.Group) and words and words[0] in command.commands:
            command, words = command.commands[words[0]], words[1:]
        assert command is not cli, f"there is no command {words[0]}"
        options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert {word.split("=")[0] for word in words if word.startswith("-") and word != "-"} <= options


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z]+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE))
    assert named
    assert named <= targets


def test_every_error_knows_its_codes() -> None:
    tree = [errors.AssistantError, *everything_below(errors.AssistantError)]
    assert len(tree) > 5
    for error in tree:
        assert error.exit_code in (1, 2, 3, 4)
        assert 400 <= error.status < 600
        assert error.__doc__


def everything_below(error: type[Exception]) -> Iterator[type[Exception]]:
    for child in error.__subclasses__():
        yield child
        yield from everything_below(child)
