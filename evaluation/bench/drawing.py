"""How many answers stood after how many seconds, as a picture: a line for each kind of run."""

from collections.abc import Mapping, Sequence

import drawsvg

from evaluation.figures import percentile

WIDTH, HEIGHT, EDGE = 720, 360, 48
"""In pixels; the edge holds the numbers."""

COLOURS = ("#9bb8d3", "#1f4e79", "#7a9e4f", "#c0504d", "#8064a2", "#d99a3d")

GRID = 5


def draw(samples: Mapping[str, Sequence[float]]) -> str:
    """An SVG of the share of answers over seconds, a line for each name; there is at least one value."""
    most = max((percentile(values, 95) for values in samples.values()), default=1.0) * 1.1

    def at(seconds: float, share: float) -> tuple[float, float]:
        across, up = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE
        return EDGE + across * min(seconds / most, 1), HEIGHT - EDGE - up * share

    picture = drawsvg.Drawing(WIDTH, HEIGHT, font_family="sans-serif")
    picture.append(drawsvg.Rectangle(0, 0, WIDTH, HEIGHT, fill="white"))
    for line in range(GRID + 1):
        share, seconds = line / GRID, most * line / GRID
        picture.append(drawsvg.Line(*at(0, share), *at(most, share), stroke="#ddd"))
        picture.append(drawsvg.Text(f"{share:.0%}", 11, EDGE - 6, at(0, share)[1] + 4, text_anchor="end"))
        picture.append(
            drawsvg.Text(f"{seconds:.1f} s", 11, at(seconds, 0)[0], HEIGHT - EDGE + 18, text_anchor="middle")
        )
    for number, (name, values) in enumerate(samples.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = [at(0, 0)]
        for rank, value in enumerate(sorted(values), 1):
            points += [at(value, (rank - 1) / len(values)), at(value, rank / len(values))]
        flat = [number for point in points for number in point]
        picture.append(drawsvg.Lines(*flat, fill="none", stroke=colour, stroke_width=2))
        place = EDGE + number * (WIDTH - 2 * EDGE) / len(samples)
        picture.append(drawsvg.Text(name, 12, place, EDGE / 2, fill=colour))
    return str(picture.as_svg())
