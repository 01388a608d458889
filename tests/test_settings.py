import subprocess
import sys
from pathlib import Path

import pytest

from assistant.settings import Settings, load_settings
from corpus.errors import InputError


def test_defaults_need_no_environment() -> None:
    settings = load_settings()
    assert (settings.llm, settings.host, settings.port) == ("qwen2.5-coder-1.5b", "127.0.0.1", 7860)


def test_a_choice_wins_over_the_environment_and_that_over_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASSISTANT_PORT", "8001")
    monkeypatch.setenv("ASSISTANT_LLM", "none")
    settings = load_settings(port=8002, llm=None)
    assert (settings.port, settings.llm) == (8002, "none")


def test_home_is_a_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
    assert load_settings().home == tmp_path


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("port", "seven", "should be a valid integer"),
        ("port", "65536", "less than or equal to 65535"),
        ("threads", "-1", "greater than or equal to 0"),
        ("context_tokens", "10", "greater than or equal to 512"),
        ("deadline_seconds", "0", "greater than 0"),
        ("llm", "", "at least 1 character"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(f"ASSISTANT_{name.upper()}", value)
    with pytest.raises(InputError) as caught:
        load_settings()
    sentence = str(caught.value)
    assert f"ASSISTANT_{name.upper()}" in sentence and repr(value) in sentence and expected in sentence
    assert "\n" not in sentence and sentence.endswith(".")


def test_an_unknown_setting_is_named_beside_the_known_ones() -> None:
    with pytest.raises(InputError, match="no setting named 'prot': choose one of llm, home, adapter"):
        load_settings(prot=1)


def test_settings_cannot_change_under_a_running_engine() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_importing_settings_loads_no_engine() -> None:
    code = "import sys, assistant.settings; print(sorted({'torch', 'xllamacpp', 'faiss'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
