"""Line breaks for text that comes piece by piece: between words, and between Chinese characters."""

import re

from rich.cells import cell_len

# What stays together: opening brackets, a Chinese character or a run of others, closing marks, markers.
_PIECE = re.compile(
    r"(\s*)((?:[（“‘「『《【])*(?:[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]"
    r"|[^\s\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff（“‘「『《【]+)?"
    r"(?:[。，、；：！？）】」』”’》…—]|\s?\[\d+\])*)"
)


class Flow:
    """Breaks text so that it fits `width` cells; None leaves it as it is. Each line gets the indent."""

    def __init__(self, width: int | None, indent: str = "") -> None:
        self.width, self.indent = width, indent
        self._column = 0

    def __call__(self, text: str) -> str:
        """The next piece of the text, with its line breaks."""
        return "\n".join(map(self._line, text.split("\n"), [False] + [True] * text.count("\n")))

    def _line(self, text: str, begins: bool) -> str:
        self._column = 0 if begins else self._column
        shown = ""
        for space, word in _PIECE.findall(text):
            if not space and not word:
                continue
            cells = cell_len(space + word)
            if self._column == 0:
                shown += self.indent + word
                self._column = cell_len(self.indent + word)
            elif self.width is not None and self._column + cells > self.width:
                shown += "\n" + self.indent + word
                self._column = cell_len(self.indent + word)
            else:
                shown += space + word
                self._column += cells
        return shown
