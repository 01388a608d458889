"""An engine that may still be opening: the doors are up at once and say so until it is ready."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING

from corpus.errors import AssistantError

if TYPE_CHECKING:
    from assistant.engine import Engine

log = logging.getLogger(__name__)


class NotReadyError(AssistantError):
    """The models are still being loaded."""

    status = 503


class Standby:
    """Opens one engine in a thread of its own, hands it out once it is there, and has it compute ahead."""

    def __init__(self, open_engine: Callable[[], "Engine"]) -> None:
        self._open = open_engine
        self._engine: Future[Engine] = Future()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._started = False

    def start(self) -> None:
        """Begin opening; later calls do nothing."""
        with self._lock:
            if self._started:
                return
            self._started = True
        threading.Thread(target=self._run, name="open-engine", daemon=True).start()

    def _run(self) -> None:
        try:
            engine = self._open()
        except AssistantError as error:
            self._engine.set_exception(error)
        except Exception as error:
            cause = f"The assistant could not start: {type(error).__name__}: {error}. Run `assistant doctor`."
            wrapped = AssistantError(cause)
            wrapped.__cause__ = error
            self._engine.set_exception(wrapped)
        else:
            self._engine.set_result(engine)
            if self._closed.is_set():
                engine.close()
            else:
                self._warm(engine)

    @staticmethod
    def _warm(engine: "Engine") -> None:
        try:
            engine.warm()
            engine.foresee()
        except AssistantError as error:  # the first question meets it again and says so
            log.warning("the prompts could not be computed ahead: %s", error)

    def wait(self, timeout: float | None = None) -> "Engine":
        """The engine, once open. Raises what opening raised, or NotReadyError after `timeout` seconds."""
        try:
            return self._engine.result(timeout)
        except FutureTimeoutError:
            raise NotReadyError("The models are still being loaded; try again in a few seconds.") from None

    def get(self) -> "Engine":
        """The engine, if it is open by now. Raises NotReadyError or what opening raised."""
        return self.wait(timeout=0)

    @property
    def opening(self) -> bool:
        """True until the engine is open or has failed to open."""
        return not self._engine.done()

    @property
    def ready(self) -> bool:
        """True once the engine is open."""
        return self._engine.done() and self._engine.exception() is None

    def close(self) -> None:
        """Free the engine, now or as soon as it is open."""
        self._closed.set()
        if self.ready:
            self._engine.result().close()
