"""A plain retrieval pipeline as it is commonly put together, put the same questions as ours.

LlamaIndex's CitationQueryEngine with its defaults, over both editions of the article, our embedder, and the
same model file with the same settings. `pip install --group plain` brings its library; nothing else needs it.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from assistant.answer import Answer, Timings
from assistant.engine import Engine
from assistant.generation import file_of
from assistant.generation.llamacpp_server import Server
from assistant.settings import Settings, load_settings
from corpus import files
from corpus.article import LANGUAGES
from corpus.errors import InputError
from evaluation.bench.parts import Measured, Order
from evaluation.labelled import Question
from evaluation.scoring import judge
from index.embedder import open_embedder

HANDFUL = 10
"""Questions at most: an answer may take half a minute."""

ANSWER_TOKENS = 256
"""What the library's own llama.cpp adapter lets an answer have, and its temperature."""

TEMPERATURE = 0.1


def compare(order: Order) -> Measured:
    """Questions without a history, one by one, to both. Raises InputError where the library is missing."""
    alone = [question for question in order.questions if not question.history]
    questions = alone[:: max(1, -(-len(alone) // HANDFUL))]
    settings = load_settings(llm=order.llm, cache=0)
    with plain_pipeline(settings) as pipeline:
        plain = [_timed(pipeline, question) for question in questions]
    with closing(Engine.open(settings)) as engine:
        engine.warm()
        ours = [_timed(engine.ask, question) for question in questions]
    plain_s, ours_s = ([seconds for seconds, _ in some] for some in (plain, ours))
    return Measured(
        {
            "ours_p50_s": median(ours_s),
            "plain_p50_s": median(plain_s),
            "faster": median(plain_s) / median(ours_s),
            "ours_right": _right(questions, [answer for _, answer in ours]),
            "plain_right": _right(questions, [answer for _, answer in plain]),
        },
        {"plain pipeline": plain_s},
    )


@contextmanager
def plain_pipeline(settings: Settings) -> Iterator[Callable[[str], Answer]]:
    """The pipeline as a function from a question to its answer, as prose without citations of ours."""
    try:
        from llama_index.core import Document, VectorStoreIndex
        from llama_index.core.embeddings import BaseEmbedding
        from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
        from llama_index.core.query_engine import CitationQueryEngine
    except ImportError as error:
        raise InputError(
            f"LlamaIndex is missing ({error}): `pip install --group plain` brings it."
        ) from error

    embedder = open_embedder()

    class Embedding(BaseEmbedding):  # type: ignore[misc]
        def _get_query_embedding(self, query: str) -> list[float]:
            return list(map(float, embedder.embed_queries([query])[0]))

        def _get_text_embedding(self, text: str) -> list[float]:
            return list(map(float, embedder.embed_passages([text])[0]))

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    with tempfile.TemporaryDirectory() as folder:
        server = Server(file_of(settings.llm), settings, Path(folder))

        class Model(CustomLLM):  # type: ignore[misc]
            @property
            def metadata(self) -> Any:
                return LLMMetadata(context_window=settings.context_tokens, num_output=ANSWER_TOKENS)

            def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
                return CompletionResponse(text=_complete(server, prompt))

            def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
                yield self.complete(prompt)

        texts = [Document(text=files.read(f"{language}.md")) for language in LANGUAGES]
        index = VectorStoreIndex.from_documents(texts, embed_model=Embedding())
        engine = CitationQueryEngine.from_args(index, llm=Model())
        try:
            yield lambda question: _prose(question, str(engine.query(question)))
        finally:
            server.close()


def _complete(server: Server, prompt: str) -> str:
    pieces: list[str] = []

    def receive(chunk: dict[str, Any]) -> bool:
        for choice in chunk.get("choices") or []:
            pieces.append(choice["delta"].get("content") or "")
        return False

    server.chat(
        {
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": ANSWER_TOKENS,
            "temperature": TEMPERATURE,
            "seed": 0,
            "cache_prompt": True,
            "stream": True,
        },
        receive,
    )
    return "".join(pieces)


def _prose(question: str, text: str) -> Answer:
    return Answer(
        id="plain",
        question=question,
        language="en",
        rewritten=None,
        answer=text,
        abstained=False,
        sentences=[],
        citations=[],
        ask_next=None,
        note="",
        also_read=[],
        timings=Timings(),
        model="plain",
    )


def _timed(answerer: Callable[[str], Answer], question: Question) -> tuple[float, Answer]:
    began = time.perf_counter()
    answer = answerer(question.question)
    return time.perf_counter() - began, answer


def _right(questions: Sequence[Question], answers: Sequence[Answer]) -> float:
    """Which share, in %, of the answerable questions was answered right."""
    counts = [judge(q, a).counts.get("answer_accuracy") for q, a in zip(questions, answers, strict=True)]
    held = [had for count in counts if count is not None for had, _ in [count]]
    return 100 * sum(held) / max(1, len(held))
