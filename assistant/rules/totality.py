"""Part three of the proof: the rules are total, reachable, and exceptions beat what they except."""

from collections.abc import Iterator

from assistant.rules.decision import outcome, states
from assistant.rules.findings import Disagreement
from corpus.flowcharts import Facts, Flowchart, Flowcharts, Leaf

PART = "one outcome for every state"


def check(flowcharts: Flowcharts) -> Iterator[Disagreement]:
    """Enumerate every state of every chart and compare order with declared exceptions."""
    for chart in flowcharts.charts.values():
        yield from _check_chart(chart)


def census(chart: Flowchart) -> Iterator[int]:
    """For every state of a chart, how many leaves claim it."""
    for facts in states(chart):
        yield sum(leaf.claims(facts) for leaf in chart.leaves)


def _check_chart(chart: Flowchart) -> Iterator[Disagreement]:
    reached: set[str] = set()
    met: set[tuple[str, str]] = set()
    reported: set[tuple[str, ...]] = set()
    for facts in states(chart):
        claiming = [leaf for leaf in chart.leaves if leaf.claims(facts)]
        if not claiming:
            yield _finding(chart.audience, facts, "no leaf", "one leaf")
            continue
        met |= {(one.id, other.id) for one in claiming for other in claiming}
        winners = [leaf for leaf in claiming if _beats_all(leaf, claiming)]
        names = tuple(leaf.id for leaf in claiming)
        if len(winners) != 1 and names not in reported:
            reported.add(names)
            yield _finding(chart.audience, facts, " and ".join(names), "one declared the others' exception")
        elif winners and winners[0] is not outcome(chart, facts):
            yield _finding(winners[0].id, facts, outcome(chart, facts).id, f"its exception {winners[0].id}")
        reached.add(outcome(chart, facts).id)
    for leaf in chart.leaves:
        if leaf.id not in reached:
            yield Disagreement(PART, leaf.id, "", "no state reaches it", "a state that does")
        for other in leaf.exception_to:
            if (leaf.id, other) not in met:
                yield Disagreement(
                    PART, leaf.id, "", f"never holds together with {other}", "is its exception"
                )


def _beats_all(leaf: Leaf, claiming: list[Leaf]) -> bool:
    return all(other is leaf or other.id in leaf.exception_to for other in claiming)


def _finding(leaf: str, facts: Facts, found: str, expected: str) -> Disagreement:
    state = ", ".join(f"{fact}={value}" for fact, value in facts.items()) or "nothing known"
    return Disagreement(PART, leaf, "", f"state ({state}) is claimed by {found}", f"expected {expected}")
