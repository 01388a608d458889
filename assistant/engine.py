"""Question -> cited, verified answer: the one engine behind the web chat, the HTTP API and the terminal.

    understand -> retrieve -> draft (rules decide, the model phrases, code verifies) -> number -> show

Nothing reaches a reader unverified: the drafter yields claims that already stand on sentences of the
article, and `stream` only numbers and shows them.
"""

import time
import uuid
from collections.abc import Generator as Stream
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

from assistant import foreseeing, wording
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
from assistant.asking import is_small_talk
from assistant.citing import Ledger, heading
from assistant.drafting import Draft, Drafter
from assistant.generation import open_generator
from assistant.generation.base import Foresees, Generator
from assistant.grounding import Vocabulary
from assistant.history import Asked, understand
from assistant.remembered import Remembered, basis
from assistant.settings import Settings, load_settings
from assistant.standing import Standing
from corpus import article, chunking
from corpus.article import LANGUAGES, Language
from corpus.errors import AssistantError
from corpus.restore import trace
from index.retriever import Hit, Retriever

PASSAGES = 6
"""Aligned passages retrieved for a question."""

SPACE: dict[Language, str] = {"zh": "", "en": " "}
"""What stands between two sentences."""


class Engine:
    """Holds the retriever and the generator; thread-safe."""

    def __init__(self, retriever: Retriever, generator: Generator | None, settings: Settings) -> None:
        self._retriever = retriever
        self._generator = generator
        self._settings = settings
        self._passages = passages = {p.id: p for p in chunking.passages(article.load())}
        zh, en = ([p.text for p in passages.values() if p.language == lang] for lang in ("zh", "en"))
        self._vocabulary = Vocabulary.of(zh, en)
        self._drafter = Drafter(retriever, generator, passages, self._vocabulary, settings.max_answer_tokens)
        self._standing = Standing(retriever, (*zh, *en))
        self._remembered = Remembered(settings.cache, basis(settings, generator.name if generator else ""))

    @classmethod
    def open(cls, settings: Settings | None = None) -> "Engine":
        """Load the index and the generator that the settings name.

        Raises WeightsError, IndexDamagedError, CorpusError or GenerationError, each with what mends it.
        """
        settings = settings or load_settings()
        with ThreadPoolExecutor(1) as beside:  # while the model's file is hashed, which needs no interpreter
            retriever = beside.submit(Retriever.open)
            generator = open_generator(settings.llm, settings)
        try:
            return cls(retriever.result(), generator, settings)
        except AssistantError:
            if generator is not None:
                generator.close()
            raise

    def warm(self) -> None:
        """Load and compute what any answer needs, in both languages; may take some seconds, once."""
        wordless = Engine(self._retriever, None, self._settings)
        for language in LANGUAGES:
            self._drafter.warm(language)
            wordless.ask(wording.TO_WARM[language])

    def foresee(self) -> None:
        """After `warm`: have the evidence of known questions computed while nobody asks; returns at once."""
        if self._settings.foresee and isinstance(self._generator, Foresees):
            self._generator.foresee(foreseeing.prefixes(self._retriever.known, self._passages))

    def ask(self, question: str, history: Sequence[Turn] = (), language: str = "auto") -> Answer:
        """Answer one question. Raises InputError for an unusable question."""
        *_, last = self.stream(question, history, language)
        assert isinstance(last, Final)
        return last.answer

    def stream(self, question: str, history: Sequence[Turn] = (), language: str = "auto") -> Iterator[Event]:
        """Yield Retrieved, then Tokens, then Final. Closing the iterator stops decoding."""
        began = time.perf_counter()
        asked = self._understand(question, history, language)
        yield from self._remembered.stream(asked, question, lambda: self._answer(asked, question, began))

    def _answer(self, asked: Asked, question: str, began: float) -> Stream[Event, None, None]:
        """The events of an answer made afresh."""
        timings = Timings()
        hits = self._retriever.search(asked.query, k=PASSAGES, language=asked.language)
        timings.retrieve_ms = _since(began)
        yield Retrieved(passages=[_result(hit) for hit in hits])

        draft, ledger, sentences, shown = Draft(), Ledger(), list[Sentence](), list[str]()
        with closing(self._drafter.claims(asked, hits, draft)) as claims:
            for claim in claims:
                timings.first_token_ms = timings.first_token_ms or _since(began)
                markers, new = ledger.cite(claim.evidence)
                text = asked.in_script(claim.text)
                sentences.append(
                    Sentence(text=text, citations=markers, verdict=claim.verdict, reason=claim.reason)
                )
                shown.append(text + SPACE[asked.language] + "".join(f"[{marker}]" for marker in markers))
                yield Token(text=(SPACE[asked.language] if shown[1:] else "") + shown[-1], citations=new)

        if not sentences:
            small_talk = is_small_talk(asked.question)
            silence = (wording.WHAT_I_AM if small_talk else wording.NOT_ANSWERED)[asked.language]
            shown = [asked.in_script(silence)]
            yield Token(text=shown[0])
        timings.total_ms = _since(began)
        timings.prompt_tokens = draft.usage.prompt_tokens
        timings.new_prompt_tokens = draft.usage.new_prompt_tokens
        timings.completion_tokens = draft.usage.completion_tokens
        yield Final(
            answer=Answer(
                id=uuid.uuid4().hex,
                question=question,
                rewritten=asked.rewritten,
                language=asked.language,
                answer=SPACE[asked.language].join(shown),
                abstained=not sentences,
                sentences=sentences,
                citations=ledger.citations,
                recommendation=_in_script(draft.recommendation, asked),
                ask_next=_asked_in_script(draft.ask_next, asked),
                note=asked.in_script(draft.note),
                also_read=ledger.uncited(hit.passage for hit in hits),
                timings=timings,
                model=draft.model,
            )
        )

    def _understand(self, question: str, history: Sequence[Turn], language: str) -> Asked:
        """The question, with the one before it where it names nothing and does not stand alone."""
        asked = understand(question, history, language, self._vocabulary)
        if asked.joined is None or self._standing.alone(asked.query, asked.language):
            return asked
        return replace(asked, query=asked.joined)

    def search(self, query: str, k: int = 5, language: str = "auto") -> list[SearchResult]:
        """The k nearest aligned passages, best first."""
        asked = understand(query, (), language)
        return [_result(hit) for hit in self._retriever.search(asked.query, k=k, language=asked.language)]

    def close(self) -> None:
        """Free the models."""
        if self._generator is not None:
            self._generator.close()


def _result(hit: Hit) -> SearchResult:
    other = hit.counterpart
    own = hit.passage if hit.passage.language == "zh" else other
    return SearchResult(
        passage_id=hit.passage.id,
        language=hit.passage.language,
        section=heading(hit.passage),
        text=hit.passage.text,
        score=hit.score,
        counterpart=Counterpart(
            passage_id=other.id, language=other.language, text=other.text, quote=other.text
        ),
        source_spans=trace(own),
    )


def _in_script(advice: Recommendation | None, asked: Asked) -> Recommendation | None:
    """The advice with its question in the asker's script; its quotes stay as the article has them."""
    if advice is None:
        return None
    return advice.model_copy(update={"ask_next": _asked_in_script(advice.ask_next, asked)})


def _asked_in_script(question: AskNext | None, asked: Asked) -> AskNext | None:
    if question is None:
        return None
    options = [{**option, "label": asked.in_script(option["label"])} for option in question.options]
    return AskNext(fact=question.fact, question=asked.in_script(question.question), options=options)


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
