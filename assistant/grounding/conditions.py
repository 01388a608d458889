"""What the evidence says only on a condition ("if ...") or as a saying ("is called ...") is not a fact."""

import re
from collections.abc import Sequence

from assistant.grounding.clauses import Clause, near, read, shared
from assistant.grounding.names import canonical

_IF = re.compile(r"^\W*(?:and |but |so |then |that )?(?:if|unless|whether)\b|如果|要是|倘若|假如|若")
_CONDITION = re.compile(
    r"\b(?:if|unless|whether|when|whenever|for|who|whose|where|while|as|without|with|wants?|needs?|does)\b"
    r"|如果|要是|倘若|假如|若|的话|时|对于?|想|需要|者|人"
)
_STATEMENT = re.compile(r"^\W*(?:and |but |that )?(?!\w+ing\b)[a-z]")
"""A clause with a subject of its own: Chinese ones begin with a name, or else go on with the reader."""
_SAYING = re.compile(
    r"\b(?:called|known as|nicknamed|dubbed|word has it|saying)\b|称为|被称|(?<!名)叫|传闻|说法|称作"
)
_SAID = re.compile(
    r"\b(?:call\w*|known|nicknam\w*|dubbed|saying|said|likened|analogy|name)\b|称|叫|说|喻|类比|别称|绰号"
)


def flatly_stated(sentence: str, evidence: Sequence[str]) -> str:
    """The clause that states what the evidence only supposes or only passes on; "" for none."""
    given = [clause for text in evidence for clause in read(text)]
    reported = _SAID.search(canonical(sentence).lower())
    for clause in read(sentence):
        alike = [other for other in near(clause, given) if _all_but_equal(clause, other)]
        stated = _STATEMENT.search(clause.text) and not _CONDITION.search(clause.text)
        if stated and alike and all(_IF.search(other.text) for other in alike):
            return clause.text
        said = [other for other in near(clause, given) if shared(clause, other) >= 0.6]
        if said and all(_SAYING.search(other.text) for other in said) and not reported:
            return clause.text
    return ""


def _all_but_equal(one: Clause, two: Clause) -> bool:
    return len(one.content) > 1 and shared(one, two) >= 0.75 and shared(two, one) >= 0.75
