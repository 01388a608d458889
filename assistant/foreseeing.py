"""What prompts for known questions will begin with: a question that is like one finds it computed."""

from collections.abc import Iterable, Iterator, Mapping

from assistant import prompts
from assistant.citing import Evidence
from assistant.generation.base import Message
from corpus.article import LANGUAGES, Language
from corpus.chunking import Passage
from index.bank import Need, Ref


def prefixes(needs: Iterable[Need], passages: Mapping[str, Passage]) -> Iterator[list[Message]]:
    """All but the question, of each known question in each language: the shortest first, each once."""
    told = dict.fromkeys(need.sentences for need in needs if need.sentences)
    given = {
        tuple(dict.fromkeys(_text(ref, language, passages) for ref in refs)): language
        for refs in told
        for language in LANGUAGES
    }
    for texts in sorted(given, key=lambda texts: sum(map(_weight, texts))):
        yield prompts.given(given[texts], texts)


def _text(ref: Ref, language: Language, passages: Mapping[str, Passage]) -> str:
    name, index = ref
    passage = passages[f"{language}-{name}"]
    return Evidence.of(passage, passages[passage.counterpart_id], index).text


def _weight(text: str) -> int:
    """Goes with the tokens: a Chinese character has three bytes and most of a token, a letter a quarter."""
    return len(text.encode())
