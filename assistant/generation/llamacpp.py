"""llama.cpp in this process: the default engine, for any GGUF file.

`xllamacpp` wraps llama.cpp's own server: several requests share one model in slots, and a slot keeps the
prompt it has seen, so a prefix that does not change (instructions and examples) is computed once. That
server also listens on an address of its own, without our citations, rules and limits; here it is a socket
file in a private folder, behind a key that nobody is told.
"""

import json
import logging
import math
import os
import secrets
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import xllamacpp

from assistant.generation.base import Generation, Message, Request, Usage
from assistant.generation.control import safe
from assistant.generation.pump import Emit, Pump
from assistant.settings import Settings
from corpus.errors import GenerationError, InputError

log = logging.getLogger(__name__)

SLOTS = 2
"""Requests decoded at once; more would share the same arithmetic and all be slower."""

CACHE_MIB = 512
"""Memory for prompts that a slot has left: a prefix comes back from here, whatever was asked in between."""

BATCH = 128
"""Prompt tokens computed between two looks at whether the asker is still there."""

LIMIT_TOKENS = 4096
"""What the server decodes at most when a request names no limit."""

WARM_SECONDS = 600.0
"""Nobody waits for a prefix to be computed, so it may take longer than a reply."""

SAMPLE_SECONDS = 0.2
"""How long the load of the machine is watched before threads are chosen."""

_SILENT = -1


class LlamaCpp:
    """A GGUF model behind the Generator protocol. Raises GenerationError when the file does not load."""

    def __init__(self, name: str, path: Path, settings: Settings) -> None:
        self.name = name
        self._deadline_seconds = settings.deadline_seconds
        self._most_tokens = settings.max_answer_tokens
        self._folder = tempfile.TemporaryDirectory(prefix="assistant-")  # mode 0700
        self._server = _load(path, settings, Path(self._folder.name) / "llama.sock")
        self._running: weakref.WeakSet[Pump] = weakref.WeakSet()

    def stream(self, request: Request) -> Generation:
        """Decode in a slot; the text comes in whole characters."""
        return self._start(_payload(request, self._most_tokens), self._deadline_seconds)

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        """How probable it is (0 to 1) that the reply begins with `text`, along its likeliest tokens.

        A grammar forces the text; the figures are the model's own, from before the grammar. The prompt stays
        cached, so a following `stream` of the same messages starts at once.
        """
        forced = Request(messages, max_tokens=len(text.encode()), grammar=f"root ::= {_quoted(text)}")
        figures: list[dict[str, Any]] = []
        payload = _payload(forced, forced.max_tokens) | {"logprobs": True, "top_logprobs": 1}
        for _ in self._start(payload, self._deadline_seconds, figures):
            pass
        return math.exp(sum(figure["logprob"] for figure in figures))

    def _start(
        self, payload: dict[str, Any], deadline_seconds: float, figures: list[dict[str, Any]] | None = None
    ) -> Generation:
        usage = Usage()

        def produce(emit: Emit) -> None:
            self._decode(payload, usage, emit, figures)

        pump = Pump(produce, deadline_seconds)
        self._running.add(pump)
        return Generation(pump, usage)

    def warm(self, messages: Sequence[Message]) -> None:
        """Compute a prefix once, so that the first question that starts with it is fast."""
        for _ in self._start(_payload(Request(messages), 1), WARM_SECONDS):
            pass

    def close(self) -> None:
        """Stop what runs and free the model; safe to call twice."""
        for pump in list(self._running):
            pump.wait()
        self._server = None
        self._folder.cleanup()

    def _decode(
        self, payload: dict[str, Any], usage: Usage, emit: Emit, figures: list[dict[str, Any]] | None
    ) -> None:
        failures: list[str] = []

        def receive(chunk: dict[str, Any]) -> bool:
            if "error" in chunk:
                failures.append(str(chunk["error"].get("message", chunk["error"])))
                return True
            _count(chunk, usage)
            choice = (chunk.get("choices") or [{"delta": {}}])[0]
            if figures is not None and choice.get("logprobs"):
                figures.extend(choice["logprobs"]["content"])
            return emit(choice["delta"].get("content") or "")

        server = self._server
        if server is None:
            raise GenerationError("The language model has been closed: open it again to ask.")
        server.handle_chat_completions(payload, receive)
        if failures:
            raise _failure(failures[0])


def _load(path: Path, settings: Settings, socket: Path) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = settings.context_tokens * SLOTS
    params.n_parallel = SLOTS
    params.n_batch = params.n_ubatch = BATCH
    params.cache_ram_mib = CACHE_MIB
    _share_processors(params, settings.threads)
    params.verbosity = _SILENT
    params.offline = True
    _lock_down(params, socket)
    try:
        server = xllamacpp.Server(params)
        # Proves that the model decodes and the server's loop runs; closed before it runs, it would hang.
        server.handle_completions({"prompt": "a", "n_predict": 1})
        return server
    except RuntimeError as error:
        raise GenerationError(
            f"llama.cpp cannot load {path}: it expects a whole GGUF model; "
            "`assistant models fetch` brings a sound one."
        ) from error


def _lock_down(params: Any, socket: Path) -> None:
    if os.name == "posix":
        params.hostnames = [str(socket)]
    params.n_predict = LIMIT_TOKENS
    params.api_keys = [secrets.token_hex(32)]
    params.cors_origins = ""
    params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = False
    params.ui = False


def _share_processors(params: Any, threads: int) -> None:
    """Half of the processors write the answer, all that are idle now read the prompt; `threads` sets both.

    llama.cpp's threads spin while they wait for each other, hundreds of times per token or batch of prompt,
    and collapse when one of them has to share its core. Writing is bound by memory, so more threads would win
    little; reading is bound by arithmetic and pays back every idle core. Without polling they sleep between
    requests.
    """
    processors = len(psutil.Process().cpu_affinity()) if psutil.LINUX else psutil.cpu_count() or 1
    half = max(1, processors // 2)
    idle = round(processors * (1 - psutil.cpu_percent(interval=SAMPLE_SECONDS) / 100))
    params.cpuparams.n_threads = threads or half
    params.cpuparams_batch.n_threads = threads or max(half, idle)
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    log.info(
        "of %d processors %d read prompts and %d write answers",
        processors,
        params.cpuparams_batch.n_threads,
        params.cpuparams.n_threads,
    )


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


def _quoted(text: str) -> str:
    """The text as a GBNF literal."""
    return json.dumps(text, ensure_ascii=False)


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
