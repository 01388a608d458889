"""Saved answers checked again, offline: citations against the corpus, sentences against their citations.

Nothing of what an answer says about itself is believed. The corpus is read from the installed package, quotes
are looked up letter by letter (only width, script and spaces are folded), rules are walked again, and each
sentence is put to the same support check that let it through.
"""

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant import rules
from assistant.answer import Answer, Citation, Recommendation, Sentence
from assistant.citing import heading
from assistant.grounding import Quote, Support, Vocabulary, check, negated, numbers
from assistant.grounding.names import canonical
from assistant.grounding.subjects import misreferred
from assistant.grounding.words import clauses
from assistant.text import normalise, split_markers
from corpus import article, chunking
from corpus.article import Language
from corpus.chunking import Passage
from corpus.errors import InputError

ALIKE = 0.8
"""Likeness (0 to 1) from which a text counts as an altered form of one of the corpus."""

_KINDS = {
    "number": "altered number",
    "name": "altered name",
    "negation": "flipped polarity",
    "limit": "altered limit",
    "comparison": "altered comparison",
    "modality": "altered strength",
    "rating": "altered rating",
    "subject": "said of another thing",
    "binding": "said of another thing",
    "overlap": "fabricated",
    "lead": "yes or no contradicts the rest",
    "none": "not cited",
}


@dataclass(frozen=True)
class Finding:
    """Something in an answer that does not hold.

    `kind` is a short name such as "altered number", `sentence` the sentence, quote or field it concerns,
    `detail` what was found and what was expected, `where` the answer in its file.
    """

    kind: str
    sentence: str
    detail: str
    where: str = ""


def verify_file(path: Path | str) -> list[Finding]:
    """Findings over all answers of a file: one object, a list, JSON lines, or a conversation that holds them.

    Raises InputError when the file cannot be read as JSON or holds no answer.
    """
    answers = read_answers(Path(path))
    return [
        Finding(finding.kind, finding.sentence, finding.detail, where)
        for where, answer in answers
        for finding in verify_answer(answer)
    ]


def read_answers(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """(where it stands, the answer object) of every answer in a file. Raises InputError as `verify_file`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read {path}: {error}; give a file that holds answers as JSON.") from error
    found = [
        (f"{place} ({answer.get('id', 'no id')})", answer)
        for place, value in _values(text, path)
        for answer in _answers(value)
    ]
    if not found:
        raise InputError(f"{path} holds no answer; expected objects as `assistant ask --json` prints them.")
    return found


def _values(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    try:
        yield "whole file", json.loads(text)
        return
    except (json.JSONDecodeError, RecursionError):
        pass
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield f"line {number}", json.loads(line)
            except (json.JSONDecodeError, RecursionError) as error:
                raise InputError(
                    f"{path}, line {number}: this is no JSON ({error}); mend or delete it."
                ) from error


def _answers(value: Any) -> Iterator[dict[str, Any]]:
    """The answer objects inside a JSON value, however deep."""
    if isinstance(value, dict) and {"sentences", "citations"} <= value.keys():
        yield value
        return
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from _answers(part)


def verify_answer(answer: dict[str, Any] | Answer) -> list[Finding]:
    """What does not hold in one answer object; empty where everything does. Never raises."""
    try:
        whole = answer if isinstance(answer, Answer) else Answer.model_validate(answer)
    except ValidationError as error:
        first = error.errors()[0]
        return [Finding("malformed", ".".join(map(str, first["loc"])), f"no answer object: {first['msg']}")]
    return list(_findings(whole))


def _findings(answer: Answer) -> Iterator[Finding]:
    for citation in answer.citations:
        yield from _citation(citation)
    by_marker = {citation.marker: citation for citation in answer.citations}
    for sentence in answer.sentences:
        yield from _sentence(sentence, by_marker, answer)
    yield from _prose(answer)
    if answer.recommendation is not None:
        yield from _recommendation(answer.recommendation)


def _citation(citation: Citation) -> Iterator[Finding]:
    passage = _corpus().get(citation.passage_id)
    if passage is None:
        yield Finding("fabricated", citation.quote, f"the corpus has no passage {citation.passage_id!r}")
        return
    if citation.text != passage.text:
        yield _changed(citation.text, passage)
    if citation.text[citation.start : citation.end] != citation.quote:
        detail = f"it is not what stands at {citation.start}:{citation.end} of its passage"
        yield Finding("misplaced quote", citation.quote, detail)
    if not citation.quote.strip() or _bare(citation.quote) not in _bare(passage.text):
        yield _foreign(citation.quote, passage)
    if (citation.language, citation.section) != (passage.language, heading(passage)):
        yield Finding("altered source", citation.section, f"{passage.id} stands under {heading(passage)!r}")
    yield from _counterpart(citation, passage)


def _counterpart(citation: Citation, passage: Passage) -> Iterator[Finding]:
    twin, named = _corpus()[passage.counterpart_id], citation.counterpart
    if (named.passage_id, named.text) != (twin.id, twin.text):
        yield Finding("wrong counterpart", named.quote, f"the counterpart of {passage.id} is {twin.id}")
        return
    spans = zip(passage.sentences, twin.sentences, strict=True)
    aligned = [there for here, there in spans if here[0] < citation.end and citation.start < here[1]]
    if not aligned or named.quote.strip() not in twin.text[aligned[0][0] : aligned[-1][1]]:
        yield Finding("wrong counterpart", named.quote, "it is not the sentence aligned with the quote")


def _changed(text: str, passage: Passage) -> Finding:
    """A passage that is not the corpus's own."""
    return Finding(_difference(text, passage.text), text, f"{passage.id} reads: {passage.text}")


def _foreign(quote: str, passage: Passage) -> Finding:
    """A quote that is not in its passage: from another one, put together, altered or made up."""
    homes = [p.id for p in _corpus().values() if _bare(quote) and _bare(quote) in _bare(p.text)]
    if homes:
        return Finding("wrong passage", quote, f"it stands in {', '.join(homes)}, not in {passage.id}")
    pieces = [piece for piece in clauses(canonical(quote)) if len(_bare(piece)) > 3]
    everywhere = [_bare(canonical(p.text)) for p in _corpus().values() if p.language == passage.language]
    if len(pieces) > 1 and all(any(_bare(piece) in text for text in everywhere) for piece in pieces):
        return Finding("spliced quote", quote, "its parts stand in the corpus, but not together")
    nearest = max(_sentences(passage.language), key=lambda text: _likeness(quote, text))
    if _likeness(quote, nearest) >= ALIKE:
        return Finding(_difference(quote, nearest), quote, f"the corpus has: {nearest}")
    return Finding("fabricated", quote, "nothing like it stands in the corpus")


def _difference(given: str, true: str) -> str:
    """The name of the alteration from `true` to `given`."""
    vocabulary = _vocabulary()
    if numbers(given) != numbers(true):
        return "altered number"
    if vocabulary.names_in(given) != vocabulary.names_in(true):
        return "altered name"
    if negated(given) != negated(true):
        return "flipped polarity"
    return "altered quote"


def _sentence(sentence: Sentence, by_marker: dict[int, Citation], answer: Answer) -> Iterator[Finding]:
    unknown = [marker for marker in sentence.citations if marker not in by_marker]
    if unknown:
        yield Finding("not cited", sentence.text, f"there is no citation {unknown}")
    cited = [by_marker[marker] for marker in sentence.citations if marker in by_marker]
    if not cited:
        yield Finding("not cited", sentence.text, "no citation holds it up")
    elif sentence.verdict == "rule":
        if _bare(sentence.text) not in _verdicts(answer.language):
            yield Finding("altered rule", sentence.text, "no flowchart says so")
    else:
        yield from _unsupported(sentence, [_quote(citation) for citation in cited], answer)


def _unsupported(sentence: Sentence, quotes: Sequence[Quote], answer: Answer) -> Iterator[Finding]:
    support = _support(sentence.text, quotes, answer.question)
    if support:
        if sentence.verdict == "quoted" and support.verdict != "quoted":
            yield Finding("altered quote", sentence.text, "it is no quotation of what it cites")
        return
    elsewhere = [] if support.kind == "lead" else [p.id for p in _supporters(sentence.text, answer)]
    if elsewhere:
        yield Finding(
            "wrong passage", sentence.text, f"supported by {', '.join(elsewhere)}, not by what it cites"
        )
    else:
        yield Finding(_KINDS[support.kind], sentence.text, support.reason)


def _support(text: str, quotes: Sequence[Quote], question: str) -> Support:
    """The first quote that supports the text decides; else each clause needs one of its own."""
    tried = [check(text, [quote], _vocabulary(), question) for quote in quotes]
    held = next((support for support in tried if support), None)
    texts = [quote.text for quote in quotes]
    if held is None and len(quotes) > 1 and not misreferred(text, texts, _vocabulary()):
        parts = clauses(canonical(text))
        if len(parts) > 1 and all(any(check(part, [q], _vocabulary()) for q in quotes) for part in parts):
            held = Support("supported", "each of its clauses is supported by a sentence")
    return held or tried[0]


def _supporters(text: str, answer: Answer) -> list[Passage]:
    """Passages of the answer's language one sentence of which supports the text."""
    return [
        passage
        for passage in _corpus().values()
        if passage.language == answer.language
        and any(check(text, [quote], _vocabulary()) for quote in _aligned_quotes(passage))
    ]


def _prose(answer: Answer) -> Iterator[Finding]:
    """The text shown is the sentences, no more and no less; silence has neither sentences nor citations."""
    if answer.abstained:
        if answer.sentences or answer.citations:
            yield Finding("malformed", answer.answer, "it abstains and yet cites")
        return
    shown = split_markers(answer.answer)[0]
    if _bare(shown) != _bare("".join(sentence.text for sentence in answer.sentences)):
        yield Finding("fabricated", answer.answer, "the text shown is not its checked sentences")
    for marker in sorted({c.marker for c in answer.citations} - set(split_markers(answer.answer)[1])):
        yield Finding("not cited", answer.answer, f"citation {marker} is listed and not used")


def _recommendation(told: Recommendation) -> Iterator[Finding]:
    """The advice is what the flowchart says for the reader and the facts."""
    try:
        outcome = rules.decide(told.audience, told.facts)
    except InputError as error:
        yield Finding("altered rule", told.rule, str(error))
        return
    said = (told.rule, tuple(told.frameworks), tuple(told.alternatives), told.strength)
    ours = (outcome.rule, outcome.frameworks, outcome.alternatives, outcome.strength)
    if said != ours:
        yield Finding("altered rule", told.rule, f"the flowchart gives {ours}, the answer {said}")
    for evidence in told.evidence:
        passage = _corpus().get(evidence.passage_id)
        if passage is None or _bare(evidence.quote) not in _bare(passage.text):
            yield Finding("fabricated", evidence.quote, f"it does not stand in {evidence.passage_id}")


@cache
def _corpus() -> dict[str, Passage]:
    return {passage.id: passage for passage in chunking.passages(article.load())}


@cache
def _vocabulary() -> Vocabulary:
    zh, en = ([p.text for p in _corpus().values() if p.language == language] for language in ("zh", "en"))
    return Vocabulary.of(zh, en)


@cache
def _sentences(language: Language) -> tuple[str, ...]:
    passages = [passage for passage in _corpus().values() if passage.language == language]
    return tuple(passage.text[start:end] for passage in passages for start, end in passage.sentences)


@cache
def _verdicts(language: Language) -> frozenset[str]:
    """Every sentence that a flowchart may give as its advice."""
    leaves = [leaf for chart in rules.load_flowcharts().values() for leaf in chart.leaves]
    texts = [leaf.text[language] for leaf in leaves] + [said.text for said in rules.overview(language)]
    return frozenset(map(_bare, texts))


def _quote(citation: Citation) -> Quote:
    return Quote(citation.quote, citation.counterpart.quote, citation.section)


def _aligned_quotes(passage: Passage) -> Iterator[Quote]:
    twin = _corpus()[passage.counterpart_id]
    for here, there in zip(passage.sentences, twin.sentences, strict=True):
        yield Quote(passage.text[slice(*here)], twin.text[slice(*there)], heading(passage))


def _likeness(one: str, two: str) -> float:
    return difflib.SequenceMatcher(None, _bare(one), _bare(two), autojunk=False).ratio()


def _bare(text: str) -> str:
    """A text with width, script, case and spaces folded."""
    return re.sub(r"\s+", "", normalise(text))
