"""A running server asked as if it were the engine, so that no model has to be loaded twice."""

import json
from collections.abc import Iterator, Sequence

import httpx

from assistant.answer import Answer, Event, Final, Retrieved, Token, Turn
from corpus.errors import AssistantError, InputError

HEADERS = {"accept": "text/event-stream"}
TIMEOUT = httpx.Timeout(5.0, read=120.0)
"""Seconds: the server says every quarter of a minute that it is alive."""


class Remote:
    """The engine behind `url`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def stream(self, question: str, history: Sequence[Turn] = (), language: str = "auto") -> Iterator[Event]:
        """The server's events. Closing it ends the answer there. Raises AssistantError with its sentence."""
        body = {
            "question": question,
            "history": [turn.model_dump() for turn in history],
            "language": language,
        }
        try:
            with (
                httpx.Client(base_url=self.url, timeout=TIMEOUT, trust_env=False) as client,
                client.stream("POST", "/v1/ask", json=body, headers=HEADERS) as reply,
            ):
                if reply.status_code != 200:
                    raise _refusal(reply.status_code, reply.read())
                yield from _events(reply.iter_lines())
        except httpx.HTTPError as error:
            raise AssistantError(
                f"The server at {self.url} broke off ({type(error).__name__}); ask again with --no-server."
            ) from error


def _events(lines: Iterator[str]) -> Iterator[Event]:
    """Server-sent events of one line of data each; comments are signs of life."""
    kind, whole = "", False
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            kind = value
        elif field == "data":
            event = _event(kind, value)
            whole = whole or isinstance(event, Final)
            if event is not None:
                yield event
    if not whole:
        raise AssistantError("The server ended without an answer; ask again with --no-server.")


def _event(kind: str, data: str) -> Event | None:
    match kind:
        case "retrieved":
            return Retrieved.model_validate_json(data)
        case "token":
            return Token.model_validate_json(data)
        case "final":
            return Final(answer=Answer.model_validate_json(data))
        case "error":
            raise _refusal(503, data.encode())
    return None


def _refusal(status: int, body: bytes) -> AssistantError:
    """What a problem document says, as the error it is here."""
    try:
        detail = str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"The server answered with status {status}; ask again with --no-server."
    return InputError(detail) if status in (413, 422) else AssistantError(detail)
