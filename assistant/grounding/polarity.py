"""Is the same thing denied? Each negation is compared with what it denies, the words right after it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.grounding.clauses import Clause, read, shared
from assistant.grounding.words import characters, content
from assistant.text import normalise

_NEGATION = re.compile(
    r"不(?!同|断|错|仅|过|妨|足|到|止|只|但|论|管|久|得不|如|少|相上下|可避免)"
    r"|没有?|未(?!来)|并非|绝非|而非|难以|毫无|无法|无需|缺乏|缺少"
    r"|无(?!论|服务器|疑|需|法|缝|监督)|别(?=[用选再])|避免(?=使?用|采用|选)"
    r"|\b(?:not(?! only| merely| just| as good as)|no(?! doubt)|never|cannot|without|neither|nor|none"
    r"|nothing|hardly|unable|avoid(?:s|ed|ing)?"
    r"|lacks?|lacking|fail(?:s|ed)? to)\b|n't\b"
)
_SCOPE_ZH, _SCOPE_EN = 9, 42
"""Characters after a negation that it is taken to deny."""
_SCOPE_END = re.compile(r"应该|可以|建议|\b(?:should|can|may|which|that|who|because|and you)\b|[,;。]")


@dataclass(frozen=True)
class Denial:
    """A negation: what it denies, the first of it, and the clause it stands in.

    `letters` are the first Chinese characters denied, for pairs break easily; `predicate` tells "is not X"
    from "no X" and "without X".
    """

    scope: frozenset[str]
    head: frozenset[str]
    clause: Clause
    predicate: bool = True
    letters: frozenset[str] = frozenset()


def negated(text: str) -> bool:
    """Does a text deny what it says? Two negations make none."""
    return len(_NEGATION.findall(normalise(text))) % 2 == 1


def misdenied(sentence: str, evidence: Sequence[str]) -> str:
    """The clause that denies what the evidence states, or states what it denies; "" for none."""
    mine, theirs = denials(sentence), [denial for text in evidence for denial in denials(text)]
    stated = [clause for text in evidence for clause in read(text)]
    for clause in read(sentence):
        if any(_parity(clause) != _parity(other) for other in stated if _same(clause, other)):
            return clause.text
    for denial in mine:
        met = any(_meet(denial, other) for other in _close(denial, theirs, stated))
        if not met and not _reworded(denial, theirs, stated):
            return denial.clause.text
    for denial in theirs:
        for clause in read(sentence):
            if _states(clause, denial, stated) and not any(_meet(denial, own) for own in mine):
                return clause.text
    return ""


def _close(denial: Denial, theirs: Sequence[Denial], stated: Sequence[Clause]) -> list[Denial]:
    """The denials in the clauses nearest to that of `denial`; all, where no clause states what it denies."""
    if not any(_is_stated(denial, clause) for clause in stated):
        return list(theirs)
    nearest = max(shared(denial.clause, clause) for clause in stated)
    return [other for other in theirs if shared(denial.clause, other.clause) >= 0.6 * nearest]


def _is_stated(denial: Denial, clause: Clause) -> bool:
    both = len(denial.scope & clause.content)
    return not _NEGATION.search(clause.text) and both > 0 and both >= 0.6 * len(denial.scope)


@lru_cache(maxsize=4096)
def denials(text: str) -> tuple[Denial, ...]:
    """The negations of a text, in order."""
    return tuple(_denials(text))


def _denials(text: str) -> Iterator[Denial]:
    for clause in read(text):
        for match in _NEGATION.finditer(clause.text):
            reach = _SCOPE_EN if match.group().isascii() else _SCOPE_ZH
            after = clause.text[match.end() : match.end() + reach]
            if end := _SCOPE_END.search(after, 1):
                after = after[: end.start()]
            if len(after) == reach and match.group().isascii():
                after = after.rsplit(" ", 1)[0]
            predicate = match.group() not in ("no", "without", "neither", "nor", "none", "nothing")
            yield Denial(content(after), _head(after), clause, predicate, characters(after[:3]))


def _head(after: str) -> frozenset[str]:
    """The first words of a scope: three Chinese characters that mean something, or one English word."""
    for size in range(1, len(after) + 1):
        found = content(after[:size])
        if found and (
            size == len(after) or not after[size - 1 : size + 1].isalpha() or not after[0].isascii()
        ):
            return found if after[:size].strip().isascii() else content(after[: size + 2])
    return frozenset()


def _meet(one: Denial, two: Denial) -> bool:
    """Do two negations deny the same?"""
    both = len(one.scope & two.scope)
    if not one.scope or not two.scope:
        return shared(one.clause, two.clause) >= 0.4
    if one.head & two.scope or two.head & one.scope or one.letters & two.letters:
        return True
    return both >= 0.5 * len(one.scope) and both >= 0.3 * len(two.scope)


def _same(one: Clause, two: Clause) -> bool:
    """Are two clauses all but equal, so that one negation more or less turns the meaning?"""
    return shared(one, two) >= 0.75 and shared(two, one) >= 0.75 and len(one.content) > 1


def _parity(clause: Clause) -> int:
    return len(_NEGATION.findall(clause.text)) % 2


def _reworded(denial: Denial, theirs: Sequence[Denial], stated: Sequence[Clause]) -> bool:
    """Is it a negation of the evidence in other words? Then nothing states what it denies."""
    if any(denial.scope & clause.content for clause in stated):
        return False
    return any(shared(denial.clause, other.clause) >= 0.5 for other in theirs)


def _states(clause: Clause, denial: Denial, stated: Sequence[Clause]) -> bool:
    """Does a clause state what is denied, without another clause of the evidence that states as much?"""
    both = clause.content & denial.scope
    others = [other for other in stated if other != denial.clause]
    if (
        denial.predicate
        and denial.head
        and denial.head <= clause.content
        and not any(denial.head & other.content for other in others)
    ):
        return True
    if not both or (not denial.head & both and len(both) < max(2, 0.5 * len(denial.scope))):
        return False
    if shared(clause, denial.clause) < 0.4:
        return False
    elsewhere = [other for other in others if not _NEGATION.search(other.text)]
    return not any(shared(clause, other) >= shared(clause, denial.clause) for other in elsewhere)
