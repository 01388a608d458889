"""Does the article answer the question at all?"""

from collections.abc import Sequence

from assistant.citing import Evidence
from assistant.grounding import Vocabulary
from assistant.history import Asked


def may_answer(asked: Asked, evidence: Sequence[Evidence], vocabulary: Vocabulary) -> bool:
    """Is there anything to answer from?"""
    return bool(evidence)
