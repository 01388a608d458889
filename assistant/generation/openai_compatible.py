"""Any server that speaks OpenAI's chat completions: `openai:http://HOST:PORT/v1#MODEL`."""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from assistant.generation.base import Generation, Message, Request, Usage
from assistant.generation.control import safe
from assistant.generation.pump import Emit, Pump
from assistant.settings import PREFIX, Settings
from corpus.errors import GenerationError, InputError

KEY_VARIABLE = f"{PREFIX}OPENAI_API_KEY"
CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 30.0
"""A server that sends nothing for so long is taken for dead."""
LINE_BYTES = 1 << 20
"""No honest event is longer; a server that never ends its line must not fill the memory."""


class OpenAICompatible:
    """A chat model behind HTTP. Connects per request; one try each, for the asker decides about the next.

    Raises InputError when `address` is not URL#MODEL. The key, where one is needed, is in KEY_VARIABLE.
    """

    def __init__(self, address: str, settings: Settings) -> None:
        self._url, self.name = _split(address)
        self._deadline_seconds = settings.deadline_seconds
        self._most_tokens = settings.max_answer_tokens
        key = os.environ.get(KEY_VARIABLE)
        self._client = httpx.Client(
            timeout=httpx.Timeout(min(SILENCE_SECONDS, settings.deadline_seconds), connect=CONNECT_SECONDS),
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )

    def stream(self, request: Request) -> Generation:
        """Ask for a stream of events and pass on the text in them."""
        usage = Usage()
        most = min(request.max_tokens, self._most_tokens)
        payload = {
            "model": self.name,
            "messages": safe(request.messages),
            "max_tokens": most,
            "temperature": request.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.stop:
            payload["stop"] = list(request.stop)

        def produce(emit: Emit) -> None:
            try:
                with self._client.stream("POST", self._url, json=payload) as response:
                    self._require_success(response)
                    _read(_events(response), most, usage, emit)
            except httpx.HTTPError as error:
                raise self._failure(error) from error

        return Generation(Pump(produce, self._deadline_seconds), usage)

    def warm(self, messages: Sequence[Message]) -> None:
        """Left to the server."""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _require_success(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        text = " ".join(response.read()[:LINE_BYTES].decode(errors="replace").split())[:200]
        hint = f"; set {KEY_VARIABLE}" if response.status_code in (401, 403) else ""
        raise GenerationError(f"{self._url} answered {response.status_code}: {text or 'nothing'}{hint}.")

    def _failure(self, error: httpx.HTTPError) -> GenerationError:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return GenerationError(f"No server answers at {self._url}: start it, or choose another --llm.")
        if isinstance(error, httpx.TimeoutException):
            return GenerationError(f"The server at {self._url} fell silent: look at its log, or ask again.")
        return GenerationError(f"The connection to {self._url} broke off: {error}. Ask again.")


def _split(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.fragment:
        raise InputError(
            f"openai:{address} is no address of a model: write openai:http://HOST:PORT/v1#MODEL."
        )
    url = parts._replace(path=parts.path.rstrip("/") + "/chat/completions", fragment="")
    return url.geturl(), parts.fragment


def _events(response: httpx.Response) -> Iterator[str]:
    """The data of each server-sent event, one line each."""
    rest = b""
    for block in response.iter_bytes():
        *lines, rest = (rest + block).split(b"\n")
        if len(rest) > LINE_BYTES:
            raise GenerationError("The server sent a line without end: it does not stream chat completions.")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].decode(errors="replace").strip()


def _read(events: Iterator[str], max_tokens: int, usage: Usage, emit: Emit) -> None:
    finished = False
    for event in events:
        if event == "[DONE]":
            return
        try:
            text, ends = _chunk(json.loads(event), usage)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise GenerationError(
                f"The server sent {event[:60]!r}, which is no chat completion chunk."
            ) from error
        finished = finished or ends
        if emit(text) or usage.completion_tokens > max_tokens:
            return
    if not finished:
        raise GenerationError("The server stopped in the middle of the answer: ask again.")


def _chunk(chunk: dict[str, Any], usage: Usage) -> tuple[str, bool]:
    """The text of a chunk and whether it is the last; counts it, or takes over the server's own figures."""
    if error := chunk.get("error"):
        message = error.get("message", error) if isinstance(error, dict) else error
        raise GenerationError(f"The server reported an error: {message}.")
    choice = (chunk.get("choices") or [{}])[0]
    text = (choice.get("delta") or {}).get("content") or ""
    if not isinstance(text, str):
        raise TypeError(text)
    usage.completion_tokens += bool(text)
    if figures := chunk.get("usage"):
        cached = (figures.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        usage.prompt_tokens = int(figures["prompt_tokens"])
        usage.new_prompt_tokens = usage.prompt_tokens - int(cached)
        usage.completion_tokens = int(figures["completion_tokens"])
    return text, choice.get("finish_reason") is not None
