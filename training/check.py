"""`python -m training.check [FILES]`: are the examples fit to be learnt from? Every fault is named.

The evidence is verbatim of its text, the answer passes the product's own support check against the evidence
its markers name, and nothing of the article or of a question of an evaluation set stands in an example.
Exit codes: 0 no fault; 1 faults, each on a line of standard output; 2 a file cannot be read.
"""

import argparse
import calendar
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from assistant.grounding import Vocabulary, check
from assistant.grounding.names import canonical
from assistant.text import CJK, clean, detect_language, is_traditional, normalise
from corpus import article, chunking
from corpus.errors import AssistantError
from evaluation import labelled
from training.examples import Example, Text, examples_of, files, texts_of

ROOT = Path(__file__).parents[1]
EVALUATED = (labelled.SETS, ROOT / "tests" / "questions")
"""Folders of the evaluation sets."""

SENTENCES = range(8, 15)
EVIDENCE = range(1, 5)
ANSWERED_IN = range(1, 4)
"""How many sentences a text, the evidence and an answer have."""

EVERYDAY = frozenset({"acme", "coral", "haiku", "lite", "sonnet", "vertex"})
"""Names of the article that are words of everyday language, too."""

RUN = {"en": 8, "zh": 14}
"""Words in a row (characters in Chinese) from which a text repeats another."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.check", description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="files of examples  [all of training/examples]")
    chosen = parser.parse_args(arguments).files or files()
    try:
        checked = [Checked.of(file) for file in chosen]
    except AssistantError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for one in checked:
        for fault in one.faults:
            print(f"{one.file.name}: {fault}")
    faults = sum(len(one.faults) for one in checked)
    _count([example for one in checked for example in one.examples])
    texts = sum(len(one.texts) for one in checked)
    print(f"read {texts} texts and {sum(len(one.examples) for one in checked)} examples: {faults} faults")
    return 1 if faults else 0


@dataclass(frozen=True)
class Checked:
    """A file of examples with its texts, and what is wrong with them, in words."""

    file: Path
    texts: list[Text]
    examples: list[Example]
    faults: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, file: Path) -> "Checked":
        """Read and check a file. Raises InputError where it cannot be read."""
        texts, examples = texts_of(file), examples_of(file)
        by_id = {text.id: text for text in texts}
        names = vocabulary(texts)
        faults = [f"{text.id}: {fault}" for text in texts for fault in _of_text(text)]
        for example in examples:
            text = by_id.get(example.text)
            found = _of_example(example, text, names) if text else [f"there is no text {example.text}"]
            faults += [f"{example.id}: {fault}" for fault in found]
        faults += [f"{id}: is used {n} times" for id, n in Counter(_ids(texts, examples)).items() if n > 1]
        return cls(file, texts, examples, faults)


def vocabulary(texts: Iterable[Text]) -> Vocabulary:
    """The names and words of texts. In English prose a name is what has a capital inside a sentence."""
    zh = [sentence for text in texts for sentence in text.sentences if text.language == "zh"]
    en = [sentence for text in texts for sentence in text.sentences if text.language == "en"]
    capitals = {word for sentence in en for word in re.findall(r"(?<=[a-z,;] )[A-Z][\w-]*", sentence)}
    names = capitals - {*calendar.month_name, *calendar.day_name, "I"}
    return Vocabulary.of([*zh, "、".join(sorted(names))], en)


def _ids(texts: Iterable[Text], examples: Iterable[Example]) -> Iterator[str]:
    yield from (text.id for text in texts)
    yield from (example.id for example in examples)


def _of_text(text: Text) -> Iterator[str]:
    if len(text.sentences) not in SENTENCES:
        yield f"has {len(text.sentences)} sentences, expected {SENTENCES[0]} to {SENTENCES[-1]}"
    for sentence in text.sentences:
        if sentence != clean(sentence):
            yield f"has spaces or control characters at the edge of: {sentence}"
        if text.language == "zh" and is_traditional(sentence):
            yield f"is not in Simplified characters: {sentence}"
        yield from _repeats(sentence, text.language)


def _of_example(example: Example, text: Text, names: Vocabulary) -> Iterator[str]:
    if not example.id.startswith(f"{text.id}-"):
        yield f"its id does not begin with {text.id}-"
    if example.language != text.language:
        yield f"its language is not that of {text.id}"
    if len(example.evidence) not in EVIDENCE:
        yield f"shows {len(example.evidence)} sentences, expected {EVIDENCE[0]} to {EVIDENCE[-1]}"
    if len(set(example.evidence)) < len(example.evidence):
        yield "shows a sentence twice"
    for sentence in example.evidence:
        if not text.holds(sentence):
            yield f"does not stand in {text.id} word for word: {sentence}"
    if example.question != clean(example.question) or not example.question:
        yield "its question is empty or has spaces at its edge"
    if example.kind == "advice" and not re.search(r"[.。] ?(?:Why|为什么)[?？]$", example.question):
        yield "advice is asked by a verdict and 'Why?' or '为什么?'"
    yield from _repeats(example.question, detect_language(example.question))
    yield from _of_answer(example, names)


def _of_answer(example: Example, names: Vocabulary) -> Iterator[str]:
    if example.kind == "unanswerable" and example.is_answered:
        yield "is unanswerable and answered; expected NONE"
    if example.is_answered:
        yield from _of_prose(example)
        for sentence, markers in example.sentences():
            yield from _of_sentence(sentence, markers, example, names)
    elif example.kind not in ("unanswerable", "injection"):
        yield f"is answered NONE, which kind {example.kind} is not"


def _of_prose(example: Example) -> Iterator[str]:
    count = len(list(example.sentences()))
    if count not in ANSWERED_IN:
        yield f"answers in {count} sentences, expected {ANSWERED_IN[0]} to {ANSWERED_IN[-1]}"
    if not example.tells(example.answer):
        yield "its answer is not what it says a right reply must and never says"
    if detect_language(example.answer) != example.language:
        yield f"does not answer in {example.language}"
    if example.language == "zh" and is_traditional(example.answer):
        yield "does not answer in Simplified characters"


def _of_sentence(sentence: str, markers: list[int], example: Example, names: Vocabulary) -> Iterator[str]:
    if not markers:
        yield f"no marker after: {sentence}"
    elif not all(1 <= n <= len(example.evidence) for n in markers):
        yield f"a marker names no evidence after: {sentence}"
    elif not (support := check(sentence, example.quotes(markers), names, example.question)):
        yield f"refused ({support.kind}: {support.reason}): {sentence}"


def _repeats(text: str, language: str) -> Iterator[str]:
    """What a text has of the article or of an evaluation question."""
    for word in sorted(_banned().names_in(text) & _own_names()):
        yield f"names {word}, which the article does: {text}"
    if normalise(text) in _asked() or _runs(text, language) & _known_runs(language):
        yield f"repeats the article or a question of an evaluation set: {text}"


@cache
def _article() -> tuple[chunking.Passage, ...]:
    return tuple(chunking.passages(article.load()))


@cache
def _banned() -> Vocabulary:
    zh, en = ([p.text for p in _article() if p.language == language] for language in ("zh", "en"))
    return Vocabulary.of(zh, en)


@cache
def _own_names() -> frozenset[str]:
    """The names of the article that nothing else is called by."""
    return _banned().names - _banned().words - EVERYDAY


@cache
def _asked() -> frozenset[str]:
    sets = [path for folder in EVALUATED for path in sorted(folder.glob("*.jsonl"))]
    return frozenset(normalise(question.question) for path in sets for question in labelled.read(path))


@cache
def _known_runs(language: str) -> frozenset[str]:
    texts = [passage.text for passage in _article() if passage.language == language]
    return frozenset(run for text in [*texts, *_asked()] for run in _runs(text, language))


def _runs(text: str, language: str) -> set[str]:
    parts = re.findall(f"[{CJK}]|[A-Za-z0-9]+" if language == "zh" else r"[a-z0-9]+", canonical(text).lower())
    length = RUN[language]
    return {" ".join(parts[i : i + length]) for i in range(len(parts) - length + 1)}


def _count(examples: Sequence[Example]) -> None:
    """A line for each kind: how many in each language."""
    languages = sorted({example.language for example in examples})
    table = Counter((example.kind, example.language) for example in examples)
    for kind in dict.fromkeys(example.kind for example in examples):
        counts = "  ".join(f"{language} {table[kind, language]:4}" for language in languages)
        share = sum(table[kind, language] for language in languages) / len(examples)
        print(f"{kind:14} {counts}  {share:5.1%}")


if __name__ == "__main__":
    sys.exit(main())
