"""The ``[run]``, ``[pilot]`` and ``[loop]`` sections."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from vermeil.section import Section
from vermeil.selection.ranking.config import StrategyName
from vermeil.teacher.config import DemonstrationKind


class RunConfig(Section):
    """Output folder and random seed."""

    output: Path = Path("vermeil-run")
    """Folder of all results; relative to the folder of vermeil.toml."""
    seed: int = 0
    """Seed of `vermeil run` and `vermeil train`; a study uses study.seeds."""


class PilotConfig(Section):
    """Prompt variants that `vermeil pilot` compares on a sample of gold."""

    documents: int = Field(default=150, ge=1)
    """Number of gold documents in the sample; groups are drawn whole. If demonstrations are
    compared, at most two thirds of gold, so that the rest can serve as demonstrations."""
    seed: int = 0
    """Seed of the sample and of the bootstrap."""
    models: tuple[str, ...] = ()
    """Models at the teacher's address; empty: teacher.model."""
    prompts: tuple[str, ...] = ()
    """Names of prompts; empty: all prompts of the task."""
    reply_formats: tuple[str, ...] = ()
    """Reply formats; empty: task.reply_format."""
    demonstrations: tuple[DemonstrationKind, ...] = Field(default=("none", "fixed"), min_length=1)
    """Kinds of demonstrations: none, fixed, covering or nearest; their number is
    teacher.demonstrations.count."""
    resamples: int = Field(default=2000, ge=100)
    """Number of bootstrap resamples for each interval."""


class LoopConfig(Section):
    """Rounds of `vermeil run --until`: documents per round, and dev."""

    documents: int = Field(default=20, ge=1)
    """Documents that a person reviews in a round, in the order of rank.strategy."""
    pool_documents: int | None = Field(default=None, ge=1)
    """Documents of the pool that the teacher annotates in each round, in addition to those before.
    none: the whole pool in one round."""
    teacher_strategy: StrategyName = "random"
    """Strategy of `vermeil rank` that chooses loop.pool_documents: random, diversity, uncertainty,
    cost_aware or allabel. Without a student, the order is random."""
    dev_share: float = Field(default=0.25, ge=0, lt=1)
    """Share of the reviewed groups that serve as dev if corpora.dev is not set. They are not
    trained on."""
