"""`python -m evaluation.bench.speed`, which decides whether a build of llama.cpp may be installed."""

import re
from pathlib import Path

import pytest
from tiny_models import write_gguf

from evaluation.bench.speed import main


def test_a_build_that_reads_and_writes_tells_how_fast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_LLM", str(write_gguf(tmp_path / "tiny.gguf")))
    assert main() == 0
    processor, rates = capsys.readouterr().out.splitlines()
    assert processor.startswith("CPU :")
    found = re.fullmatch(r"reads (\d+) tokens/s, writes ([\d.]+) tokens/s", rates)
    assert found and all(float(rate) > 0 for rate in found.groups())


def test_a_model_that_does_not_load_fails_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model")
    monkeypatch.setenv("ASSISTANT_LLM", str(broken))
    assert main() == 1
    assert "llama.cpp cannot load" in capsys.readouterr().err
