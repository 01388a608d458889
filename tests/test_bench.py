"""The benchmark: its command line over a small growth, its records, its clients, its report and picture."""

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from doors import api_over, serving
from doubles import CannedEngine

from corpus.errors import AssistantError, InputError
from evaluation.bench import drawing, records, report
from evaluation.bench.__main__ import PARTS, main
from evaluation.bench.catalogue import Figure, catalogue
from evaluation.bench.clients import crowd
from evaluation.bench.records import Run
from evaluation.labelled import Question


class Place:
    """A folder in which a small growth is measured."""

    def __init__(self, folder: Path) -> None:
        self.recorded, self.docs = folder / "recorded.json", folder
        self.places = ["--recorded", str(self.recorded), "--docs", str(folder)]

    def bench(self, *arguments: str) -> tuple[int, str, str]:
        """(exit code, output, errors) of a run."""
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            code = main(["growth", "--passages", "2000", *self.places, *arguments])
        return code, out.getvalue(), err.getvalue()


def run(**figures: float) -> Run:
    """A run of ours."""
    about = {"date": "2026-01-01", "version": "0", "machine": "a machine", "note": "", "questions": "3"}
    return Run(**about, runs=1, figures=figures, samples={"whole answer": [1.0, 2.0]})


def question(number: int, text: str = "Deploy?") -> Question:
    """An unlabelled question."""
    labels = {"must": [], "must_not": [], "evidence": [], "recommend": None, "history": []}
    return Question(id=f"q{number}", lang="en", type="fact", question=text, answerable=True, **labels)


def test_every_part_is_described_and_every_description_is_a_part() -> None:
    assert set(catalogue()) == set(PARTS)


def test_a_run_is_recorded_and_reported_and_the_next_compared_with_it(tmp_path: Path) -> None:
    place = Place(tmp_path)
    code, out, _ = place.bench("--record", "--note", "Nothing else ran.")
    assert code == 0 and "IVF, recall@10" in out
    figures = json.loads(place.recorded.read_text())["qwen2.5-coder-1.5b"]["growth"]["figures"]
    assert set(figures) - {"flat_recall"} == set(catalogue()["growth"].figures)
    assert figures["flat_recall"] == 1 and figures["ivf_recall"] > 0.3 and figures["hnsw_recall"] > 0.5
    text = (tmp_path / "bench.md").read_text()
    assert "## A million passages" in text and "Nothing else ran." in text

    kept = json.loads(place.recorded.read_text())
    kept["qwen2.5-coder-1.5b"]["growth"]["figures"] |= {"flat_p95_ms": 1e-6, "hnsw_build_s": 1e6}
    place.recorded.write_text(json.dumps(kept))
    code, out, err = place.bench()
    assert code == 1 and "WORSE" in err and "flat, query p95" in err
    assert "better" in out and "HNSW, built in" not in err


def test_what_got_worse_is_told_by_direction() -> None:
    before = run(whole_p50_s=2.0, per_minute=20.0, prompt_tokens=100, first_p50_s=1.0)
    now = run(whole_p50_s=3.0, per_minute=10.0, prompt_tokens=900, first_p50_s=1.1)
    told = list(records.compared("warm", now, before))
    assert [line.split(":")[0] for line in told] == ["WORSE by 50%", "WORSE by 100%"]
    assert [line.split(" by")[0] for line in records.compared("warm", before, now)] == ["better", "better"]
    assert not list(records.compared("warm", now, None))


@pytest.mark.parametrize(
    ("figure", "value", "holds", "wanted"),
    [
        (Figure(label="", unit="s", at_most=6), 6.0, True, "≤ 6.00 s"),
        (Figure(label="", unit="s", at_most=6), 6.1, False, "≤ 6.00 s"),
        (Figure(label="", unit="x", at_least=8), 7.9, False, "≥ 8.00 x"),
        (Figure(label="", unit=""), 7.9, None, ""),
    ],
)
def test_a_bound_holds_or_not(figure: Figure, value: float, holds: bool | None, wanted: str) -> None:
    assert figure.holds(value) is holds
    assert figure.wanted == wanted


def test_the_report_tells_what_was_missed() -> None:
    text = report.markdown({"warm": run(whole_p50_s=3.2, retrieve_p95_ms=4)}, "a model")
    assert "| One client: whole answer p50 | 3.20 s | ≤ 3.00 s | **missed** |" in text
    assert "| One client: retrieval p95 | 4.00 ms | ≤ 15.0 ms | holds |" in text
    lines = "\n".join(report.lines({"warm": run(whole_p50_s=3.2)}))
    assert "MISSED" in lines and "retrieval" not in lines


def test_records_that_are_none_are_named(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("[1]")
    with pytest.raises(InputError, match=r"r\.json holds no recorded runs"):
        records.recorded("m", tmp_path / "r.json")


def test_parts_are_kept_beside_each_other(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    records.record("m", {"warm": run(whole_p50_s=1)}, path)
    records.record("m", {"start": run(ready_s=2)}, path)
    records.record("other", {"start": run(ready_s=3)}, path)
    assert records.recorded("m", path) == {"warm": run(whole_p50_s=1), "start": run(ready_s=2)}
    assert "[ 1.0, 2.0 ]" in path.read_text()


def test_the_picture_has_a_line_for_each_kind_of_run() -> None:
    picture = ElementTree.fromstring(drawing.draw({"first token": [0.2, 0.4], "whole answer": [1, 2, 9]}))
    words = [text.text for text in picture.iter() if text.text]
    assert {"first token", "whole answer", "0%", "100%"} <= set(words)
    assert len([path for path in picture.iter() if path.get("stroke-width") == "2"]) == 2


def test_clients_ask_at_once_and_see_when_what_came() -> None:
    with serving(api_over(CannedEngine())) as url:
        readings, seconds = crowd(url, [question(number) for number in range(5)], clients=2)
    assert len(readings) == 5 and seconds > 0
    assert all(0 < r.evidence <= r.first <= r.whole and r.answer.citations for r in readings)


def test_an_answer_that_breaks_off_is_an_error() -> None:
    with (
        serving(api_over(CannedEngine())) as url,
        pytest.raises(AssistantError, match="q1 got no answer: The model stopped"),
    ):
        crowd(url, [question(1, "why")])


def test_an_unknown_part_is_a_wrong_usage() -> None:
    with pytest.raises(SystemExit) as caught, redirect_stderr(StringIO()):
        main(["speed"])
    assert caught.value.code == 2
