"""HTTP routes that answer: /v1/ask as JSON or as server-sent events, and /v1/search."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel, ConfigDict, Field

from assistant.answer import Answer, Event, Final, SearchResult
from assistant.api import problems
from assistant.api.answering import Question, answer, client_of, events, service_of
from assistant.api.limits import MAX_RESULTS, History, QuestionText
from assistant.api.streaming import EVENT_STREAM, EventStream, broken_off, documented_events

router = APIRouter(prefix="/v1", tags=["answers"])

AskedLanguage = Literal["auto", "zh", "en"]

_EVENTS = """event: retrieved
data: {"passages": [{"passage_id": "en-deployment-torchserve-01", "…": "…"}]}

event: token
data: {"citations": [{"marker": 1, "…": "…"}], "text": "TorchServe supports both REST and gRPC APIs. [1]"}

event: final
data: {"id": "…", "answer": "TorchServe supports both REST and gRPC APIs. [1]", "…": "…"}

"""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskRequest(_Body):
    """A question, and what was said before it."""

    question: QuestionText = Field(description="in Chinese (either script) or English")
    history: History = Field(
        [], description="earlier messages, oldest first: at most 40, 8,000 characters in all"
    )
    language: AskedLanguage = Field("auto", description="language of the answer; auto: that of the question")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"question": "Which APIs does TorchServe support?"},
                {"question": "TorchServe 支持哪些 API?", "language": "en"},
                {
                    "question": "And TensorFlow?",
                    "history": [
                        {"role": "user", "content": "How does PyTorch deploy models?"},
                        {"role": "assistant", "content": "With TorchServe. [1]"},
                    ],
                },
            ]
        }
    )


class SearchRequest(_Body):
    """A query for passages."""

    query: QuestionText = Field(description="in Chinese or English")
    k: int = Field(5, ge=1, le=MAX_RESULTS, description="how many aligned pairs of passages at most")
    language: AskedLanguage = Field("auto", description="language shown; auto: that of the query")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "TensorFlow Lite 移动端部署", "k": 3}, {"query": "TFX"}]}
    )


class SearchResponse(BaseModel):
    """Passages found, best first, each aligned pair once."""

    results: list[SearchResult] = Field(description="best first, in the asker's language")


_ASK_REPLIES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer object, or the events that lead to it",
        "content": documented_events(_EVENTS, "retrieved", "token", "final", "error"),
    },
    **problems.documented(400, 401, 413, 415, 422, 429, 503),
}


@router.post("/ask", response_model=Answer, responses=_ASK_REPLIES)
async def ask(
    body: AskRequest, request: Request, accept: Annotated[str, Header(include_in_schema=False)] = ""
) -> Response | Answer:
    """Answer a question from the article, every sentence with its citation.

    With `Accept: text/event-stream` the answer comes as server-sent events: `retrieved` (the passages
    found), `token` (the next verified text, after the citations that are new in it) and `final` (the whole
    answer object, authoritative). A failure half-way comes as an `error` event that holds the problem; lines
    that begin with a colon are signs of life.

    Whoever hangs up stops the model.
    """
    question = Question(body.question, tuple(body.history), body.language)
    if EVENT_STREAM not in accept:
        return await answer(request, question)
    steps = events(request, question)
    first = await anext(steps)  # so that what cannot be answered is still a 4xx or a 503
    return EventStream(_as_events(first, steps))


@router.post("/search", responses=problems.documented(400, 401, 413, 415, 422, 429, 503))
async def search(body: SearchRequest, request: Request) -> SearchResponse:
    """The nearest passages, best first, each with its counterpart in the other edition; needs no model."""
    service = service_of(request)
    engine = service.standby.get()
    async with service.lookups.place(client_of(request)):
        results = await to_thread.run_sync(engine.search, body.query, body.k, body.language)
    return SearchResponse(results=results)


async def _as_events(first: Event | None, steps: AsyncGenerator[Event | None, None]) -> AsyncIterator[bytes]:
    try:
        async with aclosing(steps):
            yield _block(first)
            async for event in steps:
                yield _block(event)
    except Exception as error:
        status, detail = broken_off(error)
        problem = problems.problem(status, detail)
        yield format_sse_event(event="error", data_str=problem.model_dump_json(exclude_none=True))


def _block(event: Event | None) -> bytes:
    """An event in the wire format; None is a sign of life."""
    if event is None:
        return KEEPALIVE_COMMENT
    payload = event.answer if isinstance(event, Final) else event
    return format_sse_event(event=type(event).__name__.lower(), data_str=payload.model_dump_json())
