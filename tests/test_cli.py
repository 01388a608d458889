"""The terminal door: exit codes, whole output, and what a pipe may carry."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import httpx
import pytest
from doubles import EN, ZH, CannedEngine
from hypothesis import given
from hypothesis import strategies as st

from assistant.facts import read_facts
from assistant.serving.address import bind
from assistant.terminal import batch, show
from assistant.terminal.cli import cli, main
from corpus.errors import InputError

HEAVY = {
    "pydantic",
    "rich",
    "numpy",
    "faiss",
    "fastapi",
    "gradio",
    "torch",
    "transformers",
    "yaml",
    "xllamacpp",
}


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_LLM", "none")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Run a command line here; gives (exit code, output, errors)."""

    def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", Typed(stdin))
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return run


def read(terminal: int) -> bytes:
    """What a program has written to its terminal; nothing once it has gone."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


class Typed:
    """Standard input that is not a terminal."""

    def __init__(self, text: str) -> None:
        self.lines = iter(text.splitlines(keepends=True))

    def read(self) -> str:
        return "".join(self.lines)

    def readline(self) -> str:
        return next(self.lines, "")

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        raise OSError("not a file")


def commands(group: click.Group, above: str = "") -> list[str]:
    """The words of every command and group."""
    words = []
    for name, command in group.commands.items():
        words.append(above + name)
        if isinstance(command, click.Group):
            words += commands(command, f"{above}{name} ")
    return words


class TestHelp:
    def test_is_light(self) -> None:
        code = "import sys, assistant.terminal.cli; print(*sys.modules)"
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert not HEAVY & set(loaded.stdout.split())

    def test_is_quick(self) -> None:
        before = os.times()
        subprocess.run(
            [sys.executable, "-m", "assistant.terminal.cli", "--help"], check=True, capture_output=True
        )
        after = os.times()
        spent = after.children_user - before.children_user + after.children_system - before.children_system
        assert spent < 0.3  # seconds of processor, so that a busy machine does not count

    def test_names_every_command(self, run) -> None:
        code, out, _ = run("--help")
        assert code == 0
        shown = re.findall(r"^  ([a-z]+) +[A-Z]", out, re.MULTILINE)
        assert shown == sorted(cli.commands)
        promised = {"ask", "chat", "serve", "search", "recommend", "check", "models", "doctor"}
        promised |= {"history", "completion", "verify"}
        assert promised <= set(shown)

    @pytest.mark.parametrize("name", commands(cli))
    def test_every_command_explains_itself(self, run, name: str) -> None:
        code, out, _ = run(*name.split(), "--help")
        assert code == 0
        assert out.startswith(f"Usage: assistant {name}")
        assert re.search(r"^  [A-Z]", out, re.MULTILINE)

    def test_every_option_explains_itself(self) -> None:
        for name in commands(cli):
            command: click.Command = cli
            for word in name.split():
                command = command.commands[word]
            assert command.help
            for option in command.params:
                assert isinstance(option, click.Argument) or option.help, f"{name} {option.name}"


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["sing"], "No such command 'sing'"),
            (["ask"], 'Give a question (or "-")'),
            (["ask", "x", "--batch", __file__], "Give a question"),
            (["ask", "--batch", __file__], "--out OUT.jsonl"),
            (["ask", "--batch", "nowhere.jsonl", "--out", "x"], "nowhere.jsonl"),
            (["ask", "x", "--language", "fr"], "'auto', 'zh', 'en'"),
            (["ask", "   "], "question"),
            (["ask", "x\udcff"], "not valid UTF-8"),
            (["ask", "x", "--llm", "gpt-9"], "qwen2.5-coder-1.5b"),
            (["search", "x", "-k", "11"], "1<=x<=10"),
            (["recommend"], "--audience"),
            (
                ["recommend", "--audience", "pilot"],
                "industry, researcher, professor, career, hobbyist, beginner",
            ),
            (["recommend", "--audience", "industry", "--fact", "planet=mars"], "target=production|mobile"),
            (["recommend", "--audience", "industry", "--fact", "target"], "name=value"),
            (["models", "fetch", "--from", __file__], "assistant models fetch NAME --from FILE"),
            (["serve", "--port", "-1"], "port"),
        ],
    )
    def test_is_one_sentence_and_exit_2(self, run, arguments: list[str], words: str) -> None:
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert words in err
        assert "Traceback" not in err

    def test_ctrl_c_is_130(self, run, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(_: Typed) -> str:
            raise KeyboardInterrupt

        monkeypatch.setattr(Typed, "read", interrupted)
        assert run("ask", "-")[0] == 130


class TestAsk:
    def test_answers_with_numbered_sources_in_both_editions(self, run) -> None:
        code, out, err = run("ask", "--sources", "What is TensorFlow Lite for?")
        assert (code, err) == (0, "")
        prose, _, sources = out.partition("\n\n")
        assert "[1]" in prose
        first = sources.split("\n\n")[0].splitlines()
        assert re.fullmatch(r"\[1\] .+  en-[a-z0-9-]+", first[0])
        quote = re.search("»(.+)«", first[1])
        assert quote
        assert quote[1] in prose
        assert re.search("»[^«]*[\u4e00-\u9fff].*«", first[2])

    def test_json_is_the_answer_object(self, run) -> None:
        code, out, _ = run("ask", "-", "--json", "--language", "zh", stdin="What is TensorFlow Lite for?\n")
        answer = json.loads(out)
        assert (code, answer["language"], answer["model"]) == (0, "zh", "extractive")
        assert all(c["text"][c["start"] : c["end"]] == c["quote"] for c in answer["citations"])

    def test_the_chat_goes_on_after_a_question_it_cannot_use(self, run) -> None:
        code, out, err = run(
            "chat", stdin=f"\n{'x' * 3000}\nWhat is TensorFlow Lite for?\nexit\nnot reached\n"
        )
        assert code == 0
        assert "2,000" in err or "2000" in err
        assert out.count("[1] ") == 1


class TestBatch:
    LINES = (
        '{"id": "a", "question": "What is there?", "other": 1}',
        "not json",
        '{"id": 7}',
        "",
        '{"id": "b", "question": "why"}',
        '{"id": "c", "question": "有什么？", "history": [{"role": "user", "content": "JAX"}]}',
    )

    def write(self, folder: Path) -> Path:
        source = folder / "in.jsonl"
        source.write_bytes("\n".join(self.LINES).encode() + b"\n\xff\xfe\n")
        return source

    def test_a_bad_line_does_not_stop_the_others(self, tmp_path: Path) -> None:
        target = tmp_path / "out.jsonl"
        with self.write(tmp_path).open("rb") as source:
            count, faults = batch.run(CannedEngine(), source, target, "auto")
        assert (count, len(faults)) == (6, 4)
        assert faults[1] == "line 3: question: Field required"
        a, broken, missing, b, c, bytes_ = map(json.loads, target.read_text("utf-8").splitlines())
        assert (a["id"], a["answer"]) == ("a", f"{EN} [1]")
        assert (c["id"], c["answer"]) == ("c", f"{ZH} [1]")
        assert broken["error"]["line"] == 2
        assert (missing["id"], missing["error"]["detail"]) == (7, "question: Field required")
        assert b == {"id": "b", "error": {"line": 4, "detail": "The model stopped half-way; ask again."}}
        assert (bytes_["id"], bytes_["error"]["line"]) == (None, 6)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]

    def test_finished_lines_outlive_an_interruption(self, tmp_path: Path) -> None:
        class Interrupted(CannedEngine):
            def ask(self, question, *rest, **more):
                if question == "why":
                    raise KeyboardInterrupt
                return super().ask(question, *rest, **more)

        target = tmp_path / "out.jsonl"
        target.write_text("the last run's\n")
        with self.write(tmp_path).open("rb") as source, pytest.raises(KeyboardInterrupt):
            batch.run(Interrupted(), source, target, "auto")
        kept = batch.partial_of(target).read_text("utf-8").splitlines()
        assert [json.loads(line)["id"] for line in kept] == ["a", None, 7]
        assert target.read_text() == "the last run's\n"

    def test_through_the_command(self, run, tmp_path: Path) -> None:
        source, target = self.write(tmp_path), tmp_path / "out.jsonl"
        code, out, err = run("ask", "--batch", str(source), "--out", str(target))
        assert (code, out) == (0, "")
        assert f"{target}: 6 lines, 3 of them with an error." in err
        assert "The first: line 2: " in err
        assert len(target.read_text("utf-8").splitlines()) == 6

    def test_an_output_that_cannot_be_written_is_named(self, run, tmp_path: Path) -> None:
        code, _, err = run("ask", "--batch", str(self.write(tmp_path)), "--out", str(tmp_path / "no" / "out"))
        assert code == 2
        assert "Cannot write" in err


class TestSearch:
    def test_prints_pairs(self, run) -> None:
        code, out, err = run("search", "TensorFlow Lite", "-k", "2")
        assert (code, err) == (0, "")
        assert [line[0] for line in out.splitlines() if re.match(r"\d\. ", line)] == ["1", "2"]

    def test_json_is_the_contracts(self, run) -> None:
        _, out, _ = run("search", "移动端部署", "--json")
        results = json.loads(out)["results"]
        assert len(results) == 5
        assert all(result["language"] == "zh" for result in results)
        assert all(result["counterpart"]["language"] == "en" for result in results)
        scores = [result["score"] for result in results]
        assert scores == sorted(scores, reverse=True)


class TestAdvice:
    def test_json_is_the_contracts(self, run) -> None:
        code, out, _ = run("recommend", "--audience", "industry", "--fact", "target=mobile", "--json")
        advice = json.loads(out)
        assert code == 0
        assert (advice["audience"], advice["facts"]) == ("industry", {"target": "mobile"})
        assert advice["evidence"]

    def test_says_what_would_change_it(self, run) -> None:
        code, out, _ = run("recommend", "--audience", "industry", "--language", "zh")
        assert code == 0
        assert "TensorFlow" in out.splitlines()[0]
        assert "换作这些情况，建议会不同：\n≠ " in out

    def test_asks_for_what_is_missing_on_a_terminal(self) -> None:
        child, terminal = pty.fork()
        if child == 0:
            os.execv(
                sys.executable, [sys.executable, "-m", "assistant.terminal.cli", "--no-color", "recommend"]
            )
        os.write(terminal, b"1\n9\n2\n\n")
        shown = b"".join(iter(lambda: read(terminal), b"")).decode()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert shown.index("Which kind of reader are you?") < shown.index("What are you building?")
        assert "Error: Type a number from 1 to 4." in shown
        assert "industry.mobile · consider" in shown
        assert "  PyTorch Live, you can consider using PyTorch.\r\n" in shown
        assert "\x1b" not in shown

    @pytest.mark.parametrize("pairs", [["a=1", "a=2"], ["=1"], ["a"]])
    def test_facts_are_pairs(self, pairs: list[str]) -> None:
        with pytest.raises(InputError):
            read_facts(pairs)


class TestCheck:
    def test_prints_the_certificate(self, run) -> None:
        code, out, err = run("check")
        assert (code, err) == (0, "")
        assert out.startswith("flowcharts and article agree\n")
        assert json.loads(run("check", "--json")[1])["disagreements"] == []


class TestDoctor:
    def test_finds_a_working_installation(self, run) -> None:
        code, out, err = run("doctor")
        assert (code, err) == (0, "")
        assert all(line.startswith("ok ") for line in out.splitlines())

    def test_says_what_to_do_about_missing_weights(self, run, tmp_path, monkeypatch) -> None:
        monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
        code, out, err = run("doctor", "--llm", "qwen2.5-coder-0.5b")
        assert code == 1
        assert "assistant models fetch qwen2.5-coder-0.5b" in out
        assert "1 check" in err

    def test_models_are_listed_with_their_state(self, run, tmp_path, monkeypatch) -> None:
        monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
        code, out, _ = run("models")
        assert code == 0
        assert re.search(r"^qwen2\.5-coder-1\.5b +1,117 MB  Apache-2\.0 +missing$", out, re.MULTILINE)


class TestServe:
    def test_says_one_line_when_ready_and_stops_at_ctrl_c(self, run) -> None:
        command = [sys.executable, str(Path(__file__).parent.parent / "app.py"), "serve", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
            line = server.stdout.readline()
            address = re.fullmatch(r"Ready at (http://127\.0\.0\.1:\d+) \(Ctrl-C stops\)\n", line)
            assert address, server.stderr.read()
            body = {"question": "What is TensorFlow Lite for?"}
            assert httpx.post(f"{address[1]}/v1/ask", json=body, timeout=30).json()["citations"]
            code, out, _ = run("doctor", "--port", address[1].rpartition(":")[2])
            assert (code, "already served" in out) == (0, True)
            server.send_signal(signal.SIGINT)
            out, err = server.communicate(timeout=30)
        assert (server.returncode, out) == (0, "")
        assert err == "Starting; the models are being loaded.\nStopped.\n"

    def test_a_taken_port_is_named(self, run) -> None:
        with bind("127.0.0.1", 0) as door:
            port = door.getsockname()[1]
            code, out, err = run("serve", "--port", str(port))
        assert (code, out) == (1, "")
        assert f"--port {port + 1}" in err


class TestWhatReachesTheTerminal:
    @pytest.mark.parametrize(
        "dirty",
        [
            "\x1b[31mred\x1b[0m",
            "\x1b]0;title\x07red",
            "\x1b]8;;http://x\x1b\\red",
            "\x9b31mred",
            "re\x08\x00d\x7f",
        ],
    )
    def test_escape_sequences_are_gone(self, dirty: str) -> None:
        assert show.plain(dirty).replace("31m", "") == "red"

    @given(st.text())
    def test_no_control_character_is_left(self, text: str) -> None:
        left = show.plain(text)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", left)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", show.dump({"text": text}))
        assert json.loads(show.dump({"text": text}))["text"] == text

    def test_pipes_carry_no_colours(self) -> None:
        found = subprocess.run(
            [sys.executable, "-m", "assistant.terminal.cli", "recommend", "--audience", "industry"],
            capture_output=True,
        )
        assert found.returncode == 0
        assert b"\x1b" not in found.stdout + found.stderr

    @pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
    def test_terminals_get_colours_unless_they_object(self, variables, coloured: bool) -> None:
        ours, theirs = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", **variables}
        command = [sys.executable, "-m", "assistant.terminal.cli", "recommend", "--audience", "industry"]
        subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment, check=True
        )
        os.close(theirs)
        assert (b"\x1b" in os.read(ours, 65536)) is coloured
        os.close(ours)

    @pytest.mark.parametrize(
        ("target", "variables", "sentence"),
        [
            (
                "/dev/null",
                {"PYTHONIOENCODING": "ascii"},
                "encoding, ascii, lacks characters; set PYTHONIOENCODING",
            ),
            (
                "/dev/full",
                {},
                r"Something broke: OSError: .*No space left on device\. `assistant --verbose …` shows",
            ),
        ],
    )
    def test_what_cannot_be_written_is_one_sentence(self, target: str, variables, sentence: str) -> None:
        arguments = ["recommend", "--audience", "industry", "--language", "zh"]
        with open(target, "w") as out:
            found = subprocess.run(
                [sys.executable, "-m", "assistant.terminal.cli", *arguments],
                stdout=out,
                stderr=subprocess.PIPE,
                env={**os.environ, **variables},
            )
        assert found.returncode == 1
        assert re.search(sentence, found.stderr.decode().replace("\\u2026", "…"))
        assert found.stderr.count(b"\n") == 1

    def test_a_closed_pipe_is_no_traceback(self) -> None:
        command = [sys.executable, "-m", "assistant.terminal.cli", "recommend", "--audience", "industry"]
        reader, writer = os.pipe()
        os.close(reader)
        found = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        assert found.stderr == b""
