"""Loss weights by origin, for plans of the mode ``weighting``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vermeil.data.example import BatchPlan, TrainingExample


def apply_origin_weights(
    examples: Sequence[TrainingExample], plan: BatchPlan
) -> tuple[Sequence[TrainingExample], BatchPlan]:
    """Multiply the examples' weights by a plan's loss weights, so that training needs no origins.

    Each use of an example in a step becomes a separate example. The copies share all arrays except
    for the weights.

    Args:
        examples: all examples, gold first, in the order of the plan's indices.
        plan: a plan; a plan without weights is returned unchanged.

    Returns:
        The examples, and a plan over them without weights.
    """
    if plan.origin_weights is None:
        return examples, plan
    weighted: list[TrainingExample] = []
    batches = []
    for factors, batch in zip(plan.origin_weights.astype(np.float32), plan.batches, strict=True):
        batches.append(np.arange(len(weighted), len(weighted) + len(batch)))
        for number in batch:
            example = examples[number]
            factor = factors[0 if number < plan.gold_examples else 1]
            weighted.append(_times(example, factor))
    return weighted, replace(plan, batches=tuple(batches), origin_weights=None)


def _times(example: TrainingExample, factor: np.float32) -> TrainingExample:
    pairs = example.pairs
    if pairs is not None:
        pairs = replace(pairs, weights=pairs.weights * factor)
    return replace(example, weights=example.weights * factor, pairs=pairs)
