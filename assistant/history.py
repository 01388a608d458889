"""A question in its conversation: cleaned, its language known, and completed from the turns before it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer import Turn
from assistant.asking import without_overrides
from assistant.following import complete, joined
from assistant.grounding import Vocabulary
from assistant.text import clean, detect_language, is_traditional, tells_script, traditional
from corpus.article import Language
from corpus.errors import InputError

MAX_CHARACTERS = 2000
NO_NAMES = Vocabulary(frozenset(), frozenset())


@dataclass(frozen=True)
class Asked:
    """What is being asked: `question` as asked, `query` standing alone, and how to answer.

    `joined` is the question after the one before it, where its form does not tell whether it leans on that.
    """

    question: str
    query: str
    language: Language
    traditional: bool
    history: tuple[Turn, ...]
    joined: str | None = None

    @property
    def own(self) -> str:
        """The part of the query that is asked now: without a question before it that it was joined to."""
        return self.question if self.query.endswith(self.question) else self.query

    @property
    def before(self) -> str:
        """The question before, where the query holds it too; else ""."""
        return self.query.removesuffix(self.own).strip()

    @property
    def rewritten(self) -> str | None:
        """The question as it was understood, in the asker's script; None where it stood alone already."""
        if self.query == self.question:
            return None
        return self.in_script(self.query)

    def in_script(self, text: str) -> str:
        """A text of ours in the asker's script."""
        return traditional(text) if self.traditional else text


def understand(
    question: str, history: Sequence[Turn] = (), language: str = "auto", vocabulary: Vocabulary = NO_NAMES
) -> Asked:
    """Read a question with its history. Raises InputError when there is nothing to answer."""
    text = clean(question)
    if not text or not re.search(r"\w", text):
        raise InputError("The question is empty; ask something about the article.")
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"The question has {len(text)} characters; ask in at most {MAX_CHARACTERS}.")
    if language not in ("auto", "zh", "en"):
        raise InputError(f"There is no language {language!r}; choose auto, zh or en.")
    query = complete(without_overrides(text), history, vocabulary)
    answered_in: Language = "en" if language == "en" else "zh" if language == "zh" else detect_language(text)
    script = answered_in == "zh" and _in_traditional(text, history)
    doubtful = joined(text, history, vocabulary) if query == text else None
    return Asked(text, query, answered_in, script, tuple(history), doubtful)


def _in_traditional(text: str, history: Sequence[Turn]) -> bool:
    """The reader's script, by the latest of their turns that tells; Simplified where none does."""
    own = [text, *(turn.content for turn in reversed(history) if turn.role == "user")]
    return is_traditional(next(filter(tells_script, own), ""))
