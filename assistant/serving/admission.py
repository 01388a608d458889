"""Who may work now, who waits, and who is sent away at once.

A few work at the same time, some wait, and one client can neither fill the room nor push ahead: turns go
round the clients, and each has only so many places. Whoever finds no place is told so within milliseconds,
with the time after which to come back.
"""

import asyncio
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager

from corpus.errors import AssistantError

LONGEST_WAIT_S = 60
"""The longest time that a client is told to wait."""

FIRST_GUESS_S = 2.0
"""How long a turn takes, before one has been seen."""

_WEIGHT = 0.2
"""How much the newest turn counts in the mean duration."""


class RefusedError(AssistantError):
    """There is no place; `retry_after` is in seconds and `reason` a word for the figures."""

    status = 503
    reason = "full"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CrowdedError(RefusedError):
    """One client has taken all places that one client may have."""

    status = 429
    reason = "client"


class FullError(RefusedError):
    """All places are taken."""


class ClosingError(RefusedError):
    """The server is shutting down."""

    reason = "closing"


class Ticket:
    """A place in the room: `turn` is done when work may begin, or holds a late RefusedError."""

    def __init__(self, room: "Admission", client: str) -> None:
        self.turn: Future[None] = Future()
        self.client = client
        self.began: float | None = None
        self._room = room

    def leave(self) -> None:
        """Give the place up, waiting or working; safe to call twice."""
        self._room._leave(self)


class Admission:
    """Room for `at_once` who work and `waiting` who wait, `per_client` of them one client's. Thread-safe."""

    def __init__(self, at_once: int, waiting: int, per_client: int) -> None:
        self._at_once, self._most_waiting, self._per_client = at_once, waiting, per_client
        self._lock = threading.Lock()
        self._working: set[Ticket] = set()
        self._waiting: OrderedDict[str, deque[Ticket]] = OrderedDict()
        self._seconds = FIRST_GUESS_S
        self._closed = False

    @property
    def working(self) -> int:
        """How many work."""
        return len(self._working)

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._lock:
            return self._queued()

    def join(self, client: str) -> Ticket:
        """A ticket, whose turn may be now. Raises CrowdedError, FullError or ClosingError at once."""
        ticket = Ticket(self, client)
        with self._lock:
            self._refuse(client)
            self._waiting.setdefault(client, deque()).append(ticket)
            called = self._call()
        _begin(called)
        return ticket

    @asynccontextmanager
    async def place(self, client: str) -> AsyncIterator[None]:
        """Wait for the turn, work inside the block. Raises what `join` raises."""
        ticket = self.join(client)
        try:
            await asyncio.wrap_future(ticket.turn)
            yield
        finally:
            ticket.leave()

    def close(self) -> None:
        """Send away all who wait and all who come; those who work may finish."""
        with self._lock:
            self._closed = True
            left = [ticket for line in self._waiting.values() for ticket in line]
            self._waiting.clear()
        for ticket in left:
            if ticket.turn.set_running_or_notify_cancel():
                ticket.turn.set_exception(self._closing())

    def _refuse(self, client: str) -> None:
        if self._closed:
            raise self._closing()
        own = len(self._waiting.get(client, ())) + sum(ticket.client == client for ticket in self._working)
        if own >= self._per_client:
            raise CrowdedError(
                f"{own} requests of yours are being worked on; wait for one to end before you send the next.",
                self._patience(own),
            )
        queued = self._queued()
        if len(self._working) >= self._at_once and queued >= self._most_waiting:
            raise FullError("Too many requests are waiting here; try again later.", self._patience(queued))

    def _closing(self) -> ClosingError:
        return ClosingError("The server is shutting down; try again in a moment.", LONGEST_WAIT_S)

    def _patience(self, ahead: int) -> int:
        """Seconds until a place is likely free, with so many ahead."""
        return min(LONGEST_WAIT_S, max(1, math.ceil(self._seconds * (ahead + 1) / self._at_once)))

    def _queued(self) -> int:
        return sum(map(len, self._waiting.values()))

    def _call(self) -> list[Ticket]:
        """Those whose turn it is now, one client after the other."""
        called = []
        while self._waiting and len(self._working) < self._at_once:
            client, line = self._waiting.popitem(last=False)
            ticket = line.popleft()
            if line:
                self._waiting[client] = line
            self._working.add(ticket)
            ticket.began = time.monotonic()
            called.append(ticket)
        return called

    def _leave(self, ticket: Ticket) -> None:
        with self._lock:
            if ticket in self._working:
                self._working.remove(ticket)
                self._seconds += _WEIGHT * (time.monotonic() - (ticket.began or 0) - self._seconds)
            else:
                line = self._waiting.get(ticket.client, deque())
                if ticket in line:
                    line.remove(ticket)
                if not line:
                    self._waiting.pop(ticket.client, None)
            called = [] if self._closed else self._call()
        ticket.turn.cancel()
        _begin(called)


def _begin(called: list[Ticket]) -> None:
    """Tell them outside of the lock, for what waits for a turn may run at once in this thread."""
    for ticket in called:
        if ticket.turn.set_running_or_notify_cancel():
            ticket.turn.set_result(None)
        else:
            ticket.leave()
