"""Looking into the article without a model: `assistant search`, `recommend` and `check`."""

import sys
from typing import TYPE_CHECKING

import click

from assistant.terminal.options import LANGUAGES, json_option, open_engine, readable
from corpus.errors import AssistantError

if TYPE_CHECKING:
    from assistant.answer import Language


@click.command()
@click.argument("query")
@click.option("-k", type=click.IntRange(1, 10), default=5, show_default=True, help="How many pairs at most.")
@click.option("--language", type=LANGUAGES, default="auto", show_default=True, help="Language shown first.")
@json_option
def search(query: str, k: int, language: str, as_json: bool) -> None:
    """Print the passages nearest to QUERY, each with its counterpart in the other edition."""
    from assistant.terminal import show

    with open_engine(llm="none") as engine:
        results = engine.search(readable(query), k, language)
    if as_json:
        show.say(show.dump({"results": [result.model_dump(mode="json") for result in results]}))
    else:
        show.found(results)


@click.command()
@click.option(
    "--audience", metavar="A", help="Who asks: industry, researcher, professor, career, hobbyist, beginner."
)
@click.option("--fact", "pairs", multiple=True, metavar="KEY=VALUE", help="What is known; may be repeated.")
@click.option(
    "--language",
    type=click.Choice(["zh", "en"]),
    default="en",
    show_default=True,
    help="Language of the advice.",
)
@json_option
def recommend(audience: str | None, pairs: tuple[str, ...], language: "Language", as_json: bool) -> None:
    """Say which framework the article advises, by its flowchart; on a terminal, ask for what is missing."""
    from assistant import rules
    from assistant.facts import read_facts
    from assistant.terminal import advising, show

    facts = read_facts(pairs)
    if as_json or not sys.stdin.isatty():
        if audience is None:
            raise click.UsageError(f"Say who asks, --audience {'|'.join(rules.load_flowcharts())}.")
        outcome = rules.decide(audience, facts)
    else:
        outcome = advising.interview(audience, facts, language)
    if as_json:
        show.say(show.dump(outcome.recommendation(language).model_dump(mode="json")))
    else:
        advising.show(outcome, language)


@click.command()
@json_option
def check(as_json: bool) -> None:
    """Prove that the flowcharts and both editions say the same, and print the certificate."""
    from assistant import rules
    from assistant.terminal import show

    certificate = rules.prove()
    show.say(show.dump(certificate.as_json()) if as_json else certificate.report())
    if not certificate.holds:
        first = certificate.disagreements[0]
        raise AssistantError(
            f"Flowcharts and article disagree in {len(certificate.disagreements)} places, "
            f"first at {first.leaf} ({first.part}): {first.quote}"
        )
