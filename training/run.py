"""The folder of a training run, where each stage leaves its work for the next, and what all stages share."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import AssistantError

DEFAULT = Path(__file__).parent / "runs" / "default"


@dataclass(frozen=True)
class Run:
    """Where the stages of one run write."""

    folder: Path

    @property
    def tokens(self) -> Path:
        """What is learnt from, as token ids (JSON)."""
        return self.folder / "tokens.json"

    @property
    def checkpoint(self) -> Path:
        """Where training can go on from."""
        return self.folder / "checkpoint.pt"

    @property
    def peft(self) -> Path:
        """The trained adapter as peft writes it, a folder."""
        return self.folder / "peft"

    @property
    def progress(self) -> Path:
        """How training went: its options, its losses, its time (JSON)."""
        return self.folder / "progress.json"

    @property
    def curve(self) -> Path:
        """The losses drawn (SVG)."""
        return self.folder / "loss.svg"

    @property
    def adapter(self) -> Path:
        """The adapter as the product loads it (GGUF)."""
        return self.folder / "adapter.gguf"

    @property
    def judgement(self) -> Path:
        """How well the model answers without and with the adapter (JSON)."""
        return self.folder / "judgement.json"


def stage(name: str, doc: str) -> argparse.ArgumentParser:
    """The parser of a stage's command line; its first argument is the folder of the run."""
    parser = argparse.ArgumentParser(
        prog=f"python -m training.{name}",
        description=doc.split("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("run", nargs="?", type=Path, default=DEFAULT, help="folder of the run")
    return parser


def finish(work: Callable[[], str]) -> int:
    """Do a stage's work and say what it returns; an error is one sentence on standard error."""
    try:
        print(work())
    except AssistantError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0
