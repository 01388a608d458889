"""A file from another and the difference: every byte, whatever the two hold."""

import random
from pathlib import Path

import pytest

from assistant.generation import differences

ROW, ROWS, LAYERS = 512, 200, 6


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


def state(rows: int, own: int) -> bytes:
    """Layers of rows, the first `rows` the same in all states, `own` tells the rest apart; a count before."""
    layers = [noise(ROW * rows, layer) + noise(ROW * 20, 100 + layer * (1 + own)) for layer in range(LAYERS)]
    return (rows + own).to_bytes(4, "little") + b"".join(layers)


def written(folder: Path, base: bytes, whole: bytes) -> tuple[int, bytes]:
    """The size of the difference, and what is written from it."""
    (folder / "base").write_bytes(base)
    (folder / "whole").write_bytes(whole)
    difference = differences.take(folder / "base", folder / "whole")
    differences.write(folder / "base", difference, folder / "again")
    return len(difference), (folder / "again").read_bytes()


def test_what_goes_on_in_every_layer_takes_little_more_than_is_new(tmp_path: Path) -> None:
    base, whole = state(ROWS, 1), state(ROWS, 2)
    size, again = written(tmp_path, base, whole)
    assert again == whole
    assert size < 1.1 * LAYERS * 20 * ROW


@pytest.mark.parametrize(
    ("base", "whole"),
    [
        (noise(5000, 1), noise(5000, 1)),
        (noise(5000, 1), noise(7000, 2)),
        (noise(5000, 1), noise(5000, 1)[:100]),
        (noise(5000, 1), noise(5000, 1)[2000:]),
        (noise(5000, 1), noise(5000, 1) + b"more"),
        (bytes(5000), bytes(9000)),
        (bytes(5000), bytes(100) + noise(40, 3) + bytes(4000)),
        (b"a", b"b"),
        (noise(3 << 20, 1), noise(3 << 20, 1)[: 2 << 20] + noise(3 << 20, 4) + noise(3 << 20, 1)[2 << 20 :]),
    ],
)
def test_any_two_files_will_do(tmp_path: Path, base: bytes, whole: bytes) -> None:
    assert written(tmp_path, base, whole)[1] == whole


def test_random_edits_come_back(tmp_path: Path) -> None:
    chance = random.Random(5)
    base = noise(20_000, 6)
    for number in range(30):
        (folder := tmp_path / str(number)).mkdir()
        whole = bytearray(base)
        for _ in range(chance.randrange(6)):
            at, length = chance.randrange(len(whole)), chance.randrange(3000)
            whole[at : at + chance.choice([0, length])] = chance.randbytes(chance.randrange(2000))
        assert written(folder, base, bytes(whole))[1] == bytes(whole)


@pytest.mark.parametrize("junk", [b"", b"short", bytes([255]) * 8, (9).to_bytes(8, "little") + bytes(24)])
def test_what_is_no_difference_is_refused(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "base").write_bytes(b"base")
    with pytest.raises(ValueError):
        differences.write(tmp_path / "base", junk, tmp_path / "whole")
