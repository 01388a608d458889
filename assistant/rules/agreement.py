"""Does a sentence of an answer say what the flowchart says? Read, compare, and in doubt refuse.

A sentence may pass only if nothing in it speaks for another framework than the outcome's, against the
outcome's own, or leaves open what the flowchart decides. What the reader cannot make out, but which weighs a
rival, is refused as well: the answer then falls back on the rule's own sentences.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.rules import names
from assistant.rules.decision import Outcome, load_flowcharts
from assistant.rules.grammar import Grammar, grammar
from assistant.rules.reader import Claim, clauses, languages_of, read_recommendations
from assistant.text import normalise, without_joint
from corpus.article import LANGUAGES, Language
from corpus.flowcharts import Leaf


@dataclass(frozen=True)
class Verdict:
    """Whether a sentence agrees with an outcome. Falsy where it does not; `reason` says what it said."""

    agrees: bool
    endorses: bool = False
    reason: str = ""

    def __bool__(self) -> bool:
        return self.agrees


def agrees(sentence: str, language: Language, outcome: Outcome) -> Verdict:
    """Compare one sentence, as a person would read it, with an outcome.

    `endorses` is true where the sentence itself recommends what the outcome recommends. A sentence of the
    rule (its text or one of its quotes) always agrees; anything doubtful does not.
    """
    folded = _bare(sentence)
    if folded in _own_words(outcome.leaf):
        return Verdict(
            True,
            endorses=any(folded == _bare(text) for text in outcome.leaf.text.values())
            or bool(_endorsing(read_recommendations(sentence, language), outcome)),
        )
    grammars = tuple(dict.fromkeys((language, *languages_of(sentence))))
    claims = [claim for lang in grammars for claim in read_recommendations(sentence, lang)]
    for claim in claims:
        fault = _fault(claim, outcome)
        if fault:
            return Verdict(False, reason=fault)
    for lang in grammars:
        doubt = _doubt(sentence, lang, outcome, claims)
        if doubt:
            return Verdict(False, reason=doubt)
    return Verdict(True, endorses=bool(_endorsing(claims, outcome)))


def holds(sentences: Iterable[str], language: Language, outcome: Outcome) -> Verdict:
    """A whole answer: every sentence agrees, and at least one recommends what the outcome recommends."""
    verdicts = [agrees(sentence, language, outcome) for sentence in sentences]
    against = next((verdict for verdict in verdicts if not verdict), None)
    if against is not None:
        return against
    if not any(verdict.endorses for verdict in verdicts):
        return Verdict(False, reason=f"no sentence recommends {_named(outcome.frameworks)}")
    return Verdict(True, endorses=True)


def _own_words(leaf: Leaf) -> set[str]:
    """What the rule itself says, bare, also with its reader's name before it."""
    chart = load_flowcharts().get(leaf.id.split(".")[0])
    texts = _told(leaf)
    named = {chart.label[lang] + text for text in texts for lang in LANGUAGES} if chart else set()
    return {_bare(text) for text in texts | named}


def _told(leaf: Leaf) -> set[str]:
    """The rule's text and quotes; where nothing is decided, those of every branch of the flowchart."""
    chart = load_flowcharts().get(leaf.id.split(".")[0])
    told = [leaf, *chart.leaves] if leaf.strength == "either" and chart else [leaf]
    quotes = [s.quote for each in told for s in each.evidence if s.role != "context" or len(told) > 1]
    return {text for each in told for text in each.text.values()} | {
        text for quote in quotes for text in (quote.zh, quote.en)
    }


def _bare(text: str) -> str:
    return re.sub(r"[\s\"'“”‘’「」『』,;:。.!?]+", "", without_joint(normalise(text)))


def _endorsing(claims: Iterable[Claim], outcome: Outcome) -> list[Claim]:
    wanted = set(outcome.frameworks)
    if outcome.strength == "either":
        return [c for c in claims if c.polarity == "for" and c.strength == "either"]
    return [c for c in claims if c.polarity == "for" and c.frameworks and set(c.frameworks) <= wanted]


def _fault(claim: Claim, outcome: Outcome) -> str:
    """What is wrong with a claim, or ""."""
    wanted, allowed = set(outcome.frameworks), {*outcome.frameworks, *outcome.alternatives}
    said, either = set(claim.frameworks), outcome.strength == "either"
    if claim.tool and not claim.frameworks:
        return ""
    if claim.polarity == "against":
        return f"speaks against {_named(claim.frameworks)}" if said & allowed else ""
    if claim.strength == "either":
        if not either:
            return f"leaves open what is decided for {_named(outcome.frameworks)}"
        return "" if not said or said == wanted else f"names {_named(claim.frameworks)}"
    if either:
        return f"decides for {_named(claim.frameworks)} what is open"
    if said <= wanted or (said <= allowed and claim.strength == "consider"):
        return ""
    return f"recommends {_named(claim.frameworks)}, not {_named(outcome.frameworks)}"


def _doubt(sentence: str, language: Language, outcome: Outcome, claims: list[Claim]) -> str:
    """What cannot be made out and might contradict, or ""."""
    rules = grammar(language)
    decided, own = outcome.strength != "either", {*outcome.frameworks}
    dismissed = {f for claim in claims if claim.polarity == "against" for f in claim.frameworks}
    allowed = {f for claim in claims if claim.strength == "consider" for f in claim.frameworks}
    anew = _denials(sentence, rules).difference(*(_denials(text, rules) for text in _told(outcome.leaf)))
    if anew:
        return f"denies in words that the rule does not have: {', '.join(sorted(anew))}"
    for clause in clauses(names.mask(sentence), rules):
        if decided and rules.open.search(clause.text):
            return f"leaves open what is decided for {_named(own)}"
        if rules.elsewhere.search(clause.text):
            return "speaks of another framework without naming it"
        if clause.supposes:
            continue
        mentioned = {m.framework for m in names.mentions(clause.text) if m.framework}
        unread = mentioned - own - dismissed - allowed
        if decided and unread:
            return f"speaks of {_named(unread)} in a way that cannot be read"
        if decided and mentioned and not mentioned & dismissed and rules.blames.search(clause.text):
            return f"may speak against {_named(own)}"
        if not decided and rules.blames.search(clause.text):
            return "may speak against what is open"
        if not decided and len(mentioned) == 1:
            return f"speaks of {_named(mentioned)} alone, where nothing is decided"
    return ""


def _denials(text: str, rules: Grammar) -> set[str]:
    """The words with which a text denies something."""
    return {match.group() for match in rules.denials.finditer(names.mask(text))}


def _named(frameworks: Iterable[str]) -> str:
    return " and ".join(sorted(frameworks)) or "every framework"
