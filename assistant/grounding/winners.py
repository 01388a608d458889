"""Who comes out ahead? The one that wins in the sentence must win in the evidence."""

import re
from collections.abc import Sequence

from assistant.grounding.names import Vocabulary, canonical
from assistant.grounding.polarity import negated
from assistant.grounding.words import clauses

_WINS = re.compile(
    r"\b(?:wins?|won|winner|victory|victories|ahead|advantage|outperforms?|superior|beats?|defeats?)\b"
    r"|完胜|胜出|获胜|更胜|领先|优势|优于|远超|胜利",
    re.I,
)


def wrong_winners(sentence: str, evidence: Sequence[str], vocabulary: Vocabulary) -> frozenset[str]:
    """Names that win in the sentence while others do in the evidence; empty where all is well."""
    mine = _winners(sentence, vocabulary)
    theirs = frozenset(name for text in evidence for name in _winners(text, vocabulary))
    return mine if mine and theirs and not mine & theirs else frozenset()


def _winners(text: str, vocabulary: Vocabulary) -> frozenset[str]:
    """The name before each word of winning in its clause, or the first one after it."""
    found = set()
    for clause in clauses(canonical(text)):
        names = vocabulary.find(clause)
        for match in _WINS.finditer(clause):
            before = [name.value for name in names if name.end <= match.start()]
            after = [name.value for name in names if name.start >= match.end()]
            if (before or after) and not negated(clause):
                found.add(before[-1] if before else after[0])
    return frozenset(found)
