"""The guard of int8: F1 on gold, and agreement of its predictions with those of float32."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from vermeil.data.counts import MatchCounts

_RULE_OF_THREE = 3
"""Without a single event among n, an event rate above 3 / n is excluded at the level of 95 %."""

_LEAST_DIFFERENCE = 0.001
"""Smallest difference that the guard tries to exclude."""


@dataclass(frozen=True, slots=True)
class Int8Options:
    """Settings of the dynamic int8 quantisation of `vermeil.export`.

    Args:
        per_channel: use one scale per output channel; otherwise one per matrix.
        max_f1_loss: largest accepted loss of F1 on the checked documents.
        min_agreement: smallest accepted F1 between the predictions of int8 and of float32 on the
            checked documents.
    """

    per_channel: bool = True
    max_f1_loss: float = 0.003
    min_agreement: float = 0.98

    @property
    def needed_predictions(self) -> int:
        """Predictions that are needed to exclude a lower agreement than `min_agreement` (95 %)."""
        return math.ceil(_RULE_OF_THREE / max(1 - self.min_agreement, _LEAST_DIFFERENCE) - 1e-9)


@dataclass(frozen=True, slots=True)
class Int8Verdict:
    """Verdict of the guard.

    Args:
        agreement: F1 between the predictions of int8 and of float32; None: neither predicts any.
        compared: number of predictions of float32 on the checked documents.
        refused: why int8 is not kept; None if it is kept.
        undecided: why the checked documents are too few for a verdict; None if they are enough.
    """

    agreement: float | None
    compared: int
    refused: str | None = None
    undecided: str | None = None


def judge_int8(f1: Mapping[str, float], same: MatchCounts, options: Int8Options) -> Int8Verdict:
    """Return whether an int8 file is kept.

    Args:
        f1: F1 on gold of the student (``student``) and of int8 (``int8``).
        same: predictions of int8, scored with those of float32 as gold.
        options: the limits.
    """
    if not same.gold + same.predicted:
        return Int8Verdict(
            None,
            0,
            "int8 cannot be checked: neither int8 nor fp32 predicts any label on the documents of "
            "--check; give more documents, or use the fp32 file",
        )
    return Int8Verdict(
        same.f1, same.gold, _why_refused(f1, same, options), _why_undecided(same, options)
    )


def _why_refused(f1: Mapping[str, float], same: MatchCounts, options: Int8Options) -> str | None:
    problems = []
    loss = f1["student"] - f1["int8"]
    if loss > options.max_f1_loss:
        problems.append(
            f"int8 loses {loss:.4f} F1 (from {f1['student']:.4f} to {f1['int8']:.4f}), more than "
            f"the limit {options.max_f1_loss} (--limit)"
        )
    if same.f1 < options.min_agreement:
        problems.append(
            f"the predictions of int8 and fp32 ({same.predicted:,} and {same.gold:,}, equal "
            f"{same.correct:,}) agree with F1 {same.f1:.4f}, less than the limit "
            f"{options.min_agreement} (--agreement)"
        )
    if not problems:
        return None
    return (
        f"{'; '.join(problems)}. Try --per-channel or --per-tensor, change the limit, or use the "
        "fp32 file"
    )


def _why_undecided(same: MatchCounts, options: Int8Options) -> str | None:
    if same.gold >= options.needed_predictions:
        return None
    return (
        f"the documents of --check are too few to decide about int8: fp32 predicts {same.gold:,} "
        f"labels on them, and {options.needed_predictions:,} are needed to exclude an agreement "
        f"below {options.min_agreement} (95 %); check with more documents"
    )
