"""llama.cpp's own server, inside this process: started, locked down, given its share of the processors.

It listens on an address of its own, where our citations, rules and limits do not hold. So that address is a
socket file in a private folder (a random port where there are none), behind a key that only this file knows.
"""

import logging
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]

from assistant.generation.adapter import Adapter
from assistant.generation.native import xllamacpp
from assistant.settings import Settings
from corpus.errors import GenerationError

log = logging.getLogger(__name__)

SLOTS = 4
"""Requests decoded at once: as many as are answered, and as many that were stopped and finish a batch."""

BATCH = 32
"""Prompt tokens computed between two looks at whether the asker is still there."""

LIMIT_TOKENS = 4096
"""What the server decodes at most when a request names no limit."""

SAMPLE_SECONDS = 0.2
"""How long the load of the machine is watched before threads are chosen."""

_SILENT = -1


class Server:
    """A running server over one GGUF file and its adapter. Raises GenerationError when they do not load.

    The states of slots go to the folder `kept`, or are lost at the end when it cannot be made.
    """

    def __init__(self, path: Path, settings: Settings, kept: Path, adapter: Adapter | None = None) -> None:
        self._private = tempfile.TemporaryDirectory(prefix="assistant-")  # mode 0700
        try:
            kept.mkdir(parents=True, exist_ok=True)
            self.kept = kept
        except OSError:
            self.kept = Path(self._private.name)
        self._key = secrets.token_hex(32)
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        if adapter is not None:
            params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter.path), 1.0)]
        params.n_ctx = settings.context_tokens * SLOTS
        params.n_parallel = SLOTS
        params.n_batch = params.n_ubatch = BATCH
        params.cache_ram_mib = 0
        params.slot_save_path = f"{self.kept}{os.sep}"
        # The weights are repacked for the processor: mapped from the file, they would stand in memory twice.
        params.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
        # Fitting to a graphics card reads the file once more; the proof below warms up as well.
        params.fit_params = params.warmup = False
        params.verbosity = _SILENT
        params.offline = True
        _share_processors(params, settings.threads)
        self._lock_down(params)
        try:
            self._server = xllamacpp.Server(params)
            # Proves that the model decodes and the server's loop runs; closed before it runs, it would hang.
            self._server.handle_completions({"prompt": "a", "n_predict": 1})
        except RuntimeError as error:
            self._private.cleanup()
            if adapter is not None:
                raise GenerationError(
                    f"llama.cpp cannot load {path} with the adapter {adapter.path}: choose the adapter that "
                    "was trained on this model, or set ASSISTANT_ADAPTER to off."
                ) from error
            raise GenerationError(
                f"llama.cpp cannot load {path}: it expects a whole GGUF model; "
                "`assistant models fetch` brings a sound one."
            ) from error

    def chat(self, payload: dict[str, Any], receive: Callable[[dict[str, Any]], bool]) -> None:
        """Answer in chunks of OpenAI's shape until `receive` returns True. Any thread may call it."""
        self._opened().handle_chat_completions(payload, receive)

    def keep(self, action: str, slot: int, file: str) -> bool:
        """`save` the state of a slot to a file in `self.kept`, or `restore` it; False when that failed."""
        address = self._opened().listening_address
        unix = address.removeprefix("unix://") if address.startswith("unix://") else None
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=unix, verify=False),  # no TLS here: its set-up takes 20 ms
            base_url="http://llama" if unix else address,
            headers={"Authorization": f"Bearer {self._key}"},
            timeout=60.0,
        ) as client:
            try:
                answer = client.post(f"/slots/{slot}", params={"action": action}, json={"filename": file})
            except httpx.HTTPError as error:
                log.warning("llama.cpp did not %s a computed prompt: %s", action, error)
                return False
        return answer.is_success

    def close(self) -> None:
        """Free the model. Requests must have ended; safe to call twice."""
        self._server = None
        self._private.cleanup()

    def _opened(self) -> Any:
        if self._server is None:
            raise GenerationError("The language model has been closed: open it again to ask.")
        return self._server

    def _lock_down(self, params: Any) -> None:
        if os.name == "posix":
            params.hostnames = [str(Path(self._private.name) / "llama.sock")]
        params.api_keys = [self._key]
        params.cors_origins = ""
        params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = False
        params.ui = False
        params.n_predict = LIMIT_TOKENS


def _share_processors(params: Any, threads: int) -> None:
    """Half of the processors write the answer, all that are idle now read the prompt; `threads` sets both.

    llama.cpp's threads spin while they wait for each other, hundreds of times per token or batch of prompt,
    and collapse when one of them has to share its core. Writing is bound by memory, so more threads would win
    little; reading is bound by arithmetic and pays back every idle core. Without polling they sleep between
    requests.
    """
    ourselves = psutil.Process()
    processors = len(ourselves.cpu_affinity()) if psutil.LINUX else psutil.cpu_count() or 1
    half = max(1, processors // 2)
    ourselves.cpu_percent()
    busy = processors * psutil.cpu_percent(interval=SAMPLE_SECONDS) / 100
    idle = min(processors, round(processors - busy + ourselves.cpu_percent() / 100))
    params.cpuparams.n_threads = threads or half
    params.cpuparams_batch.n_threads = threads or max(half, idle)
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    log.info(
        "of %d processors %d read prompts and %d write answers",
        processors,
        params.cpuparams_batch.n_threads,
        params.cpuparams.n_threads,
    )
