"""What prompts for known questions will begin with: a question that is like one finds it computed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from assistant import prompts
from assistant.citing import Evidence
from assistant.generation.base import Message
from corpus.article import LANGUAGES, Language
from corpus.chunking import Passage
from index.bank import Need, Ref

MARKUP = 300
"""What is kept of a prompt beside the evidence, as if it were so many bytes of that."""


def prefixes(needs: Iterable[Need], passages: Mapping[str, Passage]) -> Iterator[list[Message]]:
    """All but the question, of each known question in each language, each once.

    Those come first that are asked in many ways for the room they take.
    """
    wordings: Counter[tuple[Ref, ...]] = Counter()
    for need in needs:
        wordings[need.sentences] += len(need.wordings) if need.sentences else 0
    ways: Counter[tuple[Language, tuple[str, ...]]] = Counter()
    for refs, count in wordings.items():
        for language in LANGUAGES if refs else ():
            ways[language, tuple(dict.fromkeys(_text(ref, language, passages) for ref in refs))] += count
    for language, texts in sorted(ways, key=lambda given: -ways[given] / _room(given[1])):
        yield prompts.given(language, texts)


def _text(ref: Ref, language: Language, passages: Mapping[str, Passage]) -> str:
    name, index = ref
    passage = passages[f"{language}-{name}"]
    return Evidence.of(passage, passages[passage.counterpart_id], index).text


def _room(texts: Iterable[str]) -> int:
    """Goes with the tokens: a Chinese character has three bytes and most of a token, a letter a quarter."""
    return MARKUP + sum(len(text.encode()) for text in texts)
