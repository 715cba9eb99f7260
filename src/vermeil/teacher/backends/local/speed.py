"""Speed of engine processes, measured with a short request in every slot."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from vermeil.teacher.backends.base import BackendSpeed
from vermeil.teacher.backends.local.engine_process import EngineError, EngineProcess

_WORDS = 80
"""Words of the prompt of the measurement."""
_REPLY_TOKENS = 12
MAX_SECONDS = 600.0
"""Maximum time of the measurement, in seconds."""


def measure_speed(
    processes: Sequence[EngineProcess], max_seconds: float = MAX_SECONDS
) -> BackendSpeed:
    """Return the speed of processes when all of their slots work at the same time.

    Args:
        processes: running engines.
        max_seconds: maximum time to wait.

    Raises:
        EngineError: a process does not answer, or needs longer.
    """
    slots = [process for process in processes for _ in range(process.settings.slots)]
    started = time.monotonic()
    with ThreadPoolExecutor(len(slots)) as pool:
        answers = list(pool.map(partial(_answer, max_seconds), slots, range(len(slots))))
    seconds = time.monotonic() - started
    try:
        timings = [answer["timings"] for answer in answers]
        return BackendSpeed(
            slots=len(slots),
            prompt_tokens_per_second=sum(t["prompt_n"] / t["prompt_ms"] for t in timings) * 1000,
            reply_tokens_per_second=sum(t["predicted_n"] / t["predicted_ms"] for t in timings)
            * 1000,
            measured_seconds=seconds,
        )
    except (LookupError, TypeError, ZeroDivisionError) as error:
        raise EngineError(f"the engine reported no timings ({error!r})") from None


def _answer(max_seconds: float, process: EngineProcess, number: int) -> dict[str, Any]:
    # A prompt of its own in each slot, so that no slot uses the work of another one.
    words = " ".join(f"{number + 2}" if i == 0 else "river" for i in range(_WORDS))
    body = {
        "messages": [{"role": "user", "content": words}],
        "max_tokens": _REPLY_TOKENS,
        "temperature": 0,
        "ignore_eos": True,
        "cache_prompt": False,
    }
    return process.post("/v1/chat/completions", body, max_seconds)
