"""The objects of OpenAI's chat completions, as far as an assistant over one article has a use for them."""

import json
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from assistant.answer import Answer, Citation, Turn
from assistant.api.answering import Question
from assistant.api.limits import MAX_TOKENS, History, QuestionText
from assistant.version import NAME

MODEL = NAME
"""The one model there is: the assistant, whichever generator words its sentences."""

ACCEPTED: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "modalities": (["text"], []),
    "audio": (),
}
"""Parameters that would change what comes back, with the values (beside null) that do not."""

_T = TypeVar("_T")
_MARKER = re.compile(r"\[(\d+)\]")
_question: TypeAdapter[str] = TypeAdapter(QuestionText)
_history: TypeAdapter[list[Turn]] = TypeAdapter(History)


class TextPart(BaseModel):
    """A part of a message."""

    type: Literal["text"] = Field(description="only text can be read")
    text: str = Field(description="the text")


def _joined(content: Any) -> Any:
    """The text of a message that comes in parts."""
    if not isinstance(content, list):
        return content
    if not all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in content):
        raise PydanticCustomError("unsupported_part", "Only parts of type text can be read here")
    return "\n".join(part["text"] for part in content)


Content = Annotated[str, BeforeValidator(_joined, json_schema_input_type=str | list[TextPart])]


class ChatMessage(BaseModel):
    """One message of the conversation; further fields are not read."""

    role: Literal["system", "developer", "user", "assistant"] = Field(
        description="user and assistant are read; system and developer are not: instructions are our own"
    )
    content: Content = Field(description="text, whole or in parts of type text")


class StreamOptions(BaseModel):
    """What a stream should tell."""

    include_usage: bool | None = Field(None, description="send token counts in a last chunk")


class ChatRequest(BaseModel):
    """A conversation that ends with the user's question.

    Parameters that are not listed are not read. Those that would change what comes back are refused unless
    they ask for what is given anyway: `n` 1, `response_format` text, no tools, no logprobs, no audio.
    """

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "model": MODEL,
                    "messages": [{"role": "user", "content": "Which APIs does TorchServe support?"}],
                },
                {
                    "model": MODEL,
                    "messages": [{"role": "user", "content": "TorchServe 支持哪些 API?"}],
                    "stream": True,
                    "stream_options": {"include_usage": True},
                },
            ]
        },
    )

    messages: list[ChatMessage] = Field(
        min_length=1,
        max_length=200,
        description="oldest first, the last one the user's; before it at most 40 of 8,000 characters in all",
    )
    model: str = Field(
        MODEL, max_length=200, description="read by nobody: one assistant is served, and it names itself"
    )
    stream: bool | None = Field(False, description="send chunks as server-sent events")
    stream_options: StreamOptions | None = Field(None, description="only together with `stream`")
    language: Literal["auto", "zh", "en"] = Field(
        "auto", description="language of the answer (beyond OpenAI's protocol); auto: that of the question"
    )
    max_tokens: int | None = Field(
        None, ge=1, le=MAX_TOKENS, description="has no effect: an answer is a few sentences and never cut"
    )
    max_completion_tokens: int | None = Field(None, ge=1, le=MAX_TOKENS, description="as max_tokens")
    temperature: float | None = Field(
        None, ge=0, le=2, description="has no effect: the same question has the same answer"
    )
    top_p: float | None = Field(None, ge=0, le=1, description="has no effect, as temperature")

    _asked: Question = PrivateAttr()

    @property
    def question(self) -> Question:
        """The last message with those before it."""
        return self._asked

    @model_validator(mode="after")
    def _supported(self) -> "ChatRequest":
        for name, values in ACCEPTED.items():
            given = (self.model_extra or {}).get(name)
            if given is not None and not any(_same(given, value) for value in values):
                allowed = " or ".join(map(json.dumps, values)) or "nothing"
                raise PydanticCustomError(
                    "unsupported",
                    "The parameter {name} is not supported here; leave it out or send {allowed}",
                    {"name": name, "allowed": allowed},
                )
        if self.stream_options is not None and not self.stream:
            raise PydanticCustomError("no_stream", "stream_options can only be sent together with stream")
        return self

    @model_validator(mode="after")
    def _asks(self) -> "ChatRequest":
        turns = [
            Turn(role=message.role, content=message.content)
            for message in self.messages
            if message.role in ("user", "assistant")
        ]
        if not turns or turns[-1].role != "user":
            raise PydanticCustomError("no_question", "The last message should be the user's question")
        text = _checked(_question, turns[-1].content, "the last message")
        history = _checked(_history, turns[:-1], "the messages before the last")
        self._asked = Question(text, tuple(history), self.language)
        return self


def _checked(kind: TypeAdapter[_T], value: object, place: str) -> _T:
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        sentence = {"place": place, "fault": error.errors()[0]["msg"]}
        raise PydanticCustomError("unfit_message", "{place}: {fault}", sentence) from error


def _same(given: Any, value: Any) -> bool:
    """1 is not true here, as it is not in JSON."""
    return type(given) is type(value) and bool(given == value)


class UrlCitation(BaseModel):
    """Where in the message a marker stands, and what it cites."""

    start_index: int = Field(description="characters before the marker")
    end_index: int = Field(description="content[start_index:end_index] is the marker")
    title: str = Field(description="heading path of the passage")
    url: str = Field(description="the passage on this server")


class Annotation(BaseModel):
    """A citation as OpenAI's clients know it."""

    type: Literal["url_citation"] = Field(default="url_citation", description="always url_citation")
    url_citation: UrlCitation = Field(description="place and source")
    index: int = Field(description="its number among the annotations of the message, so that chunks add up")


class SourceName(BaseModel):
    """What a source is called."""

    id: str = Field(description="passage id")
    name: str = Field(description="heading path")
    url: str = Field(description="the passage on this server")


class SourceDetail(BaseModel):
    """What is known about the text of a source."""

    source: str = Field(description="the passage on this server")
    name: str = Field(description="passage id")
    language: Literal["zh", "en"] = Field(description="edition")
    quote: str = Field(description="the sentence(s) that support the claim, verbatim in the document")


class Source(BaseModel):
    """A cited passage as Open WebUI shows it; source i is marker i + 1."""

    source: SourceName = Field(description="its name")
    document: list[str] = Field(description="the whole passage, verbatim")
    metadata: list[SourceDetail] = Field(description="one for each document")


class Reply(BaseModel):
    """The assistant's message."""

    role: Literal["assistant"] = Field(default="assistant", description="always assistant")
    content: str = Field(description="the answer with markers like [1]")
    refusal: None = Field(default=None, description="always null")
    annotations: list[Annotation] = Field(description="every marker in the content, in order")


class Choice(BaseModel):
    """The one answer."""

    index: Literal[0] = Field(default=0, description="always 0")
    message: Reply = Field(description="the assistant's message")
    finish_reason: Literal["stop"] = Field(default="stop", description="always stop: an answer is never cut")
    logprobs: None = Field(default=None, description="always null")


class PromptDetails(BaseModel):
    """More about the prompt."""

    cached_tokens: int = Field(description="tokens that had been computed before")


class CompletionUsage(BaseModel):
    """Tokens of the generator; 0 where none was needed."""

    prompt_tokens: int = Field(description="tokens read")
    completion_tokens: int = Field(description="tokens written")
    total_tokens: int = Field(description="both together")
    prompt_tokens_details: PromptDetails = Field(description="more about those read")


class ChatCompletion(BaseModel):
    """A whole answer in OpenAI's shape."""

    id: str = Field(description="opaque id of this completion")
    object: Literal["chat.completion"] = Field(
        default="chat.completion", description="always chat.completion"
    )
    created: int = Field(description="seconds since 1970")
    model: str = Field(description="the assistant's name")
    choices: list[Choice] = Field(description="always one")
    usage: CompletionUsage = Field(description="token counts")
    sources: list[Source] = Field(description="the passages cited, in the order of their markers")
    assistant: Answer = Field(description="the answer object, as /v1/ask gives it")


class Model(BaseModel):
    """A model that can be asked."""

    id: str = Field(description="what to send as `model`")
    object: Literal["model"] = Field(default="model", description="always model")
    created: int = Field(description="seconds since 1970 when this server started")
    owned_by: str = Field(default=NAME, description="who serves it")


class ModelList(BaseModel):
    """All models: the assistant."""

    object: Literal["list"] = Field(default="list", description="always list")
    data: list[Model] = Field(description="the one model")


class Marked:
    """Text as it grows, with where its markers stand."""

    def __init__(self, passages: str) -> None:
        """`passages` is the address below which passages are served."""
        self._passages = passages
        self._length = self._count = 0
        self._cited: dict[int, Citation] = {}

    def add(self, text: str, cited: Iterable[Citation]) -> list[Annotation]:
        """The annotations of the next text; `cited` are the citations that are new in it."""
        self._cited |= {citation.marker: citation for citation in cited}
        found = []
        for marker in _MARKER.finditer(text):
            citation = self._cited.get(int(marker[1]))
            if citation is None:
                continue
            place = UrlCitation(
                start_index=self._length + marker.start(),
                end_index=self._length + marker.end(),
                title=citation.section,
                url=self._url(citation),
            )
            found.append(Annotation(url_citation=place, index=self._count))
            self._count += 1
        self._length += len(text)
        return found

    def sources(self, cited: Iterable[Citation]) -> list[Source]:
        """Citations as Open WebUI shows them."""
        return [
            Source(
                source=SourceName(id=one.passage_id, name=one.section, url=self._url(one)),
                document=[one.text],
                metadata=[
                    SourceDetail(
                        source=self._url(one), name=one.passage_id, language=one.language, quote=one.quote
                    )
                ],
            )
            for one in cited
        ]

    def _url(self, citation: Citation) -> str:
        return f"{self._passages}{citation.passage_id}"


def usage_of(answer: Answer) -> CompletionUsage:
    """An answer's token counts."""
    read, written = answer.timings.prompt_tokens, answer.timings.completion_tokens
    return CompletionUsage(
        prompt_tokens=read,
        completion_tokens=written,
        total_tokens=read + written,
        prompt_tokens_details=PromptDetails(cached_tokens=max(0, read - answer.timings.new_prompt_tokens)),
    )
