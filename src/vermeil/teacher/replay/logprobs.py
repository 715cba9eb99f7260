"""Log-probabilities in recordings: two lists beside each reply."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vermeil.data.logprobs import Logprobs
from vermeil.errors import DataError

ENDS, VALUES = "token_ends", "token_logprobs"


def logprobs_record(logprobs: Logprobs | None) -> dict[str, Any]:
    """Return the fields of a record; both None without log-probabilities."""
    if logprobs is None:
        return {ENDS: None, VALUES: None}
    return {ENDS: list(logprobs.ends), VALUES: list(logprobs.values)}


def recorded_logprobs(record: Mapping[str, Any], path: Path, line: int) -> Logprobs | None:
    """Return the log-probabilities of a recorded reply; None if it has none.

    Args:
        record: parsed record with the field ``reply``.
        path: its file, for error messages.
        line: its line, for error messages.

    Raises:
        DataError: the log-probabilities do not match the reply.
    """
    ends, values = record.get(ENDS), record.get(VALUES)
    if ends is None and values is None:
        return None
    try:
        if not (isinstance(ends, list) and all(type(end) is int for end in ends)):
            raise TypeError(f"{ENDS} is not a list of integers")
        logprobs = Logprobs(tuple(ends), tuple(map(float, values)))  # type: ignore[arg-type]
        if logprobs.length != len(record["reply"]):
            raise ValueError("the last token does not end where the reply ends")
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f'"{ENDS}" and "{VALUES}" do not match the reply ({error}); expected the end of each '
            "token in characters and its log-probability",
            path,
            line,
        ) from error
    return logprobs
