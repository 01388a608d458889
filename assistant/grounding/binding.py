"""Is each name and number said of the same thing as in the evidence?

A name is bound wrongly where the sentence reads clearly better along the evidence under another name, or
where it stands in a part that its evidence gives to another: joined with strangers, owned by another, on
the other side of "than". A number is bound wrongly where the words around it go with another number.
"""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import lru_cache
from itertools import pairwise

from assistant.grounding.alignment import fit
from assistant.grounding.names import Vocabulary, canonical
from assistant.grounding.numbers import NUMBER, number_kind
from assistant.grounding.pieces import ORGANISATIONS, Piece, pieces, resolved, same_name
from assistant.grounding.words import clauses, content, stem

BETTER = 0.12
"""How much better a sentence must read under another name to be refused."""
NEARER = 0.15
"""How much more of a number's clause must go with another number."""

Sides = Sequence[tuple[str, str]]
"""(sentence of the evidence, its twin in the other edition), for each sentence cited."""

_BREAK = (Piece("pause", "."),) * 6


def misbound(sentence: str, evidence: Sides, vocabulary: Vocabulary, only: str = "") -> frozenset[str]:
    """Names or numbers of the sentence that the evidence says of other things; empty where all is well.

    With `only`, a part of the sentence, no more than the names and numbers of that part are in question.
    """
    texts = [resolved(text, other, vocabulary) for text, other in evidence]
    rows = [pieces(text, vocabulary) for text in texts]
    said, given = pieces(sentence, vocabulary), sum((row + _BREAK for row in rows), ())
    if only:
        part = {piece.value for piece in pieces(only, vocabulary)}
        wrong = set(_misnumbered(sentence, texts, nearer=0.0)) or set(_renamed(said, given, part))
        return frozenset(wrong & part)
    wrong = set(_misplaced(said, given)) or set(_misnumbered(sentence, texts))
    if not wrong and not _anchored(sentence, texts, vocabulary):
        wrong = set(_renamed(said, given))
    return frozenset(wrong or _renumbered(sentence, texts, said, given))


def _misplaced(said: Sequence[Piece], given: Sequence[Piece]) -> Iterator[str]:
    yield from _strangers_joined(said, given)
    yield from _owned_by_another(said, given)
    for piece in _names(said):
        places = [other for other in _names(given) if same_name(piece.value, other.value)]
        if piece.role in ("than", "from", "to", "by"):
            there = [other for other in _names(given) if other.role == piece.role]
            if there and places and not any(same_name(piece.value, other.value) for other in there):
                yield piece.value
        subject = said[0].value if said and said[0].kind == "name" else piece.value
        if piece.role == "than" and (piece.value in ORGANISATIONS) != (subject in ORGANISATIONS):
            yield piece.value
    yield from _organisations_as_things(said, given)


def _strangers_joined(said: Sequence[Piece], given: Sequence[Piece]) -> Iterator[str]:
    """Names joined here of which the evidence joins one with others, in another part."""
    theirs = _groups(given)
    for group in _groups(said):
        for one in group:
            for two in group:
                if one.value < two.value and _kept_apart(one.value, two.value, theirs):
                    yield from (one.value, two.value)


def _kept_apart(one: str, two: str, groups: Sequence[Sequence[Piece]]) -> bool:
    ones = [group for group in groups if any(same_name(one, piece.value) for piece in group)]
    twos = [group for group in groups if any(same_name(two, piece.value) for piece in group)]
    if not ones or not twos or any(group in twos for group in ones):
        return False
    alone = [group for group in (*ones, *twos) if len(group) == 1]
    if len(alone) == len(ones) + len(twos):
        return False
    return not alone or not any(
        a[0].role == b[0].role and a[0].role not in ("", "free") for a in ones for b in twos
    )


def _owned_by_another(said: Sequence[Piece], given: Sequence[Piece]) -> Iterator[str]:
    mine, theirs = _owners(said), _owners(given)
    for owner, owned in mine - theirs:
        known = {a for a, b in theirs if same_name(b, owned)}
        turned = any(same_name(a, owned) and same_name(b, owner) for a, b in theirs)
        if turned or (known and not any(same_name(owner, a) for a in known)):
            yield owner


def _owners(row: Sequence[Piece]) -> set[tuple[str, str]]:
    """(owner, owned): "B from A" and "A 的 B"."""
    found = set()
    for at, piece in enumerate(row):
        if piece.kind != "name":
            continue
        before = row[max(0, at - 4) : at]
        if piece.role in ("from", "by", "for"):
            earlier = [
                p for p in before if p.kind == "pause" or (p.kind == "name" and p.group != piece.group)
            ]
            if earlier and earlier[-1].kind == "name":
                found.add((piece.value, earlier[-1].value))
        if len(before) > 1 and before[-1].value == "的" and before[-2].kind == "name":
            found.add((before[-2].value, piece.value))
    return found


def _organisations_as_things(said: Sequence[Piece], given: Sequence[Piece]) -> Iterator[str]:
    """Organisations that "are" something, things that make something; not so in the evidence."""
    for at, piece in enumerate(said):
        if piece.kind != "name":
            continue
        maker = piece.value in ORGANISATIONS
        follows = said[at + 1].value if at + 1 < len(said) else ""
        authors = any(other.value in _AUTHORS for other in said[at + 1 : at + 5])
        if (
            maker
            and follows in ("be", "是", "由", "被", "by")
            and not (authors or _followed(piece.value, given))
        ):
            yield piece.value
        if (
            not maker
            and piece.role == "by"
            and not any(p.role == "by" and same_name(p.value, piece.value) for p in _names(given))
        ):
            yield piece.value


_AUTHORS = frozenset(map(stem, ("author", "creator", "maker", "developer", "company", "behind")))


def _followed(name: str, row: Sequence[Piece]) -> bool:
    return any(
        piece.kind == "name" and same_name(piece.value, name) and after.value in ("be", "是", "由", "被")
        for piece, after in pairwise(row)
    )


def _renamed(said: Sequence[Piece], given: tuple[Piece, ...], part: Set[str] = frozenset()) -> Iterator[str]:
    """Names under which the sentence reads worse than it would under others."""
    theirs = {piece.value for piece in _names(given)}
    strange = any(not any(same_name(p.value, name) for name in theirs) for p in _names(said))
    if not any(_names(said)) or (len(theirs) < 2 and not strange):
        return
    ordered = _in_evidence_order(_without_credits(said, given), given)
    if fit(ordered, given, "name", free=True, part=part) - fit(ordered, given, "name") > BETTER:
        yield from (piece.value for piece in _names(said))


def _without_credits(said: Sequence[Piece], given: Sequence[Piece]) -> list[Piece]:
    """Without credits ("from Google", "that DeepMind created") and examples: these may stand anywhere."""
    examples = [piece.value for piece in _names(given) if piece.role == "example"]
    known = [piece.value for piece in _names(given)]
    kept: list[Piece] = []
    made = 0  # words left of "that DeepMind created", "DeepMind 创建的"
    for piece in said:
        if piece.kind == "name":
            credit = piece.value in ORGANISATIONS and piece.role in ("from", "by", "be", "that")
            made = 4 if credit and piece.role in ("be", "that") else 0
            place = piece.role in _PLACES and not any(same_name(piece.value, name) for name in known)
            if credit or place or any(same_name(piece.value, example) for example in examples):
                continue
        elif made and piece.kind in ("word", "character"):
            made = made - 1 if piece.kind == "character" else 0
            continue
        else:
            made = 0
        kept.append(piece)
    return kept


_PLACES = ("in", "on", "of")
"""Parts in which a name of the headings may stand: "on HuggingFace"."""


def _in_evidence_order(said: Sequence[Piece], given: Sequence[Piece]) -> tuple[Piece, ...]:
    """Joined names have no order of their own: put them in that of the evidence."""
    row = list(said)
    for group in _groups(said):
        places = [at for at, piece in enumerate(row) if piece in group and piece.kind == "name"]
        if len(places) == len(group) > 1:
            ordered = sorted((row[at] for at in places), key=lambda piece: _first(piece, given))
            for at, piece in zip(places, ordered, strict=True):
                row[at] = piece
    return tuple(row)


def _first(piece: Piece, row: Sequence[Piece]) -> int:
    return next(
        (i for i, p in enumerate(row) if p.kind == "name" and same_name(p.value, piece.value)), len(row)
    )


def _names(row: Iterable[Piece]) -> list[Piece]:
    return [piece for piece in row if piece.kind == "name"]


def _groups(row: Iterable[Piece]) -> list[list[Piece]]:
    groups: list[list[Piece]] = []
    last = None
    for piece in _names(row):
        if piece.group != last or not groups or len(groups[-1]) == 0:
            groups.append([])
        groups[-1].append(piece)
        last = piece.group
    return groups


def _renumbered(
    sentence: str, texts: Sequence[str], said: Sequence[Piece], given: tuple[Piece, ...]
) -> Iterator[str]:
    """Numbers in the wrong order ("from 80% to 7%"), unless the words around each plead for it."""
    values = {piece.value for piece in given if piece.kind == "number"}
    ordered = _in_evidence_order(_without_credits(said, given), given)
    for kind in {number_kind(piece.value) for piece in said if piece.kind == "number"}:
        if sum(number_kind(value) == kind for value in values) > 1:
            company = _company(sentence, texts, kind)
            pleaded = bool(company) and all(own > rival for own, rival in company.values())
            if not pleaded and fit(ordered, given, kind, free=True) - fit(ordered, given, kind) > BETTER:
                yield from (p.value for p in said if p.kind == "number" and number_kind(p.value) == kind)


def _anchored(sentence: str, texts: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Does a share hold each name in its place: one name to a clause, beside its share in the evidence?"""
    theirs = [pair for text in texts for pair in _numbered_names(text, vocabulary)]
    mine = [pair for pair in _numbered_names(sentence, vocabulary) if pair[0]]
    return bool(mine) and all(
        len(names) == 1 and any(names == other and numbers & given for other, given in theirs)
        for names, numbers in mine
    )


@lru_cache(maxsize=4096)
def _numbered_names(text: str, vocabulary: Vocabulary) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """(names, shares) of each clause of a text."""
    return tuple(
        (
            frozenset(name.value for name in vocabulary.find(clause)),
            frozenset(number for number in NUMBER.findall(clause) if number_kind(number) == "share"),
        )
        for clause in clauses(canonical(text))
    )


def _misnumbered(sentence: str, texts: Sequence[str], nearer: float = NEARER) -> Iterator[str]:
    """Numbers whose words go with another number of the evidence, by more than `nearer`."""
    for kind in ("share", "count"):
        for number, (own, rival) in _company(sentence, texts, kind).items():
            if rival > own + nearer:
                yield number


def _company(sentence: str, texts: Sequence[str], kind: str) -> dict[str, tuple[float, float]]:
    """For each number of a kind: the shares of its words that go with it, and with another one."""
    theirs = [part for text in texts for part in _numbered(text, kind)]
    found = {}
    for number, around in _numbered(sentence, kind):
        own = [words for other, words in theirs if other.rstrip("%") == number.rstrip("%")]
        rivals = [words for other, words in theirs if other != number]
        if own and rivals and around:
            found[number] = (max(_shared(around, w) for w in own), max(_shared(around, w) for w in rivals))
    return found


_COUNTED = re.compile(r"% (?:of (?:the )?(\w+)|的([\u4e00-\u9fff]{2}))")


@lru_cache(maxsize=4096)
def _numbered(text: str, kind: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Each number of a kind with the content of its clauses: its own, and those after it up to the next.

    What comes before the first number is said of all; "16% of the models ..., 8% ..." are both of the models.
    """
    found: list[tuple[list[str], frozenset[str]]] = []
    common: frozenset[str] = frozenset()
    for clause in clauses(canonical(text)):
        values = [value for value in NUMBER.findall(clause) if number_kind(value) == kind]
        words = frozenset(word for word in content(clause) if not NUMBER.fullmatch(word))
        if values:
            found.append((values, words))
            if match := _COUNTED.search(clause):
                common |= content(match[1] or match[2])
        elif found and not re.search("[A-Z]", clause[1:]):  # a name begins another subject
            found[-1] = (found[-1][0], found[-1][1] | words)
        else:
            common |= words
    return tuple((value, words | common) for values, words in found for value in values)


def _shared(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / len(one)
