"""What an operator watches, as Prometheus text.

Names follow OpenTelemetry's conventions for generative AI and HTTP servers as Prometheus writes them (dots as
underscores, the unit at the end); the queue's follow vLLM's. What is ours alone begins with `assistant_`.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from assistant.answer import Answer
from assistant.serving.admission import Admission
from assistant.serving.standby import Standby
from assistant.version import NAME, VERSION

LONG = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""Bounds in seconds, as the conventions advise for whole requests."""

FIRST = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
EACH = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nobody asked for

_COMMON = {"gen_ai_operation_name": "chat", "gen_ai_provider_name": NAME}


class Metrics:
    """One server's figures, in a registry of their own."""

    def __init__(self, standby: Standby, answers: Admission) -> None:
        self.registry = registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        common = tuple(_COMMON)
        self._duration = Histogram(
            "gen_ai_server_request_duration_seconds",
            "From a question's arrival to its whole answer, waiting included",
            (*common, "gen_ai_response_model", "error_type"),
            buckets=LONG,
            registry=registry,
        )
        self._first = Histogram(
            "gen_ai_server_time_to_first_token_seconds",
            "From the turn of a question to the first verified text",
            (*common, "gen_ai_response_model"),
            buckets=FIRST,
            registry=registry,
        )
        self._each = Histogram(
            "gen_ai_server_time_per_output_token_seconds",
            "Per token written by the model, its reading of the prompt included",
            (*common, "gen_ai_response_model"),
            buckets=EACH,
            registry=registry,
        )
        self._tokens = Histogram(
            "gen_ai_client_token_usage",
            "Tokens of the model per answer",
            (*common, "gen_ai_response_model", "gen_ai_token_type"),
            buckets=TOKENS,
            registry=registry,
        )
        self._http = Histogram(
            "http_server_request_duration_seconds",
            "Every request, by route and status",
            ("http_request_method", "http_route", "http_response_status_code"),
            registry=registry,
        )
        self.active = Gauge("http_server_active_requests", "Requests being served", registry=registry)
        self._outcomes = Counter(
            "assistant_answers", "Answers by how they ended", ("outcome", "language"), registry=registry
        )
        self._refused = Counter(
            "assistant_requests_refused", "Requests sent away at once", ("reason",), registry=registry
        )
        self._waited = Histogram(
            "assistant_request_queue_time_seconds",
            "How long a question waited for its turn",
            buckets=LONG,
            registry=registry,
        )
        running = Gauge("assistant_num_requests_running", "Questions being answered", registry=registry)
        running.set_function(lambda: answers.working)
        waiting = Gauge(
            "assistant_num_requests_waiting", "Questions waiting for their turn", registry=registry
        )
        waiting.set_function(lambda: answers.waiting)
        ready = Gauge("assistant_ready", "1 when models and index are loaded", registry=registry)
        ready.set_function(lambda: standby.ready)
        Gauge("assistant_info", "What runs here", ("version",), registry=registry).labels(VERSION).set(1)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that has ended."""
        self._http.labels(method, route, str(status)).observe(seconds)

    def refused(self, reason: str) -> None:
        """Count a request that found no place."""
        self._refused.labels(reason).inc()

    def waited(self, seconds: float) -> None:
        """Count how long a question waited."""
        self._waited.observe(seconds)

    def answered(self, answer: Answer, seconds: float) -> None:
        """Count an answer by what it says of itself."""
        labels, timings = {**_COMMON, "gen_ai_response_model": answer.model}, answer.timings
        self._duration.labels(**labels, error_type="").observe(seconds)
        self._outcomes.labels("abstained" if answer.abstained else "answered", answer.language).inc()
        if timings.first_token_ms is not None:
            self._first.labels(**labels).observe(timings.first_token_ms / 1000)
        if timings.completion_tokens:
            worked = (timings.total_ms - timings.retrieve_ms) / 1000
            self._each.labels(**labels).observe(worked / timings.completion_tokens)
        for kind, count in (("input", timings.prompt_tokens), ("output", timings.completion_tokens)):
            self._tokens.labels(**labels, gen_ai_token_type=kind).observe(count)

    def failed(self, error: BaseException, seconds: float) -> None:
        """Count an answer that was not finished, by the kind of error."""
        kind = type(error).__name__
        self._duration.labels(**_COMMON, gen_ai_response_model="", error_type=kind).observe(seconds)
        self._outcomes.labels(kind, "").inc()
