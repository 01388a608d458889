"""Damages to the editions, alone or together with the quotes taken from them."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace

from corpus.article import JOINER, LANGUAGES, Article, Language, Paragraph
from tests.mutants import Data, Mutant, leaves, quoted, swapped

Texts = dict[Language, str]

DENIED = {
    "zh": (
        ("应该", "不应该"),
        ("可以", "不可以"),
        ("请", "请不要"),
        ("建议", "不建议"),
        ("坚持", "不坚持"),
        ("考虑", "不考虑"),
        ("首选", "非首选"),
        ("值得", "不值得"),
        ("可能是", "可能不是"),
        ("都是", "都不是"),
        ("专注", "不专注"),
        ("取决", "不取决"),
        ("并不是", "是"),
        ("都不会", "都会"),
    ),
    "en": (
        ("should", "should not"),
        ("can ", "cannot "),
        ("please", "please do not"),
        ("recommended", "not recommended"),
        ("advised", "not advised"),
        ("may be", "may not be"),
        ("may not be", "may be"),
        ("is probably", "is probably not"),
        ("is still", "is still not"),
        ("worth", "not worth"),
        (" is a ", " is not a "),
        ("cannot", "can"),
    ),
}
TURNED = {
    "zh": (
        ("应该使用", "应该避免使用"),
        ("坚持使用", "放弃使用"),
        ("请选择", "请避免选择"),
        ("可以考虑使用", "最好避免使用"),
        ("建议使用", "建议避免使用"),
        ("更好的选择", "更差的选择"),
        ("首选方法", "过时的方法"),
    ),
    "en": (
        ("should use", "should avoid"),
        ("should stick with", "should abandon"),
        ("please choose", "please avoid"),
        ("can consider using", "had better avoid"),
        ("the better choice", "the worse choice"),
        ("the preferred approach", "an obsolete approach"),
    ),
}
SUPPOSED = {
    "zh": (
        ("如果你", "如果你并非"),
        ("如果", "如果不"),
        ("需要", "不需要"),
        ("一直", "并不一直"),
        ("不进行", "进行"),
    ),
    "en": (
        ("If you are", "If you are not"),
        ("If you need", "If you do not need"),
        ("If you", "If you never"),
        ("if you", "if you never"),
        ("used to", "not used to"),
        ("do not do", "do"),
    ),
}
FIRMNESS = {
    "zh": (
        ("应该坚持使用", "可以考虑使用"),
        ("应该使用", "可以考虑使用"),
        ("请选择", "可以考虑"),
        ("可以考虑", "应该"),
    ),
    "en": (
        ("should stick with", "can consider"),
        ("should use", "may consider"),
        ("can consider using", "should use"),
    ),
}
ADDED = (
    ("所以,所有人都应该使用 PyTorch。", "So everybody should use PyTorch."),
    ("建议直接选择 JAX。", "It is advised to choose JAX right away."),
    ("最好避免使用 TensorFlow。", "It is best to avoid TensorFlow."),
)


def mutants(data: Data, article: Article) -> Iterator[Mutant]:
    """Every mutant of the text."""
    yield from _alone(data, article)
    yield from _added(data, article)
    for key in _recommending(data):
        for what, texts in _changes(data, data["quotes"][key]):
            yield _together(data, article, key, texts, what)


def _alone(data: Data, article: Article) -> Iterator[Mutant]:
    for key, quote in data["quotes"].items():
        for language in LANGUAGES:
            flipped = _edited(article, language, quote[language], swapped(quote[language]))
            if flipped != article:
                yield Mutant("sentence flipped in the edition", f"{key} {language}", data, flipped)
        kept = _rebuilt(article, lambda p, n, zh=quote["zh"]: zh not in _chinese(article, p).sentences[n])
        yield Mutant("sentence removed from both editions", key, data, kept)


def _added(data: Data, article: Article) -> Iterator[Mutant]:
    for number, section in enumerate(dict.fromkeys(p.section.id for p in article.zh.paragraphs)):
        last = [p.id for p in article.zh.paragraphs if p.section.id == section][-1]
        sentences = dict(zip(LANGUAGES, ADDED[number % len(ADDED)], strict=True))
        longer = article
        for language in LANGUAGES:
            paragraph = next(p for p in article.edition(language).paragraphs if p.id == last)
            more = _paragraph(paragraph, (*paragraph.sentences, sentences[language]), language)
            longer = _with(longer, language, {last: more})
        yield Mutant("recommending sentence added", section, data, longer)


def _changes(data: Data, quote: Texts) -> Iterator[tuple[str, Texts]]:
    """(what, changed texts by language): in one edition alone, then in both."""
    tables = {
        "advice denied": DENIED,
        "advice turned": TURNED,
        "supposition denied": SUPPOSED,
        "firmness": FIRMNESS,
    }
    for what, table in tables.items():
        found = {
            lang: [quote[lang].replace(a, b, 1) for a, b in table[lang] if a in quote[lang]]
            for lang in LANGUAGES
        }
        yield from _in_one_and_both(what, found)
    names = {lang: [text for text in [swapped(quote[lang])] if text != quote[lang]] for lang in LANGUAGES}
    yield from _in_one_and_both("framework swapped", names)
    yield from _in_one_and_both(
        "condition exchanged", {lang: _exchanged(data, quote[lang], lang) for lang in LANGUAGES}
    )


def _in_one_and_both(what: str, found: dict[Language, list[str]]) -> Iterator[tuple[str, Texts]]:
    for language, texts in found.items():
        for text in texts:
            yield f"{what}, text and quote", {language: text}
    for zh, en in zip(found["zh"], found["en"], strict=False):
        yield f"{what}, both texts and quotes", {"zh": zh, "en": en}


def _exchanged(data: Data, text: str, language: Language) -> list[str]:
    """The text with the words of a condition replaced by those of the next condition of the same question."""
    results: list[str] = []
    for chart in data["charts"].values():
        for question in chart["questions"].values():
            said = [option.get("says", {}).get(language, []) for option in question["options"].values()]
            said = [words for words in said if words]
            for words, others in zip(said, said[1:] + said[:1], strict=True):
                results += [text.replace(w, others[0], 1) for w in words if w in text and words != others]
    return results


def _together(data: Data, article: Article, key: str, texts: Texts, what: str) -> Mutant:
    mutated = copy.deepcopy(data)
    for language, text in texts.items():
        article = _edited(article, language, data["quotes"][key][language], text)
        mutated["quotes"][key][language] = text
    return Mutant(what, f"{key}: {' | '.join(texts.values())}", mutated, article)


def _recommending(data: Data) -> list[str]:
    """Ids of the quotes in which some leaf's outcome is read."""
    read = {quote for _, _, leaf in leaves(data) for quote in quoted(leaf, "recommends", "against")}
    return [key for key in data["quotes"] if key in read]


def _edited(article: Article, language: Language, old: str, new: str) -> Article:
    changed = {
        p.id: _paragraph(p, tuple(s.replace(old, new) for s in p.sentences), language)
        for p in article.edition(language).paragraphs
        if old in p.text
    }
    return _with(article, language, changed)


def _rebuilt(article: Article, keeps: Callable[[Paragraph, int], bool]) -> Article:
    for language in LANGUAGES:
        paragraphs = article.edition(language).paragraphs
        kept = {p.id: tuple(s for n, s in enumerate(p.sentences) if keeps(p, n)) for p in paragraphs}
        changed = {p.id: _paragraph(p, kept[p.id], language) for p in paragraphs}
        article = _with(article, language, changed)
    return article


def _chinese(article: Article, paragraph: Paragraph) -> Paragraph:
    return next(p for p in article.zh.paragraphs if p.id == paragraph.id)


def _paragraph(paragraph: Paragraph, sentences: tuple[str, ...], language: Language) -> Paragraph:
    return replace(paragraph, sentences=sentences, text=JOINER[language].join(sentences))


def _with(article: Article, language: Language, changed: dict[str, Paragraph]) -> Article:
    edition = article.edition(language)
    paragraphs = (changed.get(p.id, p) for p in edition.paragraphs)
    return replace(
        article, **{language: replace(edition, paragraphs=tuple(p for p in paragraphs if p.sentences))}
    )
