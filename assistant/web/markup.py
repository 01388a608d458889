"""HTML from templates, escaped by default, in the form in which Gradio's Markdown passes it on untouched."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_END = re.compile(r"[^\s\u3000-\u9fff\uff00-\uffef]{0,20}\S$")

TEMPLATES = Path(__file__).parent / "templates"


def block(template: str, **context: Any) -> str:
    """A template as one HTML block: without a blank line, at which Markdown would end it.

    Every value is text, whatever stands in it, unless it comes from a template itself.
    """
    html = _environment().get_template(f"{template}.html").render(context)
    return "\n".join(line.strip() for line in html.splitlines() if line.strip())


def icon(name: str) -> Markup:
    """A symbol of the sprite in bar.html; what it means is said beside it."""
    return Markup('<svg class="icon" aria-hidden="true"><use href="#icon-{}"/></svg>').format(name)


def lines(text: str) -> Markup:
    """Text of several lines, as one line of HTML."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def kept(text: str) -> Markup:
    """Text of several lines inside an attribute, as one line of HTML that keeps them."""
    return Markup("&#10;").join(escape(line) for line in text.split("\n"))


def tied(text: str) -> tuple[str, str]:
    """(the text, its end), where the end is what a citation must not part from: a word, or a Chinese stop."""
    end = _END.search(text)
    return (text[: end.start()], end[0]) if end else (text, "")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"lines": lines, "kept": kept, "tied": tied}
    environment.globals["icon"] = icon
    return environment
