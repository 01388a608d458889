"""A stop that reaches a working model from another thread: the asker left, or the time is up.

An answer is made in one thread, and that thread is inside the engine while the model reads its prompt: nobody
can close the iterator then. So whoever may want to stop holds a `Stop`, the thread works under it
(`with stop.here()`), and every generation that is begun there can be ended through it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock, Thread


class Stop:
    """Set once, by any thread; the first reason stays."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._reason: BaseException | None = None
        self._calls: list[Callable[[BaseException], object]] = []
        self._workers: list[Thread] = []

    def set(self, reason: BaseException) -> None:
        """Stop the work, which then raises `reason`; later calls do nothing."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            calls, self._calls = self._calls, []
        for call in calls:
            call(reason)

    def check(self) -> None:
        """Raise the reason, if it has been set."""
        if self._reason is not None:
            raise self._reason

    def then(self, call: Callable[[BaseException], object]) -> None:
        """Have `call` called with the reason once it is set: at once when it is already. Must not block."""
        with self._lock:
            if self._reason is None:
                self._calls.append(call)
                return
        call(self._reason)

    def works(self, worker: Thread) -> None:
        """A thread of the model works for this one; it ends by itself soon after a stop."""
        self._workers.append(worker)

    def settle(self, seconds: float) -> None:
        """Wait until those threads have ended: only then is the model free. Each gets `seconds`."""
        for worker in self._workers:
            worker.join(seconds)

    @contextmanager
    def here(self) -> Iterator[None]:
        """What this thread does in the block can be stopped."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


_current: ContextVar[Stop | None] = ContextVar("stop", default=None)


def current() -> Stop:
    """The stop that this thread works under; one that nobody sets where there is none."""
    return _current.get() or Stop()
