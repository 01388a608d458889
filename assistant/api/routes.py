"""The HTTP door: routes under /v1 over one engine, and what a supervisor asks for (/healthz, /readyz)."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from anyio import CancelScope, to_thread
from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.sse import format_sse_event
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import iterate_in_threadpool

from assistant.answer import Answer, Event, Final, SearchResult, Turn
from assistant.api import advice, article, problems
from assistant.engine import Engine
from assistant.serving.standby import Standby
from assistant.version import VERSION
from corpus.errors import AssistantError

log = logging.getLogger(__name__)

MAX_QUESTION = 2000
"""Characters of a question."""
MAX_HISTORY = 40
"""Earlier messages sent with a question."""
MAX_RESULTS = 10
MAX_BODY = 64 * 1024
"""Bytes of a request."""

EVENT_STREAM = "text/event-stream"
AskedLanguage = Literal["auto", "zh", "en"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskRequest(_Body):
    """A question, and what was said before it."""

    question: str = Field(
        min_length=1,
        max_length=MAX_QUESTION,
        description="in Chinese (either script) or English",
        examples=["Which framework has more pretrained models on HuggingFace?"],
    )
    history: list[Turn] = Field([], max_length=MAX_HISTORY, description="earlier messages, oldest first")
    language: AskedLanguage = Field("auto", description="language of the answer; auto: that of the question")


class SearchRequest(_Body):
    """A query for passages."""

    query: str = Field(min_length=1, max_length=MAX_QUESTION, examples=["TensorFlow Lite 移动端部署"])
    k: int = Field(5, ge=1, le=MAX_RESULTS, description="how many aligned pairs of passages at most")
    language: AskedLanguage = Field("auto", description="language shown; auto: that of the query")


class SearchResponse(BaseModel):
    """Passages found, best first, each aligned pair once."""

    results: list[SearchResult]


class Health(BaseModel):
    """What a supervisor wants to know."""

    status: Literal["ok", "ready"]


def create_api(standby: Standby) -> FastAPI:
    """The API as an application of its own; `standby` is started with it and closed with it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        standby.start()
        yield
        await to_thread.run_sync(standby.close)

    app: FastAPI = FastAPIOffline(
        title="framework-assistant",
        version=VERSION,
        summary="Cited answers from one article: PyTorch vs TensorFlow in 2022.",
        description="Errors are RFC 9457 problem details (`application/problem+json`).",
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.standby = standby
    problems.install(app)
    for router in (_health, _answers, article.router, advice.router):
        app.include_router(router)
    return app


def _standby(request: Request) -> Standby:
    standby: Standby = request.app.state.standby
    return standby


def _engine(standby: Annotated[Standby, Depends(_standby)]) -> Engine:
    return standby.get()


_health = APIRouter(tags=["health"])
_answers = APIRouter(prefix="/v1", tags=["answers"])


@_health.get("/healthz")
def healthz() -> Health:
    """The process is up."""
    return Health(status="ok")


@_health.get("/readyz", responses=problems.documented(503))
def readyz(engine: Annotated[Engine, Depends(_engine)]) -> Health:
    """Models and index are loaded; 503 until then."""
    return Health(status="ready")


@_answers.post(
    "/ask",
    response_model=Answer,
    responses={
        200: {
            "content": {
                EVENT_STREAM: {
                    "schema": {"type": "string"},
                    "example": 'event: token\ndata: {"text": "…", "citations": []}\n\n',
                }
            }
        },
        **problems.documented(400, 413, 422, 503),
    },
)
async def ask(
    body: AskRequest,
    request: Request,
    engine: Annotated[Engine, Depends(_engine)],
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response | Answer:
    """Answer a question from the article, every sentence with its citation.

    With `Accept: text/event-stream` the answer comes as server-sent events: `retrieved` (the passages found),
    `token` (the next verified text, with the citations that first appear in it) and `final` (the whole answer
    object, authoritative). A failure half-way comes as an `error` event that holds the problem.
    """
    events = engine.stream(body.question, body.history, body.language)
    if EVENT_STREAM in accept:
        first = await to_thread.run_sync(next, events)  # so that an unusable question is still a 4xx
        return StreamingResponse(
            _as_sse(first, events), media_type=EVENT_STREAM, headers={"X-Accel-Buffering": "no"}
        )
    return await _final(request, events)


@_answers.post("/search", responses=problems.documented(400, 413, 422, 503))
def search(body: SearchRequest, engine: Annotated[Engine, Depends(_engine)]) -> SearchResponse:
    """The nearest passages, best first, each with its counterpart in the other edition."""
    return SearchResponse(results=engine.search(body.query, body.k, body.language))


async def _as_sse(first: Event, events: Iterator[Event]) -> AsyncIterator[bytes]:
    """Events in the wire format; leaving early, as a disconnect does, stops the engine."""
    try:
        yield _event(first)
        async for event in iterate_in_threadpool(events):
            yield _event(event)
    except AssistantError as error:
        body = problems.problem(error.status, str(error))
        yield format_sse_event(event="error", data_str=body.model_dump_json(exclude_none=True))
    except Exception:
        log.exception("an answer broke off")
        body = problems.problem(500, "The answer broke off; the server's log has the cause.")
        yield format_sse_event(event="error", data_str=body.model_dump_json(exclude_none=True))
    finally:
        await _close(events)


async def _final(request: Request, events: Iterator[Event]) -> Answer:
    """The last event's answer; between events it is seen whether anybody still waits."""
    try:
        async for event in iterate_in_threadpool(events):
            if isinstance(event, Final):
                return event.answer
            if await request.is_disconnected():
                break
    finally:
        await _close(events)
    raise AssistantError("The client went away before the answer was complete.")


async def _close(events: Iterator[Event]) -> None:
    close = getattr(events, "close", None)
    if close:
        with CancelScope(shield=True):
            await to_thread.run_sync(close)


def _event(event: Event) -> bytes:
    payload = event.answer if isinstance(event, Final) else event
    return format_sse_event(event=type(event).__name__.lower(), data_str=payload.model_dump_json())
