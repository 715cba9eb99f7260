"""Measurement of the teacher on doubly annotated gold, and the regimen that suits it."""

from __future__ import annotations

from collections.abc import Sequence

from vermeil.blending.advice import BlendAdvice, advise
from vermeil.data.document import Document
from vermeil.jobs.appraise import OVERALL, appraise
from vermeil.refinement.judge_corpora import divide_corpora
from vermeil.tasks.protocol import Task

MINIMUM_ITEMS = 20
"""With fewer gold labels the measurement says nothing."""


def blend_advice(
    gold: Sequence[Document], silver: Sequence[Document], task: Task
) -> BlendAdvice | None:
    """Return the advice for gold and silver; None if the teacher annotated too little gold.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of texts of gold and of others.
        task: defines how annotations are scored.

    Raises:
        DataError: gold and silver have different texts under one id.
    """
    both = divide_corpora([d for d in gold if not d.annotation.is_empty], silver)
    pairs = zip(both.gold, both.teacher_labels, strict=True)
    annotated = [g.with_annotation(own.annotation) for g, own in pairs]
    appraisal = appraise(annotated, both.gold, task)
    overall = appraisal.counts.overall
    if overall.gold < MINIMUM_ITEMS:
        return None
    return advise(overall.f1, appraisal.intervals[OVERALL]["f1"], len(both.gold))
