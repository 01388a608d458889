"""What a question asks for, as far as its form tells."""

import re

_CLAUSES = re.compile(r"[?？,，;；。]|\band(?=\s+(?:in |for )?(?:what|which|who|when|where|why|how)\b)", re.I)
_ASKS = re.compile(
    r"什么|甚么|哪|谁|多少|几|为何|怎么|如何|怎样|理由|原因|依据|是否|吗|呢"
    r"|\b(?:what|which|who|whom|whose|when|where|why|how|is|are|does|do|did|can|was|were|reasons?)\b",
    re.I,
)


def parts(question: str) -> int:
    """How many things are asked: clauses with a question word of their own, at least 1."""
    return max(1, sum(bool(_ASKS.search(clause)) for clause in _CLAUSES.split(question)))


_DEFINES = re.compile(
    r"是(?:一?个|一种)?(?:做|干|用)?(?:什么|甚么|啥|什麼)|什么是|什麼是|怎么介绍"
    r"|\bwhat(?:'s| is| are)\b|\bwhat does\b.*\b(?:do|offer|mean|provide)\b",
    re.I,
)


def wants_whole(question: str) -> bool:
    """Does the question ask for several things, or for what something is, so that a part is no answer?"""
    return parts(question) > 1 or _DEFINES.search(question) is not None
