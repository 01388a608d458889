"""Questions near the topic: those of the index's own bank, each asked where it is not known.

The labelled questions that the article does not answer are few, and many are far from its topic. The bank
holds hundreds that are near. One that stands in it is no test, so each is asked of a bank without it.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from assistant.engine import Engine
from assistant.settings import load_settings
from corpus.article import LANGUAGES
from evaluation.labelled import Question
from evaluation.remembering import Remembering
from index import bank
from index.bank import Bank, Need
from index.embedder import open_embedder
from index.likeness import AsQuestions
from index.query import language_of
from index.retriever import Retriever
from index.store import build

ROUNDS = 10


def rounds(needs: Sequence[Need], count: int = ROUNDS) -> Iterator[tuple[list[Question], list[Need]]]:
    """(what is asked, what is still known), round by round.

    A need that the article leaves open is asked for in one round in each language and not known at all. An
    answered one is asked for in one wording while the others are known, and so, in another round, is an open
    one: readers ask both what is like a known question and what is not.
    """
    for turn in range(count):
        asked, known = list[Question](), list[Need]()
        for number, need in enumerate(needs):
            left_open = not need.sentences
            if left_open and number % count == turn:
                for language in LANGUAGES:
                    own = [w for w in need.wordings if language_of(w) == language]
                    if own:
                        name = f"near-{number}-{language}"
                        asked.append(_question(name, own[number // count % len(own)], need))
            elif (number + left_open) % count == turn:
                wording = need.wordings[number // count % len(need.wordings)]
                asked.append(_question(f"near-{number}", wording, need))
                known.append(replace(need, wordings=tuple(w for w in need.wordings if w != wording)))
            else:
                known.append(need)
        yield asked, [need for need in known if need.wordings]


def engines(
    needs: Sequence[Need] | None = None, count: int = ROUNDS
) -> Iterator[tuple[list[Question], Engine]]:
    """The questions of each round, and an engine without a language model that does not know them."""
    embedder = Remembering.of_packaged(open_embedder())
    for asked, known in rounds(needs or bank.load(), count):
        wordings = [wording for need in known for wording in need.wordings]
        with tempfile.TemporaryDirectory() as folder:
            store = build(Path(folder) / "questions", wordings, AsQuestions(embedder))
        retriever = Retriever.open(embedder, Bank(known, embedder, store))
        with closing(Engine(retriever, None, load_settings(llm="none"))) as engine:
            yield asked, engine


def _question(name: str, wording: str, need: Need) -> Question:
    """A question of which is known only whether the article answers it."""
    return Question.model_validate(
        {
            "id": name,
            "lang": language_of(wording),
            "type": need.kind,
            "history": [],
            "question": wording,
            "answerable": bool(need.sentences),
            "must": [],
            "must_not": [],
            "evidence": [],
            "recommend": None,
        }
    )
