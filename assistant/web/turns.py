"""A conversation as HTML: one block for each turn, so that a page redraws only the turns that changed."""

from collections.abc import Sequence

from markupsafe import Markup

from assistant.answer import Answer, Citation, Language
from assistant.conversations import Conversation, StoredTurn
from assistant.text import detect_language, is_traditional
from assistant.web import charts, places
from assistant.web.desk import Progress
from assistant.web.markup import block
from assistant.web.pieces import pieces
from assistant.web.strings import EXAMPLES, Words, strings

SHOWN = 3
"""How many of the passages found are shown while the answer is being written."""


def welcome(language: Language) -> str:
    """What stands where nothing has been asked yet."""
    return block("welcome", words=strings(language), examples=EXAMPLES[language])


def thread(conversation: Conversation, progress: Progress | None, language: Language) -> str:
    """Every turn, with the progress of the one that is being answered."""
    return "\n\n".join(turn(one, conversation.id, progress, language) for one in conversation.turns)


def turn(one: StoredTurn, conversation: str, progress: Progress | None, language: Language) -> str:
    """A question with its answer, or with what there is of it."""
    words = strings(language)
    if one.answer:
        return _block(one, conversation, words, "answered", **_answered(one.answer, language))
    if progress and one.id == progress.turn:
        return _block(one, conversation, words, "working", **_working(progress, words))
    if progress and one.id in progress.waiting:
        return _block(one, conversation, words, "waiting", status=words["waiting"])
    return _block(one, conversation, words, one.state, status=one.failure or words["interrupted"])


def _block(one: StoredTurn, conversation: str, words: Words, state: str, **shown: object) -> str:
    return block("turn", turn=one, conversation=conversation, words=words, state=state, **shown)


def _working(progress: Progress, words: Words) -> dict[str, object]:
    return {
        "status": words[progress.stage],
        "pieces": _prose(progress.said, progress.citations),
        "lang": _lang(progress.said),
        "found": places.excerpts([found.passage_id for found in progress.passages[:SHOWN]]),
    }


def _answered(answer: Answer, language: Language) -> dict[str, object]:
    words, advice = strings(language), answer.recommendation
    return {
        "answer": answer,
        "pieces": _prose(answer.answer, answer.citations),
        "lang": _lang(answer.answer),
        "citations": [(one, _place(one)) for one in answer.citations],
        "read": places.excerpts(answer.also_read),
        "chips": charts.chips(advice, language, words["unknown"], words["reader"]) if advice else [],
        "chart": charts.drawing(advice, language) if advice else Markup(),
        "walked": charts.given(advice.facts) if advice else "",
        "copy": _with_footnotes(answer),
        "made_by": words["made_by"].format(
            model=words["extractive"] if answer.model == "extractive" else answer.model,
            seconds=f"{answer.timings.total_ms / 1000:.1f}",
        ),
    }


def _prose(text: str, citations: Sequence[Citation]) -> list[tuple[str, list[tuple[Citation, str]]]]:
    return [(said, [(one, _place(one)) for one in cited]) for said, cited in pieces(text, citations)]


def _place(citation: Citation) -> str:
    return places.place(citation.passage_id, citation.start, citation.end)


def _lang(text: str) -> str:
    """The language of a text as HTML names it, so that its script gets its own shapes."""
    if detect_language(text) == "en":
        return "en"
    return "zh-Hant" if is_traditional(text) else "zh-Hans"


def _with_footnotes(answer: Answer) -> str:
    """The answer as text to paste: its markers, and below them each source with both editions."""
    notes = [
        f"[{one.marker}] {one.section}\n    {one.quote}\n    {one.counterpart.quote}"
        for one in answer.citations
    ]
    return "\n\n".join([answer.answer, *notes])
