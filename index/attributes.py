"""What a question asks of the thing it names (its maker, its price), and whether the article tells it.

A question about a thing is like any other question about that thing, answered or not; with the names masked,
it is like questions that ask the same of other things. attributes.yaml holds such questions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.errors import CorpusError
from corpus.files import parse_yaml
from index import masking
from index.embedder import Embedder
from index.likeness import Wordings
from index.masking import Masked, Masker
from index.store import Store

PACKAGED = Path(__file__).parent / "attributes.yaml"


@dataclass(frozen=True)
class Attribute:
    """One thing to know of a thing X, in several wordings, and of which things the article tells it."""

    name: str
    given: frozenset[str]
    wordings: tuple[str, ...]


@dataclass(frozen=True)
class AttributeHit:
    """The likeliest attribute that a question asks for, its likeness, and whether the article gives it.

    It is given where it is told of any of the things named. `ungiven` is the likeness of the likeliest one
    that is not given, less what a given one is likelier; 0 where nothing is known of attributes. Likeness is
    as in `index.likeness`.
    """

    name: str = ""
    likeness: float = 0.0
    given: bool = False
    ungiven: float = 0.0


def load(path: Path = PACKAGED) -> list[Attribute]:
    """The attributes of a file. Raises CorpusError for an entry that is none or that gives no thing."""
    things = {thing[0].lower() for thing in masking.load()}
    entries = parse_yaml(path.read_text("utf-8"))
    return [_attribute(entry, things, path.name) for entry in entries]


class Attributes:
    """Finds the attribute that a question asks for. Thread-safe once made."""

    def __init__(
        self,
        attributes: Sequence[Attribute],
        embedder: Embedder,
        ordinary: Iterable[str] = (),
        store: Store | None = None,
    ) -> None:
        """`ordinary` are words that are no names. Raises IndexDamagedError as `Wordings` does."""
        self._attributes = tuple(attributes)
        self._embedder = embedder
        self._asked = Wordings([each.wordings for each in attributes], embedder, "attributes", store)
        self._masker = Masker(masking.load(), masking.words(" ".join(self._asked.texts)).union(ordinary))

    def mask(self, text: str) -> Masked:
        """A question as it is held against the wordings."""
        return self._masker.mask(text)

    def asked(self, text: str) -> AttributeHit:
        """The attribute asked for by a question as read for search; embeds the masked question."""
        masked = self.mask(text)
        likeness, _ = self._asked.likeness(masked.text, self._embedder.embed_queries([masked.text]))
        given = np.array([not each.given.isdisjoint(masked.names) for each in self._attributes])
        likest = int(likeness.argmax())
        left_open = float(likeness[~given].max(initial=0.0))
        return AttributeHit(
            self._attributes[likest].name,
            float(likeness[likest]),
            bool(given[likest]),
            left_open - max(float(likeness[likest]) - left_open, 0.0),
        )


def _attribute(entry: Mapping[str, object], things: set[str], file: str) -> Attribute:
    match entry:
        case {"attribute": str(name), "given": list(given), "zh": [_, *_] as zh, "en": [_, *_] as en}:
            wordings = tuple(text for text in (*zh, *en) if isinstance(text, str))
            if things.issuperset(given) and len(wordings) == len(zh) + len(en):
                return Attribute(name, frozenset(given), wordings)
    raise CorpusError(
        f"index/{file} holds {entry!r}; expected attribute, given as things of things.yaml in lower case, "
        "and zh and en as texts."
    )
