"""From a question, and the turns before it, to a situation: does it ask for advice, who asks, in which case.

Deterministic: the lexicon finds words, the flowcharts say which readers and facts they can mean. Where the
words tell no reader or no fact, known situations that the question is clearly like decide. Where several
readers or values stay open whose advice differs, nothing is guessed: the question comes back.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from assistant.answer import AskNext
from assistant.rules import lexicon
from assistant.rules.decision import Outcome, ask_audience, asked, decide, load_flowcharts
from assistant.rules.lexicon import Hit, Lexicon
from assistant.rules.likely import CLEAR, NO_ADVICE, NOBODY, Judgement, Likely
from assistant.rules.orders import without_orders
from corpus.article import Language
from corpus.flowcharts import Facts, Flowchart, Question, Value

Intent = Literal["advice", "fact", "compare", "other"]

EXPLICIT, INFERRED, CARRIED, LIKENESS, UNKNOWN = 1.0, 0.8, 0.7, 0.6, 0.0
"""Confidence in a reader who is named, follows from facts, was known before, is likely; and in none."""
NOT_ASKED = {"factual", "reports", "compare", "outside-objects", "outside-frameworks"}
"""Cues of a question that wants no advice, whatever it is like."""
ASKING = frozenset({"asks", "factual", "compare", "reports", "attribute"})
"""Cues of a question of its own, which answers none that was asked back."""
NAMES, ASKS = -0.6, -0.4
"""Score above which a judgement names a reader: where advice is asked for, and where no word asks for it.
Low, for `assistant.intent` weighs once more whether advice is wanted."""
LEADS, OVERRULES = 0.1, 0.5
"""Lead over the next class above which it does: where a case is told, and where it contradicts the words."""
SAID, SAID_BESIDE = 0.15, 0.3
"""Score from which a fact is judged to be said: where no word tells any, and beside others."""
TOLD_AFTER = 120
"""Folded characters up to which a turn may tell more of the case of the one before."""
PLANS_OF_WHAT_IS_WEIGHED = frozenset({("plan", "use_tensorflow"), ("plan", "avoid_tensorflow")})
"""What nobody has decided who asks whether to take TensorFlow, though likeness sees a plan in the name."""
MODELS_OF_PYTORCH = "pytorch_only"
"""The fact of models that exist only in PyTorch, which nobody tells by knowing only PyTorch."""
SHORT_REPLY = 40
"""Folded characters up to which a turn without a question of its own may answer the one before."""


@dataclass(frozen=True)
class Understood:
    """One thing that was understood, in words, so that a person can correct it."""

    name: str
    value: Value
    label: str
    words: str


@dataclass(frozen=True)
class Situation:
    """What a question is about.

    `audience` is None where it is unknown; `candidates` are then the readers it may be, if any are named, and
    `possible` their outcomes. `missing` names what would have to be known ("audience" or facts) in the order
    of asking. `outside` holds "reader" for a reader the article does not advise and "time" for a year other
    than the article's. `words` maps "audience" and each fact to the words of the question that showed it.
    `cues` names what the words of the question show besides; `after_advice`: the turn before was for advice.
    """

    intent: Intent
    audience: str | None = None
    facts: Facts = field(default_factory=dict)
    confidence: float = UNKNOWN
    missing: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    possible: tuple[Outcome, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    cues: frozenset[str] = frozenset()
    after_advice: bool = False

    def outcome(self) -> Outcome | None:
        """The flowchart's outcome, or None where the reader is unknown or no advice is asked for."""
        return decide(self.audience, self.facts) if self.intent == "advice" and self.audience else None

    def ask_next(self, language: Language) -> AskNext | None:
        """The most useful question to ask back, or None where nothing is missing."""
        if self.intent != "advice":
            return None
        outcome = self.outcome()
        if outcome is None:
            return ask_audience(language)
        chart = load_flowcharts()[outcome.audience]
        doubtful = next((q for q in chart.questions if q.fact in self.missing[:1]), outcome.ask_next)
        return asked(doubtful, language) if doubtful else None

    def understood(self, language: Language) -> list[Understood]:
        """The reader and the facts in words, each with the words of the question that showed it."""
        if self.audience is None:
            return []
        chart = load_flowcharts()[self.audience]
        shown = self.words
        reader = Understood("audience", self.audience, chart.label[language], shown.get("audience", ""))
        return [reader, *(_in_words(chart, f, v, language, shown) for f, v in self.facts.items())]


@dataclass(frozen=True)
class _Reading:
    """What the words of one turn show, before the flowcharts and the earlier turns are asked."""

    heard: str
    """The turn without what the assistant is ordered to do."""
    folded: str
    readers: tuple[Hit, ...]
    values: tuple[Hit, ...]
    cues: frozenset[str]
    outside: tuple[str, ...]

    @property
    def speaks_of_a_case(self) -> bool:
        return bool(self.readers or self.values)

    @property
    def all_cues(self) -> frozenset[str]:
        """What the words show, readers and facts counted in."""
        readers = {"strong reader" if hit.strong else "weak reader" for hit in self.readers}
        return self.cues | readers | ({"value"} if self.values else set())

    @property
    def speaks_of_somebody(self) -> bool:
        return "personal" in self.cues or any(hit.strong for hit in self.readers)


def recognise(
    question: str,
    history: Sequence[Mapping[str, str]] = (),
    likely: Likely | None = None,
    wanted: bool = False,
) -> Situation:
    """Read a question after earlier turns (`{"role", "content"}`; only the user's own count).

    A follow-up keeps the earlier reader and facts and changes what it names; a new topic drops them. Known
    situations (`likely`) decide what the words leave open; where the words are plain, nothing is embedded.
    With `wanted` advice is wanted, whatever the words say.
    """
    words = lexicon.load()
    before = Situation("other")
    for turn in history:
        if turn["role"] == "user":
            before = _situation(_read(words, turn["content"]), before, words)
    reading = _read(words, question)
    situation = _situation(reading, before, words, wanted)
    if likely is not None and before.audience and situation.intent != "advice" and _tells(reading):
        situation = _told_after(situation, before, reading, likely.judge(reading.heard), words)
    elif likely is not None and not _plain(situation, reading, before):
        situation = _judged(situation, reading, likely.judge(reading.heard), words)
    return replace(situation, cues=reading.all_cues, after_advice=before.intent == "advice")


def _plain(situation: Situation, reading: _Reading, before: Situation) -> bool:
    """Do the words tell all: a reader and what matters, a follow-up's change, or that no advice is wanted?"""
    if situation.intent != "advice":
        return before.intent == "advice" or bool(NOT_ASKED & reading.cues or "reader" in reading.outside)
    if situation.confidence == CARRIED:
        return bool(reading.values) or not situation.words
    told = len(situation.words) > 1 and situation.confidence == EXPLICIT
    settled = situation.audience is not None and not decide(situation.audience, situation.facts).ask_next
    return (told and settled) or ("reader" in situation.outside and situation.audience is None)


def _judged(situation: Situation, reading: _Reading, seen: Judgement, words: Lexicon) -> Situation:
    """The situation with what known situations add to it or, by a wide lead, change in it."""
    if seen.reader == NO_ADVICE:
        return _told(situation, reading, seen)
    advises, found = situation.intent == "advice", situation.audience
    clear = seen.reader != NOBODY and seen.score > (NAMES if advises else ASKS)
    if not clear or seen.reader == found or seen.lead <= _needed_lead(situation, reading):
        return _told(situation, reading, seen)
    facts, doubtful, shown = _facts(reading, seen.reader, {}, words)
    judged = _settled("advice", seen.reader, facts, LIKENESS, reading, shown, doubtful)
    return _told(judged, reading, seen)


def _needed_lead(situation: Situation, reading: _Reading) -> float:
    """The lead from which a judgement names another reader than the words do."""
    if situation.confidence == CARRIED:
        return math.inf
    if situation.confidence == EXPLICIT:
        return OVERRULES
    of_the_field = reading.speaks_of_a_case or bool({"field", "frameworks"} & reading.cues)
    tells = "personal" in reading.cues or len(reading.folded) > SHORT_REPLY
    if of_the_field and tells:
        return LEADS
    return CLEAR if of_the_field or "asks" in reading.cues else math.inf


def _told_after(
    situation: Situation, before: Situation, reading: _Reading, seen: Judgement, words: Lexicon
) -> Situation:
    """After advice: the situation before with the facts that a turn tells, in words of the lexicon or not."""
    assert before.audience is not None
    told, _, shown = _facts(reading, before.audience, before.facts, words)
    said = _said(seen, before.audience, SAID_BESIDE, reading)
    facts = {**told, **{fact: value for fact, value in said.items() if fact not in shown}}
    if facts == before.facts:
        return situation
    return _settled("advice", before.audience, facts, CARRIED, reading, shown)


def _told(situation: Situation, reading: _Reading, seen: Judgement) -> Situation:
    """The situation with the facts that its reader is judged to have said and no word told."""
    if situation.intent != "advice" or situation.audience is None:
        return situation
    said = _said(seen, situation.audience, SAID_BESIDE if situation.facts else SAID, reading)
    facts: Facts = {**said, **situation.facts}
    if situation.confidence != CARRIED:
        facts = _needed(situation.audience, facts, situation.facts)
    if facts == situation.facts:
        return situation
    return _settled("advice", situation.audience, facts, situation.confidence, reading, situation.words)


def _said(seen: Judgement, audience: str, least: float, reading: _Reading) -> dict[str, Value]:
    """What is judged to be said, but for what the words show to be something else."""
    said = dict(seen.said(audience, least))
    if "weighs" in reading.cues:
        said = {fact: value for fact, value in said.items() if (fact, value) not in PLANS_OF_WHAT_IS_WEIGHED}
    if "skills" in reading.cues:
        said.pop(MODELS_OF_PYTORCH, None)
    return said


def _needed(audience: str, facts: Facts, told: Facts) -> Facts:
    """What is told, and of the other facts those without which another rule would hold.

    A guess that changes no advice gains nothing, and a person would have to correct it.
    """
    rule = decide(audience, facts).rule
    for fact in [fact for fact in facts if fact not in told]:
        fewer = {other: value for other, value in facts.items() if other != fact}
        if decide(audience, fewer).rule == rule:
            facts = fewer
    return facts


def _read(words: Lexicon, text: str) -> _Reading:
    heard = without_orders(text)
    folded = words.fold(heard)
    values = _values(words, folded)
    cues = {name for name, pattern in words.intent.items() if pattern.search(folded)}
    cues |= {f"reply-{name}" for name, pattern in words.replies.items() if pattern.search(folded)}
    cues |= {f"outside-{name}" for name, pattern in words.outside.items() if pattern.search(folded)}
    readers = tuple(hit for hit in words.readers(folded) if not hit.negated)
    return _Reading(heard, folded, readers, values, frozenset(cues), _outside(cues, readers))


def _values(words: Lexicon, folded: str) -> tuple[Hit, ...]:
    """The values that the words name; what people know or work with is no model of theirs."""
    beside = words.intent["skills"].sub(" ", folded)
    models = [hit for hit in words.values(beside) if hit.name == MODELS_OF_PYTORCH]
    return (*(hit for hit in words.values(folded) if hit.name != MODELS_OF_PYTORCH), *models)


def _outside(cues: Iterable[str], readers: Sequence[Hit]) -> tuple[str, ...]:
    named = any(hit.strong for hit in readers)
    limits = {"reader": "outside-readers" in cues and not named, "time": "outside-time" in cues}
    return tuple(name for name, holds in limits.items() if holds)


def _situation(reading: _Reading, before: Situation, words: Lexicon, wanted: bool = False) -> Situation:
    reply = _reply(reading, before)
    if reply is not None:
        return _settled("advice", reply[0], reply[1], CARRIED, reading, {})
    follows = before.intent == "advice" and _follows(reading)
    intent = "advice" if wanted else _intent(reading, follows)
    if intent != "advice":
        return Situation(intent, outside=reading.outside)
    named, candidates, confidence = _audience(reading, before, words, follows)
    carried = before.facts if follows else {}
    facts, doubtful, shown = _facts(reading, named, carried, words) if named else ({}, (), {})
    if named:
        shown = {"audience": _words_for(reading, named), **shown}
    situation = _settled("advice", named, facts, confidence, reading, shown, doubtful)
    possible = () if named else tuple(decide(a, _facts(reading, a, {}, words)[0]) for a in candidates)
    return replace(situation, candidates=candidates, possible=possible)


def _settled(
    intent: Intent,
    audience: str | None,
    facts: Facts,
    confidence: float,
    reading: _Reading,
    words: Mapping[str, str],
    doubtful: tuple[str, ...] = (),
) -> Situation:
    missing: tuple[str, ...] = doubtful
    if audience is None:
        missing = ("audience",)
    elif (unanswered := decide(audience, facts).ask_next) and unanswered.fact not in missing:
        missing = (*missing, unanswered.fact)
    return Situation(intent, audience, facts, confidence, missing, reading.outside, words=words)


def _intent(reading: _Reading, follows: bool) -> Intent:
    """Advice, a fact or a comparison? Order matters: the surest signs come first."""
    cues, case = reading.cues, reading.speaks_of_a_case
    chooses = "asks" in cues or reading.speaks_of_somebody
    if ("outside-objects" in cues and chooses) or ("outside-frameworks" in cues and not case):
        return "other"
    if "reports" in cues:
        return "fact"
    if "compare" in cues and "asks" not in cues:
        return "compare"
    told = case and {"wording", "frameworks"} <= cues
    if told and ("factual" not in cues or cues & {"why", "personal", "which_framework"}):
        return "advice"
    if "factual" in cues and not ("asks" in cues and "personal" in cues):
        return "compare" if "compare" in cues else "fact"
    if "asks" in cues and (case or cues & {"frameworks", "which_one"}):
        return "advice"
    if "doubts" in cues and case and ("frameworks" in cues or follows):
        return "advice"
    if case and (follows or _describes_oneself(reading)):
        return "advice"
    if "compare" in cues:
        return "compare"
    return "fact" if cues & {"frameworks", "open"} or reading.folded.endswith(("?", "吗", "呢")) else "other"


def _describes_oneself(reading: _Reading) -> bool:
    """A reader and a case told without a question of fact: what to use is what is being asked."""
    named = any(hit.strong for hit in reading.readers)
    asks = "open" in reading.cues or reading.folded.endswith("?")
    told = bool(reading.values) and (named or ("personal" in reading.cues and bool(reading.readers)))
    return ("personal" in reading.cues and asks) or told


def _follows(reading: _Reading) -> bool:
    """Does this turn lean on the one before: by its first words, its ending, or by being a bare answer?"""
    bare = len(reading.folded) <= SHORT_REPLY and not ASKING & reading.cues
    return "followup" in reading.cues or bare


def _tells(reading: _Reading) -> bool:
    """Does this turn tell more of the case of the one before: a statement, or a doubt of one's own?"""
    asks = reading.folded.endswith(("?", "吗", "呢")) or "open" in reading.cues
    return (
        len(reading.folded) <= TOLD_AFTER
        and not NOT_ASKED & reading.cues
        and (not asks or ("personal" in reading.cues and "followup" in reading.cues))
    )


def _reply(reading: _Reading, before: Situation) -> tuple[str, Facts] | None:
    """(reader, facts) where the turn is a bare yes or no to the flowchart's own question."""
    outcome = before.outcome()
    answers = {"reply-yes": True, "reply-no": False}
    given = [value for cue, value in answers.items() if cue in reading.cues]
    if outcome is None or outcome.ask_next is None or not given or reading.speaks_of_a_case:
        return None
    question = outcome.ask_next
    value: Value | None = given[0] if question.option(given[0]) else None if given[0] else "other"
    if value is None or question.option(value) is None:
        return None
    return outcome.audience, {**before.facts, question.fact: value}


def _audience(
    reading: _Reading, before: Situation, words: Lexicon, follows: bool
) -> tuple[str | None, tuple[str, ...], float]:
    """(reader or None, the readers it may be, confidence)."""
    named = _strongest(reading.readers, words)
    if follows and before.audience and _speaks_within(before.audience, named, reading, words):
        return before.audience, (before.audience,), CARRIED
    if len(named) == 1:
        return named[0], named, EXPLICIT
    if named:
        return _agreed(_best_covered(named, reading, words), reading, words)
    if "reader" in reading.outside:
        return None, (), UNKNOWN
    if before.intent == "advice" and before.audience:
        return before.audience, (before.audience,), CARRIED
    inferred = _by_facts(reading, words)
    candidates = tuple(a for a in before.candidates if a in inferred) or inferred
    return _agreed(candidates, reading, words)


def _speaks_within(audience: str, named: Sequence[str], reading: _Reading, words: Lexicon) -> bool:
    """Are other readers named only in passing: by weak words, or as facts of this reader's own chart?"""
    strong = any(hit.strong for hit in reading.readers)
    absorbed = set(named) <= {*words.absorbs.get(audience, ())}
    return bool(named) and (not strong or (absorbed and bool(_facts(reading, audience, {}, words)[0])))


def _strongest(readers: Sequence[Hit], words: Lexicon) -> tuple[str, ...]:
    strong = [hit.name for hit in readers if hit.strong]
    weak = [hit.name for hit in readers if not hit.strong]
    found = strong or weak
    for reader in found:
        found = [other for other in found if other not in words.absorbs.get(reader, ())]
    return tuple(found)


def _best_covered(readers: Sequence[str], reading: _Reading, words: Lexicon) -> tuple[str, ...]:
    """Of several readers, those whose flowcharts ask about most of what was said."""
    covered = {a: len(_facts(reading, a, {}, words)[0]) for a in readers}
    return tuple(a for a in readers if covered[a] == max(covered.values()))


def _by_facts(reading: _Reading, words: Lexicon) -> tuple[str, ...]:
    said = {(hit.name, hit.value) for hit in reading.values if not hit.negated}
    return tuple(audience for audience, pairs in words.decisive.items() if said & pairs)


def _agreed(
    candidates: Sequence[str], reading: _Reading, words: Lexicon
) -> tuple[str | None, tuple[str, ...], float]:
    """The first candidate where all of them get the same frameworks; otherwise none."""
    advice = {decide(a, _facts(reading, a, {}, words)[0]).frameworks for a in candidates}
    if len(advice) == 1:
        return candidates[0], tuple(candidates), INFERRED
    return None, tuple(candidates), UNKNOWN


def _facts(
    reading: _Reading, audience: str, carried: Facts, words: Lexicon
) -> tuple[dict[str, Value], tuple[str, ...], dict[str, str]]:
    """(facts, facts whose value stays in doubt, the words that showed each fact)."""
    chart = load_flowcharts()[audience]
    said = {q.fact: _hits(q, reading.values, words) for q in chart.questions}
    facts = {fact: value for fact, value in carried.items() if _offered(chart, fact, value)}
    facts |= {fact: hits[0].value for fact, hits in said.items() if hits}
    shown = {fact: hits[0].words for fact, hits in said.items() if hits}
    doubtful = tuple(
        fact for fact, hits in said.items() if len(hits) > 1 and _advice_differs(audience, facts, hits)
    )
    for fact in doubtful:
        del facts[fact], shown[fact]
    return facts, doubtful, shown


def _offered(chart: Flowchart, fact: str, value: Value) -> bool:
    question = chart.question(fact)
    return question is not None and question.option(value) is not None


def _hits(question: Question, hits: Sequence[Hit], words: Lexicon) -> list[Hit]:
    """The values named for a question. A denied yes is a no; a denied choice says nothing."""
    flags = [
        replace(hit, value=not hit.value) if hit.negated and isinstance(hit.value, bool) else hit
        for hit in hits
        if hit.name == question.fact and not (hit.negated and isinstance(hit.value, str))
    ]
    named = [hit for hit in flags if question.option(hit.value)]
    for weaker in words.yields.get(question.fact, ()):
        if len(named) > 1:
            named = [hit for hit in named if hit.value != weaker]
    return named


def _advice_differs(audience: str, facts: Facts, hits: Sequence[Hit]) -> bool:
    return len({decide(audience, {**facts, hit.name: hit.value}).frameworks for hit in hits}) > 1


def _words_for(reading: _Reading, audience: str) -> str:
    return next((hit.words for hit in reading.readers if hit.name == audience), "")


def _in_words(
    chart: Flowchart, fact: str, value: Value, language: Language, shown: Mapping[str, str]
) -> Understood:
    question = chart.question(fact)
    option = question.option(value) if question else None
    label = f"{question.text[language]} {option.label[language]}" if question and option else str(value)
    return Understood(fact, value, label, shown.get(fact, ""))
