"""Doubles that are real implementations: small, deterministic, with results one can work out by hand."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answer import (
    Answer,
    AskNext,
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
from assistant.generation.base import Generation, Message, Request, Usage
from corpus.errors import GenerationError, InputError

ZH = "TensorFlow 有 TensorFlow Lite。"
EN = "TensorFlow has TensorFlow Lite."


MOBILE = AskNext(
    fact="target",
    question="What are you building?",
    options=[{"value": "mobile", "label": "A mobile app"}, {"value": "other", "label": "None of these"}],
)


class CannedEngine(Engine):
    """The engine's surface over one pair of passages.

    'why' breaks off, 'wait' streams until it is closed, 'which' asks back.

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
            if "which" in question:
                answer.ask_next = MOBILE
            yield Token(text=answer.answer, citations=answer.citations)
            while "wait" in question:
                time.sleep(0.1)
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

    def warm(self) -> None:
        """Nothing to compute ahead."""

    def foresee(self) -> None:
        """Nothing is likely to be asked."""

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


class HandEmbedder:
    """Counts a few words: one axis each, and a last axis that is always 1; rows scaled to length 1.

    `embedded` holds every passage text it was asked for, so that a test can see what was kept.
    """

    def __init__(self, *words: str, id: str = "by-hand") -> None:
        self.words = words
        self.id = id
        self.digest = hashlib.sha256(repr((id, words)).encode()).hexdigest()
        self.dimension = len(words) + 1
        self.embedded: list[str] = []

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, dimension) unit rows."""
        counts = [[*(text.lower().count(word) for word in self.words), 1] for text in texts]
        rows = np.array(counts, np.float32).reshape(len(texts), self.dimension)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same vectors as for queries."""
        self.embedded += texts
        return self.embed_queries(texts)


class ScriptedGenerator:
    """A generator that says `reply(messages)`, three characters at a time; a token is such a piece.

    It is certain of what it says: the likelihood of a beginning is 1 or 0. `requests`, `warmed` and `closed`
    tell a test what was asked of it.
    """

    def __init__(self, reply: Callable[[Sequence[Message]], str], name: str = "scripted") -> None:
        self.name = name
        self.requests: list[Request] = []
        self.warmed: list[Sequence[Message]] = []
        self.closed = False
        self._reply = reply

    def stream(self, request: Request) -> Generation:
        """The reply up to the first stop string, cut off after `max_tokens` pieces."""
        self.requests.append(request)
        prompt = sum(len(message["content"]) for message in request.messages)
        usage = Usage(prompt_tokens=prompt, new_prompt_tokens=prompt)
        text = self._reply(request.messages)
        for stop in request.stop:
            text = text.partition(stop)[0]

        def pieces() -> Iterator[str]:
            for start in range(0, min(len(text), 3 * request.max_tokens), 3):
                usage.completion_tokens += 1
                yield text[start : start + 3]

        return Generation(pieces(), usage)

    def warm(self, messages: Sequence[Message]) -> None:
        """Remember it."""
        self.warmed.append(messages)

    def close(self) -> None:
        """Remember it."""
        self.closed = True


class ScriptedServer:
    """A server in a thread that answers a POST with the blocks that `script(payload)` yields, as they come.

    The script may wait, lie and stop where it likes; with `promised` bytes in its header a short answer looks
    like a broken connection. `requests` holds (path, headers, payload). Use it with `with`.
    """

    def __init__(
        self,
        script: Callable[[dict[str, Any]], Iterable[bytes]],
        status: int = 200,
        promised: int | None = None,
    ) -> None:
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.broken = threading.Event()
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                scripted.requests.append((self.path, dict(self.headers), payload))
                self.send_response(status)
                self.send_header("Content-Type", "text/event-stream")
                if promised is not None:
                    self.send_header("Content-Length", str(promised))
                self.end_headers()
                try:
                    for block in script(payload):
                        self.wfile.write(block)
                        self.wfile.flush()
                except OSError:
                    scripted.broken.set()  # the client hung up

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> "ScriptedServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def event(data: Any) -> bytes:
    """A server-sent event: `data` as JSON, or as it stands when it is a string."""
    return f"data: {data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}\n\n".encode()


def chunk(content: str, finish: str | None = None) -> bytes:
    """The event of a chat completion chunk."""
    return event({"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}]})
