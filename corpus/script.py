"""Chinese scripts: OpenCC's converters, each loaded once and only when first needed."""

from functools import cache
from typing import Any


@cache
def _converter(direction: str) -> Any:
    from opencc import OpenCC  # loads its dictionaries

    return OpenCC(direction)


def convert(text: str, direction: str) -> str:
    """The text in another script; `direction` as OpenCC names it, such as t2s, s2t or tw2sp."""
    return text if text.isascii() else str(_converter(direction).convert(text))
