"""What every test has: a clean environment, and browser tests where there is a browser."""

import os
import shutil

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave browser tests out where there is no Chromium; the closing line counts them as deselected."""
    if shutil.which("chromium"):
        return
    browser = [item for item in items if item.get_closest_marker("browser")]
    config.hook.pytest_deselected(items=browser)
    items[:] = [item for item in items if item not in browser]


@pytest.fixture(autouse=True)
def _no_data_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Conversations and the note of a running server are read and written in a folder of the tests'."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "data"))


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """ASSISTANT_ variables of the shell must not reach a test; the folder of fetched models may."""
    for name in [name for name in os.environ if name.startswith("ASSISTANT_") and name != "ASSISTANT_HOME"]:
        monkeypatch.delenv(name)
