"""Frameworks, their products and their tools by every name a sentence uses, masked to single characters.

A masked sentence is safe to cut into clauses and to match with grammar: `tensorflow lite` is no longer a
mention of `tensorflow` followed by a word, and `pytorch lightning` none of `pytorch`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.text import normalise

_NAMES = (
    ("\ue004", "PyTorch Lightning", r"(?:pytorch|torch)[ -]?lightning|(?<![a-z])lightning(?![a-z])"),
    (
        "\ue011",
        "PyTorch",
        r"(?:pytorch|torch) ?(?:live|mobile|hub|geometric|serve|elastic)|torch(?:x|vision|audio)",
    ),
    (
        "\ue010",
        "TensorFlow",
        r"(?:tensorflow|(?<![a-z])tf)[ .-]?(?:lite|serving|extended|hub|cloud|js|agents|micro)(?![a-z])"
        r"|tflite|(?<![a-z])tfx(?![a-z])|tensorboard",
    ),
    ("\ue000", "TensorFlow", r"tensor ?flow(?: ?[12](?:\.x)?)?|(?<![a-z])tf[12]?(?![a-z])"),
    ("\ue001", "PyTorch", r"py ?torch|(?<![a-z])torch(?![a-z])"),
    ("\ue002", "JAX", r"(?<![a-z])jax(?![a-z])"),
    ("\ue003", "Keras", r"(?<![a-z])keras(?![a-z])"),
    ("\ue020", "ONNX", r"(?<![a-z])onnx(?![a-z])"),
    ("\ue021", "Sonnet", r"(?<![a-z])sonnet(?![a-z])"),
    ("\ue022", "Haiku", r"(?<![a-z])haiku(?![a-z])"),
)
_FAMILY = {"Sonnet": "TensorFlow", "Haiku": "JAX"}
_PATTERN = re.compile("|".join(f"({pattern})" for _, _, pattern in _NAMES))
_MEANS = {token: name for token, name, _ in _NAMES}
_WITH_PRODUCT = re.compile("\ue000 ?\\+ ?\ue010")

PRODUCTS = "\ue010\ue011"
TOOLS = "\ue020\ue021\ue022"
NAMES = "\ue000-\ue004"
ANY = "\ue000-\ue022"


@dataclass(frozen=True)
class Mention:
    """A name in a masked text: `framework` is its family, None for a tool of no framework."""

    name: str
    framework: str | None
    start: int


@lru_cache(maxsize=4096)
def mask(text: str) -> str:
    """Fold a text and put one character in the place of every name."""
    masked = _PATTERN.sub(lambda m: _NAMES[(m.lastindex or 1) - 1][0], normalise(text))
    return _WITH_PRODUCT.sub("\ue000", masked)


def mentions(masked: str) -> list[Mention]:
    """The names in a masked text, in order."""
    return [_mention(m.group(), m.start()) for m in re.finditer(f"[{ANY}]", masked)]


@lru_cache(maxsize=4096)
def subjects(text: str) -> tuple[str, ...]:
    """The frameworks and tools a sentence speaks of, each once, in order; a product is its framework."""
    return tuple(dict.fromkeys(mention.name for mention in mentions(mask(text))))


def _mention(token: str, start: int) -> Mention:
    name = _MEANS[token]
    family = name if name not in ("ONNX", *_FAMILY) else _FAMILY.get(name)
    return Mention(name, family, start)
