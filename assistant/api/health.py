"""HTTP routes for supervisors: is the process up, is it ready, what are its figures."""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from assistant.api import problems
from assistant.api.answering import service_of

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """What a supervisor wants to know."""

    status: Literal["ok", "ready"] = Field(description="ok: the process is up; ready: questions are answered")


@router.get("/healthz")
async def healthz() -> Health:
    """The process is up; needs no key."""
    return Health(status="ok")


@router.get("/readyz", responses=problems.documented(503))
async def readyz(request: Request) -> Health:
    """Models and index are loaded; 503 until then. Needs no key."""
    service_of(request).standby.get()
    return Health(status="ready")


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"description": "The figures", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems.documented(401),
    },
)
async def metrics(request: Request) -> Response:
    """Figures in Prometheus' text format, named after OpenTelemetry's conventions where there are any."""
    return Response(service_of(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)
