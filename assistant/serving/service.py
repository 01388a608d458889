"""What one server holds: the engine on standby, room for those who ask, figures, threads to work in."""

from concurrent.futures import ThreadPoolExecutor

from assistant.serving.admission import Admission
from assistant.serving.metrics import Metrics
from assistant.serving.standby import Standby
from assistant.settings import Settings

LOOKUPS_AT_ONCE = 2
LOOKUPS_WAITING = 64
"""Searches take milliseconds of a processor each, so few run and many may wait."""


class Service:
    """Made with the application, started and closed with its server."""

    def __init__(self, standby: Standby, settings: Settings) -> None:
        self.standby, self.settings = standby, settings
        self.answers = Admission(
            settings.answers_at_once, settings.answers_waiting, settings.answers_per_client
        )
        self.lookups = Admission(LOOKUPS_AT_ONCE, LOOKUPS_WAITING, LOOKUPS_WAITING // 2)
        self.metrics = Metrics(standby, self.answers)
        self.threads = ThreadPoolExecutor(settings.answers_at_once, thread_name_prefix="answer")

    def refuse(self) -> None:
        """Take no more requests; those under way may end."""
        self.answers.close()
        self.lookups.close()

    def close(self) -> None:
        """Wait for the threads, which requests that ended have told to stop, and free the engine."""
        self.refuse()
        self.threads.shutdown()
        self.standby.close()
