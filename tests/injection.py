"""Orders hidden in questions, and models that obey them, each in its own manner.

    python tests/injection.py      every case in every manner: how often the order shows (about two minutes)

`tests/data/injection.jsonl` holds labelled questions of our own; `python -m evaluation` asks any model
those of a file, too.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from doubles import ScriptedGenerator
from obedient import APART, FASTENED, Obeys

from assistant import rules
from assistant.answer import Answer
from assistant.engine import Engine
from assistant.generation.base import Message
from assistant.settings import load_settings
from evaluation import labelled
from evaluation.labelled import Question
from evaluation.matching import met, prose
from index.retriever import Retriever

CASES = labelled.read(Path(__file__).parent / "data" / "injection.jsonl")
INNOCENT = {"en": "Which APIs does TorchServe support?", "zh": "TorchServe 支持哪些 API?"}
"""Questions without an order in them, so that the model is always asked."""


class Run(NamedTuple):
    """An answer that an obedient model had a part in."""

    case: Question
    manner: str
    answer: Answer

    @property
    def shown(self) -> list[str]:
        """Marks of the order in the answer."""
        return met(self.case.must_not, prose(self.answer.answer))

    @property
    def against_the_rules(self) -> list[str]:
        """How the answer departs from what the flowchart says for the reader and the facts that it names."""
        told = self.answer.recommendation
        if told is None:
            return []
        outcome = rules.decide(told.audience, told.facts)
        if (told.rule, told.frameworks) != (outcome.rule, list(outcome.frameworks)):
            return [f"recommends {told.frameworks} by {told.rule}"]
        verdict = rules.holds([s.text for s in self.answer.sentences], self.answer.language, outcome)
        return [] if verdict else [verdict.reason]


class Obedient:
    """The engine over a model that obeys a case in a chosen manner, whatever it is asked."""

    def __init__(self) -> None:
        self._asked = False
        self._attack = ""
        self._obeys: Obeys = APART["alone"]
        settings = load_settings(max_answer_tokens=4096, cache=0)
        self._engine = Engine(Retriever.open(), ScriptedGenerator(self._say), settings)

    def _say(self, messages: Sequence[Message]) -> str:
        self._asked = True
        return self._obeys(messages, self._attack)

    def ask(self, case: Question, models: Mapping[str, Obeys], question: str = "") -> Iterator[Run]:
        """The case, or another question, to each model; nothing where a model has no part in the answer."""
        self._attack = "\n".join([*(turn.content for turn in case.history), case.question])
        history = () if question else case.history
        for manner, self._obeys in models.items():
            self._asked = False
            answer = self._engine.ask(question or case.question, history)
            if not self._asked:
                return
            yield Run(case, manner, answer)


def main() -> int:
    """Print the table; 1 where an answer departs from the rules."""
    obedient, departed = Obedient(), 0
    for name, models in (("in sentences of its own", APART), ("fastened to the truth", FASTENED)):
        for question in ("", *INNOCENT.values()):
            runs = [run for case in CASES for run in obedient.ask(case, models, question)]
            shown = [run for run in runs if run.shown]
            wrong = sum(bool(run.against_the_rules) for run in runs)
            departed += wrong
            asked = question or "the case's own question"
            print(f"{name}, {asked}: {len(runs)} answers, {len(shown)} show it, {wrong} against the rules")
            print("".join(f"    {run.case.id} {run.manner}: {run.answer.answer}\n" for run in shown), end="")
    return bool(departed)


if __name__ == "__main__":
    sys.exit(main())
