"""Errors over HTTP: one sentence that a person can act on, never a traceback.

Our own routes answer with RFC 9457 problem details; those that speak OpenAI's protocol with OpenAI's error
object, which its clients read.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from corpus.errors import AssistantError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5

OPENAI = ("/v1/chat/", "/v1/models")
"""Where OpenAI's error object is expected."""

CLIENT_GONE = 499
"""Nobody reads this status; logs show it, as nginx does."""

_DETAILS = {
    400: "The body cannot be read as JSON; /docs shows what is expected.",
    404: "There is nothing at this address; /docs lists what there is.",
    405: "This address does not take that method; /docs lists those it does.",
    408: "The body took too long to arrive; send the request again.",
    413: "The request is too large.",
}


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(
        default="about:blank", description="about:blank: the status says what kind of problem it is"
    )
    title: str = Field(description="the status in words")
    status: int = Field(description="the HTTP status")
    detail: str = Field(description="what was found, what was expected, what to do")
    instance: str | None = Field(default=None, description="the path that was asked for")


class OpenAIError(BaseModel):
    """What OpenAI's clients raise as an exception."""

    message: str = Field(description="what was found, what was expected, what to do")
    type: str = Field(description="kind of error, such as invalid_request_error or server_error")
    param: str | None = Field(None, description="the field at fault")
    code: str | None = Field(None, description="a word for programs, such as invalid_api_key")


class OpenAIErrorReply(BaseModel):
    """An error in the shape of OpenAI's protocol."""

    error: OpenAIError = Field(description="what went wrong")


def problem(status: int, detail: str, instance: str | None = None) -> Problem:
    """A problem whose title is the status in words."""
    title = "Client Closed Request" if status == CLIENT_GONE else HTTPStatus(status).phrase
    return Problem(title=title, status=status, detail=detail, instance=instance)


def openai_error(status: int, detail: str, param: str | None = None) -> OpenAIErrorReply:
    """The same as OpenAI says it."""
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    codes = {401: "invalid_api_key", 404: "not_found", 413: "request_too_large", 429: "rate_limit_exceeded"}
    kind = kinds.get(status, "server_error" if status >= 500 else "invalid_request_error")
    code = "overloaded" if status == 503 else codes.get(status)
    return OpenAIErrorReply(error=OpenAIError(message=detail, type=kind, param=param, code=code))


def respond(
    status: int,
    detail: str,
    instance: str | None = None,
    *,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error as a response, in the shape that belongs to the path; 503 says when to come back."""
    headers = dict(headers or {})
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    if instance is not None and instance.startswith(OPENAI):
        status = 400 if status == 422 else status
        return JSONResponse(openai_error(status, detail, param).model_dump(), status, headers=headers)
    body = problem(status, detail, instance).model_dump(exclude_none=True)
    return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries of the problems a route may answer with."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {status: {"description": _MEANING[status], "content": content} for status in statuses}


def documented_openai(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same for a route that speaks OpenAI's protocol."""
    return {status: {"description": _MEANING[status], "model": OpenAIErrorReply} for status in statuses}


_MEANING = {
    400: "The request is not JSON or cannot be used",
    401: "An API key is needed (servers that others can reach)",
    404: "There is nothing of that name",
    413: "The request is larger than 64 KiB",
    415: "The body is not sent as JSON",
    422: "The JSON is not what this address takes",
    429: "This client has too many requests under way; Retry-After says when to come back",
    503: "Not ready, overloaded, too slow or shutting down; Retry-After says when to come back",
}


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem; in no thread, for all may be at work when it matters."""
    app.add_exception_handler(AssistantError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _unexpected)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    status = error.status if isinstance(error, AssistantError) else 500
    retry_after = getattr(error, "retry_after", None)
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return respond(status, str(error), request.url.path, param=getattr(error, "param", None), headers=headers)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    path = request.url.path
    if any(fault["loc"][0] == "body" for fault in faults) and not _is_json(request):
        return respond(415, "Send the body as JSON, with the header `Content-Type: application/json`.", path)
    for fault in faults:
        if fault["type"] == "json_invalid":
            what, where = fault["ctx"]["error"], fault["loc"][1]
            return respond(400, f"The body is not JSON: {what} at character {where}.", path)
    return respond(422, _sentence(faults), path, param=_place(faults[0]) if faults else None)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


async def _plain(request: Request, error: Exception) -> JSONResponse:
    status, headers = 500, None
    if isinstance(error, HTTPException):
        status, headers = error.status_code, error.headers
    detail = _DETAILS.get(status) or str(getattr(error, "detail", ""))
    return respond(status, detail, request.url.path, headers=headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    return respond(500, "Something went wrong here; the server's log has the cause.", request.url.path)


def _sentence(faults: Any) -> str:
    """Name the fields and what is wrong with them, without echoing what was sent."""
    parts = [f"{_place(fault) or 'the body'}: {fault['msg']}" for fault in faults[:5]]
    return f"The request cannot be used ({'; '.join(parts)}). /docs shows what is expected."


def _place(fault: Any) -> str | None:
    """The field at fault; a name that the client made up is cut and made printable."""
    place = ".".join(str(step) for step in fault["loc"][1:])[:80]
    return place.encode("utf-8", "replace").decode() or None
