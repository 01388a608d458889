"""llama.cpp in this process: the default engine, for any GGUF file.

Several requests share one model, each in a slot of its own. A prompt is computed in up to three pieces: its
head (instructions and examples, the same for all), what some requests share (evidence), and the rest. The
first two are computed once, kept, and brought into the slot anew for every request: whatever was asked or
broken off before, the same tokens are computed in the same batches, so the same prompt gives the same reply.
"""

import logging
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from assistant.generation import adapter
from assistant.generation.base import Generation, Message, Request, Usage, begins
from assistant.generation.control import safe
from assistant.generation.llamacpp_server import SLOTS, Server
from assistant.generation.native import xllamacpp
from assistant.generation.prefixes import Prefixes
from assistant.generation.pump import Emit, Pump
from assistant.generation.quiet import Quiet
from assistant.settings import Settings
from corpus.errors import AssistantError, GenerationError, InputError
from index import weights

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
"""How often a request that waits for a slot looks whether its asker is still there."""

WARM_SECONDS = 600.0
"""Nobody waits for a prefix to be computed, so it may take longer than a reply."""

QUIET_SECONDS = 2.0
"""How long nothing must have been asked before anything is computed ahead."""


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
        self._heads: list[list[Message]] = []
        self._quiet = Quiet(QUIET_SECONDS)
        lora = adapter.chosen(settings)
        folder = weights.home() / "prompts"
        self._server = Server(path, settings, folder, lora)
        stat = path.stat()
        identity = f"{xllamacpp.__version__} {path.name} {stat.st_size} {stat.st_mtime_ns}"
        identity += f" {lora.sha256}" if lora else ""
        identity += xllamacpp.get_system_info()  # another build of the same version computes other numbers
        self._keeps_evidence = settings.prompts_mb > 0 and self._server.kept == folder
        most_bytes = settings.prompts_mb * 1_000_000
        self._prefixes = Prefixes(self._server.kept, identity, self._server.keep, most_bytes)

    def stream(self, request: Request) -> Generation:
        """Decode in a slot; the text comes in whole characters."""
        usage, payload = Usage(), _payload(request, self._most_tokens)

        def produce(emit: Emit) -> None:
            with self._quiet.broken(), self._slot(emit) as slot:
                computed = self._prepare(slot, payload["messages"], safe(request.prefix), emit)
                self._decode(payload | {"id_slot": slot}, usage, emit, computed)

        return Generation(self._pump(produce, self._deadline_seconds), usage)

    def warm(self, messages: Sequence[Message]) -> None:
        """Have a head at hand, from a file of an earlier run or computed now and then kept in one."""
        head = safe(messages)

        def produce(emit: Emit) -> None:
            with self._quiet.broken(), self._slot(emit) as slot:
                self._bring(head, slot, emit)

        for _ in self._pump(produce, WARM_SECONDS):
            pass
        self._prefixes.settle()
        self._heads.append(head)

    def foresee(self, prefixes: Iterable[Sequence[Message]]) -> None:
        """Compute them one by one and keep them, while nothing is asked and there is room."""
        if self._keeps_evidence:
            Thread(target=self._foresee, args=(prefixes,), name="foresee", daemon=True).start()

    def close(self) -> None:
        """Stop what runs and free the model; safe to call twice."""
        self._quiet.close()
        for pump in list(self._running):
            pump.wait()
        self._prefixes.settle()
        self._server.close()

    def _foresee(self, prefixes: Iterable[Sequence[Message]]) -> None:
        try:
            for messages in prefixes:
                prefix, known = safe(messages), False
                while not known:
                    if not self._quiet.wait() or self._prefixes.full:
                        return
                    known = self._ahead(prefix)
        except AssistantError as error:
            log.warning("no more evidence is computed ahead: %s", error)

    def _ahead(self, prefix: list[Message]) -> bool:
        """Have a prefix kept; False when something was asked meanwhile."""
        head = self._head_of(prefix)
        if head is None or self._prefixes.has(prefix, head):
            return True

        def produce(emit: Emit) -> None:
            with self._slot(emit) as slot:
                self._bring(prefix, slot, emit, head)

        whole = self._quiet.run(self._pump(produce, WARM_SECONDS))
        self._prefixes.settle()
        if whole and not self._prefixes.has(prefix, head):
            raise GenerationError(f"{self._server.kept} does not keep it")
        return whole

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

    def _prepare(self, slot: int, messages: list[Message], prefix: list[Message], emit: Emit) -> int:
        """Have the slot hold what a prompt shares with others and nothing else; returns tokens computed."""
        head = self._head_of(messages)
        if head is None:
            return 0
        if self._keeps_evidence and begins(messages, prefix) and begins(prefix, head):
            return self._bring(prefix, slot, emit, head)
        return self._bring(head, slot, emit)

    def _head_of(self, messages: list[Message]) -> list[Message] | None:
        found = [head for head in self._heads if begins(messages, head)]
        return max(found, key=lambda head: (len(head), len(head[-1]["content"])), default=None)

    def _bring(self, prefix: list[Message], slot: int, emit: Emit, head: list[Message] | None = None) -> int:
        """A prefix into a slot: from its file, else computed after its head and kept; returns the tokens."""
        if self._prefixes.restore(prefix, slot, head or ()):
            return 0
        usage = Usage()
        computed = self._bring(head, slot, emit) if head else 0
        payload = _payload(Request(prefix, 1), 1) | {"id_slot": slot, "add_generation_prompt": False}
        self._decode(payload, usage, lambda piece: emit(""))
        if not emit(""):
            self._prefixes.save(prefix, slot, head or ())
        return computed + usage.new_prompt_tokens

    def _decode(self, payload: dict[str, Any], usage: Usage, emit: Emit, computed: int = 0) -> None:
        """Run a request; `usage` follows it, with the tokens `computed` for it before."""
        failures: list[str] = []

        def receive(chunk: dict[str, Any]) -> bool:
            if "error" in chunk:
                failures.append(str(chunk["error"].get("message", chunk["error"])))
                return True
            _count(chunk, usage, computed)
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


def _count(chunk: dict[str, Any], usage: Usage, computed: int) -> None:
    """Follow the counts while they grow: a generation that is stopped has figures too."""
    if progress := chunk.get("prompt_progress"):
        usage.prompt_tokens = progress["total"]
        usage.new_prompt_tokens = computed + progress["processed"] - progress["cache"]
    elif timings := chunk.get("timings"):
        usage.prompt_tokens = timings["cache_n"] + timings["prompt_n"]
        usage.new_prompt_tokens = computed + timings["prompt_n"]
        usage.completion_tokens = timings["predicted_n"]
    elif chunk.get("choices") and chunk["choices"][0]["delta"].get("content"):
        usage.completion_tokens += 1


def _failure(message: str) -> GenerationError | InputError:
    if "context size" in message:
        return InputError(f"The prompt does not fit the model: {message}. Ask something shorter.")
    return GenerationError(f"llama.cpp refused the request: {message}.")
