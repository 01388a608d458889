"""Part two of the proof: every recommending sentence of the article is covered by a leaf or listed."""

from collections.abc import Iterator

from assistant.rules.findings import Disagreement
from assistant.rules.reader import Claim, is_recommending, read_recommendations
from corpus.article import LANGUAGES, Article, Language
from corpus.flowcharts import Flowcharts, Quote

PART = "every recommending sentence is covered"

Pair = dict[Language, str]


def check(flowcharts: Flowcharts, article: Article) -> Iterator[Disagreement]:
    """Look for a leaf or a listing for every recommending sentence, and for listings of no sentence."""
    quotes = list(flowcharts.quotes().values())
    listed = {(entry.zh, entry.en): entry.reason for entry in flowcharts.descriptive}
    found = recommending(article)
    for pair in found:
        inside = [q for q in quotes if q.zh in pair["zh"] and q.en in pair["en"]]
        if (pair["zh"], pair["en"]) in listed:
            if inside:
                yield Disagreement(
                    PART, "descriptive", pair["zh"], "rests under a leaf", "listed as descriptive"
                )
        elif not inside:
            yield Disagreement(
                PART, "no leaf", pair["zh"], _told(pair), "not covered, not listed as descriptive"
            )
        else:
            yield from _unquoted(pair, inside)
    present = {(pair["zh"], pair["en"]) for pair in found}
    for entry in flowcharts.descriptive:
        if (entry.zh, entry.en) not in present:
            yield Disagreement(PART, "descriptive", entry.zh, "no such recommending sentence", entry.reason)


def recommending(article: Article) -> list[Pair]:
    """Every aligned pair of sentences in which either language uses a recommending word."""
    paragraphs = zip(article.zh.paragraphs, article.en.paragraphs, strict=True)
    pairs: list[Pair] = [
        {"zh": zh, "en": en}
        for one, other in paragraphs
        for zh, en in zip(one.sentences, other.sentences, strict=True)
    ]
    return [
        pair for pair in pairs if any(is_recommending(pair[language], language) for language in LANGUAGES)
    ]


def _unquoted(pair: Pair, quotes: list[Quote]) -> Iterator[Disagreement]:
    """What a sentence recommends beyond the quotes taken from it."""
    for language in LANGUAGES:
        quoted = {core(c) for q in quotes for c in read_recommendations(q.text(language), language)}
        extra = {core(c) for c in read_recommendations(pair[language], language)} - quoted
        if extra:
            yield Disagreement(
                PART, "no leaf", pair[language], f"also recommends {sorted(map(str, extra))}", "unquoted"
            )


def core(claim: Claim) -> tuple[tuple[str, ...], str, str]:
    """A claim without its condition and tool."""
    return claim.frameworks, claim.polarity, claim.strength


def _told(pair: Pair) -> str:
    claims = [
        core(claim) for language in LANGUAGES for claim in read_recommendations(pair[language], language)
    ]
    return f"recommends {claims}" if claims else "uses a recommending word"
