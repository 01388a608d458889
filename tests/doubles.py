"""Doubles that are real implementations: small, deterministic, with results that can be worked out by hand."""

import threading
from collections.abc import Iterator, Sequence

from assistant.answer import (
    Answer,
    Citation,
    Counterpart,
    Event,
    Final,
    Retrieved,
    SearchResult,
    Sentence,
    Timings,
    Token,
    Turn,
)
from assistant.engine import Engine
from corpus.errors import GenerationError, InputError

ZH = "TensorFlow 有 TensorFlow Lite。"
EN = "TensorFlow has TensorFlow Lite."


class CannedEngine(Engine):
    """The engine's surface over one pair of passages: 'why' breaks off, 'wait' streams until closed.

    `streams` counts what is running, so that a test can see that a stream was closed.
    """

    def __init__(self) -> None:
        self.streams = 0
        self.questions: list[tuple[str, Sequence[Turn], str]] = []
        self.closed = threading.Event()

    def ask(self, question: str, history: Sequence[Turn] = (), language: str = "auto") -> Answer:
        """The answer of the last event."""
        *_, last = self.stream(question, history, language)
        assert isinstance(last, Final)
        return last.answer

    def stream(self, question: str, history: Sequence[Turn] = (), language: str = "auto") -> Iterator[Event]:
        """Retrieved, one token, Final; the text is the passage itself, cited."""
        if not question.strip():
            raise InputError("The question is empty; ask about PyTorch or TensorFlow.")
        self.questions.append((question, history, language))
        self.streams += 1
        try:
            found = self.search(question, language=language)
            yield Retrieved(passages=found)
            if "why" in question:
                raise GenerationError("The model stopped half-way; ask again.")
            answer = _answer(question, found[0])
            yield Token(text=answer.answer, citations=answer.citations)
            while "wait" in question:
                yield Token(text=" …")
            yield Final(answer=answer)
        finally:
            self.streams -= 1

    def search(self, query: str, k: int = 5, language: str = "auto") -> list[SearchResult]:
        """The one pair."""
        zh = language == "zh" or (language == "auto" and not query.isascii())
        own, other = (("zh", ZH), ("en", EN)) if zh else (("en", EN), ("zh", ZH))
        counterpart = Counterpart(
            passage_id=f"{other[0]}-deploy-01", language=other[0], text=other[1], quote=other[1]
        )
        return [
            SearchResult(
                passage_id=f"{own[0]}-deploy-01",
                language=own[0],
                section="Deployment",
                text=own[1],
                score=1.0,
                counterpart=counterpart,
                source_spans=[(0, 5, 7, 12)],
            )
        ]

    def close(self) -> None:
        """Remember it."""
        self.closed.set()


def _answer(question: str, found: SearchResult) -> Answer:
    citation = Citation(
        marker=1,
        passage_id=found.passage_id,
        language=found.language,
        section=found.section,
        text=found.text,
        quote=found.text,
        start=0,
        end=len(found.text),
        counterpart=found.counterpart,
    )
    return Answer(
        id="canned",
        question=question,
        language=found.language,
        answer=f"{found.text} [1]",
        abstained=False,
        sentences=[Sentence(text=found.text, citations=[1], verdict="quoted", reason="canned")],
        citations=[citation],
        also_read=[],
        timings=Timings(),
        model="canned",
    )
