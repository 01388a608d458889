"""llama.cpp in this process: the default engine, for any GGUF file.

Several requests share one model, each in a slot of its own. A prefix that does not change (instructions and
examples) is computed once and brought into the slot anew for every request: whatever was asked or broken off
before, the same tokens are computed in the same batches, so the same prompt gives the same reply.
"""

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import xllamacpp

from assistant.generation import adapter
from assistant.generation.base import Generation, Message, Request, Usage
from assistant.generation.control import safe
from assistant.generation.llamacpp_server import SLOTS, Server
from assistant.generation.prefixes import Prefixes
from assistant.generation.pump import Emit, Pump
from assistant.settings import Settings
from corpus.errors import GenerationError, InputError
from index import weights

POLL_SECONDS = 0.05
"""How often a request that waits for a slot looks whether its asker is still there."""

WARM_SECONDS = 600.0
"""Nobody waits for a prefix to be computed, so it may take longer than a reply."""


class LlamaCpp:
    """A GGUF model behind the Generator protocol. Raises GenerationError when the file does not load."""

    def __init__(self, name: str, path: Path, settings: Settings) -> None:
        self.name = name
        self._deadline_seconds = settings.deadline_seconds
        self._most_tokens = settings.max_answer_tokens
        self._running: weakref.WeakSet[Pump] = weakref.WeakSet()
        self._free: SimpleQueue[int] = SimpleQueue()
        for slot in range(SLOTS):
            self._free.put(slot)
        self._warm: list[list[Message]] = []
        lora = adapter.chosen(settings)
        self._server = Server(path, settings, weights.home() / "prompts", lora)
        stat = path.stat()
        identity = f"{xllamacpp.__version__} {path.name} {stat.st_size} {stat.st_mtime_ns}"
        identity += f" {lora.sha256}" if lora else ""
        self._prefixes = Prefixes(self._server.kept, identity, self._server.keep)

    def stream(self, request: Request) -> Generation:
        """Decode in a slot; the text comes in whole characters."""
        usage, payload = Usage(), _payload(request, self._most_tokens)

        def produce(emit: Emit) -> None:
            with self._slot(emit) as slot:
                self._prepare(slot, payload["messages"], emit)
                self._decode(payload | {"id_slot": slot}, usage, emit)

        return Generation(self._pump(produce, self._deadline_seconds), usage)

    def warm(self, messages: Sequence[Message]) -> None:
        """Have a prefix at hand, from a file of an earlier run or computed now and then kept in one."""
        prefix = safe(messages)

        def produce(emit: Emit) -> None:
            with self._slot(emit) as slot:
                self._bring(prefix, slot, emit)

        for _ in self._pump(produce, WARM_SECONDS):
            pass
        self._warm.append(prefix)

    def close(self) -> None:
        """Stop what runs and free the model; safe to call twice."""
        for pump in list(self._running):
            pump.wait()
        self._server.close()

    def _pump(self, produce: Callable[[Emit], None], deadline_seconds: float) -> Pump:
        pump = Pump(produce, deadline_seconds)
        self._running.add(pump)
        return pump

    @contextmanager
    def _slot(self, emit: Emit) -> Iterator[int]:
        """A slot that no other request uses, as soon as there is one."""
        slot = self._take(emit)
        try:
            yield slot
        finally:
            self._free.put(slot)

    def _take(self, emit: Emit) -> int:
        while not emit(""):
            with suppress(Empty):
                return self._free.get(timeout=POLL_SECONDS)
        raise GenerationError("The reply was stopped before it had begun.")

    def _prepare(self, slot: int, messages: list[Message], emit: Emit) -> None:
        """Have the slot hold the warm prefix of a prompt and nothing else, where it has one."""
        for prefix in self._warm:
            if messages[: len(prefix)] == prefix:
                self._bring(prefix, slot, emit)
                return

    def _bring(self, prefix: list[Message], slot: int, emit: Emit) -> None:
        """A prefix into a slot: from its file, else computed and kept in one."""
        if self._prefixes.restore(prefix, slot):
            return
        payload = _payload(Request(prefix), 1) | {"id_slot": slot}
        self._decode(payload, Usage(), lambda piece: emit(""))
        if not emit(""):
            self._prefixes.save(prefix, slot)

    def _decode(self, payload: dict[str, Any], usage: Usage, emit: Emit) -> None:
        failures: list[str] = []

        def receive(chunk: dict[str, Any]) -> bool:
            if "error" in chunk:
                failures.append(str(chunk["error"].get("message", chunk["error"])))
                return True
            _count(chunk, usage)
            choice = (chunk.get("choices") or [{"delta": {}}])[0]
            return emit(choice["delta"].get("content") or "")

        self._server.chat(payload, receive)
        if failures:
            raise _failure(failures[0])


def _payload(request: Request, most_tokens: int) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "messages": safe(request.messages),
        "max_tokens": min(request.max_tokens, most_tokens),
        "temperature": request.temperature,
        "seed": 0,
        "stop": list(request.stop),
        "cache_prompt": True,
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,
    }
    if request.grammar is not None:
        payload["grammar"] = request.grammar
    return payload


def _count(chunk: dict[str, Any], usage: Usage) -> None:
    """Follow the counts while they grow: a generation that is stopped has figures too."""
    if progress := chunk.get("prompt_progress"):
        usage.prompt_tokens = progress["total"]
        usage.new_prompt_tokens = progress["processed"] - progress["cache"]
    elif timings := chunk.get("timings"):
        usage.prompt_tokens = timings["cache_n"] + timings["prompt_n"]
        usage.new_prompt_tokens = timings["prompt_n"]
        usage.completion_tokens = timings["predicted_n"]
    elif chunk.get("choices") and chunk["choices"][0]["delta"].get("content"):
        usage.completion_tokens += 1


def _failure(message: str) -> GenerationError | InputError:
    if "context size" in message:
        return InputError(f"The prompt does not fit the model: {message}. Ask something shorter.")
    return GenerationError(f"llama.cpp refused the request: {message}.")
