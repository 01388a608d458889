"""Questions are answered at a desk of the server's own, so that an answer outlives the page that asked.

A question is kept before anything else happens; one thread then answers what waits in its conversation, one
question after the other, and keeps each answer when it is whole. Pages only watch.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import CancelledError
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from assistant.answer import Answer, Citation, Event, Final, Language, Retrieved, SearchResult, Token
from assistant.api.answering import SlowError
from assistant.api.limits import MAX_HISTORY
from assistant.conversations import OFF, Conversations
from assistant.engine import Engine
from assistant.generation.stopping import Stop
from assistant.serving.admission import ClosingError, RefusedError, Ticket
from assistant.serving.service import Service
from assistant.serving.standby import NotReadyError
from assistant.web import failures
from assistant.web.failures import ManyWaitingError
from assistant.web.strings import strings
from assistant.web.unfinished import so_far
from corpus.errors import AssistantError, HistoryError, InputError

log = logging.getLogger(__name__)

MAX_WAITING = 3
"""Questions that may wait in one conversation."""

POLL_S = 0.1
"""How often a question that waits for the models looks whether it was stopped."""

Stage = Literal["loading", "queued", "searching", "reading", "writing"]


class StoppedError(AssistantError):
    """The visitor pressed stop."""


@dataclass(frozen=True)
class Progress:
    """How far the answer to `turn` has come, and which turns wait behind it."""

    turn: str
    stage: Stage
    waiting: tuple[str, ...] = ()
    passages: tuple[SearchResult, ...] = ()
    said: str = ""
    citations: tuple[Citation, ...] = ()


@dataclass
class _Work:
    """A conversation with something to answer."""

    owner: str
    conversation: str
    language: Language
    queue: deque[tuple[str, str]] = field(default_factory=deque)
    stop: Stop = field(default_factory=Stop)
    progress: Progress | None = None


class Desk:
    """Answers what is asked, conversation by conversation; thread-safe.

    `unkept` says why conversations are only remembered, where the file of them cannot be written.
    """

    def __init__(self, service: Service, store: Conversations) -> None:
        self.store = store
        self.unkept = ""
        self._service = service
        self._lock = threading.Lock()
        self._works: dict[str, _Work] = {}

    def ask(self, owner: str, conversation: str, question: str, language: Language) -> str:
        """Keep a question and have it answered; gives the turn's id. `language` is that of the page.

        Raises InputError where too many wait already, and HistoryError where it cannot be kept.
        """
        self._check(conversation)
        turn = self.store.ask(conversation, question)
        self._add(owner, conversation, turn, question, language)
        return turn

    def again(self, owner: str, conversation: str, turn: str, language: Language) -> None:
        """Have a question answered that was kept without an answer. Raises InputError as `ask` does."""
        self._check(conversation)
        kept = next((one for one in self.store.get(owner, conversation).turns if one.id == turn), None)
        if kept is not None and kept.answer is None:
            self._add(owner, conversation, turn, kept.question, language)

    def progress(self, conversation: str) -> Progress | None:
        """What is being answered in a conversation right now."""
        work = self._works.get(conversation)
        return work.progress if work else None

    def forget(self, reason: str) -> None:
        """Go on without the file: what is asked from now on is remembered until the server ends."""
        log.warning("%s", reason)
        self.store, self.unkept = Conversations.open(OFF), reason

    def close(self) -> None:
        """Stop everything; what is unanswered stays so."""
        for work in list(self._works.values()):
            work.queue.clear()
            work.stop.set(ClosingError("The server is shutting down.", 1))

    def stop(self, conversation: str) -> None:
        """Break off the answer in the making; what waits behind it goes on."""
        work = self._works.get(conversation)
        if work:
            work.stop.set(StoppedError("Stopped."))

    def _check(self, conversation: str) -> None:
        work = self._works.get(conversation)
        if work and len(work.queue) >= MAX_WAITING:
            raise ManyWaitingError(f"{MAX_WAITING} questions wait already; let one be answered first.")

    def _add(self, owner: str, conversation: str, turn: str, question: str, language: Language) -> None:
        with self._lock:
            work = self._works.get(conversation)
            if work is not None:
                if turn not in {work.progress.turn if work.progress else "", *(one for one, _ in work.queue)}:
                    work.queue.append((turn, question))
                    self._report(work)
                return
            work = self._works[conversation] = _Work(owner, conversation, language)
            work.queue.append((turn, question))
            work.progress = Progress(turn, "searching")
        threading.Thread(target=self._run, args=(work,), name=f"desk-{conversation[:8]}", daemon=True).start()

    def _run(self, work: _Work) -> None:
        """Answer until nothing waits."""
        while True:
            with self._lock:
                if not work.queue:
                    del self._works[work.conversation]
                    return
                turn, question = work.queue.popleft()
                work.stop = Stop()
                work.progress = Progress(turn, "searching")
                self._report(work)
            try:
                self._turn(work, turn, question)
            except HistoryError as error:
                self.forget(str(error))
            except InputError:
                log.info("a conversation was deleted while its question was being answered")

    def _turn(self, work: _Work, turn: str, question: str) -> None:
        """Answer one question and keep what came of it."""
        words, metrics, began = strings(work.language), self._service.metrics, time.monotonic()
        try:
            answer = self._answer(work, question)
            metrics.answered(answer, time.monotonic() - began)
            self.store.answer(turn, answer)
        except StoppedError as stopped:
            metrics.failed(stopped, time.monotonic() - began)
            now = work.progress
            if now and now.said:
                self.store.answer(turn, so_far(question, now.said, now.citations, words["stopped"]))
            else:
                self.store.fail(turn, words["stopped"])
        except ClosingError:
            log.info("a question stays unanswered, for the server is shutting down")
        except RefusedError as error:
            metrics.refused(error.reason)
            self.store.fail(turn, failures.sentence(error, work.language))
        except AssistantError as error:
            metrics.failed(error, time.monotonic() - began)
            self.store.fail(turn, failures.sentence(error, work.language))
        except Exception as error:
            log.exception("an answer broke off")
            metrics.failed(error, time.monotonic() - began)
            self.store.fail(turn, words["failed"])

    def _answer(self, work: _Work, question: str) -> Answer:
        """The whole answer. Raises StoppedError when it is broken off, SlowError when it takes too long."""
        history = self.store.get(work.owner, work.conversation).messages()[-MAX_HISTORY:]
        engine = self._engine(work)
        seconds = self._service.settings.answer_seconds
        slow = SlowError(f"The answer was not ready within {seconds:g} seconds; ask again, or ask less.")
        timer = threading.Timer(seconds, work.stop.set, [slow])
        ticket, asked = self._service.answers.join(work.owner), time.monotonic()
        work.stop.then(lambda _: ticket.leave())
        try:
            timer.start()
            if not ticket.turn.done():
                self._report(work, stage="queued")
            _wait(ticket, work.stop)
            self._service.metrics.waited(time.monotonic() - asked)
            self._report(work, stage="searching")
            with work.stop.here(), closing(_events(engine.stream(question, history))) as events:
                for event in events:
                    work.stop.check()
                    if isinstance(event, Final):
                        return event.answer
                    self._show(work, event)
        finally:
            timer.cancel()
            ticket.leave()
        raise AssistantError("The answer ended before it was whole; ask again.")

    def _engine(self, work: _Work) -> Engine:
        """The engine, once it is open. Raises what kept it from opening, or StoppedError."""
        while True:
            work.stop.check()
            try:
                return self._service.standby.wait(POLL_S)
            except NotReadyError:
                self._report(work, stage="loading")

    def _show(self, work: _Work, event: Retrieved | Token) -> None:
        """Report what pages show next."""
        now = cast(Progress, work.progress)
        if isinstance(event, Retrieved):
            self._report(work, stage="reading", passages=tuple(event.passages))
        else:
            citations = (*now.citations, *event.citations)
            self._report(work, stage="writing", said=now.said + event.text, citations=citations)

    @staticmethod
    def _report(work: _Work, **changes: object) -> None:
        if work.progress:
            waiting = tuple(turn for turn, _ in work.queue)
            work.progress = replace(work.progress, waiting=waiting, **changes)  # type: ignore[arg-type]


def _wait(ticket: Ticket, stop: Stop) -> None:
    """Until it is the ticket's turn. Raises the reason of a stop that comes first."""
    try:
        ticket.turn.result()
    except CancelledError:
        stop.check()
        raise


def _events(stream: Iterator[Event]) -> Generator[Event, None, None]:
    """The engine's stream as what it is: closing it ends the work."""
    return cast("Generator[Event, None, None]", stream)
