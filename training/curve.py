"""The losses of a training as a picture: a line for the steps, one for their mean, dots for the held out."""

from collections.abc import Sequence

import drawsvg

WIDTH, HEIGHT, EDGE = 720, 360, 48
"""In pixels; the edge holds the numbers."""

SMOOTH = 15
"""Steps to a mean."""

GRID = 5


def draw(losses: Sequence[float], held_out: Sequence[tuple[int, float]]) -> str:
    """An SVG of the losses per step and of (step, loss) held out; there is at least one step."""
    top = 1.05 * max([*losses, *(loss for _, loss in held_out)])

    def at(step: float, loss: float) -> tuple[float, float]:
        across, up = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE
        return EDGE + across * step / len(losses), HEIGHT - EDGE - up * loss / top

    picture = drawsvg.Drawing(WIDTH, HEIGHT, font_family="sans-serif")
    picture.append(drawsvg.Rectangle(0, 0, WIDTH, HEIGHT, fill="white"))
    for line in range(GRID + 1):
        loss, step = top * line / GRID, len(losses) * line / GRID
        picture.append(drawsvg.Line(*at(0, loss), *at(len(losses), loss), stroke="#ddd"))
        picture.append(drawsvg.Text(f"{loss:.2f}", 11, EDGE - 6, at(0, loss)[1] + 4, text_anchor="end"))
        picture.append(
            drawsvg.Text(f"{step:.0f}", 11, at(step, 0)[0], HEIGHT - EDGE + 18, text_anchor="middle")
        )
    lately = [losses[max(0, end - SMOOTH) : end] for end in range(1, len(losses) + 1)]
    means = [sum(some) / len(some) for some in lately]
    for values, colour, width in ((losses, "#9bb8d3", 1), (means, "#1f4e79", 2)):
        points = [number for step, loss in enumerate(values, 1) for number in at(step, loss)]
        picture.append(drawsvg.Lines(*points, fill="none", stroke=colour, stroke_width=width))
    for step, loss in held_out:
        picture.append(drawsvg.Circle(*at(step, loss), 4, fill="#c0504d"))
    legend = "loss per token of the answers over the steps: learnt (blue, mean dark), held out (red)"
    picture.append(drawsvg.Text(legend, 12, WIDTH / 2, EDGE / 2, text_anchor="middle"))
    return str(picture.as_svg())
