"""A flowchart as SVG and as Mermaid text, with somebody's way through it marked.

The drawing is a tree that grows downwards and to the right in one narrow column, so that it reads on a phone
without zooming. Colours are not the only mark: the way walked has heavy lines and a tick at its end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import drawsvg

from assistant.rules.decision import load_flowcharts
from assistant.rules.tree import Ask, Branch, steps, tree
from corpus.article import Language
from corpus.errors import InputError
from corpus.flowcharts import AUDIENCES, Flowchart, Leaf

WIDTH, MARGIN, INDENT, GAP, PAD = 360, 10, 16, 8, 7
TITLE, BODY, LINE = 15, 13, 18
"""Pixels of the drawing: its width and spacing, font sizes and line height."""

FONT = (
    "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
)
INK, FAINT, PAPER, WALKED, ASKED, REACHED = "#1f2933", "#8a97a6", "#ffffff", "#0b57d0", "#e8f0fe", "#e6f4ea"


@dataclass(frozen=True)
class _Box:
    """Something to draw: a question, the label of a branch, or a leaf."""

    kind: str
    lines: tuple[str, ...]
    depth: int
    walked: bool
    parent: int | None
    y: float = 0
    heading: str = ""

    @property
    def x(self) -> float:
        return MARGIN + self.depth * INDENT

    @property
    def height(self) -> float:
        rows = len(self.lines) + bool(self.heading)
        return rows * LINE + (2 * PAD if self.kind != "label" else 0)


@dataclass
class _Layout:
    """Boxes placed one below the other."""

    language: Language
    boxes: list[_Box] = field(default_factory=list)
    y: float = MARGIN

    def add(
        self, kind: str, text: str, depth: int, walked: bool, parent: int | None = None, heading: str = ""
    ) -> int:
        """Place a box below the others; its number is the parent of what hangs from it."""
        room = WIDTH - 2 * MARGIN - depth * INDENT - 2 * PAD
        lines = tuple(wrapped(text, room, BODY)) if text else ()
        box = _Box(kind, lines, depth, walked, parent, self.y, heading)
        self.boxes.append(box)
        self.y += box.height + GAP
        return len(self.boxes) - 1


def draw(audience: str, language: Language, path: Sequence[str] = ()) -> str:
    """The flowchart of a reader as an SVG document, 360 units wide. `path` is an Outcome's path.

    Raises InputError for a reader that has no flowchart.
    """
    chart = _chart(audience)
    layout = _laid_out(chart, language, path)
    drawing = drawsvg.Drawing(
        WIDTH, layout.y, style="max-width:30rem;width:100%;height:auto", role="img", **{"font-family": FONT}
    )
    drawing.append_title(chart.label[language])
    drawing.append(drawsvg.Rectangle(0, 0, WIDTH, layout.y, fill=PAPER))
    for box in sorted(layout.boxes, key=lambda box: box.walked):
        _connect(drawing, box, layout.boxes)
    for box in layout.boxes:
        _draw_box(drawing, box)
    return str(drawing.as_svg(skip_js=True))


def mermaid(audience: str, language: Language, path: Sequence[str] = ()) -> str:
    """The flowchart of a reader as Mermaid text. Raises InputError for a reader that has no flowchart."""
    chart = _chart(audience)
    root = tree(chart)
    taken = {id(step.branch) for step in steps(root, path)}
    lines = ["flowchart TD", f'  start(["{_escaped(chart.label[language])}"])']
    marked = ["start"] if path else []
    numbers = iter(range(10_000))

    def grow(node: Ask | Leaf, source: str, edge: str, walked: bool) -> None:
        name = f"n{next(numbers)}"
        if walked:
            marked.append(name)
        if isinstance(node, Leaf):
            lines.append(f'  {name}["{_escaped(_heading(node))}<br/>{_escaped(node.text[language])}"]')
        else:
            lines.append(f'  {name}{{"{_escaped(node.question.text[language])}"}}')
        lines.append(f"  {source} {'==>' if walked else '-->'}{edge} {name}")
        for branch in node.branches if isinstance(node, Ask) else ():
            label = f'|"{_escaped(_label(branch, language))}"|'
            grow(branch.node, name, label, walked and id(branch) in taken)

    grow(root, "start", "", bool(path))
    if marked:
        lines += [f"  classDef walked stroke:{WALKED},stroke-width:3px", f"  class {','.join(marked)} walked"]
    return "\n".join(lines) + "\n"


def wrapped(text: str, room: float, size: float) -> Iterator[str]:
    """The lines of a text that fit into `room` units: Chinese breaks anywhere but before punctuation."""
    line = ""
    for piece in _pieces(text):
        if (
            line.strip()
            and _width(line + piece.rstrip(), size) > room
            and piece[0] not in "，。：；、？！,.;:?!"
        ):
            yield line.rstrip()
            line = ""
        line += piece if line else piece.lstrip()
    if line.strip():
        yield line.rstrip()


def _laid_out(chart: Flowchart, language: Language, path: Sequence[str]) -> _Layout:
    root = tree(chart)
    taken = {id(step.branch) for step in steps(root, path)}
    assumed = {id(step.branch) for step in steps(root, path) if not step.answered}
    layout = _Layout(language)

    def grow(node: Ask | Leaf, depth: int, walked: bool, parent: int) -> None:
        if isinstance(node, Leaf):
            heading = _heading(node) + (" ✓" if walked else "")
            layout.add("leaf", node.text[language], depth, walked, parent, heading)
            return
        here = layout.add("ask", node.question.text[language], depth, walked, parent)
        for branch in node.branches:
            follows = walked and id(branch) in taken
            label = _label(branch, language) + (" ?" if follows and id(branch) in assumed else "")
            number = layout.add("label", label, depth + 1, follows, here)
            layout.y -= GAP / 2
            grow(branch.node, depth + 1, follows, number)

    start = layout.add("start", chart.label[language], 0, bool(path))
    grow(root, 0, bool(path), start)
    return layout


def _connect(drawing: drawsvg.Drawing, box: _Box, boxes: Sequence[_Box]) -> None:
    if box.parent is None:
        return
    above = boxes[box.parent]
    line = drawsvg.Path(
        fill="none",
        stroke=WALKED if box.walked else FAINT,
        stroke_width=3 if box.walked else 1,
    )
    start = above.x + INDENT / 2
    if box.kind == "label":
        line.M(start, above.y + above.height).V(box.y + LINE / 2 + 1).H(box.x - 2)
    else:
        line.M(start, above.y + above.height).V(box.y)
    drawing.append(line)


def _draw_box(drawing: drawsvg.Drawing, box: _Box) -> None:
    ink = WALKED if box.walked and box.kind == "label" else INK
    if box.kind != "label":
        drawing.append(
            drawsvg.Rectangle(
                box.x,
                box.y,
                WIDTH - MARGIN - box.x,
                box.height,
                rx={"start": 15, "ask": 8, "leaf": 2}[box.kind],
                fill={"start": ASKED, "ask": ASKED, "leaf": REACHED}[box.kind],
                stroke=WALKED if box.walked else FAINT,
                stroke_width=3 if box.walked else 1,
            )
        )
    x = box.x + (PAD if box.kind != "label" else 3)
    y = box.y + (PAD if box.kind != "label" else 0) + LINE - 5
    if box.heading:
        drawing.append(drawsvg.Text(box.heading, TITLE, x, y, fill=INK, font_weight="bold"))
        y += LINE
    bold = "bold" if box.kind == "start" or (box.kind == "label" and box.walked) else "normal"
    for number, line in enumerate(box.lines):
        drawing.append(drawsvg.Text(line, BODY, x, y + number * LINE, fill=ink, font_weight=bold))


def _chart(audience: str) -> Flowchart:
    chart = load_flowcharts().get(audience)
    if chart is None:
        raise InputError(f"There is no flowchart for {audience!r}; there are {', '.join(AUDIENCES)}.")
    return chart


def _heading(leaf: Leaf) -> str:
    return " / ".join(leaf.frameworks) + (f" ({', '.join(leaf.alternatives)})" if leaf.alternatives else "")


def _label(branch: Branch, language: Language) -> str:
    return " / ".join(option.label[language] for option in branch.options)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _pieces(text: str) -> Iterator[str]:
    """Words with the space after them, and single Chinese characters."""
    word = ""
    for character in text:
        wide = ord(character) >= 0x2E80
        if wide and word:
            yield word
            word = ""
        word += character
        if wide or character == " ":
            yield word
            word = ""
    if word:
        yield word


def _width(text: str, size: float) -> float:
    """A careful guess, as no font is at hand: Chinese is square, Latin on average a little over half."""
    return sum(size if ord(character) >= 0x2E80 else size * 0.56 for character in text)
