"""Self-training: a student annotates the texts that nobody annotated.

Plain text costs nothing, and many different sentences teach a student more than a few that it sees
again and again: see docs/results/recipes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from vermeil.data.document import Annotation, Document
from vermeil.data.progress import Progress, silent, with_stage_name
from vermeil.data.words import words_of
from vermeil.refinement.cache import cache_key, cached_probabilities
from vermeil.refinement.student_trainer import SIMPLE_MIX, ScorerSettings, fit_predict

VERSION = 1
"""Raised when the same inputs would give other probabilities, so that kept ones are not reused."""


def self_annotate(
    gold: Sequence[Document],
    silver: Sequence[Document],
    plain: Sequence[Document],
    scorer_settings: ScorerSettings,
    progress: Progress = silent,
) -> tuple[Document, ...]:
    """Return plain texts as a student of gold and silver annotates them.

    Args:
        gold: documents that people annotated.
        silver: documents that the teacher annotated, corrected.
        plain: documents without an annotation; none of them among the others.
        scorer_settings: how the student is trained: with Simple Mix.
        progress: told after every step.

    Returns:
        The plain documents, in order; spans have the origin ``student``.
    """
    own = scorer_settings.with_blending(SIMPLE_MIX)
    made_from = cache_key(f"self-training:{VERSION}", (gold, silver, plain), own)
    path = own.folder / f"{made_from}-{own.seed}-plain.npz"
    steps = with_stage_name(progress, "self-training")
    rows = cached_probabilities(path, partial(fit_predict, gold, silver, plain, own, steps))
    return tuple(
        d.with_annotation(_with_student_origin(own.task.decode(words_of(d), rows[d.id])))
        for d in plain
    )


def _with_student_origin(annotation: Annotation) -> Annotation:
    if annotation.spans is None:
        return annotation
    return replace(annotation, spans=tuple(replace(s, origin="student") for s in annotation.spans))
