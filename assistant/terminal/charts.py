"""A flowchart on a terminal, as a tree with somebody's way through it marked."""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from rich.tree import Tree

from assistant import rules
from assistant.answer import Language
from assistant.rules.tree import Ask, Branch, steps, tree
from assistant.terminal.show import console
from corpus.errors import InputError
from corpus.flowcharts import Leaf

WALKED, OPEN = "●", "○"
"""Before a branch that was taken, and one that was not; colours are not the only mark."""


def show_flowchart(audience: str, language: Language, path: Sequence[str] = ()) -> None:
    """The flowchart of a reader; `path` is a recommendation's. Raises InputError for an unknown reader."""
    chart = rules.load_flowcharts().get(audience)
    if chart is None:
        known = ", ".join(rules.load_flowcharts())
        raise InputError(f"There is no flowchart for {audience!r}; there are {known}.")
    root = tree(chart)
    taken = {id(step.branch) for step in steps(root, path)}
    shown = Tree(Text(chart.label[language], Style(bold=True)))

    def grow(node: Ask | Leaf, above: Tree, walked: bool) -> None:
        if isinstance(node, Leaf):
            above.add(_outcome(node, language, walked))
            return
        question = above.add(Text(node.question.text[language]))
        for branch in node.branches:
            follows = walked and id(branch) in taken
            grow(branch.node, question.add(_label(branch, language, follows)), follows)

    grow(root, shown, bool(path))
    console().print(shown, soft_wrap=False)


def _outcome(leaf: Leaf, language: Language, walked: bool) -> Text:
    return Text(leaf.text[language] + (" ✓" if walked else ""), Style(bold=walked))


def _label(branch: Branch, language: Language, walked: bool) -> Text:
    labels = " / ".join(option.label[language] for option in branch.options)
    return Text(f"{WALKED if walked else OPEN} {labels}", Style(bold=walked))
