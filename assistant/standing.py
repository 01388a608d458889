"""Does a question that names nothing stand alone, or does it lean on the one before?

It stands alone if it is like a known question, if it tells a case of its own, or if it brings a topic of its
own: what the article never speaks of is no part of a conversation about the article.
"""

from collections.abc import Iterable
from functools import cached_property

from assistant import rules
from corpus.article import Language
from index.lexical import terms
from index.retriever import Retriever

KNOWN = 0.75
"""Likeness to a question that the article answers from which nothing is missing."""
LEADS = 0.3
"""Lead of a question that the article does not answer over those it does from which the topic is another."""
STRANGE, STRANGE_TERMS = 0.5, 2
"""Share and number of terms unknown to the article and its questions from which the topic is another."""


class Standing:
    """Judges questions by the known ones and by the words of the article; thread-safe."""

    def __init__(self, retriever: Retriever, texts: Iterable[str]) -> None:
        self._retriever = retriever
        self._texts = tuple(texts)

    def alone(self, question: str, language: Language) -> bool:
        """Is the question, which names nothing, complete as it is?"""
        needs = self._retriever.needs(question, language)
        if needs.likeness >= KNOWN or needs.silent >= needs.likeness + LEADS:
            return True
        return _tells_a_case(question) or self._is_strange(question)

    def _is_strange(self, question: str) -> bool:
        own = set(terms(question))
        strange = own - self._terms
        return len(strange) >= max(STRANGE_TERMS, STRANGE * len(own))

    @cached_property
    def _terms(self) -> frozenset[str]:
        asked = (wording for need in self._retriever.known if need.sentences for wording in need.wordings)
        return frozenset(term for text in (*self._texts, *asked) for term in terms(text))


def _tells_a_case(question: str) -> bool:
    situation = rules.recognise(question)
    return situation.intent == "advice" and bool(situation.words)
