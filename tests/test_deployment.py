"""Container, compose file and service unit name what there is: files, commands, options, versions."""

import configparser
import re
import shlex
from fnmatch import fnmatch
from pathlib import Path

import click
import pytest
import yaml

from assistant.terminal.cli import cli

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
UNIT = ROOT / "docs" / "framework-assistant.service"


def require(words: list[str]) -> None:
    """Fail unless the words are a command of ours with options it has."""
    command: click.Command = cli
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    assert not isinstance(command, click.Group), words
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= options


def test_the_image_copies_what_is_there_and_not_ignored() -> None:
    copied = [
        path
        for line in re.findall(r"^COPY (?!--)(.+)", DOCKERFILE, re.MULTILINE)
        for path in line.split()[:-1]
    ]
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert {"pyproject.toml", "app.py", "corpus", "index", "assistant"} <= set(copied)
    for path in copied:
        assert (ROOT / path).exists()
        assert any(fnmatch(path, pattern) for pattern in allowed)


def test_versions_agree() -> None:
    (torch,) = re.findall(r"^ARG TORCH=(.+)$", DOCKERFILE, re.MULTILINE)
    assert f"TORCH := {torch}\n" in (ROOT / "Makefile").read_text()
    assert f'"torch=={torch}"' in (ROOT / "pyproject.toml").read_text()


def test_the_image_runs_our_command_as_nobody_special() -> None:
    assert 'ENTRYPOINT ["assistant"]' in DOCKERFILE
    (default,) = re.findall(r'^CMD \["(.+)"\]$', DOCKERFILE, re.MULTILINE)
    require([default])
    assert re.search(r"^USER [1-9]\d+$", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_services_run_commands_that_exist(name: str) -> None:
    service = COMPOSE["services"][name]
    require(service["command"])
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_a_service_that_others_reach_asks_for_keys() -> None:
    words = COMPOSE["services"]["assistant"]["command"]
    keys = COMPOSE["services"]["keys"]["command"]
    assert words[words.index("--api-keys") + 1] == keys[keys.index("--file") + 1]


def test_the_unit_runs_commands_that_exist() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(UNIT, "utf-8")
    for key in ("ExecStart", "ExecStartPre"):
        program, *words = shlex.split(unit["Service"][key])
        assert Path(program).name == "assistant"
        require(words)
