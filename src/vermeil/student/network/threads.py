"""Number of compute threads on a processor: one or all, whichever is measured to be faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

MINIMUM_GAIN = 0.05
"""Smallest gain of several threads; below it one thread leaves the other cores to other work."""
HOPELESS = 3.0
"""Ratio to one thread at which a single step with several threads ends the measurement.

Threads wait for each other after every operation, so beside other work they may be ten times slower
than one."""

AVAILABLE = torch.get_num_threads()
"""Threads that torch uses by itself: the cores of this process, or OMP_NUM_THREADS."""

SecondsOf = Callable[[int], float]
"""Return the seconds of one unit of work with a number of threads."""


@dataclass(frozen=True, slots=True)
class ThreadChoice:
    """A number of threads and its measurement.

    Args:
        threads: number of threads to use.
        seconds: seconds of a step by number of threads; empty if nothing was measured.
    """

    threads: int
    seconds: Mapping[int, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the choice for the record of a training."""
        measured = {str(number): round(value, 4) for number, value in self.seconds.items()}
        return {"used": self.threads, **({"seconds_per_step": measured} if measured else {})}


def choose_threads(seconds_of: SecondsOf, available: int = AVAILABLE) -> ThreadChoice:
    """Return one thread or all, whichever is faster; one unless all gain `MINIMUM_GAIN`.

    Args:
        seconds_of: does one unit of work. The first call is not counted.
        available: number of threads to compare with one.
    """
    if available <= 1:
        return ThreadChoice(1)
    seconds_of(1)
    one, many = seconds_of(1), seconds_of(available)
    if many <= HOPELESS * one:
        many, one = seconds_of(available), min(one, seconds_of(1))
        many = min(many, seconds_of(available))
    faster = many < (1 - MINIMUM_GAIN) * one
    return ThreadChoice(available if faster else 1, {1: one, available: many})


def timed(run: Callable[[], object]) -> SecondsOf:
    """Return a function that sets the number of threads, runs some work and returns its seconds."""

    def seconds_of(threads: int) -> float:
        torch.set_num_threads(threads)
        began = time.perf_counter()
        run()
        return time.perf_counter() - began

    return seconds_of


class ThreadMeasurements:
    """The measurements of this process: one per kind and size of work."""

    def __init__(self) -> None:
        self._choices: dict[tuple[str, int], ThreadChoice] = {}

    def find(self, work: str, size: int) -> ThreadChoice | None:
        """Return an earlier choice; None: not measured yet."""
        return self._choices.get((work, size))

    def measure(self, work: str, size: int, run: Callable[[], object]) -> ThreadChoice:
        """Return the choice for some work, and use its number of threads from now on.

        Args:
            work: training or prediction.
            size: number of parameters of the network.
            run: does one unit of the work, without an effect on results.
        """
        choice = self._choices.get((work, size))
        if choice is None:
            choice = self._choices[work, size] = choose_threads(timed(run))
        torch.set_num_threads(choice.threads)
        return choice


MEASUREMENTS = ThreadMeasurements()
"""The measurements of this process."""
