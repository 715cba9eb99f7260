"""OpenTelemetry spans: names, numbers and states of the work, never its text.

Nothing is recorded or sent unless the user configures an exporter: a program with the SDK of
OpenTelemetry, or the command line with the standard variable ``OTEL_TRACES_EXPORTER``. This module
imports the API only, and only then.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any, Literal

from vermeil.errors import ConfigError

Attributes = dict[str, str | int | float | bool]
SpanType = Literal["internal", "client", "server"]

_API = "opentelemetry.trace"
_EXPORTER, _DISABLED = "OTEL_TRACES_EXPORTER", "OTEL_SDK_DISABLED"
_INSTALL = "opentelemetry-distro and opentelemetry-exporter-otlp-proto-http"


def configure_from_environment() -> None:
    """Configure the SDK of OpenTelemetry from its variables, if an exporter of traces is named.

    The package opentelemetry-distro offers this as the entry point ``opentelemetry_configurator``.

    Raises:
        ConfigError: the SDK or the exporter is not installed.
    """
    exporter = os.environ.get(_EXPORTER, "").strip()
    is_disabled = os.environ.get(_DISABLED, "").strip().lower() == "true"
    if exporter in ("", "none") or is_disabled:
        return
    found = tuple(entry_points(group="opentelemetry_configurator"))
    if not found:
        raise ConfigError(f"{_EXPORTER}={exporter} needs its SDK: install {_INSTALL}")
    try:
        found[0].load()().configure(auto_instrumentation_version="")
    except (RuntimeError, ImportError, ValueError) as error:
        raise ConfigError(
            f"{_EXPORTER}={exporter}: {error}; install its package, for example {_INSTALL}"
        ) from error


def is_on() -> bool:
    """Return whether spans may be recorded: the program has loaded OpenTelemetry."""
    return _API in sys.modules


@contextmanager
def span(
    name: str,
    attributes: Mapping[str, str | int | float | bool],
    kind: SpanType = "internal",
    carrier: Mapping[str, str] | None = None,
) -> Iterator[Attributes]:
    """Record the block as a span; an exception is recorded by the name of its class only.

    The span is not made the current one, so that a block may contain a ``yield``.

    Args:
        name: name of the span; it holds no text of documents.
        attributes: what is known at the start.
        kind: internal work, a request that is sent, or a request that is served.
        carrier: headers of the request that is served; its ``traceparent`` names the parent.

    Yields:
        A dictionary; what the block puts into it is added to the span at its end.
    """
    results: Attributes = {}
    if not is_on():
        yield results
        return
    from opentelemetry import propagate, trace

    parent = None if carrier is None else propagate.extract(carrier)
    tracer = trace.get_tracer("vermeil")
    started: Any = tracer.start_span(
        name, parent, trace.SpanKind[kind.upper()], attributes=dict(attributes)
    )
    try:
        yield results
    except BaseException as error:
        if not isinstance(error, GeneratorExit):
            results.setdefault("error.type", type(error).__name__)
        raise
    finally:
        for key, value in results.items():
            started.set_attribute(key, value)
        if "error.type" in results:
            started.set_status(trace.StatusCode.ERROR)
        started.end()
