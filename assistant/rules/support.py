"""Part one of the proof: every leaf is held up by quotes that say, when read, what the leaf says."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.rules import names
from assistant.rules.coverage import core
from assistant.rules.decision import passage_id
from assistant.rules.findings import Disagreement
from assistant.rules.grammar import grammar
from assistant.rules.reader import Claim, denials, read_recommendations
from corpus.article import LANGUAGES, Article, Language
from corpus.chunking import Passage
from corpus.flowcharts import FRAMEWORKS, Flowchart, Flowcharts, Leaf, Quote, Strength, Support, Value

VERBATIM = "every quote stands verbatim at its passage"
READING = "what is read in the quotes is the outcome"
CONDITIONS = "what the quotes suppose are the conditions"

Condition = tuple[str, Value]


def check(flowcharts: Flowcharts, article: Article, passages: Sequence[Passage]) -> Iterator[Disagreement]:
    """Check every quote against its passage and every leaf against its quotes."""
    places = {passage.id: passage for passage in passages}
    for quote in flowcharts.quotes().values():
        yield from _check_place(quote, places)
    for leaf in flowcharts.leaves():
        chart = flowcharts.charts.get(leaf.id.split(".")[0])
        yield from _check_reading(leaf)
        if chart:
            yield from _check_conditions(leaf, chart)
            yield from _check_reader(leaf, chart, places)
    for chart in flowcharts.charts.values():
        yield from _check_unused(chart)


@dataclass(frozen=True)
class Reading:
    """What the recommending quotes of a leaf say together, in one language."""

    frameworks: tuple[str, ...]
    alternatives: tuple[str, ...]
    strength: Strength


def derive(claims: Sequence[Sequence[Claim]]) -> Reading | None:
    """One outcome from the claims of several sentences, the main sentence first; None where they conflict.

    Where a sentence leaves the choice open, so does the outcome, and a plain recommendation only says which
    comes first. Otherwise the firmest framework of the main sentence is chosen, softer ones are alternatives,
    and the other sentences must say the same.
    """
    flat = [claim for sentence in claims for claim in sentence]
    if not flat or not claims[0] or any(claim.polarity == "against" for claim in flat):
        return None
    opened = [claim for claim in flat if claim.strength == "either"]
    if opened:
        named = [f for claim in opened for f in claim.frameworks] or list(FRAMEWORKS[:2])
        preferred = [f for claim in flat if claim.strength != "either" for f in claim.frameworks]
        return Reading(tuple(dict.fromkeys([*preferred, *named])), (), "either")
    main = max(claims[0], key=lambda claim: claim.strength != "consider")
    if not main.frameworks or any(_firmest(sentence) != _firmest([main]) for sentence in claims):
        return None
    softer = {f for claim in flat if claim.strength == "consider" for f in claim.frameworks}
    return Reading(main.frameworks, tuple(sorted(softer - {*main.frameworks})), main.strength)


def _firmest(claims: Sequence[Claim]) -> tuple[bool, set[str]]:
    """Is the firmest of some claims firm, and which frameworks is it about?"""
    firm = any(claim.strength != "consider" for claim in claims)
    return firm, {f for claim in claims if (claim.strength != "consider") == firm for f in claim.frameworks}


def _check_place(quote: Quote, places: dict[str, Passage]) -> Iterator[Disagreement]:
    numbers = []
    for language in LANGUAGES:
        place, text = passage_id(quote, language), quote.text(language)
        passage = places.get(place)
        at = passage.text.find(text) if passage else -1
        if passage is None or at < 0:
            yield Disagreement(VERBATIM, quote.id, text, f"not in passage {place}", "quoted from it")
            continue
        numbers.append([n for n, (start, end) in enumerate(passage.sentences) if start <= at < end])
    if len(numbers) == 2 and numbers[0] != numbers[1]:
        yield Disagreement(
            VERBATIM, quote.id, quote.zh, f"sentences {numbers}", "one aligned pair of sentences"
        )
    found = {language: denials(quote.text(language), language) for language in LANGUAGES}
    if set(found.values()) != {quote.denials}:
        yield Disagreement(
            READING, quote.id, quote.zh, f"denies {found} times", f"denies {quote.denials} times"
        )


def _check_reading(leaf: Leaf) -> Iterator[Disagreement]:
    expected = Reading(leaf.frameworks, leaf.alternatives, leaf.strength)
    for language in LANGUAGES:
        recommending = [s.quote.text(language) for s in leaf.evidence if s.role == "recommends"]
        claims = [read_recommendations(text, language) for text in recommending]
        read = derive(claims)
        if read is not None:
            read = replace(read, alternatives=tuple(sorted({*read.alternatives, *_allowed(leaf, language)})))
        if read != replace(expected, alternatives=tuple(sorted(leaf.alternatives))):
            yield Disagreement(READING, leaf.id, " ".join(recommending), _told(claims, read), f"{expected}")
        own = read_recommendations(leaf.text[language], language)
        if not _says(own, expected) or not _speaks_of(leaf, language):
            yield Disagreement(READING, leaf.id, leaf.text[language], _told([own], None), f"{expected}")
        for support in leaf.evidence:
            yield from _check_support(leaf, support, language)


def _allowed(leaf: Leaf, language: Language) -> set[str]:
    texts = [s.quote.text(language) for s in leaf.evidence if s.role == "allows"]
    return {f for text in texts for claim in read_recommendations(text, language) for f in claim.frameworks}


def _speaks_of(leaf: Leaf, language: Language) -> bool:
    """Does the leaf's own text name only what its quotes name, its frameworks in order?"""
    named = names.subjects(leaf.text[language])
    quoted = {name for s in leaf.evidence for name in names.subjects(s.quote.text(language))}
    opened = {*leaf.frameworks} if leaf.strength == "either" else set()
    ordered = [name for name in named if name in leaf.frameworks]
    return {*named} <= quoted | opened and (leaf.strength != "either" or ordered == [*leaf.frameworks])


def _says(claims: Sequence[Claim], expected: Reading) -> bool:
    """Does the leaf's own text recommend its frameworks, with its strength, and nothing else?"""
    praised = [claim for claim in claims if claim.polarity == "for"]
    dismissed = {f for claim in claims if claim.polarity == "against" for f in claim.frameworks}
    named = {f for claim in praised for f in claim.frameworks}
    fitting = all(claim.strength == expected.strength for claim in praised)
    return (
        bool(praised)
        and fitting
        and named <= {*expected.frameworks}
        and not dismissed & {*expected.frameworks}
    )


def _check_support(leaf: Leaf, support: Support, language: Language) -> Iterator[Disagreement]:
    text = support.quote.text(language)
    claims = read_recommendations(text, language)
    praised = {f for claim in claims if claim.polarity == "for" for f in claim.frameworks}
    blamed = {f for claim in claims if claim.polarity == "against" for f in claim.frameworks}
    allowed = {*leaf.frameworks, *leaf.alternatives}
    if support.role == "against" and (praised or not blamed or blamed & allowed):
        yield Disagreement(
            READING, leaf.id, text, _told([claims], None), f"against what is not {sorted(allowed)}"
        )
    if support.role == "supports":
        both = {lang: set(names.subjects(support.quote.text(lang))) for lang in LANGUAGES}
        if both["zh"] | both["en"] != {*support.about}:
            yield Disagreement(READING, leaf.id, text, f"about {both}", f"about {sorted(support.about)}")
        soft = {f for c in claims if c.strength in ("consider", "either") for f in c.frameworks}
        if blamed & allowed or (praised - allowed) - soft:
            yield Disagreement(READING, leaf.id, text, _told([claims], None), f"supports {sorted(allowed)}")


def _check_conditions(leaf: Leaf, chart: Flowchart) -> Iterator[Disagreement]:
    """Every condition is named by a quote, and every condition that binds is the leaf's.

    Conditions that a sentence names as alternatives or examples do not bind, nor do those of a mere support;
    but each of them must be the condition of some leaf that rests on the quote.
    """
    when = set(leaf.conditions)
    for language in LANGUAGES:
        named: set[Condition] = set()
        binding: set[Condition] = set()
        for support in leaf.evidence:
            found = set(conditions(support.quote.text(language), language, chart))
            named |= found
            if support.role != "supports" and not support.alternative_conditions:
                binding |= found
            if support.alternative_conditions and not _lists(support.quote.text(language), language):
                yield Disagreement(
                    CONDITIONS, leaf.id, support.quote.text(language), "lists nothing", "alternatives"
                )
            if support.role in ("recommends", "context"):
                yield from _unclaimed(chart, support, found, language)
        if not when <= named or not binding <= when:
            quotes = " ".join(s.quote.text(language) for s in leaf.evidence)
            yield Disagreement(
                CONDITIONS, leaf.id, quotes, f"supposes {_sorted(named)}", f"when {_sorted(when)}"
            )


def conditions(text: str, language: Language, chart: Flowchart) -> Iterator[Condition]:
    """The facts that a sentence supposes, by the chart's own words for them; a denied one is not supposed."""
    for question in chart.questions:
        for option in question.options:
            for words in option.says[language]:
                at = text.find(words)
                if at >= 0 and not grammar(language).denials.search(_before(text[:at], language)):
                    yield question.fact, option.value


def _before(text: str, language: Language) -> str:
    """The few words right before a place, where a denial of what follows would stand."""
    return text[-3:] if language == "zh" else " ".join(text.split()[-2:]).lower()


def _lists(text: str, language: Language) -> bool:
    return bool(grammar(language).lists.search(names.mask(text)))


def _unclaimed(
    chart: Flowchart, support: Support, found: Iterable[Condition], language: Language
) -> Iterator[Disagreement]:
    """Conditions and advice of a quote that no leaf makes its own; a context may lean on its own leaf."""
    text = support.quote.text(language)
    rests = [leaf for leaf in chart.leaves if any(s.quote == support.quote for s in leaf.evidence)]
    resting = [leaf for leaf in rests if any(_recommends(s, support.quote) for s in leaf.evidence)]
    if not resting and any(claim.frameworks for claim in read_recommendations(text, language)):
        yield Disagreement(READING, chart.audience, text, "recommends", "no leaf rests on it")
    for fact, value in found:
        if not any((fact, value) in leaf.conditions for leaf in resting or rests):
            yield Disagreement(
                CONDITIONS, chart.audience, text, f"supposes {fact}={value}", "no leaf on it does"
            )


def _recommends(support: Support, quote: Quote) -> bool:
    return support.role == "recommends" and support.quote == quote


def _check_reader(leaf: Leaf, chart: Flowchart, places: dict[str, Passage]) -> Iterator[Disagreement]:
    """A leaf rests on a recommending quote from its reader's own section; the default names the reader."""
    recommending = [s.quote for s in leaf.evidence if s.role == "recommends"]
    sections = {places[q.passage_id].section for q in recommending if q.passage_id in places}
    if sections and chart.audience not in sections:
        yield Disagreement(
            CONDITIONS, leaf.id, "", f"quotes from {sorted(sections)}", f"section {chart.audience}"
        )
    for language in LANGUAGES:
        texts = " ".join(s.quote.text(language) for s in leaf.evidence)
        if not leaf.when and not any(words in texts for words in chart.says[language]):
            yield Disagreement(
                CONDITIONS, leaf.id, texts, "names no reader", f"reader {chart.says[language]}"
            )


def _check_unused(chart: Flowchart) -> Iterator[Disagreement]:
    """Every condition that the article names is some leaf's."""
    used = {condition for leaf in chart.leaves for condition in leaf.conditions}
    for question in chart.questions:
        for option in question.options:
            if option.says["zh"] and (question.fact, option.value) not in used:
                words = " ".join(option.says["zh"])
                named = f"{question.fact}={option.value}"
                yield Disagreement(CONDITIONS, chart.audience, words, f"supposes {named}", "no leaf does")


def _told(claims: Sequence[Sequence[Claim]], read: Reading | None) -> str:
    said = [core(claim) for sentence in claims for claim in sentence]
    return f"{read}" if read else f"recommends {said}"


def _sorted(found: Iterable[Condition]) -> list[str]:
    return sorted(f"{fact}={value}" for fact, value in found)
