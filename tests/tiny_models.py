"""A language model that can be worked out by hand, in the true formats: each token has one successor.

The layers are zero, so a token's embedding (one-hot) reaches the output matrix unchanged, and that matrix
sends it to its successor. A prompt ends in a newline; from there the model says `SAYS` and ends its turn.
A prompt that ends in x goes on yxyxyx for ever. One byte is one token, so token counts are byte counts.
With `noise` the layers are not zero, so that there is something to train.
"""

import itertools
from pathlib import Path

import gguf
import numpy as np

SAYS = "Tensor 🐉火."
"""All bytes differ, for each may have one successor."""

SPECIAL = ("<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for m in messages %}"
    "{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
WIDTH = 320


def _byte_letters() -> list[str]:
    """How byte-level vocabularies spell the 256 bytes: printable ones as themselves, the rest from U+0100."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def _successors(end: int) -> dict[int, int]:
    chain = [ord("\n"), *SAYS.encode(), end]
    assert len(set(chain)) == len(chain)
    return {**dict(itertools.pairwise(chain)), ord("x"): ord("y"), ord("y"): ord("x")}


def write_gguf(path: Path, noise: float = 0.0) -> Path:
    """Write the model as a GGUF file of the qwen2 architecture, about a megabyte."""
    letters = _byte_letters()
    tokens = [*letters, letters[ord(" ")] * 2, *SPECIAL]
    end = len(tokens) - 1
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_context_length(4096)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(64)
    writer.add_head_count(5)
    writer.add_head_count_kv(5)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * (end - 1) + [gguf.TokenType.CONTROL] * 2)
    writer.add_token_merges([" ".join(letters[ord(" ")] * 2)])
    writer.add_eos_token_id(end)
    writer.add_pad_token_id(end)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    for name, tensor in _tensors(len(tokens), end, noise).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _tensors(vocabulary: int, end: int, noise: float) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(0)

    def layer(*shape: int) -> np.ndarray:
        return chance.normal(0, noise, shape).astype(np.float32)

    output = layer(vocabulary, WIDTH)
    for token, successor in _successors(end).items():
        output[successor, token] += 1.0
    one = np.ones(WIDTH, np.float32)
    tensors = {
        "token_embd.weight": np.eye(vocabulary, WIDTH, dtype=np.float32),
        "output.weight": output,
        "output_norm.weight": one,
        "blk.0.attn_norm.weight": one,
        "blk.0.ffn_norm.weight": one,
        "blk.0.attn_output.weight": layer(WIDTH, WIDTH),
        "blk.0.ffn_gate.weight": layer(64, WIDTH),
        "blk.0.ffn_up.weight": layer(64, WIDTH),
        "blk.0.ffn_down.weight": layer(WIDTH, 64),
    }
    for part in "qkv":
        tensors[f"blk.0.attn_{part}.weight"] = layer(WIDTH, WIDTH)
        tensors[f"blk.0.attn_{part}.bias"] = np.zeros(WIDTH, np.float32)
    return tensors


def write_folder(source: Path, folder: Path) -> None:
    """Write the model of a GGUF file as a Hugging Face folder."""
    from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    where = {"pretrained_model_name_or_path": str(source.parent), "gguf_file": source.name}
    AutoTokenizer.from_pretrained(**where).save_pretrained(folder)
    read = AutoModelForCausalLM.from_pretrained(**where)
    kept = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    config = Qwen2Config(**{name: getattr(read.config, name) for name in kept}, tie_word_embeddings=False)
    config.num_key_value_heads = config.num_attention_heads
    plain = Qwen2ForCausalLM(config)
    plain.load_state_dict(read.state_dict())
    plain.save_pretrained(folder)
