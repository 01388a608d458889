"""Advice for a situation that the visitor put right: the flowchart's own words, at once, without a model."""

import time
from uuid import uuid4

from assistant import rules
from assistant.answer import Answer, Language, Sentence, Timings
from assistant.citing import Evidence, Ledger
from assistant.drafting import EXTRACTIVE
from assistant.rules import Said
from assistant.text import traditional
from assistant.web import places
from corpus.flowcharts import Facts

SPACE: dict[Language, str] = {"zh": "", "en": " "}
"""What stands between two sentences."""


def advise(question: str, audience: str, facts: Facts, language: Language, in_traditional: bool) -> Answer:
    """What the flowchart says for a reader and facts, and the article's first sentence for it.

    Raises InputError for a reader or facts that no flowchart has.
    """
    began = time.perf_counter()
    outcome = rules.decide(audience, facts)
    verdict, *reasons = rules.compose(outcome, language)
    ledger, sentences, shown = Ledger(), list[Sentence](), list[str]()
    for said in (verdict, *reasons[:1]):
        markers, _ = ledger.cite(_located(said))
        text = traditional(said.text) if in_traditional else said.text
        sentences.append(
            Sentence(
                text=text,
                citations=markers,
                verdict="quoted" if said.quoted else "rule",
                reason="what the flowchart says for this situation",
            )
        )
        shown.append(text + SPACE[language] + "".join(f"[{marker}]" for marker in markers))
    recommendation = outcome.recommendation(language)
    return Answer(
        id=uuid4().hex,
        question=question,
        rewritten=None,
        language=language,
        answer=SPACE[language].join(shown),
        abstained=False,
        sentences=sentences,
        citations=ledger.citations,
        recommendation=recommendation,
        ask_next=recommendation.ask_next,
        note="",
        also_read=[],
        timings=Timings(total_ms=round((time.perf_counter() - began) * 1000, 1)),
        model=EXTRACTIVE,
    )


def _located(said: Said) -> list[Evidence]:
    """The sentences of the article that hold a quote."""
    found = []
    for one in said.evidence:
        passage, counterpart = places.passage(one.passage_id), places.counterpart(one.passage_id)
        at = passage.text.index(one.quote)
        index = next(i for i, (start, end) in enumerate(passage.sentences) if start <= at < end)
        found.append(Evidence(passage, counterpart, index, index))
    return found
