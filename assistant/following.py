"""Follow-ups: a question that leans on the turns before it, completed so that it stands alone.

    pronoun    "Who made it?"            the thing spoken of takes its place
    ellipsis   "And TensorFlow?"         the question before, with the name or the year put in its place
    fragment   "Why?" "on phones?"       the question before and the fragment together

A question that stands alone is left as it is, so a change of topic carries nothing over. What an assistant
said only tells what "it" is; it is never taken as a fact.
"""

import re
from collections.abc import Sequence

from assistant.answer import Turn
from assistant.asking import kinds
from assistant.grounding import Vocabulary
from assistant.grounding.names import Name, canonical
from assistant.text import CJK, clean

FEW = 6
"""Words and characters below which a question is a fragment."""

BESIDE_A_NAME = 14
"""Characters beside the name in a question for what it is ("And what is TorchX?")."""

FRAMEWORKS = frozenset({"tensorflow", "pytorch", "jax", "keras"})
"""Named in most questions; a question about a tool is about the tool."""

MAKERS = frozenset({"google", "facebook", "aws", "microsoft", "deepmind", "openai"})
"""Who made a thing; rarely what "it" is."""

PLATFORMS = frozenset({"iot", "android", "ios", "linux", "raspberrypi", "ai", "api"})
"""What things run on or belong to ("an Android app"); never what "it" is."""

_DUMMY = re.compile(
    r"\b(?:is|was|isn't|wasn't|does|would) it "
    r"(?:true|correct|right|possible|fair|worth|make sense|matter|better|easier|a good)\b"
    r"|\bit (?:is|seems|looks|takes)\b|\bif (?:it|this|that) (?:were|was|is|had)\b"
    r"|(?:如果|要是|假如|假设|万一|若)它?(?:是|换)",
    re.I,
)
_PRONOUN = re.compile(
    r"\bits\b|\b(?:it|that one|this one)\b"
    r"|\b(?:this|that|the) "
    r"(?:tool|library|framework|platform|product|service|package|project|environment|toolkit|model)\b"
    r"|它(?!们)|[该这那](?:一?[个款种套])?(?:工具|框架|库|平台|产品|服务|项目|软件|环境|套件|模型)|(?<![尤与])其(?![他它中实余])",
    re.I,
)
_ORDINAL = re.compile(r"\bthe (former|latter)(?: one)?\b|(前者|后者)", re.I)
_ELLIPSIS = re.compile(
    r"^\s*(?:(?:and|but|ok|so)[, ]+)?(?:what|how) about (?P<a>[^?？]+?)(?: then| though)?\s*[?？]*\s*$"
    r"|^\s*(?:and|but|or)\b[, ]*(?:(?:for|on|with|in|of|at|by|to|from) )?(?P<b>[^?？,，]{1,40}?)\s*[?？]*\s*$"
    r"|^\s*(?:那么?|还有|而|但是?)?[,，\s]*(?:换成|换做|如果是|要是)?(?P<c>[^?？,，]{1,24}?)(?:那边|方面|这边|的话|的情况)?呢\s*[?？]*\s*$",
    re.I,
)
_LEANS = re.compile(
    r"^\s*(?:and|or|but|so|what about|how about|what if|then|also|yes|yeah|no|ok|why)\b"
    r"|\b(?:they|them|their|theirs|the former|the latter|there|those|these|he|she)\b"
    r"|^(?:那|那么|还有|如果|要是|假如|但|可是|另外|为什么|为何|怎么|是的|好的|对|嗯|呢)|他们|它们|其中|前者|后者|呢\s*[?？]?$",
    re.I,
)
_ASKS_FOR_A_THING = re.compile(r"谁|哪[个款种家]|什么(?=工具|框架|库|产品|平台)|\b(?:who|which|what)\b", re.I)
_DESCRIBES_A_THING = re.compile(
    r"那一?[个款种](?=工具|框架|库|平台|产品|服务|项目|公司|机构)"
    r"|\b(?:a|the|that|one) (?:\w+ )?"
    r"(?:tool|library|framework|platform|product|service|package|toolkit|company|lab)\b",
    re.I,
)
_OF_ONESELF = re.compile(r"\b(?:i|i'm|we|we're|my|our)\b|我|咱|本人", re.I)
_QUESTION = re.compile(
    r"[?？]|[吗呢]\s*$|\b(?:who|what|which|when|where|why|how)\b|谁|什么|哪|多少|怎么", re.I
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def complete(question: str, history: Sequence[Turn], vocabulary: Vocabulary) -> str:
    """The question as it stands alone; the very same text where it leans on nothing."""
    return completed(question, *_so_far(history, vocabulary), vocabulary)


def joined(question: str, history: Sequence[Turn], vocabulary: Vocabulary) -> str | None:
    """The question after the one before it, where it names nothing and so may lean on it; else None."""
    before, _ = _so_far(history, vocabulary)
    return f"{before} {question}" if before and not vocabulary.find(canonical(question)) else None


def _so_far(history: Sequence[Turn], vocabulary: Vocabulary) -> tuple[str, str]:
    """(the latest question, complete, and its answer), each "" for none."""
    before, said = "", ""
    for turn in history:
        text = clean(turn.content)
        if turn.role == "user" and text:
            before, said = completed(text, before, said, vocabulary), ""
        elif text:
            said = text
    return before, said


def readings(text: str, before: str, said: str, vocabulary: Vocabulary) -> list[str]:
    """The ways to complete a text after a question and its answer, best last.

    "It" may be either's thing, and a text that names nothing may leave out what it is about.
    """
    first = completed(text, before, said, vocabulary)
    pronoun = _PRONOUN.search(canonical(text))
    asks = _ASKS_FOR_A_THING.search(before) or _DESCRIBES_A_THING.search(before)
    meant = _brought_up(before, said, vocabulary) if asks else None
    if first == text and before and not vocabulary.find(canonical(text)):
        subject = meant or _subject("", before, said, vocabulary)
        return [first, f"{subject} {text}"] if subject else [first]
    return [first, _put(canonical(text), pronoun, meant)] if pronoun and meant else [first]


def _brought_up(before: str, said: str, vocabulary: Vocabulary) -> str | None:
    """The first thing that an answer names and its question does not."""
    known = {name.value for name in vocabulary.find(canonical(before))} | FRAMEWORKS | MAKERS
    answer = canonical(said)
    return next(
        (_written(answer, n) for n in vocabulary.find(answer) if n.known and n.value not in known), None
    )


def completed(text: str, before: str, said: str, vocabulary: Vocabulary) -> str:
    """A text as it stands alone after the question `before` and its answer `said`, each "" for none."""
    if not before:
        return text
    plain = canonical(text)
    named = vocabulary.find(plain)
    if _only_asks_what_is(plain, named):
        return text
    swapped = _swapped(plain, named, before, vocabulary)
    if swapped:
        return swapped
    for pattern, thing in ((_ORDINAL, _ordinal), (_PRONOUN, _subject)):
        match = pattern.search(plain)
        own = match and any(name.start < match.start() for name in named)
        if match and not own and not _DUMMY.search(plain) and not _tells_on(plain, before):
            subject = thing(match.group(), before, said, vocabulary)
            if subject:
                return _put(plain, match, subject)
    leans = _LEANS.search(plain) or (_PRONOUN.search(plain) and not named) or _is_fragment(plain, named)
    return f"{before} {text}" if leans else text


def _tells_on(text: str, before: str) -> bool:
    """Does a reader who spoke of a thing of their own tell more of it? Then "it" is that thing."""
    states = text.rstrip().endswith((".", "。", "!", "！")) or not _QUESTION.search(text)
    return states and _OF_ONESELF.search(before) is not None


def _only_asks_what_is(text: str, named: Sequence[Name]) -> bool:
    """Does a text ask what a named thing is, and nothing more, whatever word it begins with?"""
    besides = len(text) - sum(name.end - name.start for name in named)
    return bool(named) and besides <= BESIDE_A_NAME and "definition" in kinds(text)


def _is_fragment(text: str, named: Sequence[Name]) -> bool:
    return len(re.findall(rf"[{CJK}]|[A-Za-z0-9]+", text)) < FEW and not named


def _swapped(text: str, named: Sequence[Name], before: str, vocabulary: Vocabulary) -> str | None:
    """The question before with the name or the year of "and X?" in the place of its own, or None."""
    match = _ELLIPSIS.match(text)
    if not match:
        return None
    plain = canonical(before)
    years, years_before = _YEAR.findall(text), _YEAR.findall(plain)
    if years and years_before and not named:
        return plain.replace(years_before[0], years[0])
    names_before = [n for n in vocabulary.find(plain) if n.value not in {name.value for name in named}]
    wanted = next(part for part in match.group("a", "b", "c") if part)
    if len(named) != 1 or not names_before or len(wanted) > len(_written(text, named[0])) + 8:
        return None
    framework = named[0].value in FRAMEWORKS
    alike = [n for n in names_before if (n.value in FRAMEWORKS) == framework] or names_before
    return plain[: alike[-1].start] + _written(text, named[0]) + plain[alike[-1].end :]


def _subject(pronoun: str, before: str, said: str, vocabulary: Vocabulary) -> str | None:
    """What "it" is: the tool asked about, else the first the answer brought up, else maker or framework."""
    asked = canonical(before)
    names = [name for name in vocabulary.find(asked) if name.value not in PLATFORMS]
    tools = [n for n in names if n.value not in FRAMEWORKS | MAKERS]
    if tools:
        return _written(asked, tools[0])
    if brought_up := _brought_up(before, said, vocabulary):
        return brought_up
    makers = [n for n in names if n.value in MAKERS]
    return _written(asked, (makers or names)[0]) if names else None


def _ordinal(word: str, before: str, said: str, vocabulary: Vocabulary) -> str | None:
    """The first or the second of two things named before."""
    for text in (canonical(before), canonical(said)):
        names = list({name.value: name for name in vocabulary.find(text)}.values())
        if len(names) == 2:
            return _written(text, names["latter" in word or "后" in word])
    return None


def _put(text: str, match: re.Match[str], subject: str) -> str:
    """The text with a subject in the place of a pronoun, possessive where that is."""
    rest = text[match.end() :]
    space = " " if rest[:1].isalnum() else ""
    joint = "'s" if match.group().lower() == "its" else space
    return re.sub(r"\s+", " ", f"{text[: match.start()]} {subject}{joint}{rest}").strip()


def _written(text: str, name: Name) -> str:
    return text[name.start : name.end]
