"""Batch plans: the examples of each optimiser step.

A plan is a pure function of the example sizes, the regimen and the seed. Each origin is read in
passes, each in a new random order. So all examples of an origin are used equally often (± 1). Steps
are planned in windows. The examples of a window are sorted by length within each origin and cut
into one slice per step; step i gets slice i of both origins. So every batch has its planned gold
share and sequences of similar length (little padding). The order of steps within a window is
random.

In the mode ``weighting`` the batches are those of the regimen pooled, and the planned gold share of
a step is gold's share of its loss.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vermeil.blending.config import BlendingConfig
from vermeil.blending.regimens import Phase, make_phases, split_budget
from vermeil.blending.schedules import Schedule, constant
from vermeil.data.example import BatchPlan
from vermeil.errors import ConfigError

MAX_WINDOW_STEPS = 32
"""Steps per window with a constant gold share: enough for little padding."""

MIN_WINDOWS = 25
"""Minimum number of windows with a changing gold share, so that the plan follows it closely."""

ExampleSizes = NDArray[np.int64]


class _OriginReader:
    """An endless reader of the examples of one origin, which tracks the drawn wordpieces."""

    def __init__(self, sizes: ExampleSizes, first: int, rng: np.random.Generator) -> None:
        self._sizes, self._first, self._rng = sizes, first, rng
        self._order = np.zeros(0, np.int64)
        self._next = 0
        self._drawn = 0

    def draw(self, until: float) -> NDArray[np.int64]:
        """Return the next example indices.

        Args:
            until: total of wordpieces to draw, counted from the first draw.
        """
        drawn: list[int] = []
        while len(self._sizes):
            if self._next == len(self._order):
                self._order, self._next = self._rng.permutation(len(self._sizes)), 0
            index = int(self._order[self._next])
            size = int(self._sizes[index])
            if self._drawn + size / 2 > until:
                break
            drawn.append(self._first + index)
            self._next += 1
            self._drawn += size
        return np.array(drawn, np.int64)


def make_plan(
    gold_sizes: ExampleSizes,
    silver_sizes: ExampleSizes,
    config: BlendingConfig,
    seed: int,
    schedule: Schedule | None = None,
) -> BatchPlan:
    """Return the batch plan of a training.

    Args:
        gold_sizes: int64, shape (gold,): wordpieces of each gold example.
        silver_sizes: int64, shape (silver,): wordpieces of each silver example.
        config: regimen, schedule and budget.
        seed: random seed of the passes and of the order of steps.
        schedule: custom ``gold_share(t)`` instead of ``config.schedule``, for the regimen schedule.

    Returns:
        The plan. Its wordpieces equal the budget within half an example per origin.

    Raises:
        ConfigError: the schedule exceeds [0, 1], or the regimen has no schedule.
        TrainingError: an origin that the regimen uses is empty.
    """
    gold_sizes = np.asarray(gold_sizes, np.int64)
    silver_sizes = np.asarray(silver_sizes, np.int64)
    sizes = np.concatenate([gold_sizes, silver_sizes])
    parts = split_budget(
        config.regimen, config.budget, int(gold_sizes.sum()), int(silver_sizes.sum())
    )
    phases = make_phases(config, parts, schedule)
    drawn = phases
    if config.mode == "weighting":
        drawn = [Phase(parts.total, constant(parts.gold_fraction))]
    gold = _OriginReader(gold_sizes, 0, _generator(seed, "gold"))
    silver = _OriginReader(silver_sizes, len(gold_sizes), _generator(seed, "silver"))
    order = _generator(seed, "order")

    batches: list[NDArray[np.int64]] = []
    planned: list[float] = []
    starts: list[int] = []
    gold_due = silver_due = 0.0
    for phase, steps in zip(drawn, _steps(drawn, config.budget.batch_wordpieces), strict=True):
        starts.append(len(batches))
        shares = _shares(phase.gold_share, steps)
        per_step = phase.wordpieces / steps
        length = MAX_WINDOW_STEPS
        if np.ptp(shares) > 0:
            length = min(length, max(1, steps // MIN_WINDOWS))
        for start in range(0, steps, length):
            window = shares[start : start + length]
            gold_due += float(window.sum()) * per_step
            silver_due += float((1 - window).sum()) * per_step
            chosen = (gold.draw(gold_due), silver.draw(silver_due))
            slices = [_slices(numbers, sizes, len(window)) for numbers in chosen]
            for i in order.permutation(len(window)):
                batches.append(np.concatenate([part[i] for part in slices]))
            planned.extend(window)
    plan = _plan(batches, planned, sizes, len(gold_sizes))
    if config.mode == "weighting":
        plan, starts = _weight_plan(plan, phases)
    else:
        filled = np.cumsum([0, *(len(batch) > 0 for batch in batches)])
        starts = [int(filled[start]) for start in starts]
    begins = tuple(sorted({s for s in starts if s < plan.steps} | {0}))
    if config.restart_learning_rate:
        plan = replace(plan, restarts=begins)
    if config.restart_optimiser:
        plan = replace(plan, optimiser_restarts=begins[1:])
    return plan


def _shares(schedule: Schedule, steps: int) -> NDArray[np.float64]:
    """Return the gold share at the middle of each step."""
    shares = np.array([schedule((i + 0.5) / steps) for i in range(steps)])
    for i in np.flatnonzero(~((shares >= 0) & (shares <= 1)))[:1]:
        raise ConfigError(
            f"the schedule gives a gold share of {shares[i]:.4g} at progress "
            f"{(i + 0.5) / steps:.3f}; expected a share in [0, 1]"
        )
    return shares


def _plan(
    batches: list[NDArray[np.int64]], planned: list[float], sizes: ExampleSizes, gold_examples: int
) -> BatchPlan:
    kept = [i for i, batch in enumerate(batches) if len(batch)]
    wordpieces = np.array([sizes[batches[i]].sum() for i in kept], np.int64)
    gold = [sizes[batches[i][batches[i] < gold_examples]].sum() for i in kept]
    return BatchPlan(
        batches=tuple(batches[i] for i in kept),
        planned_share=np.array([planned[i] for i in kept], np.float64),
        realised_share=np.array(gold, np.float64) / np.maximum(wordpieces, 1),
        wordpieces=wordpieces,
        gold_examples=gold_examples,
    )


def _weight_plan(plan: BatchPlan, phases: list[Phase]) -> tuple[BatchPlan, list[int]]:
    """Return the plan with loss weights for the planned gold share, and the start of each phase.

    Batches with a single origin keep a weight of 1.
    """
    ends = np.cumsum([phase.wordpieces for phase in phases])
    bounds = np.round(np.concatenate([[0.0], ends / ends[-1]]) * plan.steps).astype(int)
    per_phase = [
        _shares(phase.gold_share, int(count))
        for phase, count in zip(phases, np.diff(bounds), strict=True)
    ]
    planned = np.concatenate(per_phase)
    sampled = plan.realised_share
    mixed = (sampled > 0) & (sampled < 1)
    weights = np.ones((plan.steps, 2))
    weights[mixed, 0] = planned[mixed] / sampled[mixed]
    weights[mixed, 1] = (1 - planned[mixed]) / (1 - sampled[mixed])
    realised = np.where(mixed, planned, sampled)
    weighted = replace(plan, planned_share=planned, realised_share=realised, origin_weights=weights)
    return weighted, bounds[:-1].tolist()


def _steps(phases: list[Phase], batch_wordpieces: int) -> list[int]:
    """Return the number of steps of each phase; their sum depends only on the total budget."""
    ends = np.cumsum([phase.wordpieces for phase in phases]) / batch_wordpieces
    rounded = np.round(ends).astype(int)
    return [max(1, int(n)) for n in np.diff(rounded, prepend=0)]


def _slices(numbers: NDArray[np.int64], sizes: ExampleSizes, count: int) -> list[NDArray[np.int64]]:
    """Return examples sorted by length, in ``count`` slices of about equal wordpieces."""
    ordered = numbers[np.argsort(sizes[numbers], kind="stable")]
    middles = np.cumsum(sizes[ordered]) - sizes[ordered] / 2
    total = float(sizes[ordered].sum())
    cuts = np.searchsorted(middles, total * np.arange(1, count) / count)
    return np.split(ordered, cuts)


def _generator(seed: int, purpose: str) -> np.random.Generator:
    """Return a separate random generator per purpose, so that draws do not affect each other."""
    digest = hashlib.sha256(f"plan:{seed}:{purpose}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
