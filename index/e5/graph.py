"""The encoder as an ONNX model, written in memory from the tensors of the file.

Layers of BERT: attention, then two matrices around a GELU, each followed by a sum and a layer norm; the mean
over the tokens is what they come to. The matrices stay in 4 bits (`MatMulNBits`, 8-bit activations).
https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md has the operators.
"""

from collections.abc import Sequence

import numpy as np

from index.e5.file import BLOCK, E5File
from index.e5.onnx import CONTRIB, Graph

INPUT, OUTPUT = "embedded", "mean"

EIGHT_BIT_ACTIVATIONS = 4
"""`accuracy_level` of MatMulNBits."""


def model(file: E5File) -> bytes:
    """An ONNX model: `embedded` (1, tokens, hidden) float32 -> `mean` (1, hidden), not yet of length 1."""
    graph, hidden, inner = Graph(), file.sizes.hidden, file.sizes.inner
    thirds = graph.constant("thirds", np.array([hidden] * 3, np.int64))
    state = _norm(graph, file, "emb.ln", INPUT)
    for number in range(file.sizes.layers):
        layer = f"l{number}"
        together = _product(graph, file, [f"{layer}.{part}" for part in "qkv"], state, hidden)
        split = [f"{layer}.{part}" for part in ("queries", "keys", "values")]
        graph.node("Split", [together, thirds], split, axis=-1)
        heads = {"num_heads": file.sizes.heads}
        seen = graph.node("MultiHeadAttention", split, [f"{layer}.seen"], CONTRIB, **heads)
        attended = _product(graph, file, [f"{layer}.ao"], seen, hidden)
        state = _norm(graph, file, f"{layer}.aln", state, attended)
        wide = _product(graph, file, [f"{layer}.fi"], state, hidden)
        wide = graph.node("Gelu", [wide], [f"{layer}.wide"], CONTRIB)
        narrow = _product(graph, file, [f"{layer}.fo"], wide, inner)
        state = _norm(graph, file, f"{layer}.oln", state, narrow)
    tokens = graph.constant("tokens", np.array([1], np.int64))
    graph.node("ReduceMean", [state, tokens], [OUTPUT], keepdims=0)
    return graph.model({INPUT: [1, "tokens", hidden]}, {OUTPUT: [1, hidden]})


def _norm(graph: Graph, file: E5File, name: str, *summed: str) -> str:
    """The layer norm of a tensor, or of a sum of two."""
    scale = [graph.constant(f"{name}.{part}", file.floats(f"{name}.{part}")) for part in "wb"]
    kind, domain = ("SkipLayerNormalization", CONTRIB) if summed[1:] else ("LayerNormalization", "")
    return graph.node(kind, [*summed, *scale], [f"{name}.out"], domain, epsilon=file.epsilon)


def _product(graph: Graph, file: E5File, names: Sequence[str], of: str, inputs: int) -> str:
    """A tensor times matrices side by side, and their bias."""
    weights, scales = zip(*(file.matrix(f"{name}.w", inputs) for name in names), strict=True)
    bias = np.concatenate([file.floats(f"{name}.b") for name in names])
    first = names[0]
    given = [
        of,
        graph.constant(f"{first}.w", np.concatenate(weights)),
        graph.constant(f"{first}.s", np.concatenate(scales).ravel()),
        "",  # zero points: 8 unless told
        "",
        graph.constant(f"{first}.b", bias),
    ]
    sizes = {"K": inputs, "N": len(bias), "bits": 4, "block_size": BLOCK}
    return graph.node(
        "MatMulNBits",
        given,
        [f"{first}.out"],
        CONTRIB,
        accuracy_level=EIGHT_BIT_ACTIVATIONS,
        **sizes,
    )
