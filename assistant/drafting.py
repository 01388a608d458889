"""Claims for an answer, each standing on sentences of the article before anybody sees it.

Two ways. Where advice is asked for, the flowchart decides and the model only words the reason. Everything
else is worded by the model from the sentences found, as far as its words hold; else the article is quoted.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Generator as Stream
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Lock

from assistant import abstention, intent, prompts, rules, wording
from assistant.answer import AskNext, Recommendation
from assistant.asking import is_order, is_small_talk, wants_reason
from assistant.choosing import Chooser, evidence_of
from assistant.citing import Evidence
from assistant.clauses import Clauses
from assistant.generation.base import Generator, Message, Request, Usage
from assistant.grounding import Vocabulary, coverage, evades, settle_lead
from assistant.history import Asked
from assistant.intent import Discerner
from assistant.reasons import repeats, shortened, telling
from assistant.supporting import Claim, attribute, fit, quoted, verbatim
from assistant.text import as_sentence, clean, ends, split_markers, stopped, whole_sentences
from corpus.article import Language
from corpus.chunking import Passage
from corpus.errors import GenerationError
from index.retriever import Hit, Retriever

log = logging.getLogger(__name__)

EXTRACTIVE = "extractive"
"""The name of the model where none was used."""
MOST_ADDED = 2
"""Sentences added to a recommendation for what else was asked."""
REPEATED = 0.8
"""A reason of which a larger share of words stands in the verdict says nothing new."""
ASKS_AFTER_ALL = 0.75
"""Likeness to a known question from which an order is that question in other words."""
MARKER = "["
"""How the marker begins that the model writes after a sentence."""
BEFORE_MARKER = " (（!"
"""What may stand before it that belongs to it: the marker may be in brackets, or a picture in Markdown."""


@dataclass
class Draft:
    """What becomes known while an answer is being written."""

    usage: Usage = field(default_factory=Usage)
    model: str = EXTRACTIVE
    recommendation: Recommendation | None = None
    ask_next: AskNext | None = None
    note: str = ""
    declined: bool = False
    """Did the model find no answer in the evidence?"""


class Drafter:
    """Writes claims; holds no state of a question."""

    def __init__(
        self,
        retriever: Retriever,
        generator: Generator | None,
        passages: Mapping[str, Passage],
        vocabulary: Vocabulary,
        max_tokens: int,
    ) -> None:
        self._retriever = retriever
        self._generator = generator
        self._passages = passages
        self._vocabulary = vocabulary
        self._max_tokens = max_tokens
        self._warm: set[Language] = set()
        self._warming = Lock()
        self._clauses = Clauses(retriever, vocabulary)
        self._discerner = Discerner(retriever, rules.Likely.open(retriever.embedder), vocabulary)
        self._chooser = Chooser(list(passages.values()), vocabulary)

    def warm(self, language: Language) -> None:
        """Have the fixed head of the prompts of a language at hand; quick after the first time."""
        with self._warming:
            if self._generator is not None and language not in self._warm:
                self._generator.warm(prompts.opening(language))
                self._warm.add(language)

    def claims(self, asked: Asked, hits: Sequence[Hit], draft: Draft) -> Stream[Claim, None, None]:
        """Verified claims, in order; none where the article does not answer. Fills `draft` on the way."""
        if is_small_talk(asked.question):
            return
        situation = self._discerner.situation(asked)
        if situation.intent == "advice":
            yield from self._advise(asked, hits, situation, draft)
        else:
            yield from self._explain(asked, hits, draft)

    def _advise(
        self, asked: Asked, hits: Sequence[Hit], situation: rules.Situation, draft: Draft
    ) -> Iterator[Claim]:
        """The flowchart's verdict first, then why."""
        outcome = situation.outcome()
        draft.ask_next = situation.ask_next(asked.language)
        if "time" in situation.outside:
            draft.note = wording.AS_OF_2022[asked.language]
        said = (
            rules.compose(outcome, asked.language)
            if outcome
            else rules.overview(asked.language, situation.possible)
        )
        verdict, *reasons = said
        cited = self._located(verdict)
        reasons = self._by_relevance(reasons, asked, hits)
        yield Claim(verdict.text, cited, "rule", "what the flowchart says for this situation")
        if outcome is None:
            yield from quoted([sentence for reason in reasons for sentence in self._located(reason)][:2])
            return
        draft.recommendation = outcome.recommendation(asked.language)
        reasons = telling(
            verdict.text,
            reasons,
            rules.bridges(outcome, asked.language, asked.own),
            rules.elsewhere(outcome, asked.language) if wants_reason(asked.own) else [],
            self._vocabulary,
        )
        told = list(cited)
        for claim in self._reason(asked, outcome, verdict.text, reasons, draft):
            told += claim.evidence
            yield claim
        yield from quoted(self._more(asked, outcome, told))

    def _by_relevance(self, reasons: list[rules.Said], asked: Asked, hits: Sequence[Hit]) -> list[rules.Said]:
        """What a question asks for beside the advice goes first, for one reason is told."""
        scores = {(s.passage.id, s.sentence): s.score for s in self._retriever.sentences(asked.query, hits)}
        least = min(scores.values(), default=0.0)

        def score(reason: rules.Said) -> float:
            return max(scores.get((e.passage.id, e.first), least) for e in self._located(reason))

        return sorted(reasons, key=score, reverse=True)

    def _reason(
        self, asked: Asked, outcome: rules.Outcome, verdict: str, reasons: Sequence[rules.Said], draft: Draft
    ) -> Iterator[Claim]:
        """What the article says for a verdict, or all of it where a reason is asked for.

        The model's words where they hold, else the quote. A rule may rest on a part of a sentence whose rest
        advises on another case: the quote is that part.
        """
        every = wants_reason(asked.own)
        told: set[Evidence] = set()
        for claim in islice(self._worded(asked, outcome, verdict, reasons, draft), None if every else 1):
            told.update(claim.evidence)
            yield claim
        for reason in reasons if every else reasons[: not told]:
            located = self._located(reason)
            if not told.issuperset(located):
                yield verbatim(as_sentence(reason.text), located)

    def _worded(
        self, asked: Asked, outcome: rules.Outcome, verdict: str, reasons: Sequence[rules.Said], draft: Draft
    ) -> Iterator[Claim]:
        """The reasons in the model's words, where these agree with the verdict and say more than it."""
        if self._generator is None or not reasons:
            return
        evidence = [sentence for reason in reasons for sentence in self._located(reason)]
        messages = prompts.reason(asked.language, [e.text for e in evidence], verdict)
        for claim in self._phrase(asked, messages, evidence, draft):
            claim = replace(claim, text=shortened(claim.text, verdict))
            again = coverage(claim.text, verdict) > REPEATED
            again = again or repeats(claim.text, verdict, self._vocabulary)
            if not again and rules.agrees(claim.text, asked.language, outcome):
                yield claim

    def _more(self, asked: Asked, outcome: rules.Outcome, told: Collection[Evidence]) -> list[Evidence]:
        """What else is asked for beside the advice: sentences for it that agree with the verdict.

        What the article advises other readers is not for this one.
        """
        needs = self._retriever.needs(asked.query, asked.language)
        known = self._chooser.matcher.asked_beside(asked.own, needs, self._clauses.needs(asked))
        wanted = evidence_of(known)
        others = tuple(section for section in intent.ADVISING if section != outcome.audience)
        fresh = [e for e in wanted if e.passage.id not in {t.passage.id for t in told}]
        more = [e for e in fresh if not e.passage.id[3:].startswith(others)]
        return [e for e in more if rules.agrees(e.text, asked.language, outcome)][:MOST_ADDED]

    def _explain(self, asked: Asked, hits: Sequence[Hit], draft: Draft) -> Iterator[Claim]:
        """What the article says: phrased by the model where its words hold, else quoted."""
        ranked = self._retriever.sentences(asked.query, hits)
        needs = self._retriever.needs(asked.query, asked.language)
        attribute = self._retriever.attribute(asked.query)
        seen = abstention.signals(asked.query, hits, ranked, needs, attribute, self._vocabulary)
        merely_ordered = is_order(asked.own) and needs.likeness < ASKS_AFTER_ALL
        if abstention.is_silent(seen) or merely_ordered:
            return
        choice = self._chooser.choose(asked.own, ranked, needs, self._clauses.needs(asked, stated=True))
        cited: list[Evidence] = []
        if self._generator is not None:
            messages = prompts.messages(asked.language, [e.text for e in choice.offered], asked.query)
            for claim in self._phrase(asked, messages, choice.offered, draft):
                cited += claim.evidence
                yield claim
        if cited or choice.corrects or not (draft.declined and abstention.is_doubtful(seen)):
            yield from quoted(self._chooser.left_open(asked.own, choice, cited))

    def _phrase(
        self, asked: Asked, messages: Sequence[Message], evidence: Sequence[Evidence], draft: Draft
    ) -> Iterator[Claim]:
        """The model's sentences as far as they hold, each piece of evidence told once.

        They end where the model fails; the callers then quote the article. Nothing is decoded that could not
        be shown: the marker where there is but one to write, and what follows when all evidence is told.
        """
        assert self._generator is not None
        told: set[Evidence] = set()
        stop = (MARKER,) if len(evidence) == 1 else ()
        sides = [(e.quote.text, e.quote.other) for e in evidence]
        try:
            self.warm(asked.language)
            given = prompts.given(asked.language, [e.text for e in evidence])
            request = Request(messages, self._max_tokens, stop=stop, prefix=given)
            generation = self._generator.stream(request)
            draft.model, draft.usage = self._generator.name, generation.usage
            with closing(generation):
                for written in whole_sentences(generation):
                    text, markers = split_markers(clean(written))
                    if text.startswith(prompts.NO_ANSWER):
                        draft.declined = True
                        return
                    if stop:
                        text = text.rstrip(BEFORE_MARKER)
                    at_marker = stop and 0 < generation.usage.completion_tokens < self._max_tokens
                    broken_off = not (markers or at_marker or ends(text))
                    text = settle_lead(stopped(text), asked.query, sides, self._vocabulary)
                    attempt = attribute(text, markers, evidence, self._vocabulary, asked.query)
                    claim = fit(attempt, asked.query, broken_off)
                    if claim is None or told.issuperset(claim.evidence) or self._evades(asked, claim):
                        continue
                    told.update(claim.evidence)
                    yield claim
                    if told.issuperset(evidence):
                        return
        except GenerationError as error:
            log.warning("The article is quoted, for the language model failed: %s", error)
            draft.model = draft.model if told else EXTRACTIVE

    def _evades(self, asked: Asked, claim: Claim) -> bool:
        given = " ".join(f"{e.quote.text} {e.quote.other}" for e in claim.evidence)
        return evades(claim.text, asked.query, given, self._vocabulary)

    def _located(self, said: rules.Said) -> tuple[Evidence, ...]:
        """The evidence of a rule's sentence, as sentences of the corpus."""
        found = []
        for e in said.evidence:
            passage = self._passages[e.passage_id]
            at = passage.text.index(e.quote)
            index = next(i for i, (start, end) in enumerate(passage.sentences) if start <= at < end)
            found.append(Evidence(passage, self._passages[passage.counterpart_id], index, index))
        return tuple(found)
