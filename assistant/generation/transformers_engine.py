"""Hugging Face transformers: a folder, a hub id or the same GGUF file; the choice when a GPU is present."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    StoppingCriteria,
    StoppingCriteriaList,
)
from transformers.utils import logging

from assistant.generation import adapter, transformers_lora
from assistant.generation.base import Generation, Message, Request, Usage
from assistant.generation.control import safe
from assistant.generation.pump import Emit, Pump
from assistant.settings import Settings
from corpus.errors import GenerationError, InputError

_HALF_A_CHARACTER = "\ufffd"


class TransformersModel:
    """A causal model behind the Generator protocol; one generation at a time, the others wait.

    `source` is a folder, a GGUF file or a hub id; only a hub id may reach the network, and HF_HUB_OFFLINE=1
    keeps it to what is cached. Raises GenerationError when it does not load. Ignores grammars.
    """

    def __init__(self, name: str, source: Path | str, settings: Settings) -> None:
        self.name = name
        self._deadline_seconds = settings.deadline_seconds
        self._context_tokens = settings.context_tokens
        self._most_tokens = settings.max_answer_tokens
        self._turn = threading.Lock()
        self._tokenizer, self._model = load(source)
        if (lora := adapter.chosen(settings)) is not None:
            transformers_lora.attach(self._model, lora.path)

    def stream(self, request: Request) -> Generation:
        """Decode token by token; the text comes in whole characters, without the stop strings."""
        usage = Usage()

        def produce(emit: Emit) -> None:
            while not self._turn.acquire(timeout=0.1):
                if emit(""):
                    return
            try:
                self._decode(request, usage, emit)
            finally:
                self._turn.release()

        return Generation(Pump(produce, self._deadline_seconds), usage)

    def warm(self, messages: Sequence[Message]) -> None:
        """Nothing: no prompt is kept from one request to the next."""

    def close(self) -> None:
        """Free the model; a generation that runs ends first."""
        with self._turn:
            self._model = None

    def _decode(self, request: Request, usage: Usage, emit: Emit) -> None:
        prompt = self._prompt(request.messages)
        usage.prompt_tokens = usage.new_prompt_tokens = prompt["input_ids"].shape[1]
        if usage.prompt_tokens >= self._context_tokens:
            raise InputError(
                f"The prompt does not fit the model: it has {usage.prompt_tokens} tokens, the context "
                f"{self._context_tokens}. Ask something shorter."
            )
        most = min(request.max_tokens, self._most_tokens, self._context_tokens - usage.prompt_tokens)
        watch = _Watch(self._tokenizer, usage, request.stop, emit)
        self._model.generate(
            **prompt,
            generation_config=self._config(most, request.temperature),
            stopping_criteria=StoppingCriteriaList([watch]),
        )
        watch.finish()

    def _prompt(self, messages: Sequence[Message]) -> Any:
        if self._model is None:
            raise GenerationError("The language model has been closed: open it again to ask.")
        continues = messages[-1]["role"] == "assistant"
        try:
            return self._tokenizer.apply_chat_template(
                safe(messages),
                add_generation_prompt=not continues,
                continue_final_message=continues,
                return_dict=True,
                return_tensors="pt",
            ).to(self._model.device)
        except ValueError as error:
            raise GenerationError(f"{self.name} cannot chat: {error} Choose an instruct model.") from error

    def _config(self, most: int, temperature: float) -> GenerationConfig:
        own = self._model.generation_config
        ends = own.eos_token_id if own.eos_token_id is not None else self._tokenizer.eos_token_id
        sampling = {"temperature": temperature} if temperature > 0 else {}
        return GenerationConfig(
            max_new_tokens=most,
            do_sample=bool(sampling),
            eos_token_id=ends,
            pad_token_id=ends[0] if isinstance(ends, list) else ends,
            **sampling,
        )


class _Watch(StoppingCriteria):  # type: ignore[misc]
    """Called after every token of one sequence: emits the new text and says when to stop."""

    def __init__(self, tokenizer: Any, usage: Usage, stop: Any, emit: Emit) -> None:
        self._tokenizer = tokenizer
        self._usage = usage
        self._stop = tuple(stop)
        self._emit = emit
        self._text = ""
        self._sent = 0

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        new = input_ids[0, self._usage.prompt_tokens :]
        self._usage.completion_tokens = len(new)
        self._text = self._tokenizer.decode(new, skip_special_tokens=True)
        found = [at for stop in self._stop if (at := self._text.find(stop)) >= 0]
        if found:
            self._text = self._text[: min(found)]
        closed = self._pass_on(len(self._text) if found else self._certain())
        return torch.full((input_ids.shape[0],), closed or bool(found), device=input_ids.device)

    def finish(self) -> None:
        """Emit what was held back for a stop string or a character that did not come."""
        self._pass_on(len(self._text.rstrip(_HALF_A_CHARACTER)))

    def _certain(self) -> int:
        """How much of the text no later token can change."""
        text = self._text.rstrip(_HALF_A_CHARACTER)
        begun = (
            size for stop in self._stop for size in range(len(stop) - 1, 0, -1) if text.endswith(stop[:size])
        )
        return len(text) - max(begun, default=0)

    def _pass_on(self, end: int) -> bool:
        piece, self._sent = self._text[self._sent : end], max(self._sent, end)
        return self._emit(piece)


def load(source: Path | str) -> tuple[Any, Any]:
    """(tokenizer, model) in half precision on the fastest device. Raises GenerationError."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    options: dict[str, Any] = {"trust_remote_code": False}
    if isinstance(source, Path):
        options["local_files_only"] = True
        if source.suffix == ".gguf":
            options["gguf_file"] = source.name
            source = source.parent
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(source), **options)
        model = AutoModelForCausalLM.from_pretrained(
            str(source), dtype=torch.bfloat16, use_safetensors=True, **options
        )
    except Exception as error:  # the loaders of many formats raise what they please
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise GenerationError(
            f"transformers cannot load {source}: {reason} Give a folder, a GGUF file or a hub id."
        ) from error
    return tokenizer, model.to(_device()).eval()


def _device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
