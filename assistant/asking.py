"""What a question asks for, as far as its form tells."""

import re

_CLAUSES = re.compile(r"[?？,，;；。]|\band(?=\s+(?:what|which|who|when|where|why|how|in what|for what)\b)", re.I)
_ASKS = re.compile(
    r"什么|甚么|哪|谁|多少|几|为何|为什么|怎么|如何|怎样|理由|原因|依据|是否|吗|呢"
    r"|\b(?:what|which|who|whom|whose|when|where|why|how|is|are|does|do|did|can|was|were|reasons?)\b",
    re.I,
)


def parts(question: str) -> int:
    """How many things are asked: clauses with a question word of their own, at least 1."""
    return max(1, sum(bool(_ASKS.search(clause)) for clause in _CLAUSES.split(question)))
