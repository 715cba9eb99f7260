"""The ``[run]`` and ``[pilot]`` sections."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from vermeil.section import Section
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
