"""Self-training: a student annotates texts that have no annotation.

Many different sentences improve a student more than repetitions of a few: see
docs/results/recipes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from vermeil.data.annotation_spans import with_origin
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent, with_stage_name
from vermeil.data.words import words_of
from vermeil.refinement.cache import cache_key
from vermeil.refinement.scorers.settings import GOLD_ONLY, SIMPLE_MIX, ScorerSettings
from vermeil.refinement.scorers.student_trainer import fit_predict

VERSION = 1
"""Version of the method; a new version ignores the cached probabilities of earlier ones."""


def self_annotate(
    settings: ScorerSettings, plain: Sequence[Document], progress: Progress = silent
) -> tuple[Document, ...]:
    """Return plain texts with the annotations of a student of gold and silver.

    Args:
        settings: gold, silver and the settings of the student; the cache. It is trained with
            Simple Mix, or with gold only if there is no silver.
        plain: documents without an annotation that are neither in gold nor in silver.
        progress: called after every step of the student with stage, done, total and details.

    Returns:
        The plain documents, in order. Their spans have the origin ``student``.
    """
    own = settings.with_blending(SIMPLE_MIX if settings.job.silver else GOLD_ONLY)
    job = own.job
    key = cache_key(f"self-training:{VERSION}", (job.gold, job.silver, plain), job)
    steps = with_stage_name(progress, "self-training")
    rows = own.cache.get(f"{key}-{job.seed}-plain", partial(fit_predict, job, plain, steps))
    return tuple(
        d.with_annotation(with_origin(job.task.decode(words_of(d), rows[d.id]), "student"))
        for d in plain
    )
