"""Runs of the evaluation: its command line, the record it is compared with, the cache of replies."""

import json
import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from doubles import ScriptedGenerator

from assistant.generation.base import Message, Request
from assistant.verification import verify_file
from corpus.errors import InputError
from evaluation import labelled, records
from evaluation.__main__ import main
from evaluation.cache import CachedGenerator
from evaluation.figures import OVERALL
from evaluation.records import Run

ROOT = Path(__file__).parent.parent
ANYBODYS = 30
"""Bytes up to which a question has but one likely wording ("What is X?"), which anybody may use."""

Ran = tuple["Place", tuple[int, str, str]]


def line(name: str, question: str, **fields: Any) -> dict[str, Any]:
    """A labelled question of our own."""
    plain = {"id": name, "lang": "en", "type": "fact", "history": [], "question": question}
    return plain | {"answerable": True, "must": [], "must_not": [], "recommend": None} | fields


QUESTIONS = [
    line(
        "t-001",
        "When was TorchServe released?",
        must=[["aws"], ["facebook"], ["2020"]],
        evidence=[["TorchServe 是 AWS 和 Facebook 合作的开源部署框架"]],
    ),
    line(
        "t-002",
        "TorchServe 是哪年发布的?",
        lang="zh",
        must=[["微软"]],  # mislabelled on purpose
        evidence=[["TorchServe 是 AWS 和 Facebook 合作的开源部署框架"]],
    ),
    line(
        "t-003", "What does a Coral board cost?", type="unanswerable", answerable=False, evidence=[]
    ),
]  # fmt: skip


class Place:
    """A folder in which our questions are evaluated without a model."""

    def __init__(self, folder: Path) -> None:
        self.recorded, self.report = folder / "recorded.json", folder / "eval.md"
        self.answers, self.questions = folder / "answers.jsonl", folder / "own.jsonl"

    def evaluate(self, *arguments: str, questions: list[dict[str, Any]] = QUESTIONS) -> tuple[int, str, str]:
        """(exit code, output, errors) of a run."""
        lines = [json.dumps(question, ensure_ascii=False) + "\n" for question in questions]
        self.questions.write_text("".join(lines), "utf-8")
        places = ["--recorded", str(self.recorded), "--report", str(self.report), "--out", str(self.answers)]
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            code = main([str(self.questions), "--llm", "none", *places, *arguments])
        return code, out.getvalue(), err.getvalue()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty place."""
    return Place(tmp_path)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, tuple[int, str, str]]:
    """A place with one recorded run, and what it gave."""
    place = Place(tmp_path_factory.mktemp("ran"))
    return place, place.evaluate("--record")


def test_a_run_prints_figures_failures_and_what_is_missed(ran: Ran) -> None:
    _, (code, out, err) = ran
    assert code == 1
    groups = {row.split()[0]: row.split()[1:] for row in out.splitlines() if "." in row and "[" not in row}
    assert groups[OVERALL][:4] == ["3", "50.0", "50.0", "100.0"]
    assert groups["en"][:3] == ["2", "100.0", "100.0"]
    assert groups["zh"][:3] == ["1", "0.0", "0.0"]
    assert groups["unanswerable"][:4] == ["1", "–", "–", "100.0"]
    (failure,) = re.findall(r"^t-\d+ .*", out, re.MULTILINE)
    assert failure.startswith("t-002 [zh, fact] lacks a fact: 微软 « TorchServe 是 AWS")
    assert "no recorded run" in out
    assert "Answering" in err and "Answering" not in out
    assert re.findall(r"^Missed: (.*?),", err, re.MULTILINE) == [
        "answer accuracy is 50.0%",
        "answer accuracy is 50.0%",
    ]


def test_the_report_names_ids_and_no_question(ran: Ran) -> None:
    report = ran[0].report.read_text("utf-8")
    assert "- t-002: lacks a fact\n" in report
    assert "| answer accuracy | 50.0 % | 1/2 | 100.0 % | ≥ 95%, zh and en within 4% | – |" in report
    assert "**Thresholds missed: 2.**" in report
    assert not [q["question"] for q in QUESTIONS if q["question"] in report]
    rows = [row for row in report.splitlines() if row.startswith("|")]
    assert all(row.endswith("|") for row in rows)
    assert len({row.count("|") for row in rows}) == 2  # two tables


def test_the_answers_are_kept_and_can_be_checked_again(ran: Ran) -> None:
    rows = ran[0].answers.read_text("utf-8").splitlines()
    assert [json.loads(row)["id"] for row in rows] == ["t-001", "t-002", "t-003"]
    assert verify_file(ran[0].answers) == []


def test_a_later_run_is_compared_with_the_recorded_one(ran: Ran, place: Place) -> None:
    run = json.loads(ran[0].recorded.read_text("utf-8"))["own"]["none"]
    assert run["failed"] == {"t-002": ["lacks a fact"]}
    assert run["table"][OVERALL]["shares"]["answer_accuracy"] == [1, 2]
    run["table"][OVERALL]["shares"]["answer_accuracy"] = [2, 2]
    run["failed"] = {"t-001": ["lacks a fact"]}
    place.recorded.write_text(json.dumps({"own": {"none": run}}), "utf-8")

    _, out, _ = place.evaluate("--record")
    assert "overall: answer accuracy 100.0 % → 50.0 % (-50.0)" in out
    assert "Now right: t-001" in out and "Now failing: t-002" in out
    spread = r"\d+\.\d\d / \d+\.\d\d s"
    assert re.search(f"whole answer: {spread} → {spread}", out)
    row = "| answer accuracy | 50.0 % | 1/2 | 100.0 % | ≥ 95%, zh and en within 4% | 100.0 % |"
    assert row in place.report.read_text("utf-8")
    assert "No share has changed." in place.evaluate()[1]


def test_a_run_without_a_fault_exits_0(place: Place) -> None:
    code, _, err = place.evaluate(questions=[QUESTIONS[0], QUESTIONS[2]])
    assert (code, re.findall("Missed", err)) == (0, [])


def test_a_run_over_other_questions_is_not_compared(ran: Ran, place: Place) -> None:
    place.recorded.write_bytes(ran[0].recorded.read_bytes())
    broken = line("t-009", "???", must=[["x"]], evidence=[["x"]])
    _, out, err = place.evaluate("--cache", str(place.questions.with_name("cache")), questions=[broken])
    assert "no recorded run" in out
    assert "t-009 [en, fact] no answer; cites nothing right" in out
    assert "t-009: The question is empty" in err
    assert "Times are not judged" in out


def test_runs_are_kept_by_questions_and_model(tmp_path: Path) -> None:
    path = tmp_path / "recorded.json"
    runs = [run_of("dev", "a"), run_of("dev", "b"), run_of("own", "a")]
    for run in runs:
        records.record(run, path)
    assert [records.recorded(run, path) for run in runs] == runs
    newer = runs[0].model_copy(update={"date": "2030-01-01"})
    records.record(newer, path)
    assert records.recorded(runs[0], path) == newer
    assert records.recorded(runs[1], path) == runs[1]
    assert [file.name for file in tmp_path.iterdir()] == ["recorded.json"]


def test_a_damaged_record_is_named(place: Place) -> None:
    place.recorded.write_text("{")
    with pytest.raises(InputError, match=r"recorded\.json holds no recorded runs"):
        records.recorded(run_of("dev", "a"), place.recorded)


@pytest.mark.parametrize("arguments", [["nowhere"], ["dev", "--llm", "gpt-9"]])
def test_what_cannot_be_used_is_misuse(arguments: list[str]) -> None:
    assert main(arguments) == 2


def test_the_questions_stand_nowhere_else() -> None:
    rows = (ROOT / "evaluation/questions/dev.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(row)["question"] for row in rows]
    telling = [question for question in asked if len(question.encode()) > ANYBODYS]
    assert len(telling) > 80
    rooms = [ROOT / name for name in ("assistant", "corpus", "docs", "evaluation", "index", "tests")]
    files = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(f for room in rooms for f in room.rglob("*"))]
    kinds = {".py", ".md", ".yaml", ".json", ".jsonl", ".tsv"}
    texts = [f.read_text("utf-8") for f in files if f.suffix in kinds and f.parent != labelled.SETS]
    assert len(texts) > 100
    assert [question for question in telling if any(question in text for text in texts)] == []


def run_of(questions: str, model: str) -> Run:
    """A run without questions."""
    told = {"digest": "0", "date": "2020-01-01", "version": "1", "machine": "none", "timed": False}
    return Run.model_validate({"questions": questions, "model": model, "table": {}, "failed": {}} | told)


class TestCache:
    """A model asked once."""

    @pytest.fixture
    def opened(self) -> list[ScriptedGenerator]:
        """The models that were opened, in order."""
        return []

    @pytest.fixture
    def cached(self, tmp_path: Path, opened: list[ScriptedGenerator]) -> Callable[..., CachedGenerator]:
        """A new cache over the one file; its model says the last message backwards."""

        def cached(name: str = "m") -> CachedGenerator:
            def open_model() -> ScriptedGenerator:
                opened.append(ScriptedGenerator(lambda messages: messages[-1]["content"][::-1]))
                return opened[-1]

            return CachedGenerator(name, open_model, tmp_path / "cache.jsonl")

        return cached

    def test_replies_are_the_models_and_remembered(self, cached, opened) -> None:
        for _ in range(2):
            model = cached()
            generation = model.stream(Request(user("abcdef\n火")))
            assert "".join(generation) == "火\nfedcba"
            assert (generation.usage.prompt_tokens, generation.usage.completion_tokens) == (8, 3)
            model.warm(user("abc"))
            model.close()
        assert len(opened) == 1 and opened[0].closed and len(opened[0].requests) == 1
        assert opened[0].warmed == []

    def test_another_request_or_model_is_asked(self, cached, opened) -> None:
        requests = [Request(user("abc")), Request(user("abc"), max_tokens=1), Request(user("abd"))]
        requests += [Request(user("abc"), stop=("a",)), Request(user("abc"), grammar="root ::= [a-c]*")]
        said = ["".join(cached().stream(request)) for request in requests]
        assert said == ["cba", "cba", "dba", "cb", "cba"]
        assert len(opened) == 5
        cached("other").stream(requests[0])
        assert len(opened) == 6

    def test_a_reply_cut_off_on_disk_is_asked_for_again(self, cached, opened, tmp_path: Path) -> None:
        for text in ("abc", "def"):
            cached().stream(Request(user(text)))
        path = tmp_path / "cache.jsonl"
        path.write_bytes(path.read_bytes()[:-5])
        assert ["".join(cached().stream(Request(user(text)))) for text in ("abc", "def")] == ["cba", "fed"]
        assert len(opened) == 3
        assert len(path.read_text("utf-8").splitlines()) == 2

    def test_a_file_that_is_no_cache_is_left_alone(self, cached, tmp_path: Path) -> None:
        (tmp_path / "cache.jsonl").write_text("notes\n")
        with pytest.raises(InputError, match="is no cache of replies"):
            cached()
        assert (tmp_path / "cache.jsonl").read_text() == "notes\n"


def user(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]
