"""What the server remembers of the pages that are open: little, and of no more than the last thousands."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from assistant.web.desk import Progress

PAGES = 5000


@dataclass
class Watch:
    """The conversation and progress a page was last drawn with, and why its last act was refused.

    `latest` is the number of the event that watches for the page: the one that came last.
    """

    conversation: str = ""
    drawn: Progress | None = None
    refusal: str = ""
    latest: int = 0

    def begin(self) -> int:
        """The number of the event that watches from now on; those before it see that it is not theirs."""
        self.latest += 1
        return self.latest


class Watches:
    """A watch for each page, by the name that Gradio gives its session; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: OrderedDict[str, Watch] = OrderedDict()

    def of(self, page: str) -> Watch:
        """The watch of a page; a new one for a page that is new, or long forgotten."""
        with self._lock:
            watch = self._pages.setdefault(page, Watch())
            self._pages.move_to_end(page)
            if len(self._pages) > PAGES:
                self._pages.popitem(last=False)
            return watch

    def forget(self, page: str) -> None:
        """Keep no watch of a page."""
        with self._lock:
            self._pages.pop(page, None)
