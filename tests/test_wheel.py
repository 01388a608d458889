"""The wheel: built here, installed elsewhere, used from another folder."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, **more: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built with the installed hatchling, so without a network."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT)
    (wheel,) = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; it borrows the libraries of the one that runs the tests."""
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home / "env", with_pip=False)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", home / "env/bin/python")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel)
    (site,) = (home / "env").glob("lib/python*/site-packages")
    (site / "zz-borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


def python(home: Path, code: str) -> str:
    return run(home / "env/bin/python", "-c", code, cwd=home, env=environment(home)).strip()


def environment(home: Path) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("ASSISTANT_", "PYTHON"))
    }
    return kept | {"ASSISTANT_HOME": str(home / "cache"), "ASSISTANT_LLM": "none"}


def test_holds_the_packages_and_their_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    data = {
        "corpus/article/zh.md",
        "corpus/article/en.md",
        "corpus/article/flowcharts.yaml",
        "assistant/web/page.css",
    }
    assert data | {"app.py", "index/weights.py"} <= names
    assert any(name.startswith("index/data/") and name.endswith(".faiss") for name in names)
    assert not [
        name
        for name in names
        if name.startswith(("evaluation/", "tests/", "docs/")) or name.endswith((".gguf", ".pyc"))
    ]


def test_imports_from_another_folder(elsewhere: Path) -> None:
    code = (
        "import corpus, index, assistant, app; print(*(m.__file__ for m in (corpus, index, assistant, app)))"
    )
    places = python(elsewhere, code).split()
    assert len(places) == 4
    assert all(place.startswith(str(elsewhere)) for place in places)


def test_answers_from_another_folder(elsewhere: Path) -> None:
    command = (elsewhere / "env/bin/assistant", "ask", "What is TensorFlow Lite for?")
    out = run(*command, cwd=elsewhere, env=environment(elsewhere))
    assert "[1]" in out
    assert not (elsewhere / "cache" / "index").exists()  # the packaged index served
