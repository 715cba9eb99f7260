"""Spans of requests to the teacher, after the GenAI conventions of OpenTelemetry."""

from __future__ import annotations

from vermeil import tracing
from vermeil.data.reply import Reply, Request
from vermeil.teacher.address import host_of
from vermeil.teacher.backends.base import AttemptError, Backend
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.prices import PER_DOLLAR, price_of


async def traced_complete(backend: Backend, request: Request, config: TeacherConfig) -> Reply:
    """Send a request once, as a span with model, tokens, cost and status; never the text.

    Args:
        backend: sends the request.
        request: the request.
        config: backend, address and prices.

    Raises:
        AttemptError: no reply was returned.
    """
    if not tracing.is_on():
        return await backend.complete(request)
    known: tracing.Attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": config.backend,
        "gen_ai.request.model": request.model,
        "server.address": host_of(config.base_url),
    }
    for name in ("temperature", "top_p", "max_tokens"):
        if isinstance(value := request.parameters.get(name), int | float):
            known[f"gen_ai.request.{name}"] = value
    with tracing.span(f"chat {request.model}", known, "client") as results:
        try:
            reply = await backend.complete(request)
        except AttemptError as fault:
            results["error.type"] = type(fault).__name__
            results["vermeil.error.scope"] = fault.scope.value
            raise
        results["gen_ai.usage.input_tokens"] = reply.usage.prompt_tokens
        results["gen_ai.usage.output_tokens"] = reply.usage.completion_tokens
        results["vermeil.finish_reason"] = reply.finish_reason
        if (price := price_of(config)) is not None:
            results["vermeil.cost_usd"] = price.cost(reply.usage) / PER_DOLLAR
    return reply
