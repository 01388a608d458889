"""Requests come first: what is computed ahead runs after a while without any, and ends when one comes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from assistant.generation.pump import Pump


class Quiet:
    """Knows since when nothing has been asked, and what runs ahead meanwhile. Thread-safe."""

    def __init__(self, seconds: float) -> None:
        """It is quiet `seconds` after the last request has ended."""
        self._seconds = seconds
        self._changed = Condition()
        self._requests = 0
        self._since = time.monotonic()
        self._ahead: Pump | None = None
        self._closed = False

    @contextmanager
    def broken(self) -> Iterator[None]:
        """A request is being answered in the block; what runs ahead ends at its next look."""
        with self._changed:
            self._requests += 1
            self._end()
        try:
            yield
        finally:
            with self._changed:
                self._requests -= 1
                self._since = time.monotonic()
                self._changed.notify_all()

    def wait(self) -> bool:
        """Return once it is quiet; False when closed."""
        with self._changed:
            while not self._closed and (self._requests or self._left() > 0):
                self._changed.wait(None if self._requests else self._left())
            return not self._closed

    def run(self, pump: Pump) -> bool:
        """Work for nobody, to the end; False when a request came before it. Raises as the pump."""
        with self._changed:
            if self._requests or self._closed:
                return False
            self._ahead = pump
        try:
            for _ in pump:
                pass
        finally:
            with self._changed:
                whole = self._ahead is pump
                self._ahead = None
        return whole

    def close(self) -> None:
        """End what runs ahead and let nothing begin."""
        with self._changed:
            self._closed = True
            self._end()
            self._changed.notify_all()

    def _left(self) -> float:
        return self._since + self._seconds - time.monotonic()

    def _end(self) -> None:
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None
