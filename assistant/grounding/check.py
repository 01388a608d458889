"""Does a sentence follow from the sentences it cites? Decided by code, without a model.

Five checks, each of which can only refuse: every number and every name of the sentence stands in its
evidence and is bound to the same thing there; negation, limits ("only", "fewer than") and obligation
("must") agree; and enough of its words are the evidence's words. Texts are compared in one language; the
other edition's quote only adds numbers and names, so that "December" and "12 月" meet.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from assistant.text import CJK, normalise

_STOP = frozenset(
    "a an and are as at be been being but by can could did do does for from had has have he how i if in into is it "
    "its may might more most of on or our she should so some such than that the their them then there these they "
    "this those to up us was we were what when where which while who whom whose why will with would you your also "
    "about according article both one says said according yes no not".split()
)
_STOP_ZH = frozenset(
    "的了和与或在是有为于对把被也都就而及其它这那他她们个些种中上下里后前将会能可以到从由等之以吗呢吧啊还并且"
)

_NUMBER_WORDS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "thirty": "30", "fifty": "50", "sixty": "60", "eighty": "80",
    "hundred": "100", "half": "1/2", "twice": "2", "first": "#1", "second": "#2", "third": "#3",
}  # fmt: skip
_MONTHS = {
    name: str(n)
    for n, name in enumerate(
        "january february march april may june july august september october november december".split(), 1
    )
    if name not in ("may", "march")
}
_DIGITS_ZH = {
    "两": "2",
    "二": "2",
    "三": "3",
    "四": "4",
    "五": "5",
    "六": "6",
    "七": "7",
    "八": "8",
    "九": "9",
    "十": "10",
}
_MEASURES = "个家种项款位次年轮大类门本张条处者"


def numbers(text: str) -> set[str]:
    """Canonical numbers of a text: digits and number words; percentages keep their sign."""
    text = re.sub(r"(?<=\d)[,，](?=\d{3}(?!\d))", "", normalise(text))
    found = set()
    for value, unit in re.findall(r"(?<![a-z\d.])(\d+(?:[./]\d+)?)\s*(%|percent|per cent)?", text):
        found.add(value + ("%" if unit else ""))
    found |= {f"{value}%" for value in re.findall(r"百分之\s*(\d+)", text)}
    words = re.findall(r"[a-z]+", text)
    found |= {_NUMBER_WORDS[w] for w in words if w in _NUMBER_WORDS}
    found |= {_MONTHS[w] for w in words if w in _MONTHS}
    if re.search(r"一半|半数", text):
        found.add("1/2")
    found |= {
        f"{_DIGITS_ZH[b]}/{_DIGITS_ZH[a]}" if b in _DIGITS_ZH else ""
        for a, b in re.findall(r"([三四五])分之([二三四])", text)
    }
    found |= {"#" + {"一": "1"}.get(d, _DIGITS_ZH.get(d, "")) for d in re.findall(r"第([一二三四五])", text)}
    found |= {
        _DIGITS_ZH[d] for d in re.findall(rf"(?<![第十分])([两二三四五六七八九十])(?=[{_MEASURES}])", text)
    }
    return found - {""}


_ALIASES = (
    (r"tf\s?lite", "tensorflow lite"),
    (r"tfx", "tensorflow extended"),
    (r"tf(?=\b|\d)", "tensorflow "),
    (r"tensorflow\.js|tfjs", "tensorflow js"),
    (r"谷歌", "google"),
    (r"脸书", "facebook"),
    (r"亚马逊", "amazon"),
    (r"微软", "microsoft"),
    (r"苹果公司", "apple"),
    (r"英伟达", "nvidia"),
    (r"百度", "baidu"),
    (r"物联网|internet of things", "iot"),
    (r"树莓派|raspberry pis?", "raspberrypi"),
)
_NAME = re.compile(r"[a-z][a-z0-9+#]*(?:\.(?:ai|js))?|[a-z]*\d+[a-z]+[a-z0-9]*", re.I)


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    text = normalise(text)
    for pattern, name in _ALIASES:
        text = re.sub(rf"(?<![a-z]){pattern}(?![a-z])" if pattern.isascii() else pattern, f" {name} ", text)
    return text


@dataclass(frozen=True)
class Vocabulary:
    """The Latin-script names of the corpus, lower case, and the ordinary words of its English edition."""

    names: frozenset[str]
    words: frozenset[str]

    @classmethod
    def of(cls, zh_texts: Sequence[str], en_texts: Sequence[str]) -> "Vocabulary":
        """Names are the Latin words of the Chinese edition that carry a capital, a digit or a dot."""
        zh = {t for text in zh_texts for t in _NAME.findall(text)}
        names = {t.lower() for t in zh if not t.islower() or "." in t or t.lower() == "iot"}
        for text in zh_texts:
            names |= {
                t
                for t in _NAME.findall(_canonical(text))
                if t in ("iot", "raspberrypi", "google", "facebook")
            }
        words = {w.lower() for text in en_texts for w in re.findall(r"[A-Za-z]+", text)} - names
        return cls(
            frozenset(names | {"tensorflow", "lite", "extended", "amazon", "microsoft", "meta"}),
            frozenset(words),
        )

    def names_in(self, text: str) -> set[str]:
        """Names of a text: those of the corpus, and unknown words written like names."""
        found = {t for t in _NAME.findall(_canonical(text)) if t in self.names}
        for match in re.finditer(r"[A-Za-z][A-Za-z0-9+.#-]*[A-Za-z0-9+#]", text):
            word = match.group()
            starts = (
                not text[: match.start()].strip() or text[: match.start()].rstrip()[-1] in ".!?:。！？：\"'“"
            )
            cased = word != word.lower()
            common = word.lower() in self.words or word.lower() in _STOP
            if (
                cased
                and not (starts and (common or word[1:].islower()))
                and not (common and word[1:].islower())
            ):
                found |= set(_NAME.findall(_canonical(word)))
        return found - {"i", "ai", "api", "apis"}


_NEGATION_ZH = re.compile(
    r"(?:不(?![同断错仅过妨足到])|没|未(?!来)|并非|绝非|而非|无(?!论|服务器|疑|需)|无需|难以|别(?=[用选再])|毫无)"
)
_NEGATION_EN = re.compile(r"\b(?:not|no|never|cannot|without|neither|nor|none|nothing|hardly|unable)\b|n't\b")
_LIMITS: dict[str, re.Pattern[str]] = {
    "only": re.compile(r"\bonly\b|\bsolely\b|\bexclusive|\bunique to\b|\balone\b|只(?!是想|要)|仅|独有|唯一"),
    "fewer": re.compile(
        r"不到|不足|少于|低于|小于|\b(?:fewer|less|lower|smaller|under|below)\b(?! than a)|更少|更小|小得多"
    ),
    "more": re.compile(
        r"超过|多于|高于|大于|远超|更|胜|优于|最|领先|优势|首选|比"
        r"|\b(?:more|most|higher|larger|greater|over|above|exceed\w*|outnumber\w*|better|best|win\w*|won|ahead|advantage|prefer\w*|compar\w*|than)\b"
    ),
    "always": re.compile(r"\balways\b|\bevery\b|总是|永远|一定|100 ?%"),
    "must": re.compile(r"\bmust\b|\bhave to\b|\bhas to\b|\brequired?\b|必须|务必|必备"),
}
_ADDED = ("only", "fewer", "more", "always", "must")
_LEAD = re.compile(
    r"^(?:yes|no|not exactly|actually|correct|that is right|是的?|不是的?|对的?|不对|可以|不可以|不能|不会|没有|能|会|不|其实|并非如此)"
    r"[,，.。:：;；、\s]+",
    re.I,
)
_CLAUSE = re.compile(
    r"[,，;；。.!?！？:：](?=\s|[^\d\w]|$|["
    + CJK
    + r"])|，|,(?=\D)|\bbut\b|\bwhile\b|\bwhereas\b|但是?|而(?!且)|然而"
)


def content(text: str) -> set[str]:
    """What a text is about: Chinese character pairs, stemmed English words, names. Grammar words are left out."""
    text = _canonical(text)
    tokens = {_stem(w) for w in re.findall(r"[a-z][a-z0-9+#]*", text) if w not in _STOP and len(w) > 1}
    for run in re.findall(f"[{CJK}]+", text):
        kept = "".join(" " if c in _STOP_ZH else c for c in run)
        for part in kept.split():
            tokens |= {part[i : i + 2] for i in range(len(part) - 1)} or {part}
    return tokens


def _stem(word: str) -> str:
    """A light suffix stripper: enough to let "deploys", "deployed" and "deployment" meet."""
    for suffix in (
        "izations",
        "ization",
        "ations",
        "ation",
        "ments",
        "ment",
        "ings",
        "ing",
        "ies",
        "ness",
        "ely",
        "ly",
        "ed",
        "es",
        "er",
        "s",
        "e",
        "y",
    ):
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word


def negated(text: str) -> bool:
    """Does a clause deny what it says?"""
    text = normalise(text)
    hits = len(_NEGATION_ZH.findall(text)) + len(_NEGATION_EN.findall(text))
    return hits % 2 == 1


def clauses(text: str) -> list[str]:
    """The clauses of a sentence, in order."""
    return [part.strip() for part in _CLAUSE.split(text) if part and part.strip()]


def coverage(sentence: str, evidence: str) -> float:
    """Share of the sentence's content found in the evidence, 0 to 1."""
    wanted = content(_LEAD.sub("", sentence))
    return len(wanted & content(evidence)) / len(wanted) if wanted else 0.0


@dataclass(frozen=True)
class Quote:
    """A sentence of the article in both editions; `text` is in the answer's language, `other` is its twin."""

    text: str
    other: str


Kind = Literal[
    "",
    "none",
    "lead",
    "number",
    "name",
    "overlap",
    "negation",
    "limit",
    "modality",
    "comparison",
    "binding",
]
"""Which check refused: "" for none of them, "none" where there is no evidence at all."""


@dataclass(frozen=True)
class Support:
    """The outcome of a check: `verdict` is None where the sentence is refused, and `reason` says why.

    `kind` names the check that refused, and `missing` the names or numbers that the evidence does not hold.
    """

    verdict: str | None
    reason: str
    kind: Kind = ""
    missing: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.verdict is not None


MIN_COVERAGE = 0.6
"""Least share of a sentence's content that its evidence must hold."""


def check(sentence: str, quotes: Sequence[Quote], vocabulary: Vocabulary, question: str = "") -> Support:
    """Is the sentence supported by its quotes? Fails closed: nothing cited is nothing supported."""
    if not quotes:
        return Support(None, "no evidence", "none")
    evidence = " ".join(q.text for q in quotes)
    both = evidence + " " + " ".join(q.other for q in quotes)
    body = _LEAD.sub("", sentence).strip() or sentence
    if any(_bare(body) in _bare(q.text) for q in quotes):
        return Support("quoted", "stands in the article word for word")
    if missing := numbers(body) - numbers(both):
        reason = f"number not in the evidence: {', '.join(sorted(missing))}"
        return Support(None, reason, "number", frozenset(missing))
    if missing := vocabulary.names_in(body) - vocabulary.names_in(both):
        reason = f"name not in the evidence: {', '.join(sorted(missing))}"
        return Support(None, reason, "name", frozenset(missing))
    if (share := coverage(body, evidence)) < MIN_COVERAGE:
        return Support(None, f"only {share:.0%} of its words are in the evidence", "overlap")
    if denial := _denies(body, evidence):
        return Support(None, denial, "negation")
    if shifted := _shifts_limits(body, evidence):
        return Support(None, *shifted)
    if misbound := _misbinds(body, evidence, vocabulary):
        return Support(None, misbound, "binding")
    return Support(
        "supported", f"numbers, names and negation agree; {share:.0%} of its words are in the evidence"
    )


def _bare(text: str) -> str:
    return re.sub(r"[\s\"'「」『』,.。;；:!?]+", "", normalise(text))


def _aligned(clause: str, evidence: str) -> list[str]:
    """The clauses of the evidence that say what `clause` says, nearest first."""
    wanted = content(clause)
    scored = [(len(wanted & content(other)), other) for other in clauses(evidence)]
    best = max((score for score, _ in scored), default=0)
    return [other for score, other in scored if score and score >= 0.8 * best]


def _denies(body: str, evidence: str) -> str | None:
    for clause in clauses(body):
        near = _aligned(clause, evidence)
        if near and all(negated(other) != negated(clause) for other in near):
            return "negation differs from the evidence: " + clause
    return None


def _shifts_limits(body: str, evidence: str) -> tuple[str, Kind] | None:
    said, given = normalise(body), normalise(evidence)
    for limit in _ADDED:
        if _LIMITS[limit].search(said) and not _LIMITS[limit].search(given):
            kind: Kind = (
                "modality" if limit == "must" else "limit" if limit in ("only", "always") else "comparison"
            )
            return f"adds a limit the evidence does not state: {limit}", kind
    if _LIMITS["fewer"].search(said) and not _LIMITS["fewer"].search(given) and _LIMITS["more"].search(given):
        return "turns a comparison round", "comparison"
    bounds = _bounds(given)
    for value, bound in _bounds(said).items():
        if bound != bounds.get(value, bound) and {bound, bounds[value]} != {"", "about"}:
            return f"the evidence bounds {value} otherwise", "limit"
    return None


_BOUND = re.compile(
    r"(?P<only>\bonly|只有|仅有?|才)|(?P<under>\b(?:fewer|less) than|\bunder|不到|不足|少于|低于)"
    r"|(?P<over>\b(?:more than|over|above|at least)|超过|多于|高于|至少|远超)|(?P<about>\b(?:about|around|nearly|almost|roughly)|大约|约|近)"
)


def _bounds(text: str) -> dict[str, str]:
    """How each number of a normalised text is bounded by the word right before it: only, under, over, about, none."""
    found: dict[str, str] = {}
    for match in re.finditer(r"\d+(?:[./]\d+)?%?", text):
        before = text[max(0, match.start() - 14) : match.start()]
        hits = [
            m for m in _BOUND.finditer(before) if len(re.sub(r"\s|有|the|of", "", before[m.end() :])) <= 1
        ]
        found.setdefault(match.group(), str(hits[-1].lastgroup) if hits else "")
    return found


def _misbinds(body: str, evidence: str, vocabulary: Vocabulary) -> str | None:
    """Is a name or a number said of another thing than in the evidence?

    Each one's surroundings are compared with the surroundings of every name (or number) of the evidence; it
    is bound wrongly where those of a different one are clearly nearer. Names joined by "and" or "or" count
    as one, so their order does not matter.
    """
    said, given = _units(body, vocabulary), _units(evidence, vocabulary)
    for kind in ("name", "number"):
        mine = [unit for unit in said if unit.kind == kind]
        theirs = [unit for unit in given if unit.kind == kind]
        for unit in mine:
            same = max((_likeness(unit, t) for t in theirs if unit.value & t.value), default=0.0)
            other = max((_likeness(unit, t) for t in theirs if not unit.value & t.value), default=0.0)
            if other > same * 1.15 + 0.2:
                return f"{'/'.join(sorted(unit.value))} is said of another thing than in the evidence"
    return None


@dataclass(frozen=True)
class _Unit:
    """A name (or several joined) or a number, and the content around it: (signed distance, token)."""

    kind: str
    value: frozenset[str]
    around: tuple[tuple[int, str], ...]


_REACH = 9
_TOKEN = re.compile(rf"[a-z][a-z0-9+#]*(?:\.(?:ai|js))?|\d+(?:[./]\d+)?\+?%?|[{CJK}]|[,;:.。！？]")
_JOINS = frozenset(("and", "or", "和", "与", "或", "跟", "及", "、", "/", "+", "者"))


def _units(text: str, vocabulary: Vocabulary) -> list[_Unit]:
    tokens = _TOKEN.findall(_canonical(text))
    marked: list[tuple[str, frozenset[str]]] = []  # ("name" | "number" | "word" | "join", value)
    for token in tokens:
        if token in vocabulary.names:
            if marked and marked[-1][0] == "name":
                marked[-1] = ("name", marked[-1][1] | {token})
            elif len(marked) > 1 and marked[-1][0] == "join" and marked[-2][0] == "name":
                marked[-2:] = [("name", marked[-2][1] | {token})]
            else:
                marked.append(("name", frozenset((token,))))
        elif token[0].isdigit():
            marked.append(("number", frozenset((token.rstrip("+"),))))
        elif token in _JOINS:
            marked.append(("join", frozenset((token,))))
        elif token in ",;:.。!?" or token in _STOP_ZH or token in _STOP:
            continue
        else:
            marked.append(("word", frozenset((_stem(token) if token.isascii() else token,))))
    kept = [(kind, value) for kind, value in marked if kind != "join"]
    return [
        _Unit(kind, value, _surroundings(kept, i)) for i, (kind, value) in enumerate(kept) if kind != "word"
    ]


def _surroundings(kept: Sequence[tuple[str, frozenset[str]]], at: int) -> tuple[tuple[int, str], ...]:
    around = []
    for i in range(max(0, at - _REACH), min(len(kept), at + _REACH + 1)):
        kind, value = kept[i]
        if i != at and (kind == "word" or kept[at][0] == "number"):
            around += [(i - at, token) for token in value]
    return tuple(around)


def _likeness(one: _Unit, two: _Unit) -> float:
    """Shared surroundings, nearer ones counting more, those on the other side half."""
    total = 0.0
    for token in {token for _, token in one.around} & {token for _, token in two.around}:
        pairs = [(a, b) for a, t in one.around if t == token for b, u in two.around if u == token]
        total += max(
            (1.0 if (a > 0) == (b > 0) else 0.5) / (1 + abs(abs(a) - abs(b)) + 0.25 * min(abs(a), abs(b)))
            for a, b in pairs
        )
    return total
