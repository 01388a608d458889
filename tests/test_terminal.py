"""Asking and chatting on a terminal, over a server of our own: whole output, codes, Ctrl-C, history."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from doors import api_over, serving
from doubles import EN, ZH, CannedEngine

from assistant.answer import Event, Final, Recommendation, Token
from assistant.conversations import Conversations
from assistant.serving import note
from assistant.terminal.cli import cli, main
from assistant.terminal.flow import Flow
from assistant.terminal.talk import OWNER
from assistant.verification import read_answers

SOURCE = f"[1] Deployment  en-deploy-01\n    {EN}\n"
BOTH = f"[1] Deployment  en-deploy-01\n    »{EN}«\n    »{ZH}«\n"
ESCAPES = "\x1b[31m\x1b]0;owned\x07\x9b2J\x1b]8;;http://x\x1b\\\u202e"


class Scripted(CannedEngine):
    """'silent' abstains, 'hostile' sends escapes, 'advise' recommends, 'then' was rewritten."""

    def stream(self, question, history=(), language="auto") -> Iterator[Event]:
        for event in super().stream(question, history, language):
            if "hostile" in question and isinstance(event, Token):
                event = Token(text=ESCAPES + event.text)
            if isinstance(event, Final):
                self._mend(event, question)
            if "silent" not in question or not isinstance(event, Token):
                yield event

    def _mend(self, event: Final, question: str) -> None:
        answer = event.answer
        if "silent" in question:
            answer.abstained, answer.sentences, answer.citations = True, [], []
            answer.answer = "The article does not say."
        if "hostile" in question:
            answer.answer = ESCAPES + answer.answer
        if "then" in question:
            answer.rewritten = "What is there then?"
        if "advise" in question:
            answer.recommendation = Recommendation(
                audience="industry",
                facts={"target": "mobile", "media_input": True},
                frameworks=["TensorFlow"],
                alternatives=[],
                strength="choose",
                rule="industry.mobile_media",
                path=[
                    "industry",
                    "industry.target=mobile",
                    "industry.media_input=yes",
                    "industry.mobile_media",
                ],
                evidence=[],
            )


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSISTANT_LLM", "none")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture(scope="module")
def scripted() -> Iterator[str]:
    """The URL of a scripted server."""
    with serving(api_over(Scripted(), llm="none")) as url:
        yield url


@pytest.fixture
def server(scripted: str, own_data: None) -> str:
    """The scripted server, such that other commands find it."""
    note.leave(scripted, "none")
    return scripted


@pytest.fixture
def told(server: str) -> str:
    return f"Asking the server at {server} (--no-server answers here).\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run a command line here; gives (exit code, output, errors)."""

    def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        (tmp_path / "stdin").write_text(stdin, "utf-8")
        with (tmp_path / "stdin").open(encoding="utf-8") as typed, pytest.raises(SystemExit) as stop:
            monkeypatch.setattr(sys, "stdin", typed)
            main(list(arguments))
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return run


class Typist:
    """Somebody at a terminal: types, and reads until something appears."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.environ.update({"TERM": "xterm", **variables})
            os.execv(sys.executable, [sys.executable, "-m", "assistant.terminal.cli", *arguments])
        self.seen = ""

    def until(self, text: str, seconds: float = 20) -> str:
        """What appeared, up to and with the text."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, f"no {text!r} in {self.seen!r}"
            self.seen += self._read()
        shown, _, rest = self.seen.partition(text)
        self.seen = rest
        return shown + text

    def type(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def leave(self) -> tuple[int, str]:
        """The exit code, and what was still said."""
        while data := self._read():
            self.seen += data
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1]), self.seen

    def _read(self) -> str:
        try:
            return os.read(self.terminal, 65536).decode().replace("\r\n", "\n")
        except OSError:
            return ""


class TestAsk:
    def test_answer_and_numbered_sources(self, run, told: str) -> None:
        assert run("ask", "What?") == (0, f"{EN} [1]\n\n{SOURCE}", told)

    def test_both_editions_on_demand(self, run, told: str) -> None:
        assert run("ask", "--sources", "What?") == (0, f"{EN} [1]\n\n{BOTH}", told)

    def test_the_answer_alone(self, run, told: str) -> None:
        assert run("ask", "--no-sources", "What?") == (0, f"{EN} [1]\n", told)

    def test_in_chinese(self, run, told: str) -> None:
        code, out, err = run("ask", "--lang", "zh", "What?")
        assert (code, out, err) == (0, f"{ZH} [1]\n\n[1] Deployment  zh-deploy-01\n    {ZH}\n", told)

    def test_the_question_as_understood(self, run, told: str) -> None:
        shown = f"{EN} [1]\n\nUnderstood as: What is there then?\n\n{SOURCE}"
        assert run("ask", "And then?") == (0, shown, told)

    def test_advice_and_a_question_back(self, run, told: str) -> None:
        shown = (
            f'{EN} [1]\n\n→ industry, target="mobile", media_input=true (industry.mobile_media)\n\n{SOURCE}\n'
            "? What are you building?\n  A mobile app / None of these\n"
        )
        assert run("ask", "advise: which?") == (0, shown, told)

    def test_not_in_the_article_is_3(self, run, told: str) -> None:
        shown = "The article does not say.\n\n· Deployment  en-deploy-01\n"
        assert run("ask", "silent?") == (3, shown, told)
        code, out, err = run("ask", "--json", "silent?")
        assert (code, json.loads(out)["abstained"], err) == (3, True, told)

    def test_json_is_the_answer_object(self, run, told: str) -> None:
        code, out, err = run("ask", "--json", "What?")
        answer = json.loads(out)
        assert (code, err) == (0, told)
        assert out == json.dumps(answer, ensure_ascii=False, indent=2) + "\n"
        assert answer["citations"][0]["counterpart"]["quote"] == ZH

    def test_what_breaks_off_is_1_and_one_sentence(self, run, told: str) -> None:
        assert run("ask", "why?") == (1, "", told + "The model stopped half-way; ask again.\n")

    def test_a_question_that_cannot_be_used_is_2(self, run, told: str) -> None:
        code, out, err = run("ask", "x" * 3000)
        assert (code, out) == (2, "")
        assert re.fullmatch(re.escape(told) + r"[^\n]*2000[^\n]*\n", err)


class TestTheServerOfThisMachine:
    @pytest.mark.parametrize(
        "arguments",
        [["--no-server"], ["--llm", "openai:http://127.0.0.1:9/v1#m"]],
        ids=["declined", "other model"],
    )
    def test_is_left_alone(self, run, server: str, arguments: list[str]) -> None:
        _, out, err = run("ask", "What is TensorFlow Lite for?", *arguments)
        assert "Asking the server" not in err
        assert EN not in out

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{}",
            "[1]",
            '{"url": "http://127.0.0.1:9", "pid": %d, "llm": "none"}',
            '{"url": "http://127.0.0.1:9", "pid": 2147483000, "llm": "none"}',
            '{"url": "nonsense", "pid": %d, "llm": "none"}',
        ],
    )
    def test_is_not_believed_when_it_is_gone(self, tmp_path: Path, text: str) -> None:
        note.leave("http://127.0.0.1:9", "none")
        (file,) = tmp_path.rglob("server.json")
        file.write_text(text.replace("%d", str(os.getpid())))
        assert note.find() is None

    def test_another_releases_server_is_left_alone(self, server: str, tmp_path: Path) -> None:
        (file,) = tmp_path.rglob("server.json")
        assert note.find().url == server
        file.write_text(json.dumps(json.loads(file.read_text()) | {"version": "0.0.1"}))
        assert note.find() is None

    def test_another_processes_note_stays(self, tmp_path: Path) -> None:
        note.leave("http://127.0.0.1:9", "none")
        (file,) = tmp_path.rglob("server.json")
        file.write_text('{"url": "http://127.0.0.1:9", "pid": 1, "llm": "none"}')
        note.take_away()
        assert file.exists()

    def test_ending_half_way_is_one_sentence(self, run) -> None:
        with serving(api_over(CannedEngine(), llm="none", answer_seconds=1)) as url:
            note.leave(url, "none")
            code, out, err = run("ask", "wait")
        assert code == 1
        assert re.fullmatch(rf"{re.escape(EN)} \[1\]( …)+\n", out)
        assert err.splitlines()[1] == "The answer was not ready within 1 seconds; ask again, or ask less."


class TestChat:
    def test_a_piped_chat(self, run, told: str, tmp_path: Path) -> None:
        file = tmp_path / "chat.json"
        lines = ["What?", "advise: which?", "1", "/sources 1", "/lang zh", '"""', "What is", "there?", '"""']
        lines += [f"/export {file}", "/new", "/quit", "not reached"]
        code, out, err = run("chat", stdin="\n".join(lines))
        advice = (
            f'\n→ industry, target="mobile", media_input=true (industry.mobile_media)\n\n{SOURCE}\n'
            "? What are you building?\n  1. A mobile app\n  2. None of these\n"
        )
        assert (code, err) == (0, told)
        assert out == (
            f"{EN} [1]\n\n{SOURCE}"
            f"{EN} [1]\n{advice}"
            f"{EN} [1]\n\n{SOURCE}"
            f"\n{BOTH}"
            "Answers in: zh\n"
            f"{ZH} [1]\n\n[1] Deployment  zh-deploy-01\n    {ZH}\n"
            f"Written to {file}\n"
            "A new conversation.\n"
        )
        asked = [answer["question"] for _, answer in read_answers(file)]
        assert asked == ["What?", "advise: which?", "A mobile app", "What is\nthere?"]

    def test_the_engine_hears_what_was_said_before(self, run, told: str) -> None:
        heard = []

        class Hearing(CannedEngine):
            def stream(self, question, history=(), language="auto"):
                heard.append([turn.content for turn in history])
                yield from super().stream(question, history, language)

        with serving(api_over(Hearing(), llm="none")) as url:
            note.leave(url, "none")
            run("chat", stdin="one\nwhy\ntwo\n/new\nthree\n")
            run("chat", "--continue", stdin="four\n")
        before = [["one", f"{EN} [1]"], ["three", f"{EN} [1]"]]
        assert heard == [[], before[0], before[0], [], before[1]]

    def test_the_flowchart_with_the_way_walked(self, run, told: str) -> None:
        _, out, _ = run("chat", stdin="advise: which?\n/flowchart\n/flowchart beginner\n")
        assert "├── ● A mobile app\n" in out
        assert re.search(r"├── ● Yes\n.*└── .* ✓\n", out)
        assert "├── ○ A service in production\n" in out
        assert "Beginner" in out

    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            ("/sing", "There is no /sing; /help lists what there is."),
            ("/sources", "There are no sources yet; ask something first."),
            ("What?\n/sources 2", "There is no source '2'; the last answer has 1."),
            (
                "/flowchart",
                "The last answer gave no advice; name a reader: /flowchart industry, researcher, ",
            ),
            ("/flowchart pilot", "There is no flowchart for 'pilot'; there are industry, "),
            ("/lang fr", "Choose a language: /lang auto|zh|en; it is auto now."),
            ("/export", "There is nothing to export yet; ask something first."),
            ("What?\n/export a.txt", "Name the file so that it ends in .md or .json; a.txt does not."),
            (f"What?\n/export {__file__}", "Name the file so that it ends in .md or .json"),
            ("What?\n/export /nowhere/a.md", "Cannot write /nowhere/a.md: No such file or directory; "),
        ],
    )
    def test_a_slash_that_cannot_be_done(self, run, told: str, line: str, sentence: str) -> None:
        code, _, err = run("chat", stdin=line + "\n")
        assert code == 0
        assert err.removeprefix(told).startswith(sentence)
        assert err.count("\n") == 2

    def test_help_lists_every_slash(self, run, told: str) -> None:
        from assistant.terminal.slash import COMMANDS

        _, out, _ = run("chat", stdin="/help\n")
        assert [line.split()[0] for line in out.splitlines() if line.startswith("/")] == list(COMMANDS)

    def test_a_file_that_is_there_is_not_overwritten(self, run, told: str, tmp_path: Path) -> None:
        (tmp_path / "mine.md").write_text("mine")
        _, _, err = run("chat", stdin=f"What?\n/export {tmp_path / 'mine.md'}\n")
        assert "exists already" in err
        assert (tmp_path / "mine.md").read_text() == "mine"

    def test_goes_on_when_it_cannot_be_kept(self, run, told: str, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setenv("ASSISTANT_HISTORY", str(tmp_path / "diary.db"))
        (tmp_path / "diary.db").write_text("My diary")
        code, out, err = run("chat", stdin="What?\nWhat else?\n")
        assert (code, out.count(f"{EN} [1]\n")) == (0, 2)
        assert err.count("This chat will not be kept.") == 1
        assert (tmp_path / "diary.db").read_text() == "My diary"


class TestAtATerminal:
    def test_ctrl_c_stops_the_answer_and_not_the_program(self, server: str) -> None:
        typist = Typist("chat")
        typist.until("> ")
        typist.type("wait for it\n")
        typist.until("… …")
        typist.type("\x03")
        assert typist.until("\n> ").endswith("Stopped.\n\n> ")
        typist.type("\x03")
        typist.until("Ctrl-D or /quit leaves.\n\n> ")
        typist.type("What?\n")
        typist.until(SOURCE.splitlines()[1])
        typist.until("> ")
        typist.type("\x04")
        assert typist.leave()[0] == 0
        with Conversations.open() as store:
            (kept,) = (store.get(OWNER, found.id) for found in store.list(OWNER))
        assert [(turn.question, turn.state, turn.failure) for turn in kept.turns] == [
            ("wait for it", "failed", "Stopped."),
            ("What?", "answered", None),
        ]

    def test_ctrl_c_ends_ask_with_130(self, server: str) -> None:
        typist = Typist("ask", "wait")
        typist.until("… …")
        typist.type("\x03")
        code, shown = typist.leave()
        assert code == 130
        assert "Traceback" not in shown

    def test_deleting_asks_first(self, run, server: str) -> None:
        run("chat", stdin="What?\n")
        for answer, left in (("n\n", 1), ("y\n", 0)):
            typist = Typist("history", "delete", "")
            typist.until("Delete 'What?' with 1 questions? [y/N]: ")
            typist.type(answer)
            typist.leave()
            with Conversations.open() as store:
                assert len(store.list(OWNER)) == left

    @pytest.mark.parametrize(
        ("arguments", "variables", "coloured"),
        [
            ([], {}, True),
            (["--no-color"], {}, False),
            ([], {"NO_COLOR": "1"}, False),
            ([], {"TERM": "dumb"}, False),
        ],
    )
    def test_colours_unless_declined(self, server: str, arguments, variables, coloured: bool) -> None:
        code, shown = Typist(*arguments, "ask", "advise: which?", **variables).leave()
        assert code == 0
        assert ("\x1b" in shown) is coloured
        assert EN in shown

    def test_lines_break_between_words(self, server: str) -> None:
        shown = Typist("--no-color", "ask", "What?", COLUMNS="30").leave()[1]
        assert "\nTensorFlow has TensorFlow\nLite. [1]\n" in shown
        assert "\n    TensorFlow has TensorFlow\n    Lite.\n" in shown


class TestHistory:
    @pytest.fixture
    def kept(self, run, told: str) -> str:
        """The id of a conversation of two questions."""
        run("chat", stdin="JAX 怎么样？\nwhy?\n")
        with Conversations.open() as store:
            return store.list(OWNER)[0].id

    def test_list_and_search(self, run, kept: str) -> None:
        line = rf"{kept[:8]}  \d{{4}}-\d\d-\d\d \d\d:\d\d    2  JAX 怎么样？\n"
        for words in (["list"], ["search", "jax", "怎么"], ["search", "lite"]):
            code, out, err = run("history", *words)
            assert (code, err) == (0, "")
            assert re.fullmatch(line, out)
        assert run("history", "search", "keras") == (0, "", "No conversation holds 'keras'.\n")
        (listed,) = json.loads(run("history", "list", "--json")[1])["conversations"]
        assert (listed["id"], listed["count"], "turns" in listed) == (kept, 2, False)

    def test_an_empty_history_says_how_to_begin(self, run) -> None:
        assert run("history", "list") == (0, "", "No conversations yet; `assistant chat` begins one.\n")

    def test_show(self, run, kept: str) -> None:
        code, out, err = run("history", "show", kept[:4])
        assert (code, err) == (0, "")
        title, _, rest = out.partition("\n")
        assert re.fullmatch(r"JAX 怎么样？  \d{4}-\d\d-\d\d \d\d:\d\d", title)
        assert rest == (
            f"\n> JAX 怎么样？\n{ZH} [1]\n\n[1] Deployment  zh-deploy-01\n    {ZH}\n"
            "\n> why?\nThe model stopped half-way; ask again.\n"
        )

    @pytest.mark.parametrize("name", ["out.md", "out.json"])
    def test_export_to_a_file_or_a_pipe(self, run, kept: str, tmp_path: Path, name: str) -> None:
        file = tmp_path / name
        assert run("history", "export", kept, "--out", str(file)) == (0, "", f"Written to {file}.\n")
        form = "json" if name.endswith("json") else "markdown"
        assert run("history", "export", kept, "--format", form) == (0, file.read_text("utf-8"), "")

    def test_delete(self, run, kept: str) -> None:
        code, _, err = run("history", "delete", kept)
        assert (code, "--yes" in err) == (2, True)
        assert run("history", "delete", kept, "--yes") == (0, "", "Deleted 'JAX 怎么样？'.\n")
        assert run("history", "show", kept)[0] == 2

    @pytest.mark.parametrize("command", [["show"], ["export"], ["delete", "--yes"]])
    def test_an_unknown_id_is_2_and_one_sentence(self, run, kept: str, command: list[str]) -> None:
        code, out, err = run("history", *command, "zzz")
        assert (code, out) == (2, "")
        assert re.fullmatch(r"There is no conversation 'zzz'[^\n]*\n", err)


class TestEscapes:
    COMMANDS = (
        ["ask", "hostile advise then which?"],
        ["ask", "--sources", "hostile"],
        ["ask", "--json", "hostile"],
        ["ask", "silent"],
        ["ask", "why"],
        ["history", "list"],
        ["history", "show", ""],
        ["history", "export", ""],
        ["history", "export", "", "--format", "json"],
        ["search", "TensorFlow Lite"],
        ["recommend", "--audience", "industry"],
        ["check"],
        ["models"],
        ["doctor"],
        ["sing"],
        *([name, "--help"] for name in cli.commands),
    )

    def test_no_pipe_carries_one(self, run, server: str, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
        run("chat", stdin="hostile advise then which?\n/flowchart\n/help\n")
        for command in self.COMMANDS:
            _, out, err = run(*command)
            assert out + err
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out + err), command

    def test_of_the_model_never_reach_the_terminal(self, server: str) -> None:
        shown = Typist("--no-color", "ask", "hostile").leave()[1]
        assert EN in shown
        assert not re.search(r"[\x1b\x07\x9b\u202e]|owned", shown)


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_the_script_loads_and_completes(self, run, shell: str, tmp_path: Path) -> None:
        code, script, err = run("completion", shell)
        assert (code, err) == (0, "")
        assert f"_ASSISTANT_COMPLETE={shell}_complete" in script
        if not shutil.which(shell):
            assert re.search(r"complete .*assistant|compdef \S+ assistant", script)
            return
        file = tmp_path / "completion"
        file.write_text(script)
        tries = {
            "bash": f"source {file}; COMP_WORDS=(assistant hi) COMP_CWORD=1; "
            "_assistant_completion assistant; echo ${COMPREPLY[@]}",
            "zsh": f"autoload -U compinit; compinit -u -D; source {file}; print $_comps[assistant]; "
            "_ASSISTANT_COMPLETE=zsh_complete COMP_WORDS='assistant hi' COMP_CWORD=1 assistant",
            "fish": f"source {file}; complete -C 'assistant hi'",
        }
        scripts = str(Path(sys.executable).parent)
        path = {**os.environ, "PATH": scripts + os.pathsep + os.environ["PATH"], "HOME": str(tmp_path)}
        found = subprocess.run([shell, "-c", tries[shell]], capture_output=True, text=True, env=path)
        assert (found.returncode, found.stderr) == (0, "")
        assert "history" in found.stdout
        if shell == "zsh":
            assert "_assistant_completion" in found.stdout

    def test_conversations_are_completed_with_their_titles(self, run, told: str, monkeypatch, capsys) -> None:
        run("chat", stdin="What?\n")
        with Conversations.open() as store:
            kept = store.list(OWNER)[0].id[:8]
        monkeypatch.setenv("_ASSISTANT_COMPLETE", "zsh_complete")
        monkeypatch.setenv("COMP_WORDS", "assistant history show ")
        monkeypatch.setenv("COMP_CWORD", "3")
        assert run()[1].splitlines() == ["plain", kept, "What?"]


class TestFlow:
    @pytest.mark.parametrize("width", [1, 7, 20, 33])
    @pytest.mark.parametrize(
        "text",
        [
            "TorchServe supports both REST and gRPC APIs. [1] And [2]",
            "它有（很多）“工具”。[1]还有 TFX，等等！",
            "a\n\nb c",
        ],
    )
    def test_only_line_breaks_are_added(self, width: int, text: str) -> None:
        whole = Flow(width)(text)
        assert re.sub(r"\s", "", whole) == re.sub(r"\s", "", text)
        pieces = Flow(width)
        assert (
            "".join(pieces(piece) for piece in re.split(r"(?<=[。.!]) ", text)).count("\n")
            >= whole.count("\n") - 1
        )
        assert not re.search(r"\n[。，！）”\[]", whole) or width < 5

    def test_a_pipe_gets_the_text_itself(self) -> None:
        assert Flow(None)("a  b\nc" * 50) == "a  b\nc" * 50
