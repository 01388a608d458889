"""Advice in a terminal: the flowchart's open questions asked one by one, the outcome with its sentences."""

import click

from assistant import rules
from assistant.answer import AskNext, Language
from assistant.rules import Outcome
from assistant.terminal.show import say


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
    say(advice.text, bold=True)
    for sentence in sentences:
        for evidence in sentence.evidence:
            say()
            say(f"  {evidence.quote}")
            if evidence.counterpart:
                say(f"  {evidence.counterpart.quote}", dim=True)
            say(f"  {evidence.passage_id}", dim=True)
    say()
    say(f"{outcome.rule} · {outcome.strength} · {' › '.join(outcome.path)}", dim=True)
    for flip in rules.flips(outcome.audience, outcome.facts, language):
        say(f"≠ {flip.text}", dim=True)


def _choose(question: AskNext, optional: bool) -> str | None:
    """The value of the option whose number is typed."""
    say()
    say(question.question, bold=True)
    for number, option in enumerate(question.options, 1):
        say(f"  {number}. {option['label']}")
    numbers = click.Choice([str(number + 1) for number in range(len(question.options))])
    prompt = "Number (Enter to skip)" if optional else "Number"
    picked = click.prompt(
        prompt,
        type=numbers if not optional else click.Choice([*numbers.choices, ""]),
        default="" if optional else None,
        show_choices=False,
        show_default=False,
    )
    return question.options[int(picked) - 1]["value"] if picked else None
