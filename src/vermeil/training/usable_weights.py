"""Check before a training: the examples of each origin have loss weights above 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vermeil.data.example import IGNORED, BatchPlan, TrainingExample
from vermeil.errors import DataError

if TYPE_CHECKING:
    from vermeil.student.encoding.examples import EncodedCorpus

LEAST_WEIGHT = 1e-6
"""Smallest useful loss weight: a corpus of smaller weights trains nothing."""


def check_weights(gold: EncodedCorpus, silver: EncodedCorpus, plan: BatchPlan) -> None:
    """Raise `DataError` if the loss weights of all examples of an origin are 0, or nearly 0.

    An origin that the plan does not use is not checked.

    Args:
        gold: examples of documents that people annotated.
        silver: examples of documents that the teacher annotated.
        plan: the batch plan of both.
    """
    size = len(gold.examples)
    is_used = plan.times_seen(size + len(silver.examples)) > 0
    for name, corpus, used in (
        ("gold", gold, is_used[:size]),
        ("silver", silver, is_used[size:]),
    ):
        if not used.any():
            continue
        largest = max(_largest_weight(example) for example in corpus.examples)
        if largest < LEAST_WEIGHT:
            weights = "are 0" if largest == 0 else f"are below {LEAST_WEIGHT:g}"
            raise DataError(
                f"{name}: all loss weights {weights}, so nothing would be trained on this corpus; "
                f'correct "weight" of its documents and spans (corpora.{name}), or train without '
                f"it ({_OTHER_REGIMENS[name]})"
            )


_OTHER_REGIMENS = {
    "gold": "blending.regimen = silver_only",
    "silver": "blending.regimen = gold_only",
}


def _largest_weight(example: TrainingExample) -> float:
    return float(np.max(example.weights[example.classes != IGNORED], initial=0.0))
