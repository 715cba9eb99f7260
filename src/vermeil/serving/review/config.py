"""The ``[review]`` section."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from vermeil.section import Section


class ReviewConfig(Section):
    """Settings of `vermeil review open`: overlap of annotators, suggestions, small trainings."""

    overlap: float = Field(default=0.1, ge=0, le=1)
    """Share of the documents that two annotators review, to measure their agreement. All other
    documents are reviewed once."""
    nested: bool = False
    """Accept spans that share characters also without task.nested. Training needs task.nested for
    them."""
    idle_seconds: float = Field(default=60.0, gt=0)
    """Longest pause that counts as time of review. Longer pauses are cut to this length."""
    model: Path | None = None
    """Model folder of a student whose spans are shown. none: the model of the run, if there is
    one."""
    student_suggestions: bool = True
    """Suggest also the spans of the student that the queue does not have. They are reviewed like
    all suggestions."""
    teacher_words: bool = True
    """Show the stored replies of the teacher about a document."""
    training_wordpieces: int = Field(default=60_000, gt=0)
    """Budget in wordpieces of one small training that the page starts on request."""
    resamples: int = Field(default=1000, ge=100)
    """Number of bootstrap resamples for the intervals of agreement and of F1."""
