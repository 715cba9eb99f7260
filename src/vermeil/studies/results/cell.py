"""Result of one cell of a study: inputs, scores and the course of its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isclose
from typing import ClassVar

from pydantic import ConfigDict

from vermeil.evaluation.bootstrap import Comparison
from vermeil.studies.results.observation import Observation
from vermeil.studies.results.scores import LabelScore, ReportLabels, SplitScore
from vermeil.studies.results.values import (
    STRICT,
    Amount,
    Count,
    Number,
    Seed,
    Share,
    Tally,
    sum_tallies,
    tally_f1,
)

Losses = Mapping[str, Count | Mapping[str, Count]]
"""Named losses of encoding, by origin."""


@dataclass(frozen=True, slots=True)
class LossPoint:
    """Training loss and gold share, averaged over the steps up to one step."""

    step: Count
    loss: Number
    gold_share: Share
    learning_rate: Amount


@dataclass(frozen=True, slots=True)
class DevPoint:
    """F1 on a sample of dev after a step."""

    step: Count
    f1: Share


@dataclass(frozen=True, slots=True)
class GoldShares:
    """Planned and realised gold share over training, in three sequences of equal length."""

    progress: tuple[Share, ...] = ()
    planned: tuple[Share, ...] = ()
    realised: tuple[Share, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.progress) == len(self.planned) == len(self.realised):
            raise ValueError("progress, planned and realised have different lengths")


@dataclass(frozen=True, slots=True)
class Exposure:
    """Number of times that an example of one origin is in a batch."""

    examples: Count
    mean: Amount
    least: Count
    most: Count


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One bin of a reliability diagram; score and share are None without items."""

    low: Share
    high: Share
    number: Count
    score: Share | None
    correct: Share | None

    def __post_init__(self) -> None:
        if self.number and (self.score is None or self.correct is None):
            raise ValueError("a bin with items has no score or no share of correct items")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRecord:
    """Quality of one source of probabilities (see `vermeil.refinement.signal_quality`)."""

    items: Count
    share: Share
    auroc: Share | None
    auarc: Share | None
    ece: Share | None
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, slots=True)
class AnnotatorScore:
    """Scores of one annotator on gold."""

    overall: LabelScore
    per_label: Mapping[str, LabelScore]


@dataclass(frozen=True, slots=True)
class JudgeWeights:
    """Strength of the judge's prior, and the weights of its signals."""

    strength: Amount
    weights: Mapping[str, Number]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefinementRecord:
    """Correction of silver in a cell of the regimen auto (see `vermeil.refinement.report`)."""

    policy: str
    better_than_teacher: bool
    documents: Mapping[str, Count]
    changes: Mapping[str, Count]
    gold: Mapping[str, AnnotatorScore]
    gain: Comparison
    signals: Mapping[str, Mapping[str, SignalRecord]]
    judge: JudgeWeights

    def __post_init__(self) -> None:
        missing = {"written", "changed"} - self.documents.keys()
        missing |= {"correct", "missed"} - self.signals.keys()
        if missing:
            raise ValueError(f"documents or signals lack {', '.join(sorted(missing))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SilverGainRecord:
    """Effect of silver on gold in a cell of the regimen auto (`vermeil.refinement.silver_gain`).

    Args:
        with_silver: F1 of students of gold and silver on gold, out of fold.
        gold_only: F1 of students of gold only.
        gain: their difference.
        silver_used: the decision.
    """

    with_silver: Share
    gold_only: Share
    gain: Comparison
    silver_used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """A finished cell.

    Args:
        regimen: name of the regimen in the study.
        seed: seed of documents, batches and initialisation.
        budget: name of the budget.
        gold_documents: gold documents that the cell was trained on.
        silver_documents: silver documents that the cell was trained on.
        steps: optimiser steps.
        wordpieces: wordpieces of the training.
        seconds: duration of the training.
        key: digest of all inputs (see `vermeil.studies.cells.key`).
        dev: scores on dev; None without dev documents.
        test: scores on test; None without test documents.
        test_groups: items by group of the test documents.
        sizes: gold and silver documents of the cell's block; None in cells of the first version.
        losses: named losses of encoding, by origin.
        plan: gold share over training.
        exposure: passes over the examples, by origin.
        curve: training loss over training.
        dev_curve: F1 on a sample of dev over training; empty if training was not observed.
        predictions: predictions for the first test documents, by id.
        mechanism: measurements during training, if it was observed.
        refinement: correction of silver, for the regimen auto; None: silver was left out.
        silver_gain: the decision of the regimen auto whether silver is used.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    regimen: str
    seed: Seed
    budget: str
    gold_documents: Count
    silver_documents: Count
    steps: Count
    wordpieces: Count
    seconds: Amount
    key: str
    dev: SplitScore | None
    test: SplitScore | None
    test_groups: Mapping[str, Tally]
    losses: Losses
    plan: GoldShares
    curve: tuple[LossPoint, ...]
    dev_curve: tuple[DevPoint, ...]
    exposure: Mapping[str, Exposure] = field(default_factory=dict)
    sizes: tuple[Count, Count] | None = None
    predictions: Mapping[str, ReportLabels] = field(default_factory=dict)
    mechanism: Observation | None = None
    refinement: RefinementRecord | None = None
    silver_gain: SilverGainRecord | None = None

    def __post_init__(self) -> None:
        total = sum_tallies(self.test_groups.values())
        support, f1 = (
            (0, 0.0) if self.test is None else (self.test.overall.support, self.test.overall.f1)
        )
        if support != total[2] or not isclose(f1, tally_f1(total), abs_tol=1e-6):
            raise ValueError("the test score is not that of test_groups")
        if any(one[0] > min(one[1], one[2]) for one in self.test_groups.values()):
            raise ValueError("a group of test_groups has more correct than predicted or gold items")

    def score(self, split: str) -> SplitScore | None:
        """Return the scores on ``dev`` or ``test``."""
        return self.test if split == "test" else self.dev
