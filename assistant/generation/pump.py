"""A worker thread's pieces of text as an iterator that any thread may close, under one deadline."""

import atexit
import contextlib
import time
import weakref
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Event, Thread

from assistant.generation import stopping
from corpus.errors import AssistantError, GenerationError

Emit = Callable[[str], bool]
"""Hand over a piece of text, perhaps empty; returns True when the worker has to stop."""

EXIT_SECONDS = 5.0
"""How long the end of the program waits for a worker that has been told to stop."""


class Pump(Iterator[str]):
    """Runs `produce(emit)` in a thread from the first `next` on and yields what it emits.

    Does not know about models. `produce` polls by calling `emit("")` where it can. An exception in it is
    raised from the iteration, as is GenerationError when the whole takes longer than `deadline_seconds`, and
    the reason of a `Stop` that the iterating thread works under.
    """

    def __init__(self, produce: Callable[[Emit], None], deadline_seconds: float) -> None:
        self._queue: SimpleQueue[str | BaseException | None] = SimpleQueue()
        self._stopped = Event()
        self._thread = Thread(target=_work, args=(produce, self._queue, self._stopped), daemon=True)
        self._deadline_seconds = deadline_seconds
        self._deadline = 0.0

    def __next__(self) -> str:
        stop = stopping.current()
        stop.check()
        if self._stopped.is_set():
            raise StopIteration
        if not self._deadline:
            stop.then(lambda _: self.close())
            self._deadline = time.monotonic() + self._deadline_seconds
            self._thread.start()
            stop.works(self._thread)
            _running.add(self)
        try:
            item = self._queue.get(timeout=max(0.0, self._deadline - time.monotonic()))
        except Empty:
            self.close()
            raise GenerationError(
                f"The language model did not finish within {self._deadline_seconds:g} seconds: "
                "ask something shorter, choose a smaller model or raise ASSISTANT_DEADLINE_SECONDS."
            ) from None
        stop.check()
        if isinstance(item, str) and not self._stopped.is_set():
            return item
        self.close()
        if isinstance(item, BaseException):
            raise item
        raise StopIteration

    def close(self) -> None:
        """Have the worker stop at its next `emit`; returns at once. Any thread may call it, repeatedly."""
        self._stopped.set()
        self._queue.put(None)  # wakes an iteration that waits in another thread

    def wait(self, seconds: float | None = None) -> None:
        """Close, and return when the worker has ended, or after `seconds`."""
        self.close()
        with contextlib.suppress(RuntimeError):  # never started
            self._thread.join(seconds)

    def __del__(self) -> None:
        self.close()


def _work(
    produce: Callable[[Emit], None], queue: SimpleQueue[str | BaseException | None], stopped: Event
) -> None:
    def emit(piece: str) -> bool:
        if piece:
            queue.put(piece)
        return stopped.is_set()

    try:
        produce(emit)
        queue.put(None)
    except AssistantError as error:
        queue.put(error)
    except Exception as error:
        failure = GenerationError(f"The language model stopped half-way: {error}")
        failure.__cause__ = error
        queue.put(failure)


_running: weakref.WeakSet[Pump] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    """A worker inside a native library must not outlive the interpreter."""
    for pump in list(_running):
        pump.wait(EXIT_SECONDS)
