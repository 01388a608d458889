"""Question -> cited, verified answer: the one engine behind the web chat, the HTTP API and the terminal.

    understand -> retrieve -> draft (rules decide, the model phrases) -> verify -> number -> show

Nothing reaches a reader unverified: `_draft` yields claims that already stand on sentences of the article,
and `stream` only numbers and shows them.
"""

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from assistant import abstention, prompts, rules, wording
from assistant.answer import (
    Answer,
    AskNext,
    Counterpart,
    Event,
    Final,
    Recommendation,
    Retrieved,
    SearchResult,
    Sentence,
    Timings,
    Token,
    Turn,
)
from assistant.citing import Evidence, Ledger, heading
from assistant.generation import open_generator
from assistant.generation.base import Generator, Message, Request, Usage
from assistant.grounding import Vocabulary
from assistant.history import Asked, understand
from assistant.settings import Settings, load_settings
from assistant.supporting import Claim, attribute, completed, fit, quoted
from assistant.text import split_markers, split_sentences, traditional
from corpus import article, chunking
from corpus.restore import trace
from index.retriever import Hit, Retriever

PASSAGES = 6
"""Aligned passages retrieved for a question."""
SENTENCES = 4
"""Sentences of them that the model is shown."""
ADVICE_SENTENCES = 3
"""Sentences of an answer that gives advice: the verdict, and what the article says for it."""
EXTRACTIVE = "extractive"


@dataclass
class _Draft:
    """What becomes known while an answer is being written."""

    usage: Usage = field(default_factory=Usage)
    model: str = EXTRACTIVE
    recommendation: Recommendation | None = None
    ask_next: AskNext | None = None
    note: str = ""


class Engine:
    """Holds the retriever and the generator; thread-safe."""

    def __init__(self, retriever: Retriever, generator: Generator | None, settings: Settings) -> None:
        self._retriever = retriever
        self._generator = generator
        self._settings = settings
        passages = chunking.passages(article.load())
        self._passages = {passage.id: passage for passage in passages}
        zh, en = ([p.text for p in passages if p.language == language] for language in ("zh", "en"))
        self._vocabulary = Vocabulary.of(zh, en)

    @classmethod
    def open(cls, settings: Settings | None = None) -> "Engine":
        """Load the index and the generator that the settings name.

        Raises WeightsError, IndexDamagedError, CorpusError or GenerationError, each with what mends it.
        """
        settings = settings or load_settings()
        retriever = Retriever.open()
        return cls(retriever, open_generator(settings.llm, settings), settings)

    def ask(self, question: str, history: Sequence[Turn] = (), language: str = "auto") -> Answer:
        """Answer one question. Raises InputError for an unusable question."""
        *_, last = self.stream(question, history, language)
        assert isinstance(last, Final)
        return last.answer

    def stream(self, question: str, history: Sequence[Turn] = (), language: str = "auto") -> Iterator[Event]:
        """Yield Retrieved, then Tokens, then Final. Closing the iterator stops decoding."""
        began = time.perf_counter()
        timings = Timings()
        asked = understand(question, history, language)
        hits = self._retriever.search(asked.query, k=PASSAGES, language=asked.language)
        timings.retrieve_ms = _since(began)
        yield Retrieved(passages=[_result(hit) for hit in hits])

        draft, ledger, sentences, shown = _Draft(), Ledger(), list[Sentence](), list[str]()
        with closing(self._draft(asked, hits, draft)) as claims:
            for claim in claims:
                if timings.first_token_ms is None:
                    timings.first_token_ms = _since(began)
                markers, new = ledger.cite(claim.evidence)
                text = traditional(claim.text) if asked.traditional else claim.text
                sentences.append(Sentence(text=text, citations=markers, verdict=claim.verdict, reason=claim.reason))
                shown.append(text + "".join(f"[{marker}]" for marker in markers))
                separator = "" if asked.language == "zh" or len(shown) == 1 else " "
                yield Token(text=separator + shown[-1], citations=new)

        abstained = not sentences
        if abstained:
            text = wording.NOT_ANSWERED[asked.language]
            shown = [traditional(text) if asked.traditional else text]
            yield Token(text=shown[0])
        timings.total_ms = _since(began)
        timings.prompt_tokens = draft.usage.prompt_tokens
        timings.new_prompt_tokens = draft.usage.new_prompt_tokens
        timings.completion_tokens = draft.usage.completion_tokens
        yield Final(
            answer=Answer(
                id=uuid.uuid4().hex,
                question=question,
                language=asked.language,
                answer=("" if asked.language == "zh" else " ").join(shown),
                abstained=abstained,
                sentences=sentences,
                citations=ledger.citations,
                recommendation=draft.recommendation,
                ask_next=draft.ask_next,
                note=draft.note,
                also_read=ledger.uncited(hit.passage for hit in hits),
                timings=timings,
                model=draft.model,
            )
        )

    def search(self, query: str, k: int = 5, language: str = "auto") -> list[SearchResult]:
        """The k nearest aligned passages, best first."""
        asked = understand(query, (), language)
        return [_result(hit) for hit in self._retriever.search(asked.query, k=k, language=asked.language)]

    def close(self) -> None:
        """Free the models."""
        if self._generator is not None:
            self._generator.close()

    def _draft(self, asked: Asked, hits: Sequence[Hit], draft: _Draft) -> Iterator[Claim]:
        """Verified claims, in order; none where the article does not answer."""
        situation = rules.recognise(asked.question, [turn.model_dump() for turn in asked.history])
        if situation.intent == "advice":
            yield from self._advise(asked, situation, draft)
            return
        yield from self._explain(asked, hits, draft)

    def _advise(self, asked: Asked, situation: rules.Situation, draft: _Draft) -> Iterator[Claim]:
        """The flowchart's verdict for the reader's situation, from its own cited sentences."""
        outcome = situation.outcome()
        draft.ask_next = situation.ask_next(asked.language)
        if "time" in situation.outside:
            draft.note = wording.AS_OF_2022[asked.language]
        if outcome is not None:
            draft.recommendation = outcome.recommendation(asked.language)
        said = rules.compose(outcome, asked.language) if outcome else rules.overview(asked.language)
        for sentence in said[:ADVICE_SENTENCES]:
            evidence = tuple(self._located(e.passage_id, e.quote) for e in sentence.evidence)
            if sentence.quoted:
                yield from quoted(evidence)
            else:
                yield Claim(sentence.text, evidence, "rule", "what the flowchart says for this situation")

    def _located(self, passage_id: str, quote: str) -> Evidence:
        passage = self._passages[passage_id]
        at = passage.text.index(quote)
        index = next(i for i, (start, end) in enumerate(passage.sentences) if start <= at < end)
        return Evidence(passage, self._passages[passage.counterpart_id], index)

    def _explain(self, asked: Asked, hits: Sequence[Hit], draft: _Draft) -> Iterator[Claim]:
        """What the article says: phrased by the model where its words hold, else quoted."""
        ranked = self._retriever.sentences(asked.query, hits)[:SENTENCES]
        evidence = [Evidence(s.passage, s.counterpart, s.sentence) for s in ranked]
        messages = prompts.messages(asked.language, [e.text for e in evidence], asked.query)
        doubt = self._generator.likelihood(messages, prompts.NO_ANSWER) if self._generator else None
        if abstention.is_silent(abstention.signals(asked.query, hits, ranked, doubt)):
            return
        claims: list[Claim] = []
        if self._generator is not None:
            draft.model = self._generator.name
            for claim in self._phrase(asked, messages, evidence, draft):
                if not any(set(claim.evidence) <= set(c.evidence) for c in claims):
                    claims.append(claim)
                    yield claim
        yield from completed(asked.question, claims, evidence)

    def _phrase(
        self, asked: Asked, messages: Sequence[Message], evidence: Sequence[Evidence], draft: _Draft
    ) -> Iterator[Claim]:
        """The model's sentences as far as they hold; one that misreads its evidence gives way to the quote."""
        assert self._generator is not None
        generation = self._generator.stream(Request(messages, max_tokens=self._settings.max_answer_tokens))
        draft.usage = generation.usage
        with closing(generation):
            for written in whole_sentences(generation):
                text, markers = split_markers(written)
                if text.startswith(prompts.NO_ANSWER):
                    return
                claim = fit(attribute(text, markers, evidence, self._vocabulary, asked.query), asked.query)
                if claim is not None:
                    yield claim


def whole_sentences(pieces: Iterator[str] | Sequence[str]) -> Iterator[str]:
    """Sentences of a stream, each as soon as the next one begins, so that its markers are with it."""
    buffer = ""
    for piece in pieces:
        buffer += piece
        *whole, buffer = split_sentences(buffer) or [buffer]
        yield from whole
    yield from split_sentences(buffer)


def _result(hit: Hit) -> SearchResult:
    other = hit.counterpart
    own = hit.passage if hit.passage.language == "zh" else other
    return SearchResult(
        passage_id=hit.passage.id,
        language=hit.passage.language,
        section=heading(hit.passage),
        text=hit.passage.text,
        score=hit.score,
        counterpart=Counterpart(passage_id=other.id, language=other.language, text=other.text, quote=other.text),
        source_spans=trace(own),
    )


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
