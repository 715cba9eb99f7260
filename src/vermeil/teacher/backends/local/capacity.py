"""Estimate of the model sizes that this machine can run as teachers, and of their speed.

No model is needed. A processor reads all weights of a model for every token that it writes, so the
speed of a reply is about the memory bandwidth divided by the size of the model. The estimate is
rough: measure a model that is here with ``vermeil annotate --dry-run``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.teacher.backends.local.layout import free_memory, usable_cores

MODEL_SIZES: dict[str, int] = {
    "0.5B": 491_400_064,
    "1.5B": 1_117_320_768,
    "3B": 2_100_000_000,
    "7B": 4_700_000_000,
    "14B": 9_000_000_000,
    "32B": 19_900_000_000,
}
"""Parameters of a model, and bytes of its file with about 4.5 bits per weight (q4_k_m).

The sizes above 1.5B are rounded.
"""

SENTENCES = 1000
REPLY_TOKENS = 40
"""Mean tokens of a reply about a newswire sentence, in JSON."""
NEW_PROMPT_TOKENS = 65
"""Mean tokens of a newswire sentence with its frame. The rest of the prompt is in the cache."""
_PROMPT_GAIN = 2.0
"""How many times faster a core reads tokens of a prompt than it writes tokens of a reply."""
_OVERHEAD = 1.15
"""Memory of a model with one slot of 4,096 tokens, relative to the file."""
_ENGINE_BYTES = 300_000_000
_USABLE_MEMORY = 0.8
_BLOCK_BYTES = 64_000_000
"""Memory that each thread reads in the measurement: more than the caches hold."""
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class ModelCapacity:
    """A size of model on this machine.

    Args:
        parameters: parameters of the model, in words.
        file_bytes: bytes of its file.
        memory_bytes: memory that it needs with one slot.
        fits: whether so much memory is free; None: not known.
        hours_per_1000: expected hours for 1,000 sentences.
    """

    parameters: str
    file_bytes: int
    memory_bytes: int
    fits: bool | None
    hours_per_1000: float

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "parameters": self.parameters,
            "file_bytes": self.file_bytes,
            "memory_bytes": self.memory_bytes,
            "fits": self.fits,
            "hours_per_1000_sentences": round(self.hours_per_1000, 2),
        }


def estimate_capacity(
    bandwidth: float | None = None, memory: int | None = None
) -> tuple[ModelCapacity, ...]:
    """Return every size in `MODEL_SIZES`, with its memory and expected time.

    Args:
        bandwidth: memory bandwidth of all cores together, in bytes per second; None: measured,
            which takes less than a second and 64 MB per core.
        memory: free bytes; None: those of this machine.
    """
    speed = measure_bandwidth(usable_cores()) if bandwidth is None else bandwidth
    free = free_memory() if memory is None else memory
    return tuple(_capacity(name, size, speed, free) for name, size in MODEL_SIZES.items())


def measure_bandwidth(cores: int) -> float:
    """Return the rate at which all cores together read memory, in bytes per second."""
    blocks = [np.ones(_BLOCK_BYTES // 4, dtype=np.float32) for _ in range(cores)]
    with ThreadPoolExecutor(cores) as pool:
        seconds = min(_read_all(pool, blocks) for _ in range(_ROUNDS))
    return sum(block.nbytes for block in blocks) / seconds


def _read_all(pool: ThreadPoolExecutor, blocks: Sequence[NDArray[np.float32]]) -> float:
    started = time.perf_counter()
    list(pool.map(np.max, blocks))
    return max(time.perf_counter() - started, 1e-9)


def _capacity(name: str, size: int, bandwidth: float, memory: int | None) -> ModelCapacity:
    needed = round(size * _OVERHEAD) + _ENGINE_BYTES
    seconds = size / bandwidth * (REPLY_TOKENS + NEW_PROMPT_TOKENS / _PROMPT_GAIN)
    fits = None if memory is None else needed <= _USABLE_MEMORY * memory
    return ModelCapacity(name, size, needed, fits, seconds * SENTENCES / 3600)
