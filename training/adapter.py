"""`python -m training.adapter [RUN]`: the trained adapter as one GGUF file, proven in both engines.

The file holds `blk.N.attn_q.weight.lora_a` (rank, in) and `.lora_b` (out, rank) for each adapted layer, in
half precision, with what llama.cpp needs to place them. The proof: on held-out prompts, llama.cpp and
transformers with this file write what transformers with peft's own adapter writes. Rounding turns a reply now
and then, since llama.cpp computes with fewer bits, so they need to agree on most only.
"""

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import gguf
import torch
from safetensors.numpy import load_file

from assistant.generation import file_of, open_generator
from assistant.generation.base import Message, Request
from assistant.generation.control import safe
from assistant.generation.transformers_lora import LORA_A, LORA_B
from assistant.settings import load_settings
from corpus.errors import AssistantError, InputError
from corpus.files import sha256
from training.run import Run, finish, stage
from training.tokens import Sequences, prompt

SHOWN = "assistant.prompt.examples"
"""Key of the file: how many worked examples the prompts hold that the adapter expects."""

LICENCE = "MIT"
TOKENS = 64
"""Tokens of a reply that are compared."""

AGREE = 0.5
"""Least share of replies that have to be the same."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns its exit code."""
    parser = stage("adapter", __doc__)
    parser.add_argument("--prompts", type=int, default=6, help="held-out prompts for the proof; 0: none")
    options = parser.parse_args(arguments)
    run = Run(options.run)

    def work() -> str:
        sequences = Sequences.load(run.tokens)
        write(run, sequences)
        told = f"read {run.peft}, wrote {run.adapter}: {run.adapter.stat().st_size:,} bytes, "
        told += f"SHA-256 {sha256(run.adapter.read_bytes())}"
        return f"{told}; {prove(run, sequences, options.prompts)}" if options.prompts else told

    return finish(work)


def write(run: Run, sequences: Sequences) -> None:
    """Write peft's adapter as GGUF. Raises InputError where there is none, or it adapts what GGUF has not."""
    try:
        config = _config(run.peft)
        learnt = load_file(run.peft / "adapter_model.safetensors")
    except OSError as error:
        raise InputError(
            f"There is no adapter in {run.peft} ({error}): run `python -m training.lora`."
        ) from error
    architecture, names = _names(file_of(sequences.model))
    aside = run.adapter.with_suffix(".part")
    writer = gguf.GGUFWriter(aside, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(config.lora_alpha))
    writer.add_license(LICENCE)
    writer.add_uint32(SHOWN, max(sequences.shown))
    for key, matrix in sorted(learnt.items()):
        layer, _, which = key.removeprefix("base_model.model.").removesuffix(".weight").rpartition(".")
        if (name := names.get_name(layer)) is None:
            raise InputError(f"GGUF files have no name for {layer}: adapt other layers.")
        ending = {"lora_A": LORA_A, "lora_B": LORA_B}[which]
        writer.add_tensor(name + ending, matrix.astype("float16"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    aside.replace(run.adapter)


def prove(run: Run, sequences: Sequences, count: int) -> str:
    """Compare the engines on so many held-out prompts. Raises AssistantError where they disagree."""
    asked = [prompt(example, max(sequences.shown)) for example in sequences.examples_held_out()]
    asked = asked[:: max(1, len(asked) // count)][:count]
    expected = _by_peft(file_of(sequences.model), run.peft, asked)
    bare = _by_engine(sequences.model, "off", asked)
    shares = {
        engine: _same(expected, _by_engine(f"{prefix}{sequences.model}", str(run.adapter), asked))
        for engine, prefix in (("transformers", "transformers:"), ("llama.cpp", ""))
    }
    told = ", ".join(
        f"{engine} writes {same} of {len(asked)} as peft does" for engine, same in shares.items()
    )
    told += f" ({_same(expected, bare)} without the adapter)"
    if min(shares.values()) < AGREE * len(asked):
        raise AssistantError(f"{run.adapter} is not what peft trained: {told}.")
    return told


def _config(folder: Path) -> Any:
    from peft import PeftConfig

    try:
        return PeftConfig.from_pretrained(str(folder))
    except ValueError as error:
        raise FileNotFoundError(error) from error


def _names(base: Path) -> tuple[str, gguf.TensorNameMap]:
    """(architecture of a GGUF model, the names of its layers by transformers' names)."""
    fields = gguf.GGUFReader(base).fields
    architecture = str(fields["general.architecture"].contents())
    blocks = int(fields[f"{architecture}.block_count"].contents())
    key = {name: key for key, name in gguf.MODEL_ARCH_NAMES.items()}[architecture]
    return architecture, gguf.get_tensor_name_map(key, blocks)


def _same(some: Sequence[str], others: Sequence[str]) -> int:
    return sum(one == other for one, other in zip(some, others, strict=True))


def _by_engine(spec: str, adapter: str, asked: Sequence[Sequence[Message]]) -> list[str]:
    settings = load_settings(llm=spec, adapter=adapter, deadline_seconds=600)
    generator = open_generator(spec, settings)
    assert generator is not None
    with closing(generator):
        return ["".join(generator.stream(Request(messages, TOKENS))) for messages in asked]


def _by_peft(base: Path, folder: Path, asked: Sequence[Sequence[Message]]) -> list[str]:
    from peft import PeftModel
    from transformers import GenerationConfig

    from assistant.generation.transformers_engine import load

    tokenizer, model = load(base)
    adapted = PeftModel.from_pretrained(model, str(folder)).eval()
    end = tokenizer.eos_token_id
    greedy = GenerationConfig(max_new_tokens=TOKENS, do_sample=False, eos_token_id=end, pad_token_id=end)
    said = []
    for messages in asked:
        given = tokenizer.apply_chat_template(
            safe(messages), add_generation_prompt=True, return_dict=True, return_tensors="pt"
        ).to(model.device)
        with torch.no_grad():
            ids = adapted.generate(**given, generation_config=greedy)
        new = ids[0, given["input_ids"].shape[1] :]
        said.append(tokenizer.decode(new, skip_special_tokens=True))
    return said


if __name__ == "__main__":
    sys.exit(main())
