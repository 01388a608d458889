"""Which of a rule's sentences are reasons beside its verdict, and how much of them is told.

A reader has just read the verdict: a reason that says it again tells nothing, and a sentence that speaks of
one before it ("this rule", "they") cannot be understood alone.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant.grounding import Vocabulary, coverage
from assistant.grounding.names import canonical
from assistant.rules import Said
from assistant.text import as_sentence, without_joint

REPEATED = 0.5
"""Share of a sentence's words in the verdict above which it says the same, if it names nothing new."""

_CAUSE = re.compile(r"(?:^|[,，]\s*|\s)(?:because\b|因为)(?! of\b)\s*", re.I)
_GIVEN = re.compile(r"(?<=[,，])\s*(?=given\b|鉴于)", re.I)
"""What advice is drawn from, told in the midst of the advice."""
_POINTS_BACK = re.compile(
    r"^(?:他们|她们|它|they\b|it\b|在这种情况下|in this case)|这条规则|[上下]图"
    r"|\bthis rule\b|\bthe figure (?:above|below)\b",
    re.I,
)


def telling(
    verdict: str,
    reasons: Sequence[Said],
    bridges: Sequence[Said],
    spare: Sequence[Said],
    vocabulary: Vocabulary,
) -> list[Said]:
    """The reasons that say more than the verdict, as they are told; none where nothing does.

    `bridges` answer what the reader wants besides and go before all. Sentences that only advise give way to
    those that say why; the `spare` ones, of other sections, are told where no other is.
    """

    def new(said: Iterable[Said]) -> list[Said]:
        return [each for each in said if not repeats(each.text, verdict, vocabulary)]

    fresh = new(reasons)
    why = [each for each in fresh if each.role != "recommends" or _cause(each.text)]
    alone = [each for each in new(spare) if not _POINTS_BACK.search(each.text)]
    chosen = list(bridges) or why or fresh or alone
    chosen.sort(key=lambda each: _POINTS_BACK.search(each.text) is not None)
    return [replace(each, text=_part(each.text)) if each.quoted else each for each in chosen]


def repeats(text: str, verdict: str, vocabulary: Vocabulary) -> bool:
    """Does a text say the verdict again and name nothing new?"""
    named, known = ({name.value for name in vocabulary.find(canonical(each))} for each in (text, verdict))
    return named <= known and coverage(text, verdict) > REPEATED


def shortened(text: str, verdict: str) -> str:
    """A sentence without the verdict before its cause, and without what joins it to another sentence."""
    cause = _cause(text)
    rest = text[cause.end() :] if cause else ""
    if cause and not _POINTS_BACK.match(rest) and coverage(text[: cause.start()], verdict) >= REPEATED:
        return as_sentence(rest)
    opening = _CAUSE.match(text)
    return as_sentence(text[opening.end() :] if opening else without_joint(text))


def _part(text: str) -> str:
    """Of a quotation what it is drawn from, with the advice; else all but its joint: both are quotations."""
    given = _GIVEN.search(text)
    return as_sentence(text[given.end() :] if given else without_joint(text))


def _cause(text: str) -> re.Match[str] | None:
    """Where the cause of advice begins in it."""
    return _CAUSE.search(text, 1) or _GIVEN.search(text)
