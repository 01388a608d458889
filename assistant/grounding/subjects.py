"""Whose is what is said? A part of the evidence may not be taken from the subject it is said of.

Three ways of taking it: of two that have something together one is told alone; a pronoun takes up what the
evidence says of something else; a noun that stands by itself is given an owner.
"""

import re
from collections.abc import Iterator, Sequence

from assistant.grounding.clauses import Clause, near, read, shared
from assistant.grounding.names import Vocabulary, canonical
from assistant.grounding.pieces import same_name
from assistant.grounding.words import STOP_ZH, clauses, content
from assistant.text import CJK

_MUTUAL = tuple(
    map(
        re.compile,
        (
            r"相似|类似|\bsimilar\w*|\balike\b",
            r"共享|共用|共有|\bshar(?:e|es|ed|ing)\b",
            r"共同|联合|合作|\bjoint\w*|\btogether\b|\bin common\b|\bcollaborat\w+",
            r"不同|差异|差别|区别|\bdiffer\w*",
            r"重叠|重合|\boverlap\w*",
            r"相互|互相|彼此|\beach other\b|\bone another\b",
        ),
    )
)
"""What only several can be, have or do."""
_PARTNER = re.compile(
    r"\bwith\b|\b(?:similar|compared) to\b|\b(?:different|differs?) from\b"
    r"|\b(?:the|an)other\b|\bboth\b|\btwo\b|\beach\b|\bthey\b|\bthem\b|\btheir\b|它们|二者|两|双方|彼此|另一|其他|与|跟|同(?!样|时)"
)
_JOINT = re.compile(r"\s*(?:,|、|/|&|(?:, )?and|和|与|及|以及|跟)\s*", re.I)


def half_told(sentence: str, evidence: Sequence[str], vocabulary: Vocabulary) -> frozenset[str]:
    """Names of which the sentence tells alone what the evidence says of them together with others."""
    given = [clause for text in evidence for clause in clauses(canonical(text))]
    before: set[str] = set()
    for clause in clauses(canonical(sentence)):
        names = {name.value for name in vocabulary.find(clause)}
        told, before = names or before, names or before
        for mutual in _MUTUAL:
            if not mutual.search(clause.lower()) or _PARTNER.search(clause.lower()):
                continue
            theirs = [other for other in given if mutual.search(other.lower())]
            alone = _alone(told, [group for other in theirs for group in _joined(other, vocabulary)])
            apart = any({n.value for n in vocabulary.find(other)} == alone for other in theirs)
            if alone and not apart:
                return alone
    return frozenset()


def _alone(told: set[str], groups: Sequence[frozenset[str]]) -> frozenset[str]:
    """The one name told of a group; empty where no group is cut."""
    for group in groups:
        both = group & told
        if len(both) == 1:
            return both
    return frozenset()


def _joined(clause: str, vocabulary: Vocabulary) -> Iterator[frozenset[str]]:
    """The names of a clause that "and" or a comma joins."""
    found = vocabulary.find(clause)
    group: set[str] = set()
    for at, name in enumerate(found):
        if at and not _JOINT.fullmatch(clause[found[at - 1].end : name.start]):
            if len(group) > 1:
                yield frozenset(group)
            group = set()
        group.add(name.value)
    if len(group) > 1:
        yield frozenset(group)


_BECAUSE = r"(?:(?:and|so|for|as|since|because|that|when) |因为|由于|既然|所以|而且?)?"
_PRONOUN = re.compile(
    rf"^\W*{_BECAUSE}(?:(?:its?|they|their)(?: (?:is|are|was|were|will|also|has|have)|'s)?\b"
    r"|它们?|其(?!他|中)|该(?:平台|框架|库|工具))"
)
_REFERS = re.compile(r"\b(?:it|its|they|them|their|this|these)\b|它|其(?!他|中)|该|这|此|二者")
_OTHER_SUBJECT = re.compile(
    r"^\W*(?:(?:if|when|where|because|since|and|but|so|for|as) )*"
    r"(?:(?:the|a|an|your|our|my|his|her|each|every|some|many|most) [a-z]|you\b|we\b|i\b)"
    r"|如果|要是|倘若|假如|若|当"
)
_OPENING = re.compile(
    r"^\W*(?:(?:if|when|where|because|since|and|but|so|for|as|you|we|i) |如果|要是|倘若|假如|若|当)*"
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|that|which|who|can|will|should|want|need)\b|是|在|正|有|能|会|想|需"
)
_MEANT = 0.6
"""Share of a clause's content from which a clause of the evidence is what it tells."""


def misreferred(sentence: str, evidence: Sequence[str], vocabulary: Vocabulary) -> str:
    """The clause that says of a name, or of "it", what the evidence says of something else; "" for none.

    What is first said of the subject decides: the evidence must say that of the name, too.
    """
    given = [clause for text in evidence for clause in read(text)]
    named = [name.value for name in vocabulary.find(canonical(sentence))]
    for clause in read(sentence):
        subject = _PRONOUN.match(clause.text)
        names = named if subject else _opening(clause, named)
        if not names:
            continue
        others = {other for other in given if _of_another(other, names)}
        meant = [other for other in near(clause, given) if shared(clause, other) >= _MEANT]
        if meant and others.issuperset(meant):
            head = _first_content(clause.text[subject.end() if subject else len(names[0]) :])
            own = {word for other in given if other not in others for word in other.content}
            theirs = {word for other in meant for word in other.content}
            moved = head and not head & own and (subject or head <= theirs)
            if moved and not any(_keeps_subject(clause, other) for other in meant):
                return clause.text
    return ""


_CLASSED = re.compile(r" ?(?:(?:is|are) (?:a|an|the|one)\b|是一)")


def _opening(clause: Clause, named: Sequence[str]) -> list[str]:
    """The name that does something at the beginning of a clause; not one that only "is a" something."""
    opening = (name for name in named if clause.text.startswith(name))
    return [name for name in opening if not _CLASSED.match(clause.text[len(name) :])][:1]


def _of_another(clause: Clause, names: Sequence[str]) -> bool:
    """Has the clause a subject of its own, and neither one of the names nor a pronoun?"""
    known = any(name in clause.text for name in names)
    return not known and not _REFERS.search(clause.text) and _OTHER_SUBJECT.search(clause.text) is not None


def _keeps_subject(clause: Clause, other: Clause) -> bool:
    """Does the clause name what the other one is about ("the focus of the course is")?"""
    subject = content(re.split(_VERB, _OPENING.sub("", other.text), maxsplit=1)[0])
    return bool(subject) and subject <= clause.content


def _first_content(text: str) -> frozenset[str]:
    """The first word, or the first pair of Chinese characters, that tells something."""
    for match in re.finditer(rf"[a-z][\w-]*|[{CJK}]{{2}}", "".join(" " if c in STOP_ZH else c for c in text)):
        if found := content(match.group()):
            return found
    return frozenset()


_ALONE_ZH = re.compile(r"[在于对向从给被] ?$")
_ALONE = re.compile(r"\b(?:in|of|for|to|among|within|across|by|at) (?:the |an? )?$")
_ALONE_WITHIN = re.compile(r"\b(?:in|within|among|across|throughout|by) the (?:[a-z]+ )?$")


def reattached(sentence: str, evidence: Sequence[str], vocabulary: Vocabulary) -> str:
    """What the sentence gives to a name while in the evidence it stands by itself; "" for none.

    "Google's research community" of "Google has a framework that is popular in the research community".
    """
    given = [canonical(text) for text in evidence]
    for name, owned, alone in _possessions(canonical(sentence), vocabulary):
        places = [(text, at) for text in given for at in _places(owned, text)]
        if places and all(_by_itself(text, at, alone, name, vocabulary) for text, at in places):
            return f"{name} {owned}"
    return ""


def _possessions(text: str, vocabulary: Vocabulary) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """(name, first word of what it owns, what stands before that word where it has no owner).

    "Google's research", "Google research", "research of Google", "Google 研究", "Google 的研究".
    """
    for name in vocabulary.find(text):
        after = text[name.end :]
        if match := re.match(rf" ?的? ?([{CJK}]{{2}})", after):
            yield name.value, match[1], _ALONE_ZH
        if match := re.match(r"('s)? ([a-z]{4,})\b", after):
            yield name.value, match[2], _ALONE if match[1] else _ALONE_WITHIN
        if match := re.search(r"([a-z]{4,})(?<!future) (?:of|at) (?:the )?$", text[: name.start]):
            yield name.value, match[1], _ALONE_WITHIN


def _places(word: str, text: str) -> list[int]:
    edge = r"\b" if word.isascii() else ""
    return [match.start() for match in re.finditer(f"{edge}{re.escape(word)}", text)]


def _by_itself(text: str, at: int, alone: re.Pattern[str], name: str, vocabulary: Vocabulary) -> bool:
    """Does a preposition of its own govern the word at `at`, and the name not own it?"""
    after = " ".join(text[at:].split()[:6])
    owned = any(same_name(other.value, name) for other in vocabulary.find(after))
    return not owned and alone.search(text[:at]) is not None
