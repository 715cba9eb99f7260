"""Settings of the optimisation of prompts: the ``[optimize]`` section."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vermeil.section import Section
from vermeil.teacher.config import AdditionalTeacherConfig

OptimiserName = Literal["guidelines", "demonstrations", "variants", "reflective"]
"""The keys of `vermeil.prompting.optimisers.OPTIMISERS`."""


class OptimizeConfig(Section):
    """Optimisation of the prompt on gold: optimisers, folds and limits."""

    optimisers: tuple[OptimiserName, ...] = Field(default=("guidelines",), min_length=1)
    """Optimisers in this order; each starts with the result of the one before. guidelines: rules
    that the coach writes from errors. demonstrations: gold documents as examples. variants: the
    other prompts of the task. reflective: GEPA rewrites guidelines and label descriptions; needs
    the extra optimize."""
    coach: AdditionalTeacherConfig | None = None
    """Model that writes guidelines. Omitted keys have the values of [teacher]. none: the teacher
    itself. Example: coach = {model = "NAME"}."""
    coach_max_tokens: int = Field(default=2048, gt=0)
    """Maximum length of a reply of the coach, in tokens."""
    folds: int = Field(default=5, ge=2)
    """Number of parts of gold. A prompt is optimised on all parts but one and scored on that one.
    Groups are never divided."""
    documents: int = Field(default=60, ge=1)
    """Maximum number of gold documents on which an optimisation scores each candidate."""
    rounds: int = Field(default=2, ge=1)
    """guidelines: maximum number of replies of the coach that one optimisation uses."""
    rules: int = Field(default=6, ge=1)
    """guidelines: maximum number of rules from one reply of the coach."""
    examples: int = Field(default=30, ge=1)
    """Maximum number of errors in one request to the coach."""
    demonstrations: int = Field(default=3, ge=1)
    """demonstrations: maximum number of examples that are added to the prompt."""
    demonstration_candidates: int = Field(default=8, ge=1)
    """demonstrations: number of gold documents that are tried as examples; at most a third."""
    reflections: int = Field(default=12, ge=1)
    """reflective: maximum number of texts that the coach rewrites in one optimisation."""
    max_cost_usd: float | None = Field(default=None, ge=0)
    """Spending limit of the optimisation in US dollars, including its interrupted runs. none: no
    limit. teacher.max_cost_usd applies as well."""
    max_tokens_total: int | None = Field(default=None, ge=0)
    """Limit on the tokens of the optimisation. none: no limit."""
    max_calls: int | None = Field(default=5000, ge=0)
    """Limit on the number of requests of the optimisation, repeated attempts included. none: no
    limit."""
    resamples: int = Field(default=5000, ge=100)
    """Number of resamples for the interval and the p-values of the gain."""
    seed: int = 0
    """Seed of folds, samples and statistics."""
