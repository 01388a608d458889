"""The HTTP door as an application of its own: every route, its documents, its errors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from assistant.api import advice, article, asking, chat, health, problems
from assistant.api.limits import MAX_BODY as MAX_BODY
from assistant.api.limits import MAX_HISTORY as MAX_HISTORY
from assistant.api.limits import MAX_QUESTION as MAX_QUESTION
from assistant.serving.authentication import OPEN
from assistant.serving.keys import Keys
from assistant.serving.service import Service
from assistant.serving.standby import Standby
from assistant.settings import Settings, load_settings
from assistant.version import NAME, VERSION

DESCRIPTION = """
Questions about the article in Chinese or English; answers in which every sentence cites the sentence of the
article that supports it, in both editions.

```sh
curl -s http://127.0.0.1:7860/v1/ask -H 'Content-Type: application/json' \\
     -d '{"question": "Which APIs does TorchServe support?"}'
```

- **Streaming**: the same with `-N -H 'Accept: text/event-stream'`.
- **OpenAI's clients**: base URL `http://127.0.0.1:7860/v1`, model `framework-assistant`.
- **Keys**: a server that others can reach wants `Authorization: Bearer KEY`; `assistant key NAME` makes one.
- **Errors** are RFC 9457 problem details (`application/problem+json`), or OpenAI's error object under
  `/v1/chat/completions` and `/v1/models`; each has a sentence that says what to do.
- **Overload**: 429 when you have too many requests under way, 503 when everybody together has; `Retry-After`
  says when to come back. Whoever hangs up stops the model.
- **Request ids**: send `X-Request-Id` or get one; it stands in the server's log.
"""


def create_api(standby: Standby, settings: Settings | None = None) -> FastAPI:
    """The API; `standby` is started with it and closed with it. `app.state.service` is what it works with."""
    service = Service(standby, settings or load_settings())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        standby.start()
        yield
        await to_thread.run_sync(service.close)

    app: FastAPI = FastAPIOffline(
        title=NAME,
        version=VERSION,
        summary="Cited answers from one article: PyTorch vs TensorFlow in 2022.",
        description=DESCRIPTION,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.service = service
    problems.install(app)
    for module in (asking, chat, article, advice, health):
        app.include_router(module.router)
    _document(app, with_keys=bool(Keys.of(service.settings)))
    return app


def _document(app: FastAPI, with_keys: bool) -> None:
    """Mend the OpenAPI document: no route has FastAPI's own shape of a validation error; some need a key."""
    document = app.openapi()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                del operation["responses"]["422"]
            if with_keys and path not in OPEN:
                operation["security"] = [{"key": []}]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    if with_keys:
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
