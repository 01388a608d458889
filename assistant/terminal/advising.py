"""Advice in a terminal: the flowchart's open questions asked one by one, the outcome with its sentences."""

import click

from assistant import rules
from assistant.answer import AskNext, Language
from assistant.rules import Outcome
from assistant.terminal.show import say, tell

CHANGING: dict[Language, str] = {"zh": "换作这些情况，建议会不同：", "en": "What would change the advice:"}


def interview(audience: str | None, facts: dict[str, str], language: Language) -> Outcome:
    """Ask for the reader and for every fact that can still change the advice; Enter leaves one open.

    Raises InputError as `rules.decide` does.
    """
    if audience is None:
        audience = _choose(rules.ask_audience(language), optional=False)
    outcome = rules.decide(audience or "", facts)
    while outcome.ask_next is not None:
        question = rules.asked(outcome.ask_next, language)
        value = _choose(question, optional=True)
        if value is None:
            break
        facts = {**facts, question.fact: value}
        outcome = rules.decide(outcome.audience, facts)
    return outcome


def show(outcome: Outcome, language: Language) -> None:
    """The advice, the article's sentences for it in both editions, and what would change it."""
    advice, *sentences = rules.compose(outcome, language)
    tell(advice.text, bold=True)
    for sentence in sentences:
        for evidence in sentence.evidence:
            say()
            tell(evidence.quote, "  ")
            if evidence.counterpart:
                tell(evidence.counterpart.quote, "  ", dim=True)
            say(f"  {evidence.passage_id}", dim=True)
    say()
    tell(f"{outcome.rule} · {outcome.strength} · {' › '.join(outcome.path)}", dim=True)
    flips = rules.flips(outcome.audience, outcome.facts, language)
    if flips:
        say(f"\n{CHANGING[language]}", dim=True)
    for flip in flips:
        tell(f"≠ {flip.text}", dim=True)


def _choose(question: AskNext, optional: bool) -> str | None:
    """The value of the option whose number is typed."""
    say()
    say(question.question, bold=True)
    for number, option in enumerate(question.options, 1):
        say(f"  {number}. {option['label']}")

    def read(typed: str) -> str | None:
        if not typed:
            return None
        if not typed.isdecimal() or not 1 <= int(typed) <= len(question.options):
            raise click.UsageError(f"Type a number from 1 to {len(question.options)}.")
        return question.options[int(typed) - 1]["value"]

    prompt, default = ("Number (Enter to skip)", "") if optional else ("Number", None)
    picked: str | None = click.prompt(prompt, default=default, value_proc=read, show_default=False)
    return picked
