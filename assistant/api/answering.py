"""A question's way through the server: its turn, a thread for the engine, the ways it may end early.

The engine is ordinary blocking code and knows nothing of clients, queues or clocks. Here a thread runs it
under a `Stop`; the client who leaves, the time limit and the server's end all set it, and the model stops
within a token or, while it reads the prompt, within a batch of it.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from concurrent.futures import Future
from contextlib import aclosing, closing, suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import cast

from fastapi import Request

from assistant.answer import Answer, Event, Final, Turn
from assistant.api import problems
from assistant.engine import Engine
from assistant.generation.stopping import Stop
from assistant.serving import journal
from assistant.serving.admission import RefusedError, Ticket
from assistant.serving.service import Service
from corpus.errors import AssistantError

log = logging.getLogger(__name__)

SETTLING_S = 10.0
"""A model that has been told to stop may still finish a batch of prompt; it gets so long."""

SIGN_OF_LIFE_S = 15.0
"""After so much silence a stream says that it is alive, for proxies that close silent connections."""


class GoneError(AssistantError):
    """The client left before its answer was complete."""

    status = problems.CLIENT_GONE


class SlowError(AssistantError):
    """The answer took longer than a request may."""

    status = 503


@dataclass(frozen=True)
class Question:
    """What is asked, as every route hands it on."""

    text: str
    history: Sequence[Turn] = ()
    language: str = "auto"


def service_of(request: Request) -> Service:
    """The server's own things."""
    service: Service = request.app.state.service
    return service


def client_of(request: Request) -> str:
    """Who asks: the name of its key, else its address."""
    known = getattr(request.state, "client", None)
    return known or (request.client.host if request.client else "unknown")


async def answer(request: Request, question: Question) -> Answer:
    """The whole answer. Raises as `events` does."""
    async with aclosing(events(request, question)) as steps:
        async for event in steps:
            if isinstance(event, Final):
                return event.answer
    raise AssistantError("The engine ended without an answer; ask again.")


async def events(request: Request, question: Question) -> AsyncGenerator[Event | None, None]:
    """The engine's events, with None after every `SIGN_OF_LIFE_S` of silence.

    Raises RefusedError when there is no place, NotReadyError, what the engine raises, SlowError when the time
    is up and GoneError when the client has left. Leaving it early stops the engine.
    """
    service = service_of(request)
    engine = service.standby.get()
    try:
        ticket = service.answers.join(client_of(request))
    except RefusedError as error:
        service.metrics.refused(error.reason)
        raise
    run = _Run(service, engine, ticket, question)
    watch = asyncio.create_task(_watch(request, run.stop))
    try:
        run.begin()
        async for event in run:
            if isinstance(event, Final):
                run.succeeded(request, event.answer)
            yield event
    except BaseException as error:
        run.failed(error)
        raise
    finally:
        watch.cancel()
        run.leave()


async def _watch(request: Request, stop: Stop) -> None:
    """The body has been read, so what comes next is that the client leaves."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    stop.set(GoneError("The client went away before the answer was complete."))


class _Run:
    """One answer being made. Everything that happens to it comes through one inbox."""

    def __init__(self, service: Service, engine: Engine, ticket: Ticket, question: Question) -> None:
        self._service, self._engine, self._ticket, self._question = service, engine, ticket, question
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[Event | BaseException] = asyncio.Queue()
        self._context = copy_context()
        self._asked = time.monotonic()
        self._done = False
        self.stop = Stop()
        self.stop.then(self._put)
        seconds = service.settings.answer_seconds
        slow = SlowError(f"The answer was not ready within {seconds:g} seconds; ask again, or ask less.")
        self._timer = self._loop.call_later(seconds, self.stop.set, slow)

    def begin(self) -> None:
        """Work as soon as it is this one's turn."""
        self._ticket.turn.add_done_callback(self._called)

    async def __aiter__(self) -> AsyncGenerator[Event | None, None]:
        while True:
            try:
                item = await asyncio.wait_for(self._inbox.get(), SIGN_OF_LIFE_S)
            except TimeoutError:
                yield None
                continue
            if isinstance(item, BaseException):
                raise item
            yield item
            if isinstance(item, Final):
                return

    def succeeded(self, request: Request, answer: Answer) -> None:
        """Write down the answer, before its reader may have left."""
        self._done = True
        seconds = time.monotonic() - self._asked
        self._service.metrics.answered(answer, seconds)
        words = {"question": answer.question, "answer": answer.answer}
        journal.note(
            request.scope,
            answer_id=answer.id,
            language=answer.language,
            abstained=answer.abstained,
            citations=len(answer.citations),
            model=answer.model,
            timings=answer.timings.model_dump(),
            **(words if self._service.settings.log_questions else {}),
        )

    def failed(self, error: BaseException) -> None:
        """Write down why there is no answer."""
        if isinstance(error, RefusedError):
            self._service.metrics.refused(error.reason)
        elif not self._done:
            cause = GoneError() if isinstance(error, GeneratorExit | asyncio.CancelledError) else error
            self._service.metrics.failed(cause, time.monotonic() - self._asked)

    def leave(self) -> None:
        """Nobody reads on: the work stops, and its thread gives the place up."""
        self._timer.cancel()
        self.stop.set(GoneError("Nobody waits for this answer any more."))
        if not self._ticket.turn.done():
            self._ticket.leave()

    def _put(self, item: Event | BaseException) -> None:
        with suppress(RuntimeError):  # the loop has closed: nobody reads
            self._loop.call_soon_threadsafe(self._inbox.put_nowait, item)

    def _called(self, turn: Future[None]) -> None:
        """The turn has come, or never will."""
        if turn.cancelled():
            return
        if error := turn.exception():
            self._put(error)
            return
        self._service.metrics.waited(time.monotonic() - self._asked)
        self._service.threads.submit(self._context.run, self._work)

    def _work(self) -> None:
        question = self._question
        try:
            with self.stop.here():
                self.stop.check()
                stream = self._engine.stream(question.text, question.history, question.language)
                with closing(cast("Generator[Event, None, None]", stream)) as steps:
                    for event in steps:
                        self.stop.check()
                        self._put(event)
        except BaseException as error:
            self._put(error)
        finally:
            self.stop.settle(
                SETTLING_S
            )  # else the next one would find the model at work, and its prompts gone
            self._ticket.leave()
