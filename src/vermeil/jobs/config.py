"""The ``[run]`` and ``[pilot]`` sections."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from vermeil.section import Section


class RunConfig(Section):
    """Where results go, and the seed of everything that is drawn."""

    output: Path = Path("vermeil-run")
    """Folder of all results; relative to the folder of vermeil.toml."""
    seed: int = 0
    """Seed of `vermeil run` and `vermeil train`; a study has seeds of its own."""


class PilotConfig(Section):
    """Which ways to ask are compared on a sample of gold, before the pool is paid for."""

    documents: int = Field(default=150, ge=1)
    """Gold documents that are asked about, whole groups at a time; at most two thirds of gold where
    demonstrations are compared, so that some are left to show."""
    seed: int = 0
    """Seed of the sample and of the bootstrap."""
    models: tuple[str, ...] = ()
    """Models at the teacher's address; empty: teacher.model."""
    prompts: tuple[str, ...] = ()
    """Prompts; empty: all that the task has."""
    reply_formats: tuple[str, ...] = ()
    """Formats of the answer; empty: the task's."""
    demonstrations: tuple[Literal["none", "fixed", "nearest"], ...] = Field(
        default=("none", "fixed"), min_length=1
    )
    """Kinds of demonstrations; how many is said in [teacher.demonstrations]."""
    resamples: int = Field(default=2000, ge=100)
    """Bootstrap resamples behind each interval."""
