"""Situations known in advance: who asks for advice and in which case, in many people's words.

Knows nothing of flowcharts: readers and facts are names. The rule layer learns from these wordings what words
written down cannot list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import CorpusError
from corpus.files import parse_yaml
from corpus.flowcharts import Value

PACKAGED = Path(__file__).parent / "situations"


@dataclass(frozen=True)
class Known:
    """One situation. `audience` is None where nobody can know who asks, or where `advice` is not wanted."""

    audience: str | None
    facts: Mapping[str, Value]
    advice: bool
    wordings: tuple[str, ...]


def load(folder: Path = PACKAGED) -> list[Known]:
    """The situations of a folder, file by file. Raises CorpusError for an entry that is not one."""
    known = []
    for file in sorted(folder.glob("*.yaml")):
        for entry in parse_yaml(file.read_text("utf-8")):
            known.append(_known(entry, file.name))
    return known


def texts(known: Sequence[Known]) -> list[str]:
    """Every wording, situation by situation: the rows of the store."""
    return [wording for each in known for wording in each.wordings]


def _known(entry: Mapping[str, object], file: str) -> Known:
    audience, facts, advice = entry.get("audience"), entry.get("facts", {}), entry.get("advice", True)
    match entry, audience, facts, advice:
        case {"zh": [_, *_] as zh, "en": [_, *_] as en}, str() | None, dict(), bool():
            wordings = tuple(text for text in (*zh, *en) if isinstance(text, str))
            if len(wordings) == len(zh) + len(en) and all(isinstance(v, str | bool) for v in facts.values()):
                return Known(audience, facts, advice, wordings)
    raise CorpusError(
        f"index/situations/{file} holds {entry!r}; expected audience and facts, or advice: false, and zh and "
        "en as texts."
    )
