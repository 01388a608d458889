"""What remains of an answer that was broken off: the sentences that had been shown, each with its source."""

from collections.abc import Sequence
from uuid import uuid4

from assistant.answer import Answer, Citation, Sentence, Timings, Verdict
from assistant.text import detect_language
from assistant.web.pieces import pieces
from corpus import flowcharts


def so_far(question: str, said: str, citations: Sequence[Citation], note: str) -> Answer:
    """An answer of what was said; `note` tells that it was broken off."""
    shown = [(text.strip(), cited) for text, cited in pieces(said, citations) if text.strip()]
    return Answer(
        id=uuid4().hex,
        question=question,
        rewritten=None,
        language=detect_language(said),
        answer=said.strip(),
        abstained=False,
        sentences=[
            Sentence(
                text=text,
                citations=[one.marker for one in cited],
                verdict=_verdict(text, cited),
                reason="checked before it was shown",
            )
            for text, cited in shown
        ],
        citations=list(citations),
        ask_next=None,
        note=note,
        also_read=[],
        timings=Timings(),
        model="",
    )


def _verdict(text: str, cited: Sequence[Citation]) -> Verdict:
    part = text[1:].rstrip(".。")  # a quoted part of a sentence has got a capital and a stop
    if any(part in one.quote for one in cited):
        return "quoted"
    advice = {leaf.text[language] for leaf in flowcharts.load().leaves() for language in ("zh", "en")}
    return "rule" if text in advice else "supported"
