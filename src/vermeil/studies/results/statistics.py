"""Statistics of a study over its cells: summary, comparisons, warnings and findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from vermeil.data.counts import ErrorKind
from vermeil.studies.results.values import Amount, Block, Count, Number, Seed, Share

Verdict = Literal["significant", "suggestive", "not_significant"]
FindingKind = Literal[
    "answer", "significant", "suggestive", "not_significant", "teacher", "note", "caution"
]
PValue = Annotated[float, Field(ge=0, le=1)]
Seeds = tuple[Seed, ...]


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A row of a statistic, with the block that it belongs to."""

    budget: str
    gold_documents: Count
    silver_documents: Count

    @property
    def block(self) -> Block:
        """The row's block."""
        return Block(self.budget, self.gold_documents, self.silver_documents)


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and spread of F1 over the seeds.

    Args:
        mean: mean of the known values.
        sd: sample standard deviation (divisor n − 1); None for a single value.
        values: F1 in the order of the seeds; None where it is unknown.
    """

    mean: Share
    sd: Share | None
    values: tuple[Share | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow(BlockRow):
    """Scores and length of training of one regimen in a block, over its seeds."""

    regimen: str
    seeds: Annotated[Seeds, Field(min_length=1)]
    test: Spread | None
    dev: Spread | None
    steps: Amount
    wordpieces: Amount
    seconds: Amount

    def __post_init__(self) -> None:
        for spread in (self.test, self.dev):
            if spread is not None and len(spread.values) != len(self.seeds):
                raise ValueError("there is not one score per seed")

    def score(self, split: str) -> Spread | None:
        """Return the spread of F1 on ``dev`` or ``test``."""
        return self.test if split == "test" else self.dev


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow(BlockRow):
    """A paired comparison of two regimens (see `vermeil.studies.statistics.compare.compare`)."""

    family: Literal["baseline", "blends"]
    regimen: str
    baseline: str
    seeds: Seeds
    difference: Number
    low: Number
    high: Number
    p_value: PValue
    per_seed: tuple[Number, ...]
    groups: Count
    resamples: Count
    p_holm: PValue
    family_size: Count
    verdict: Verdict
    p_randomisation: PValue | None = None
    p_randomisation_holm: PValue | None = None
    epsilon_min: Share | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MechanismPoint:
    """Means over the seeds of one measurement (see `vermeil.studies.statistics.mechanism`)."""

    progress: Share
    planned_share: Share
    f1: Share
    span_entropy: Amount | None
    overconfidence: Number | None
    clean_loss: Amount | None
    noisy_loss: Amount | None
    repeated: Share | None
    corrected: Share | None
    gold_silver: Number | None
    gold_dev: Number | None
    silver_dev: Number | None
    types: Mapping[str, Share | None]
    errors: Mapping[ErrorKind, Amount | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Outcomes of single spans between the turn and the end of training."""

    progress: Share
    kinds: Mapping[ErrorKind, tuple[Count, Count]]
    types: Mapping[str, tuple[Count, Count]]
    right: tuple[Count, Count]
    new: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class MechanismRow(BlockRow):
    """Observations of one regimen in a block, over its seeds."""

    regimen: str
    seeds: Count
    curve: Annotated[tuple[MechanismPoint, ...], Field(min_length=1)]
    turn: Turn | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedRow(BlockRow):
    """A regimen whose students have not finished learning in some cells.

    Args:
        regimen: the regimen.
        seeds: seeds of these cells.
        cells: number of all cells of the regimen in the block.
        reason: what the curves of the first of these cells show.
        suggested_budget: wordpieces to try; None if unknown.
    """

    regimen: str
    seeds: Seeds
    cells: Count
    reason: str
    suggested_budget: Count | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One or two sentences.

    Args:
        kind: kind of the statement.
        scope: budget and size of the statement, if the study has several; else empty.
        text: the statement.
    """

    kind: FindingKind
    scope: str
    text: str


@dataclass(frozen=True, slots=True)
class LeakCounts:
    """Texts that two splits share: identical and nearly identical ones."""

    exact: Count = 0
    near: Count = 0
