"""`assistant verify`: right answers pass, altered ones are named with what was done, misuse is said."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.engine import Engine
from assistant.settings import load_settings
from assistant.terminal.cli import main

Saved = dict[str, Any]
Run = Callable[..., tuple[int, str, str]]

QUESTIONS = {"zh": "TorchServe 是哪年发布的?", "en": "When was TorchServe released?"}
SPLICED = "TorchServe 是 AWS 和 Facebook 合作的开源部署框架,在第一轮(模型可用性)的对比中,PyTorch 完胜。"


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[str, Saved]]:
    """An answer in each language, as saved; both quote the one sentence that tells the year."""
    engine = Engine.open(load_settings(llm="none"))
    yield {lang: engine.ask(asked).model_dump(mode="json") for lang, asked in QUESTIONS.items()}
    engine.close()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line; gives (exit code, output, errors)."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(list(map(str, arguments)))
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return run


def said(answer: Saved, old: str, new: str) -> None:
    """Alter what the answer says, not what it quotes."""
    answer["answer"] = answer["answer"].replace(old, new)
    for sentence in answer["sentences"]:
        sentence["text"] = sentence["text"].replace(old, new)


def quoted(answer: Saved, old: str, new: str) -> None:
    """Alter the quote, and the passage with it."""
    (citation,) = answer["citations"]
    for field in ("quote", "text"):
        citation[field] = citation[field].replace(old, new)
    citation["end"] = citation["start"] + len(citation["quote"])


def moved(answer: Saved) -> None:
    """Cite another passage for the same words."""
    (citation,) = answer["citations"]
    place = citation["passage_id"]
    citation["passage_id"] = place.replace("deployment-torchserve", "availability-huggingface")


def spliced(answer: Saved) -> None:
    """Quote halves of two sentences as one."""
    quoted(answer, answer["citations"][0]["quote"], SPLICED)


def save(path: Path, *answers: Saved) -> Path:
    path.write_text("".join(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers), "utf-8")
    return path


@pytest.mark.parametrize("language", QUESTIONS)
def test_an_answer_as_given_holds(run: Run, answers: dict[str, Saved], tmp_path: Path, language: str) -> None:
    path = save(tmp_path / "answers.jsonl", answers[language], answers[language])
    assert run("verify", path) == (0, "", f"{path}: all answers hold, 2 of 2.\n")


@pytest.mark.parametrize(
    ("language", "alter", "kind"),
    [
        ("zh", lambda a: said(a, "2020", "2019"), "altered number"),
        ("en", lambda a: said(a, "2020", "2019"), "altered number"),
        ("zh", lambda a: quoted(a, "2020", "2019"), "altered number"),
        ("en", lambda a: quoted(a, "2020", "2019"), "altered number"),
        ("zh", lambda a: said(a, "TorchServe 是", "TorchServe 不是"), "flipped polarity"),
        ("en", lambda a: said(a, "TorchServe is", "TorchServe is not"), "flipped polarity"),
        ("zh", lambda a: said(a, a["sentences"][0]["text"], "今天天气很好,适合散步。"), "fabricated"),
        ("en", lambda a: said(a, a["sentences"][0]["text"], "The weather is fine today."), "fabricated"),
        ("en", lambda a: quoted(a, a["citations"][0]["quote"], "The weather is fine today."), "fabricated"),
        ("zh", moved, "wrong passage"),
        ("en", moved, "wrong passage"),
        ("zh", spliced, "spliced quote"),
    ],
)
def test_what_was_done_is_named(
    run: Run,
    answers: dict[str, Saved],
    tmp_path: Path,
    language: str,
    alter: Callable[[Saved], None],
    kind: str,
) -> None:
    altered = copy.deepcopy(answers[language]) | {"id": "a2"}
    alter(altered)
    path = save(tmp_path / "answers.jsonl", answers[language], altered)
    code, out, err = run("verify", path)
    assert code == 1
    assert f"line 2 (a2): {kind}\n" in out and "line 1" not in out
    assert err == f"{path}: 1 of 2 answers fail; the lines above say how.\n"

    code, out, _ = run("verify", path, "--json")
    told = json.loads(out)
    assert code == 1
    assert told["answers"] == 2
    assert kind in {finding["kind"] for finding in told["findings"]}
    assert {finding["where"] for finding in told["findings"]} == {"line 2 (a2)"}
    assert all(finding["sentence"] and finding["detail"] for finding in told["findings"])


def test_one_object_spread_over_lines_is_read(run: Run, answers: dict[str, Saved], tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answers["en"], indent=2), "utf-8")
    code, out, _ = run("verify", path, "--json")
    assert (code, json.loads(out)) == (0, {"answers": 1, "findings": []})


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "does not exist"), ("", "holds no answer"), ('{"id": 1}', "holds no answer"), ("{", "no JSON")],
)
def test_a_file_that_cannot_be_used_is_misuse(run: Run, tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "file"
    if text is not None:
        path.write_text(text)
    code, out, err = run("verify", path)
    assert (code, out) == (2, "")
    assert words in " ".join(err.split())


def test_what_an_answer_holds_cannot_drive_the_terminal(
    run: Run, answers: dict[str, Saved], tmp_path: Path
) -> None:
    altered = copy.deepcopy(answers["en"])
    said(altered, "TorchServe is", "\x1b[2J\x1b]0;owned\x07TorchServe is not")
    code, out, _ = run("verify", save(tmp_path / "answers.jsonl", altered))
    assert code == 1
    assert "\x1b" not in out and "owned" not in out and "TorchServe is not" in out
