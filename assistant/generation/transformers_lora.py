"""An adapter's GGUF file on a transformers model: the low-rank change is added behind each layer it names."""

from pathlib import Path
from typing import Any

import gguf
import torch
from torch import Tensor, nn

from corpus.errors import GenerationError

LORA_A, LORA_B = ".weight.lora_a", ".weight.lora_b"


def attach(model: Any, file: Path) -> None:
    """Add `alpha / rank * B(A(x))` to what each adapted layer gives, in single precision.

    The matrices are A (rank, in) and B (out, rank). Raises GenerationError for a file that is no adapter of
    this model.
    """
    try:
        reader = gguf.GGUFReader(file)
        alpha = float(reader.fields["adapter.lora.alpha"].contents())
        tensors = {tensor.name: torch.tensor(tensor.data).float() for tensor in reader.tensors}
        pairs = {name.removesuffix(LORA_A): a for name, a in tensors.items() if name.endswith(LORA_A)}
        for layer, a in pairs.items():
            _adapt(layers(model)[layer], a, tensors[layer + LORA_B], alpha)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise GenerationError(
            f"{file} is no LoRA adapter of this model ({error}): choose the one trained on it, "
            "or set ASSISTANT_ADAPTER to off."
        ) from error


def layers(model: Any) -> dict[str, nn.Linear]:
    """The linear layers of a transformers model by the names that GGUF files give them, `blk.0.attn_q`."""
    architecture = {name: key for key, name in gguf.MODEL_ARCH_NAMES.items()}[model.config.model_type]
    names = gguf.get_tensor_name_map(architecture, model.config.num_hidden_layers)
    linear = {name: module for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    return {known: module for name, module in linear.items() if (known := names.get_name(name))}


def _adapt(layer: nn.Linear, a: Tensor, b: Tensor, alpha: float) -> None:
    if a.shape != (len(a), layer.in_features) or b.shape != (layer.out_features, len(a)):
        raise ValueError(f"it changes {b.shape[0]} by {a.shape[1]} weights of a layer of another shape")
    device = layer.weight.device
    down, up = a.to(device), b.to(device) * (alpha / len(a))

    def add(_: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> Tensor:
        return (out + given[0].float() @ down.T @ up.T).to(out.dtype)

    layer.register_forward_hook(add)
