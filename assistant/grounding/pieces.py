"""A text as a row of pieces: its names, numbers and words in one order, each name with its part in the text.

The same fact can be told in several orders ("AWS made it", "made by AWS", "AWS's"). Such turns are first
rewritten into one order, so that what remains of the order can be compared.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from assistant.grounding.lists import listed
from assistant.grounding.names import Name, Vocabulary, canonical
from assistant.grounding.numbers import NUMBER
from assistant.grounding.words import STOP, STOP_ZH, folded, stem
from assistant.text import CJK

PieceKind = Literal["name", "number", "word", "character", "relation", "pause"]


@dataclass(frozen=True)
class Piece:
    """One piece. `role` is a name's part in the sentence: the word that governs it, "free", or "" for none.

    Names joined by "and" share a `group`, counted from 0; other pieces have -1.
    """

    kind: PieceKind
    value: str
    role: str = ""
    group: int = -1


ORGANISATIONS = listed(
    """
    google facebook aws deepmind openai assemblyai microsoft apple nvidia baidu alibaba tencent huawei
    """
) | {"google research"}
"""Names that act: they make and own things and are never themselves a library or a framework."""

_JOINS = listed("and or 和 与 或 跟 及 以 、 / + , & as well also 及其")
_GOVERNORS = {
    **{word: word for word in listed("with under given than by in on like through from to for")},
    "与": "with", "和": "with", "跟": "with", "在": "in", "比": "than", "由": "by", "被": "by", "从": "from",
    "到": "to", "向": "to", 
    "a": "the", "an": "the", "the": "the", "的": "the",
    "is": "be", "are": "be", "was": "be", "were": "be", "be": "be", "是": "be",
    "that": "that", "which": "that",
}  # fmt: skip
_RELATIONS = listed(
    """
    from to than by over of for on in with into between through behind like be that
    从 到 比 被 由 向 给 对 跟 如 在 是 的
    """
)
_TOKEN = re.compile(rf"[a-z][a-z0-9]*(?:\.[a-z0-9]+)*(?:\+\+|#)?|#?\d+(?:[./]\d+)*%?|[{CJK}]|[^\s]")
_PAUSES = frozenset(",;:.。!?，；：！？")


@lru_cache(maxsize=4096)
def pieces(text: str, vocabulary: Vocabulary) -> tuple[Piece, ...]:
    """The pieces of a text, in order."""
    return tuple(_with_roles(_tokens(one_order(canonical(text), vocabulary), vocabulary)))


@dataclass(frozen=True)
class _Token:
    kind: Literal["name", "number", "word", "stop", "pause"]
    value: str


def _tokens(text: str, vocabulary: Vocabulary) -> list[_Token]:
    found: list[_Token] = []
    start = 0
    names: list[Name | None] = [*vocabulary.find(text), None]
    for name in names:
        for token in _TOKEN.findall(folded(text[start : name.start if name else len(text)])):
            found.append(_token(token))
        if name:
            found.append(_Token("name", name.value))
            start = name.end
    return found


def _token(token: str) -> _Token:
    if NUMBER.fullmatch(token) or token[0] == "#":
        return _Token("number", token)
    if token in _PAUSES:
        return _Token("pause", token)
    if token in STOP or token in STOP_ZH or not token[0].isalnum():
        return _Token("stop", token)
    return _Token("word", stem(token) if token.isascii() else token)


def _with_roles(tokens: Sequence[_Token]) -> Iterator[Piece]:
    groups = _groups(tokens)
    for at, token in enumerate(tokens):
        if token.kind == "name":
            group = next(i for i, members in enumerate(groups) if at in members)
            yield Piece("name", token.value, _role(tokens, groups[group]), group)
        elif token.kind == "number":
            yield Piece("number", token.value)
        elif token.kind == "word":
            yield Piece("word" if token.value.isascii() else "character", token.value)
        elif token.kind == "pause":
            yield Piece("pause", token.value)
        elif _GOVERNORS.get(token.value, token.value) in _RELATIONS:
            yield Piece("relation", _GOVERNORS.get(token.value, token.value))


def _groups(tokens: Sequence[_Token]) -> list[list[int]]:
    """Positions of the names, those joined by "and", "or" or an enumeration together."""
    groups: list[list[int]] = []
    for at, token in enumerate(tokens):
        if token.kind != "name":
            continue
        if groups and at - groups[-1][-1] <= 4 and _joined(tokens, groups[-1], at):
            groups[-1].append(at)
        else:
            groups.append([at])
    return groups


def _joined(tokens: Sequence[_Token], group: Sequence[int], at: int) -> bool:
    """Does the name at `at` go on the enumeration?

    "A 与 B 集成" (A is integrated with B) is none, nor is "A, and B": that opens a clause.
    """
    between = [token.value for token in tokens[group[-1] + 1 : at]]
    if not between or not all(value in _JOINS for value in between):
        return False
    if len(between) > 1 and between[0] == "," and len(group) == 1:
        return False
    together = "".join(token.value for token in tokens[at + 1 : at + 7])
    return between[0] not in ("与", "和", "跟") or not re.match(
        "(?:进行|做)?了?(?:紧密)?地?(?:集成|一起|相似)", together
    )


def _role(tokens: Sequence[_Token], group: Sequence[int]) -> str:
    """The word that governs a name (or group): "with", "than", ...; "free" where it opens a clause."""
    after = tokens[group[-1] + 1].value if group[-1] + 1 < len(tokens) else ""
    before = group[0] - 1
    if sum(token.value == '"' for token in tokens[: group[0]]) % 2:
        return "quoted"
    while before >= 0 and tokens[before].value in ("the", "a", "an", "also", "还", "也"):
        before -= 1
    if before > 0 and tokens[before].value == "的" and tokens[before - 1].kind == "name":
        return _role(tokens, [before - 1])  # "DeepMind 的 Acme" stands where "Acme" would
    if _is_example(tokens[max(0, before - 1) : before + 1]):
        return "example"
    if before < 0 or tokens[before].kind == "pause":
        return "in" if after in ("中", "上", "里") else "free"
    governor = _GOVERNORS.get(tokens[before].value, "")
    if tokens[before].value == "于" and before and tokens[before - 1].value == "鉴":
        governor = "given"
    if not governor and before + 1 < group[0]:
        governor = "the"
    return governor or ("in" if after in ("中", "上", "里") else "")


def _is_example(before: Sequence[_Token]) -> bool:
    """Do the two tokens before a name say "such as", "for example" or "像"?"""
    return "".join(token.value for token in before).endswith(
        ("suchas", "exampl", "example", "比如", "例如", "像", "like")
    )


# One order for one meaning. Names are masked first, as \x01name\x02.
_N = r"\x01[^\x02]*\x02"
_NAMES = rf"{_N}(?:(?:, | and |, and |和|与|、){_N})*"
_MADE = r"(?:made|created|built|developed|released|launched|wrote|designed|introduced)"
_MADE_ZH = r"(?:首次)?(?:发布|推出|创建|开发|打造)"
_WHEN = r"[^\x01\x02,。、和与]{0,8}"
_TURNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(rf"(?:(?<=[,。、和与])|^)( ?(?:尽管|虽然|但|而)?)({_WHEN}{_MADE_ZH})的 ?({_N})"),
        r" \1\3 \2 ",
    ),
    (re.compile(r"^(?:Compared (?:with|to)|In comparison with) ([^,]*?), (.*?)([.。]?)$"), r"\2 than \1\3"),
    (re.compile(r"(?:^|(?<=[,。]))(?:与|和|跟|同)([^,。]*?)相比,?([^。]*)"), r"\2 比\1"),
    (
        re.compile(rf"({_N})'s ((?:[\w-]+ ){{0,3}}?)({_N})((?: (?:framework|library|API))?)"),
        r"\2\3\4 from \1",
    ),
    (re.compile(rf"\b(an? (?:[\w-]+ )+(?:for {_N} )?)(?:named|called) ({_N})"), r"\2, \1"),
    (re.compile(rf"({_N}(?: API)?) of ({_N})"), r"\1 from \2"),
    (
        re.compile(rf"({_N}) (?:includes|contains) (?:the |an? )?({_N}(?: API)?)(?=, which|\.)"),
        r"\2 from \1",
    ),
    (
        re.compile(rf"({_NAMES}) (?:(?:also|first|recently|jointly|has|have) )*({_MADE}) ({_N})"),
        r"\3 \2 by \1",
    ),
    (re.compile(rf"({_N}) ?((?:于[^,。\x01]*?|最近|还)?)({_MADE_ZH})了? ?({_N})"), r"\4 \2\3 由\1"),
)


_POSSESSED = re.compile(r"([A-Za-z]+)(?:'s| ?的) ?([A-Z][A-Za-z]+)")


def _whole_name(match: re.Match[str], vocabulary: Vocabulary) -> str:
    """ "TensorFlow's Serving" -> "TensorFlow Serving", where the article has that name."""
    whole = f"{match[1]} {match[2]}"
    return whole if whole.lower() in vocabulary.phrases else match.group()


def one_order(text: str, vocabulary: Vocabulary) -> str:
    """A canonical text with possessives, comparisons and "A made B" turned into one order."""
    text = _POSSESSED.sub(lambda match: _whole_name(match, vocabulary), text)
    for name in reversed(vocabulary.find(text)):
        text = f"{text[: name.start]}\x01{text[name.start : name.end]}\x02{text[name.end :]}"
    for turn, order in _TURNS:
        text = turn.sub(order, text)
    return text.replace("\x01", "").replace("\x02", "")


_PRONOUN = re.compile(r"他们|它们|它|该(?:平台|框架|库|工具)")
_IT = re.compile(r"它(?![们本自])")


@lru_cache(maxsize=4096)
def resolved(text: str, other: str, vocabulary: Vocabulary) -> str:
    """`text` with names for pronouns: the one only the other edition states, or the last one before 它."""
    here = {name.value for name in vocabulary.find(canonical(text))}
    there = {name.value for name in vocabulary.find(canonical(other))}
    new = [name for name in there if not any(same_name(name, known) for known in here)]
    match = _PRONOUN.search(text)
    if len(new) == 1 and match:
        text = f"{text[: match.start()]} {new[0]} {text[match.end() :]}"
    return _IT.sub(lambda it: _last_name(text[: it.start()], vocabulary) or it.group(), text)


def _last_name(text: str, vocabulary: Vocabulary) -> str:
    names = [name.value for name in vocabulary.find(canonical(text))]
    return f" {names[-1]} " if names else ""


def same_name(one: str, two: str) -> bool:
    """Do two names stand for the same? "tensorflow lite" and "lite" do, and "tensorflow" not."""
    return one == two or one.endswith(" " + two) or two.endswith(" " + one)
