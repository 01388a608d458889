"""Does a sentence follow from the sentences it cites? Decided by code, without a model."""

from assistant.grounding.check import Quote, Support, Vocabulary, check, clauses, content, coverage, negated, numbers

__all__ = ["Quote", "Support", "Vocabulary", "check", "clauses", "content", "coverage", "negated", "numbers"]
