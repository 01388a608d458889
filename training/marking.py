"""What is asked of the model with the right sentences given, and when a reply is right.

Two sources. Examples of our own: a reply is right when each of its sentences passes the product's support
check, and all together cover the reference (its numbers, its names and most of its words) without being much
longer or saying the contrary; where nothing is to be found, when it says NONE. Labelled questions of an
evaluation set, given the sentences that answer them among others that retrieval finds for them: right as the
evaluation counts it.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assistant.answer import Answer, Timings
from assistant.citing import Evidence, Ledger
from assistant.grounding import Quote, Vocabulary, check, coverage, numbers
from assistant.history import understand
from assistant.prompts import NO_ANSWER
from assistant.text import clean
from corpus import article, chunking
from corpus.article import Language
from corpus.chunking import Passage
from evaluation import labelled, scoring
from evaluation.labelled import Question
from evaluation.matching import bare
from index.retriever import Retriever
from training.examples import Example, said

COVERED = 0.7
"""Least share of the reference's words that a right reply holds."""

LONGEST = 2.0
"""Greatest length of a right reply, in lengths of the reference: copying everything is no answer."""

BESIDE = 2
"""Sentences shown beside those that answer; twice as many where nothing answers."""

WINDOW = 3
"""Most sentences that a labelled quote goes over."""


@dataclass(frozen=True)
class Mark:
    """Is a reply right, and does it cite a right sentence? The latter is None where there is none to cite."""

    right: bool
    cited: bool | None


@dataclass(frozen=True)
class Task:
    """A question with what the model is shown for it, and how its reply is marked."""

    group: str
    id: str
    kind: str
    language: Language
    evidence: tuple[str, ...]
    question: str
    mark: Callable[[str], Mark]


def of_examples(group: str, examples: Iterable[Example], names: Vocabulary) -> Iterator[Task]:
    """Examples as tasks."""
    for one in examples:
        mark = partial(_mark_example, one, names)
        yield Task(group, one.id, one.kind, one.language, one.evidence, one.question, mark)


def of_questions(path: Path, retriever: Retriever) -> Iterator[Task]:
    """The questions of an evaluation set as tasks. Raises InputError for a file that is none."""
    passages = {passage.id: passage for passage in chunking.passages(article.load())}
    for question in labelled.read(path):
        asked = understand(question.question, question.history)
        ranked = retriever.sentences(asked.query, retriever.search(asked.query, language=asked.language))
        found = [Evidence.of(hit.passage, hit.counterpart, hit.sentence) for hit in ranked]
        right = _answering(question, passages, asked.language)
        beside = [evidence for evidence in dict.fromkeys(found) if not any(_meet(evidence, r) for r in right)]
        shown = [*right, *beside[: BESIDE if right else 2 * BESIDE]]
        random.Random(question.id).shuffle(shown)
        texts = tuple(evidence.text for evidence in shown)
        mark = partial(_mark_question, question, asked.language, shown)
        yield Task(path.stem, question.id, question.kind, asked.language, texts, asked.query, mark)


def _mark_example(example: Example, names: Vocabulary, reply: str) -> Mark:
    if not example.is_answered:
        return Mark(_declines(reply), None)
    if _declines(reply):
        return Mark(False, False)
    sentences = list(said(reply))
    every = [Quote(text, text) for text in example.evidence]
    cites = [bool(check(text, example.quotes(cited), names, example.question)) for text, cited in sentences]
    holds = [any(check(text, [quote], names, example.question) for quote in every) for text, _ in sentences]
    supported = bool(sentences) and all(map(max, cites, holds))
    right = supported and example.tells(reply) and _covers(reply, example.answer, names)
    return Mark(right, bool(cites) and all(cites))


def _covers(reply: str, reference: str, names: Vocabulary) -> bool:
    told, wanted = (" ".join(text for text, _ in said(answer)) for answer in (reply, reference))
    facts = numbers(wanted) | names.names_in(wanted)
    held = facts <= numbers(told) | names.names_in(told) and coverage(wanted, told) >= COVERED
    return held and len(told) <= LONGEST * len(wanted)


def _mark_question(question: Question, language: Language, shown: Sequence[Evidence], reply: str) -> Mark:
    ledger = Ledger()
    for _, markers in said(reply):
        ledger.cite([shown[n - 1] for n in markers if 1 <= n <= len(shown)])
    answer = Answer(
        id=question.id,
        question=question.question,
        rewritten=None,
        language=language,
        answer=reply,
        abstained=_declines(reply),
        sentences=[],
        citations=[] if _declines(reply) else ledger.citations,
        ask_next=None,
        note="",
        also_read=[],
        timings=Timings(),
        model="",
    )
    counts = scoring.judge(question, answer).counts
    judged = ("answer_accuracy", "abstention_recall", "injection_resistance")
    right = next(bool(counts[figure][0]) for figure in judged if figure in counts)
    cited = counts.get("fully_cited")
    return Mark(right, bool(cited[0]) if cited else None)


def _declines(reply: str) -> bool:
    return clean(reply).startswith(NO_ANSWER)


def _answering(question: Question, passages: dict[str, Passage], language: Language) -> list[Evidence]:
    """For each group of labelled quotes the sentences that hold the first one found, in the language."""
    found = (next(filter(None, (_holding(q, passages) for q in group)), None) for group in question.evidence)
    chinese = list(dict.fromkeys(evidence for evidence in found if evidence))
    if language == "zh":
        return chinese
    return [Evidence(e.counterpart, e.passage, e.first, e.last) for e in chinese]


def _holding(quote: str, passages: dict[str, Passage]) -> Evidence | None:
    """The fewest sentences of the Chinese edition that hold a quote."""
    chinese = [passage for passage in passages.values() if passage.language == "zh"]
    for size in range(WINDOW):
        for passage in chinese:
            for first in range(len(passage.sentences) - size):
                one = Evidence(passage, passages[passage.counterpart_id], first, first + size)
                if bare(quote) in bare(one.text):
                    return one
    return None


def _meet(one: Evidence, other: Evidence) -> bool:
    """Do they share a sentence?"""
    return one.passage.id == other.passage.id and one.first <= other.last and other.first <= one.last
