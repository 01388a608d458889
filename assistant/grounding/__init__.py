"""Does a sentence follow from the sentences it cites? Decided by code, without a model.

    canonical text -> pieces and clauses -> checks that can only refuse -> Support

`names` and `numbers` bring texts into one form, `words` and `clauses` find what says the same. Each of the
others holds one kind of meaning against the evidence: `polarity` what is denied, `force` how far and how
strongly it is said, `ratings` how highly, `conditions` what is only supposed, `contrast` and `winners` which
way a comparison goes, `subjects` whose is what is said, `binding` (on `pieces` and `alignment`) of what each
name and number is said, `alternatives` things of one kind, `lead` the yes or no in front. `check` asks them
all.
"""

from assistant.grounding.check import Quote, Support, check
from assistant.grounding.lead import evades, settle_lead
from assistant.grounding.names import Vocabulary
from assistant.grounding.numbers import numbers
from assistant.grounding.polarity import negated
from assistant.grounding.words import content, coverage

__all__ = [
    "Quote",
    "Support",
    "Vocabulary",
    "check",
    "content",
    "coverage",
    "evades",
    "negated",
    "numbers",
    "settle_lead",
]
