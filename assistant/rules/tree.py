"""A flowchart as a tree of questions, built from its rules, so that drawing and rules cannot disagree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.rules.decision import NEUTRAL, next_question, outcome, spoken
from corpus.flowcharts import Facts, Flowchart, Leaf, Option, Question


@dataclass(frozen=True)
class Branch:
    """The answers that lead on to the same node."""

    options: tuple[Option, ...]
    node: "Ask | Leaf"


@dataclass(frozen=True)
class Ask:
    """A question and where its answers lead."""

    question: Question
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class Step:
    """A question on somebody's way, the branch taken, and whether the question was answered."""

    ask: Ask
    branch: Branch
    answered: bool


def tree(chart: Flowchart, facts: Facts | None = None) -> Ask | Leaf:
    """What is left of a chart when some facts are known; all of it when none are.

    A question is asked only where its answer can still change the outcome.
    """
    known = facts or {}
    question = next_question(chart, known)
    if question is None:
        return outcome(chart, known)
    branches: list[Branch] = []
    for option in question.options:
        node = tree(chart, {**known, question.fact: option.value})
        same = next((n for n, branch in enumerate(branches) if branch.node == node), None)
        if same is None:
            branches.append(Branch((option,), node))
        else:
            branches[same] = Branch((*branches[same].options, option), node)
    return Ask(question, tuple(branches))


def steps(node: Ask | Leaf, path: Sequence[str]) -> Iterator[Step]:
    """The way that a path (as `walk` gives it) takes through a tree; an empty path takes none.

    A question without an answer is passed by the branch that adds no condition and leads to the path's leaf.
    """
    given = {entry.partition(".")[2] for entry in path if "=" in entry}
    while path and isinstance(node, Ask):
        fact = node.question.fact
        answered = [b for b in node.branches if any(f"{fact}={spoken(o.value)}" in given for o in b.options)]
        neutral = sorted(node.branches, key=lambda b: all(o.value not in NEUTRAL for o in b.options))
        branch = (answered or [b for b in neutral if path[-1] in leaves(b.node)])[0]
        yield Step(node, branch, bool(answered))
        node = branch.node


def leaves(node: Ask | Leaf) -> Iterator[str]:
    """Ids of the leaves below a node."""
    if isinstance(node, Leaf):
        yield node.id
    else:
        for branch in node.branches:
            yield from leaves(branch.node)
