"""The OpenAPI document: every reply keeps to it, every field is described, every example runs."""

import itertools
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import contract
import httpx
import pytest
from doors import api_over, serving
from doubles import CannedEngine

from assistant.api import limits
from assistant.engine import Engine
from assistant.settings import Settings, load_settings
from assistant.terminal.cli import cli

KEY = "a-key-of-sufficient-length"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.open(load_settings(llm="none"))


@pytest.fixture(scope="module")
def url(engine: Engine) -> Iterator[str]:
    with serving(api_over(engine)) as url:
        yield url


@pytest.fixture(scope="module")
def document(url: str) -> dict:
    return httpx.get(f"{url}/openapi.json").json()


def operations(document: dict) -> Iterator[tuple[str, str, dict]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_reply_keeps_to_the_document(engine: Engine) -> None:
    """A short run, behind a key; `python tests/contract.py` is the long one."""
    with serving(api_over(engine, api_keys=KEY)) as url:
        cases, failures = contract.check(url, examples=2, key=KEY)
    assert not failures
    assert cases >= 200


class TestDocument:
    def test_describes_every_operation_parameter_and_field(self, document: dict) -> None:
        bare = [
            f"{method} {path} {parameter['name']}"
            for method, path, operation in operations(document)
            for parameter in [operation | {"name": ""}, *operation.get("parameters", [])]
            if not parameter.get("description")
        ]
        for name, schema in document["components"]["schemas"].items():
            if not (schema.get("description") or schema.get("enum")):
                bare.append(name)
            fields = schema.get("properties", {}).items()
            bare += [f"{name}.{field}" for field, about in fields if not about.get("description")]
        assert bare == []

    def test_names_what_each_operation_refuses(self, document: dict) -> None:
        for method, path, operation in operations(document):
            told = set(operation["responses"])
            assert "200" in told
            if method == "POST":
                assert {"400", "401", "413", "415"} <= told, path
            if path in ("/v1/ask", "/v1/search", "/v1/chat/completions"):
                assert {"429", "503"} <= told, path

    def test_asks_for_a_key_only_where_one_is_wanted(self, document: dict) -> None:
        assert "securitySchemes" not in document["components"]
        behind_keys = api_over(CannedEngine(), api_keys=KEY).openapi()
        wanted = {path for _, path, operation in operations(behind_keys) if operation.get("security")}
        assert wanted == set(behind_keys["paths"]) - {"/healthz", "/readyz"}

    def test_its_limits_are_those_of_the_code(self, document: dict) -> None:
        schemas = document["components"]["schemas"]
        asked = schemas["AskRequest"]["properties"]
        assert (asked["question"]["maxLength"], asked["history"]["maxItems"]) == (2000, 40)
        assert "at most 40, 8,000 characters" in asked["history"]["description"]
        chat = schemas["ChatRequest"]["properties"]
        assert "at most 40 of 8,000 characters" in chat["messages"]["description"]


class TestExamples:
    def test_of_bodies_run(self, url: str, document: dict) -> None:
        tried = 0
        for method, path, operation in operations(document):
            reference = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            name = reference.get("schema", {}).get("$ref", "").rpartition("/")[2]
            for example in document["components"]["schemas"].get(name, {}).get("examples", ()):
                reply = httpx.request(method, f"{url}{path}", json=example, timeout=20)
                assert reply.status_code == 200, (path, example, reply.text)
                tried += 1
        assert tried >= 8

    def test_of_paths_run(self, url: str, document: dict) -> None:
        for method, path, operation in operations(document):
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    (example,) = parameter["schema"]["examples"]
                    reply = httpx.request(method, url + path.replace(f"{{{parameter['name']}}}", example))
                    assert reply.status_code == 200, path

    def test_of_streams_name_the_events_that_come(self, url: str, document: dict) -> None:
        content = document["paths"]["/v1/ask"]["post"]["responses"]["200"]["content"]["text/event-stream"]
        shown = re.findall(r"^event: (\w+)$", content["example"], re.MULTILINE)
        body = {"question": "Which APIs does TorchServe support?"}
        reply = httpx.post(f"{url}/v1/ask", json=body, headers={"accept": "text/event-stream"})
        assert re.findall(r"^event: (\w+)$", reply.text, re.MULTILINE) == shown


GUIDE = (Path(__file__).parents[1] / "docs" / "http.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def requests_in(block: str) -> list[str]:
    """The curl commands of a block, each on one line."""
    return [line for line in block.replace("\\\n", " ").splitlines() if line.startswith("curl ")]


class TestGuide:
    @pytest.mark.parametrize("command", [one for block in blocks("sh") for one in requests_in(block)])
    def test_its_requests_run(self, url: str, command: str) -> None:
        words = shlex.split(command.replace("http://127.0.0.1:7860", url))
        (address,) = (word for word in words if word.startswith(url))
        values = {option: [v for o, v in itertools.pairwise(words) if o == option] for option in ("-H", "-d")}
        headers = dict(header.split(": ") for header in values["-H"])
        body = "".join(values["-d"]).encode()
        reply = httpx.request("POST" if body else "GET", address, headers=headers, content=body)
        assert reply.status_code == 200, reply.text
        assert ("event: final" in reply.text) == ("text/event-stream" in command)

    @pytest.mark.parametrize("program", blocks("python"), ids=["plain", "streamed"])
    def test_its_programs_run(self, url: str, program: str) -> None:
        program = program.replace("http://127.0.0.1:7860", url)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        assert "REST" in done.stdout and "[1]" in done.stdout

    def test_its_commands_exist(self) -> None:
        lines = [line for block in blocks("sh") for line in block.splitlines()]
        commands = [shlex.split(line, comments=True) for line in lines if line.startswith("assistant ")]
        assert len(commands) >= 3
        for _, name, *words in commands:
            options = {option for parameter in cli.commands[name].params for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= options

    def test_its_limits_are_those_of_the_code(self) -> None:
        settings = Settings.model_fields
        for claim in (
            f"| body | {limits.MAX_BODY // 1024} KiB |",
            f"| {limits.MAX_QUESTION:,} characters, no control characters |",
            f"| {limits.MAX_HISTORY} messages, {limits.MAX_HISTORY_CHARACTERS:,} characters in all |",
            f"| `k` | 1 to {limits.MAX_RESULTS} |",
            f"| 1, {limits.MAX_TOKENS} |",
            f"| {settings['answers_per_client'].default}, working and waiting |",
            f"| {settings['answers_at_once'].default} working, "
            f"{settings['answers_waiting'].default} waiting |",
            f"| {settings['answer_seconds'].default:g} seconds |",
        ):
            assert claim in GUIDE, claim

    def test_its_settings_figures_and_routes_exist(self, url: str, document: dict) -> None:
        variables = set(re.findall(r"ASSISTANT_([A-Z_]+)", GUIDE))
        assert variables <= {name.upper() for name in Settings.model_fields}
        figures = httpx.get(f"{url}/metrics").text
        named = re.findall(r"`((?:gen_ai|http_server|assistant)_\w+)`", GUIDE)
        assert len(named) >= 9
        assert all(f"\n# TYPE {name.removesuffix('_total')}" in figures for name in named)
        routes = set(re.findall(r"`GET (/\w+)`", GUIDE))
        assert routes == {"/healthz", "/readyz", "/metrics"} <= set(document["paths"])


class TestPage:
    def test_needs_nobody_else(self, url: str) -> None:
        page = httpx.get(f"{url}/docs").text
        links = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert links
        assert all(link.startswith("/") and httpx.get(url + link).status_code == 200 for link in links)

    def test_begins_with_what_a_stranger_needs(self, document: dict) -> None:
        about = document["info"]["description"]
        for word in ("curl", "text/event-stream", "Bearer KEY", "Retry-After", "X-Request-Id", "RFC 9457"):
            assert word in about
