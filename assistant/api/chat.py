"""OpenAI's protocol over the same engine: chat completions, streamed or whole, and the list of models.

The text is the answer with its markers; where each marker stands and what it cites is in `annotations` (for
OpenAI's clients) and `sources` (for Open WebUI), and the whole answer object rides along as `assistant`.
"""

import json
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel

from assistant.answer import Answer, Event, Final, Token
from assistant.api import problems
from assistant.api.answering import answer, events
from assistant.api.article import NotFoundError
from assistant.api.completions import (
    MODEL,
    ChatCompletion,
    ChatRequest,
    Choice,
    Marked,
    Model,
    ModelList,
    Reply,
    usage_of,
)
from assistant.api.streaming import EventStream, broken_off, documented_events

router = APIRouter(prefix="/v1", tags=["OpenAI's protocol"])

STARTED = int(time.time())

_CHUNKS = """data: {"choices": [{"delta": {"role": "assistant", "content": ""}}], "…": "…"}

data: {"choices": [{"delta": {"annotations": [{"…": "…"}]}}], "sources": [{"…": "…"}], "…": "…"}

data: {"choices": [{"delta": {"content": "TorchServe supports both REST and gRPC APIs. [1]"}}], "…": "…"}

data: {"choices": [{"delta": {}, "finish_reason": "stop"}], "assistant": {"…": "…"}, "…": "…"}

data: [DONE]

"""

_COMPLETION_REPLIES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The completion, or its chunks",
        "content": documented_events(_CHUNKS, "message"),
    },
    **problems.documented_openai(400, 401, 413, 415, 429, 503),
}


@router.post("/chat/completions", response_model=ChatCompletion, responses=_COMPLETION_REPLIES)
async def complete(body: ChatRequest, request: Request) -> Response | ChatCompletion:
    """Answer the last message, for any client of OpenAI's protocol.

    The content is the `answer` of the answer object, which comes whole in `assistant`. With `stream`, chunks
    carry `delta.annotations` and `sources` before the text that uses them; the last chunk with a choice
    carries `assistant`. A failure half-way comes as an event that holds OpenAI's error object, then `[DONE]`.
    """
    completion = _Completion(str(request.url_for("passage", passage_id="-"))[:-1])
    if not body.stream:
        return completion.whole(await answer(request, body.question))
    steps = events(request, body.question)
    first = await anext(steps)
    with_usage = bool(body.stream_options and body.stream_options.include_usage)
    return EventStream(_as_chunks(completion, first, steps, with_usage))


@router.get("/models", responses=problems.documented_openai(401))
async def models() -> ModelList:
    """The models that can be asked: one, the assistant."""
    return ModelList(data=[Model(id=MODEL, created=STARTED)])


@router.get("/models/{model}", responses=problems.documented_openai(400, 401, 404))
async def model(
    model: Annotated[str, Path(max_length=200, description="id of the model", examples=[MODEL])],
) -> Model:
    """One model."""
    if model != MODEL:
        raise NotFoundError(f"There is no model of that name; there is {MODEL}.")
    return Model(id=MODEL, created=STARTED)


class _Completion:
    """Builds what a completion is made of; every chunk begins alike."""

    def __init__(self, passages: str) -> None:
        self._marked = Marked(passages)
        self._id, self._created = f"chatcmpl-{uuid.uuid4().hex}", int(time.time())

    def whole(self, answer: Answer) -> ChatCompletion:
        """The answer as one object."""
        found = self._marked.add(answer.answer, answer.citations)
        return ChatCompletion(
            id=self._id,
            created=self._created,
            model=MODEL,
            choices=[Choice(message=Reply(content=answer.answer, annotations=found))],
            usage=usage_of(answer),
            sources=self._marked.sources(answer.citations),
            assistant=answer,
        )

    def chunks(self, event: Event, with_usage: bool) -> Iterator[bytes]:
        """The chunks of an event; a source goes ahead of the text that uses it."""
        if isinstance(event, Token):
            if found := self._marked.add(event.text, event.citations):
                delta = {"annotations": _dump(found)}
                yield self._chunk(delta, with_usage, sources=_dump(self._marked.sources(event.citations)))
            yield self._chunk({"content": event.text}, with_usage)
        elif isinstance(event, Final):
            whole = event.answer.model_dump(mode="json")
            yield self._chunk({}, with_usage, finish_reason="stop", assistant=whole)
            if with_usage:
                yield self._event({"choices": [], "usage": usage_of(event.answer).model_dump()})
        else:
            yield self._chunk({"role": "assistant", "content": ""}, with_usage)

    def _chunk(
        self, delta: dict[str, Any], with_usage: bool, finish_reason: str | None = None, **more: Any
    ) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return self._event({"choices": [choice], **({"usage": None} if with_usage else {}), **more})

    def _event(self, fields: dict[str, Any]) -> bytes:
        head = {"id": self._id, "object": "chat.completion.chunk", "created": self._created, "model": MODEL}
        return _data(json.dumps({**head, **fields}, ensure_ascii=False))


async def _as_chunks(
    completion: _Completion, first: Event | None, steps: AsyncGenerator[Event | None, None], with_usage: bool
) -> AsyncIterator[bytes]:
    try:
        async with aclosing(steps):
            for block in _blocks(completion, first, with_usage):
                yield block
            async for event in steps:
                for block in _blocks(completion, event, with_usage):
                    yield block
    except Exception as error:
        yield _data(problems.openai_error(*broken_off(error)).model_dump_json())
    yield _data("[DONE]")


def _blocks(completion: _Completion, event: Event | None, with_usage: bool) -> Iterator[bytes]:
    return iter([KEEPALIVE_COMMENT]) if event is None else completion.chunks(event, with_usage)


def _data(text: str) -> bytes:
    return format_sse_event(data_str=text)


def _dump(models: Sequence[BaseModel]) -> list[dict[str, Any]]:
    return [model.model_dump() for model in models]
