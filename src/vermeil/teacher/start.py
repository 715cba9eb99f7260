"""Start of a server by Vermeil, with a report of its speed before the first request."""

from __future__ import annotations

from vermeil.data.reply import Request
from vermeil.teacher.backends.base import Backend, StartedBackend
from vermeil.teacher.report import RunStatistics
from vermeil.teacher.tokens import UsageEstimate, count_characters


async def start_server(
    backend: Backend, first: Request, usage_estimate: UsageEstimate, statistics: RunStatistics
) -> None:
    """Start the server of a backend, unless it runs without Vermeil, and report its speed.

    Args:
        backend: the backend of a run.
        first: the first request, from which the time of the others is estimated.
        usage_estimate: expected tokens of a request.
        statistics: receives the speed and the expected time.

    Raises:
        TeacherError: the server cannot be started.
    """
    if not isinstance(backend, StartedBackend):
        return
    speed, characters = await backend.start(), count_characters(first)
    expected = usage_estimate.estimate(characters)
    # Instructions and demonstrations come first in every prompt, so they are read once.
    new = expected.prompt_tokens * len(first.text) / max(1, characters)
    statistics.report_speed(speed, speed.seconds(new, expected.completion_tokens))
