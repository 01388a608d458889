"""Do the two editions say the same? Structure, numbers and names are compared sentence by sentence.

A number or name of a Chinese sentence must stand in its English line. The English line may add no number and
only such names as the Chinese sentence refers to: those of its own paragraph so far, because English names
the subject where Chinese goes on with 它 or leaves it out. Letters and digits are compared as they are;
whatever is written differently in the two languages is in the tables below, and nowhere else.

Run `python -m corpus.alignment` to see the differences; `python -m corpus.build` refuses to record them.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator

from corpus.article import Article, Edition, Language, load
from corpus.errors import CorpusError

# One number, percentage, fraction, year or version: 4500, 85%, 2/3, 1.9+.
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:[./]\d+)?[%+]?")
# A word of Latin letters: PyTorch, TensorFlow.js, C++, Speech-to-Text.
WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[.\-][A-Za-z0-9]+)*(?:\+\+)?")
URL = re.compile(r"https?://[\x21-\x7e]+")
SENTENCE_HEAD = re.compile(r"""(?:^|[.?!:;]\s+)["“(]*""")

CHINESE_NUMBERS = {
    r"一半": "1/2",
    r"(\d+) 月(?!\d)": r"month \1",
    r"第一轮": "round 1",
    r"第二轮": "round 2",
    r"[两二](?:个|大|者)": "2",
    r"三个": "3",
}
"""Chinese numbers that are words. 一个 is an article, 几个 and 一些 are no numbers: neither is listed."""

ENGLISH_NUMBERS = {
    r"\bhalf\b": "1/2",
    r"\bDecember\b": "month 12",
    r"\bfirst round\b": "round 1",
    r"\bsecond round\b": "round 2",
    r"\btwo\b": "2",
    r"\bthree\b": "3",
}
"""The English for each entry of CHINESE_NUMBERS, in its order."""

CHINESE_NAMES = {
    "谷歌研究院": "Google Research",
    "谷歌": "Google",
    "物联网": "IoT",
    "人工智能": "AI",
    "树莓派": "Raspberry Pi",
}
"""Names that the Chinese edition writes in characters (its source writes some of them either way)."""


def differences(article: Article) -> list[str]:
    """Every disagreement of the two editions, each in one sentence with its place; none means aligned.

    Sentences are compared only once the outlines, paragraph ids and sentence counts agree.
    """
    return _structure(article.zh, article.en) or list(_sentences(article))


def check(article: Article) -> None:
    """Raises CorpusError with all differences when there are any."""
    found = differences(article)
    if found:
        raise CorpusError(
            f"zh.md and en.md disagree in {len(found)} places, expected none; mend en.md (or repairs.yaml): "
            + "; ".join(found)
        )


def numbers(text: str, language: Language) -> Counter[str]:
    """The numbers of a sentence, each with how often it stands there, words and digits alike."""
    table = CHINESE_NUMBERS if language == "zh" else ENGLISH_NUMBERS
    text = URL.sub("", text)
    found: Counter[str] = Counter()
    for pattern, value in table.items():
        found.update(match.expand(value) for match in re.finditer(pattern, text))
        text = re.sub(pattern, " ", text)
    found.update(number.replace(",", "") for number in NUMBER.findall(text))
    return found


def words(text: str, language: Language) -> list[str]:
    """The Latin-script words of a sentence in order, plurals of abbreviations made singular, plus addresses.

    In Chinese, names in characters are first put into Latin letters; every word then found is a name or a
    term of art. In English most words are neither, so callers look up what they expect.
    """
    if language == "zh":
        for chinese, latin in CHINESE_NAMES.items():
            text = text.replace(chinese, f" {latin} ")
    addresses = URL.findall(text)
    return addresses + [_singular(word) for word in WORD.findall(URL.sub(" ", text))]


def _structure(zh: Edition, en: Edition) -> list[str]:
    ours = [f"section {section.id} of level {section.level}" for section in zh.sections]
    ours += [
        f"paragraph {paragraph.id} of {len(paragraph.sentences)} sentences" for paragraph in zh.paragraphs
    ]
    theirs = [f"section {section.id} of level {section.level}" for section in en.sections]
    theirs += [f"paragraph {p.id} of {len(p.sentences)} sentences" for p in en.paragraphs]
    found = [f"zh.md has {item}, en.md has not" for item in ours if item not in theirs]
    found += [f"en.md has {item}, zh.md has not" for item in theirs if item not in ours]
    if not found and ours != theirs:
        found = ["the sections or paragraphs of en.md stand in another order than those of zh.md"]
    return found


def _sentences(article: Article) -> Iterator[str]:
    ordinary = {word for text in _texts(article.en) for word in words(text, "en") if not _has_capital(word)}
    names = {word for text in _texts(article.zh) for word in words(text, "zh") if _has_capital(word)}
    known = {name for name in names if name.lower() not in ordinary}
    for section, other in zip(article.zh.sections, article.en.sections, strict=True):
        yield from _compare(f"heading {section.id}", section.title, other.title, set(), known)
    for paragraph, theirs in zip(article.zh.paragraphs, article.en.paragraphs, strict=True):
        named: set[str] = set()
        pairs = zip(paragraph.sentences, theirs.sentences, strict=True)
        for number, (zh, en) in enumerate(pairs, start=1):
            yield from _compare(f"{paragraph.id} sentence {number}", zh, en, named, known)
            named.update(words(zh, "zh"))


def _texts(edition: Edition) -> Iterator[str]:
    yield from (section.title for section in edition.sections)
    yield from (paragraph.text for paragraph in edition.paragraphs)


def _compare(place: str, zh: str, en: str, named: set[str], known: set[str]) -> Iterator[str]:
    """Differences of one sentence; `named` are the names of its paragraph so far, `known` of the article."""
    wanted, given = numbers(zh, "zh"), numbers(en, "en")
    yield from (f"{place}: en.md lacks the number {number}" for number in wanted - given)
    yield from (f"{place}: en.md adds the number {number}" for number in given - wanted)

    names = words(zh, "zh")
    spelled = {word.lower() for word in words(en, "en")}
    yield from (
        f"{place}: en.md lacks {name!r}" for name in dict.fromkeys(names) if name.lower() not in spelled
    )
    allowed = {*names, *named}
    yield from (f"{place}: en.md adds {name!r}" for name in _english_names(en, known) if name not in allowed)


def _english_names(text: str, known: set[str]) -> list[str]:
    """Words that must be names: capitals where English puts none, or names the article knows.

    A capital at the head of a sentence proves nothing, so there only known names count, and of those only
    the ones that are no ordinary words as well (the Model of Model Garden is one).
    """
    text = URL.sub(_blank, text)
    for pattern in ENGLISH_NUMBERS:
        text = re.sub(pattern, _blank, text)
    heads = {match.end() for match in SENTENCE_HEAD.finditer(text)}
    found = []
    for match in WORD.finditer(text):
        word = _singular(match[0])
        capital = _has_capital(word) and (match.start() not in heads or _has_capital(word[1:]))
        if word != "I" and (capital or word in known):
            found.append(word)
    return list(dict.fromkeys(found))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _has_capital(word: str) -> bool:
    return any(char.isupper() for char in word)


def _singular(word: str) -> str:
    return re.sub(r"(?<=[A-Z]{2})s$", "", word)


def main() -> int:
    """Say in one line whether the editions agree, or name every difference; 1 when there are any."""
    article = load()
    found = differences(article)
    count = sum(len(paragraph.sentences) for paragraph in article.zh.paragraphs)
    summary = f"compared {count} sentences of zh.md and en.md: {len(found)} differences"
    sys.stdout.write("\n".join([summary, *found]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CorpusError as error:
        sys.exit(str(error))
