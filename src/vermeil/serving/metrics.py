"""Metrics of the service for Prometheus."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Buckets of the batch size, in documents."""


class Metrics:
    """Metrics of one service in a separate registry."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "vermeil_requests", "Prediction requests.", ["status"], registry=self._registry
        )
        self.seconds = Histogram(
            "vermeil_request_seconds", "Seconds per request.", registry=self._registry
        )
        self.batch = Histogram(
            "vermeil_batch_documents",
            "Documents per batch.",
            buckets=_SIZES,
            registry=self._registry,
        )
        self.predicting_seconds = Counter(
            "vermeil_predicting_seconds", "Seconds of prediction.", registry=self._registry
        )
        self.waiting = Gauge(
            "vermeil_waiting_wordpieces",
            "Wordpieces waiting or being predicted.",
            registry=self._registry,
        )

    def observe_batch(self, documents: int, seconds: float) -> None:
        """Record the size and duration of one batch."""
        self.batch.observe(documents)
        self.predicting_seconds.inc(seconds)

    def render(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class MetricsMiddleware:
    """ASGI middleware that counts and times the requests for one path."""

    def __init__(self, app: ASGIApp, path: str, metrics: Metrics) -> None:
        self._app, self._path, self._metrics = app, path, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request, and record its status and duration."""
        if scope["type"] != "http" or scope["path"] != self._path:
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 500

        async def send_and_record(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_record)
        finally:
            self._metrics.requests.labels(str(status)).inc()
            self._metrics.seconds.observe(perf_counter() - started)
