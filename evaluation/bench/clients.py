"""Clients who stream answers over HTTP, and what each of them sees when."""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from assistant.answer import Answer
from corpus.errors import AssistantError
from evaluation.labelled import Question

PATIENCE = 180.0
"""Seconds that a client waits for the next event."""


@dataclass(frozen=True)
class Reading:
    """Seconds from the request to the first evidence, the first words and the whole answer; the answer."""

    evidence: float
    first: float
    whole: float
    answer: Answer


def client_of(url: str) -> httpx.Client:
    """A client of a server, to be used with `with`."""
    return httpx.Client(base_url=url, timeout=PATIENCE)


def ask(client: httpx.Client, question: Question) -> Reading:
    """Put one question. Raises AssistantError when the stream ends without an answer."""
    body = {"question": question.question, "history": [turn.model_dump() for turn in question.history]}
    seen: dict[str, float] = {}
    began = time.perf_counter()
    with client.stream("POST", "/v1/ask", json=body, headers={"Accept": "text/event-stream"}) as reply:
        event = ""
        for line in reply.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
                seen.setdefault(event, time.perf_counter() - began)
            elif name == "data" and event == "final":
                answer = Answer.model_validate(json.loads(value))
                return Reading(seen["retrieved"], seen["token"], seen["final"], answer)
            elif name == "data" and event == "error":
                raise AssistantError(f"{question.id} got no answer: {json.loads(value)['detail']}")
    raise AssistantError(f"{question.id} got no answer (status {reply.status_code}); see the server's log.")


def crowd(url: str, questions: Sequence[Question], clients: int = 1) -> tuple[list[Reading], float]:
    """So many clients, each of whom asks the next question once it has an answer; and seconds for all."""
    began = time.perf_counter()
    with client_of(url) as client, ThreadPoolExecutor(clients) as pool:
        readings = list(pool.map(lambda question: ask(client, question), questions))
    return readings, time.perf_counter() - began
