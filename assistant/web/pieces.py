"""An answer's text taken apart at its markers."""

import re
from collections.abc import Iterator, Sequence

from assistant.answer import Citation

_MARKED = re.compile(r"(?P<text>.*?)(?P<markers>(?:\s*\[\d+\])+|$)", re.DOTALL)


def pieces(text: str, citations: Sequence[Citation]) -> Iterator[tuple[str, list[Citation]]]:
    """(text without markers, the citations that follow it), in order; a marker of no citation is dropped."""
    known = {citation.marker: citation for citation in citations}
    for found in _MARKED.finditer(text):
        markers = map(int, re.findall(r"\d+", found["markers"]))
        cited = [known[marker] for marker in markers if marker in known]
        if found["text"] or cited:
            yield found["text"], cited
