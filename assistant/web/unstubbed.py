"""Importing Gradio without the type stubs that it would write beside its own source.

At every import it parses the source of each component, twice, and compares it with the stub: half of the
import's two seconds, for editors that nobody runs here. A class that stands in no file it leaves alone.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unstubbed() -> Iterator[None]:
    """In the block, Gradio's classes stand in no file."""
    find = inspect.getfile

    def getfile(object: Any) -> str:
        if str(getattr(object, "__module__", "")).startswith("gradio."):
            raise OSError(f"{object} is to have no stub")
        return find(object)

    inspect.getfile = getfile
    try:
        yield
    finally:
        inspect.getfile = find
