"""Answers made by hand, where only what a test is about has to be said."""

from typing import Any

from assistant.answer import Answer, Citation, Counterpart, Recommendation, Timings


def answer(
    text: str,
    *citations: Citation,
    abstained: bool = False,
    advice: Recommendation | None = None,
    total_ms: float = 0.0,
    first_token_ms: float | None = None,
) -> Answer:
    """An answer that shows `text`."""
    return Answer(
        id="by-hand",
        question="?",
        language="en",
        answer=text,
        abstained=abstained,
        sentences=[],
        citations=list(citations),
        recommendation=advice,
        also_read=[],
        timings=Timings(total_ms=total_ms, first_token_ms=first_token_ms),
        model="by-hand",
    )


def citation(passage: str, text: str, quote: str | None = None, chinese: str | None = None) -> Citation:
    """A citation of a Chinese passage, or of an English one when its Chinese counterpart is given."""
    other = Counterpart(
        passage_id="other", language="en" if chinese is None else "zh", text=chinese or "", quote=""
    )
    return Citation(
        marker=1,
        passage_id=passage,
        language="zh" if chinese is None else "en",
        section="",
        text=text,
        quote=text if quote is None else quote,
        start=0,
        end=0,
        counterpart=other,
    )


def advice(*frameworks: str, audience: Any = "industry") -> Recommendation:
    """A recommendation of these frameworks."""
    return Recommendation(
        audience=audience,
        facts={},
        frameworks=list(frameworks),
        alternatives=[],
        strength="choose",
        rule="by.hand",
        path=[],
        evidence=[],
    )
