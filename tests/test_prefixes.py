"""Computed prompts on disk, kept by an engine that is a folder: what it saves is what the test says."""

from pathlib import Path

import pytest

from assistant.generation.base import Message
from assistant.generation.prefixes import Prefixes

HEAD: list[Message] = [{"role": "user", "content": "head"}]
WHOLE: list[Message] = [{"role": "user", "content": "head and more"}]


class Slots:
    """Saves `state` for any slot, and remembers what was restored."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state, self.restored = folder, b"", b""

    def keep(self, action: str, slot: int, name: str) -> bool:
        """Save or restore; always done."""
        if action == "save":
            (self.folder / name).write_bytes(self.state)
        else:
            self.restored = (self.folder / name).read_bytes()
        return True


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    return Slots(tmp_path)


@pytest.fixture
def prefixes(slots: Slots) -> Prefixes:
    found = Prefixes(slots.folder, "some model", slots.keep, 1_000_000)
    slots.state = b"state of the head " * 100
    found.save(HEAD, 0)
    return found


def test_what_goes_on_from_a_head_comes_back_whole(prefixes: Prefixes, slots: Slots) -> None:
    slots.state = state = b"state of the head " * 100 + b"and of more"
    prefixes.save(WHOLE, 0, HEAD)
    assert prefixes.restore(WHOLE, 1, HEAD)
    assert slots.restored == state
    assert sorted(file.suffix for file in slots.folder.iterdir()) == [".kv", ".more"]


def test_a_state_that_cannot_be_kept_keeps_no_other_from_being_kept(
    prefixes: Prefixes, slots: Slots, caplog: pytest.LogCaptureFixture
) -> None:
    slots.state = b""
    prefixes.save(WHOLE, 0, HEAD)
    assert not prefixes.restore(WHOLE, 1, HEAD)
    assert "could not be kept" in caplog.text
    assert prefixes.restore(HEAD, 1)
    assert [file.suffix for file in slots.folder.iterdir()] == [".kv"]


def test_what_another_model_has_left_takes_no_room(slots: Slots) -> None:
    first, second = (Prefixes(slots.folder, name, slots.keep, 4_000) for name in ("old model", "new model"))
    for prefixes in (first, second):
        slots.state = b"state of the head " * 100
        prefixes.save(HEAD, 0)
        for number in range(3):
            assert not prefixes.full
            slots.state = b"state of the head " * 100 + bytes([number]) * 1_000
            prefixes.save([{"role": "user", "content": f"head and {number}"}], 0, HEAD)
            prefixes.settle()
    assert second.full
    assert sum(file.stat().st_size for file in slots.folder.glob("*.more")) <= 4_000
