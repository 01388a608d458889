"""A question in its conversation: cleaned, its language known, and completed from the turns before it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer import Turn
from assistant.text import clean, detect_language, is_traditional
from corpus.article import Language
from corpus.errors import InputError

MAX_CHARACTERS = 2000
_LEANS_ON_BEFORE = re.compile(
    r"^\s*(?:and|or|but|so|what about|how about|what if|then|also|yes|no|why)\b"
    r"|\b(?:it|its|they|them|their|that one|this one|the former|the latter|there|those|these|he|she)\b"
    r"|^(?:那|那么|还有|如果|要是|假如|但|可是|另外|为什么|怎么|是的|好的|呢)|它|他们|它们|其中|前者|后者|这个|那个|呢\s*[??]?$",
    re.I,
)


@dataclass(frozen=True)
class Asked:
    """What is being asked: `question` as asked, `query` standing alone, and how to answer."""

    question: str
    query: str
    language: Language
    traditional: bool
    history: tuple[Turn, ...]


def understand(question: str, history: Sequence[Turn] = (), language: str = "auto") -> Asked:
    """Read a question with its history. Raises InputError when there is nothing to answer.

    A question that leans on what came before (a pronoun, an ellipsis, a few words) is completed by the
    asker's previous question; what an assistant said is never taken as a fact.
    """
    text = clean(question)
    if not text or not re.search(r"\w", text):
        raise InputError("The question is empty; ask something about the article.")
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"The question has {len(text)} characters; ask in at most {MAX_CHARACTERS}.")
    if language not in ("auto", "zh", "en"):
        raise InputError(f"There is no language {language!r}; choose auto, zh or en.")
    before = [clean(turn.content) for turn in history if turn.role == "user" and clean(turn.content)]
    query = f"{before[-1]} {text}" if before and _leans(text) else text
    answered_in: Language = "en" if language == "en" else "zh" if language == "zh" else detect_language(text)
    return Asked(text, query, answered_in, answered_in == "zh" and is_traditional(text), tuple(history))


def _leans(text: str) -> bool:
    short = len(re.findall(r"[\u3400-\u9fff]|[A-Za-z0-9]+", text)) < 6
    return short or _LEANS_ON_BEFORE.search(text) is not None
