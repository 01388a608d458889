"""Errors over HTTP as RFC 9457 problem details: one sentence that a person can act on, never a traceback."""

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

_DETAILS = {
    404: "There is nothing at this address; /docs lists what there is.",
    405: "This address does not take that method; /docs lists those it does.",
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


def problem(status: int, detail: str, instance: str | None = None) -> Problem:
    """A problem whose title is the status in words."""
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, instance=instance)


def respond(status: int, detail: str, instance: str | None = None) -> JSONResponse:
    """A problem as a response; 503 says when to come back."""
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    body = problem(status, detail, instance).model_dump(exclude_none=True)
    return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries of the problems a route may answer with."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem."""
    app.add_exception_handler(AssistantError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _unexpected)


def _ours(request: Request, error: Exception) -> JSONResponse:
    status = error.status if isinstance(error, AssistantError) else 500
    return respond(status, str(error), request.url.path)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    status = 400 if any(fault["type"] == "json_invalid" for fault in faults) else 422
    return respond(status, _sentence(faults), request.url.path)


def _plain(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return respond(status, _DETAILS.get(status) or str(getattr(error, "detail", "")), request.url.path)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    return respond(500, "Something went wrong here; the server's log has the cause.", request.url.path)


def _sentence(faults: Any) -> str:
    """Name the fields and what is wrong with them, without echoing what was sent."""
    parts = []
    for fault in faults[:5]:
        place = ".".join(str(step) for step in fault["loc"][1:]) or "the body"
        parts.append(f"{place}: {fault['msg']}")
    return f"The request cannot be used ({'; '.join(parts)}). /docs shows what is expected."
