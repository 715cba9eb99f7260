"""Token counts in a server's response: counts that cannot be are replaced by none."""

from __future__ import annotations

from typing import Any

from vermeil.data.reply import Usage

MAX_COUNT = 10_000_000
"""Maximum plausible number of tokens of one prompt or reply. Larger counts are errors."""


def read_usage(prompt: Any, completion: Any, cached: Any = None) -> Usage | None:
    """Return the token counts of a response; None if one of them cannot be.

    A count is a non-negative integer, or None if the server does not report it. A server with an
    error may send any other JSON value.

    Args:
        prompt: tokens of the whole prompt.
        completion: tokens of the reply.
        cached: tokens of the prompt that were in the server's cache. An impossible number counts
            as 0, so that the whole prompt has the full price.
    """
    if not (_is_count(prompt) and _is_count(completion)):
        return None
    is_possible = _is_count(cached) and (cached or 0) <= (prompt or 0)
    return Usage(prompt or 0, completion or 0, (cached or 0) if is_possible else 0)


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object as it is, and an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def _is_count(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT
