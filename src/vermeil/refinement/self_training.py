"""Self-training: a student annotates texts that have no annotation.

Many different sentences improve a student more than repetitions of a few: see
docs/results/recipes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from vermeil.data.annotation_spans import abstain_from_relations_below, with_origin
from vermeil.data.document import Annotation, Document
from vermeil.data.example import WordPairs
from vermeil.data.progress import Progress, silent, with_stage_name
from vermeil.data.relation import PairAbstention
from vermeil.data.words import words_of
from vermeil.refinement.cache import ClassProbabilities, cache_key, pairs_of
from vermeil.refinement.scorers.settings import GOLD_ONLY, SIMPLE_MIX, ScorerSettings
from vermeil.refinement.scorers.student_trainer import fit_predict
from vermeil.tasks.pair_task import pair_task
from vermeil.training.job import TrainJob

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
        The plain documents, in order. Their spans have the origin ``student``. Relations have
        scores; those below ``selection.threshold`` are unknown pairs.
    """
    own = settings.with_blending(SIMPLE_MIX if settings.job.silver else GOLD_ONLY)
    job = own.job
    has_relations = pair_task(job.task) is not None
    purpose = f"self-training:{VERSION}{':relations' if has_relations else ''}"
    key = cache_key(purpose, (job.gold, job.silver, plain), job)
    steps = with_stage_name(progress, "self-training")
    rows = own.cache.get(f"{key}-{job.seed}-plain", partial(fit_predict, job, plain, steps))
    return tuple(
        d.with_annotation(with_origin(_annotation(job, d, rows), "student")) for d in plain
    )


def _annotation(job: TrainJob, document: Document, rows: ClassProbabilities) -> Annotation:
    """Return the student's annotation of a document.

    A relation below ``selection.threshold`` becomes an unknown pair, and so does every pair of
    entities that no window holds.
    """
    words = words_of(document)
    annotation = job.task.decode(words, rows[document.id])
    task, table = pair_task(job.task), pairs_of(rows, document.id)
    if task is None or table is None:
        return annotation
    candidates = task.candidate_pairs(annotation, words)
    scored = np.rint(table[:, :2]).astype(np.int64)
    held = {(head, tail) for head, tail in scored.tolist()}
    lost = [PairAbstention(h, t) for h, t in candidates.pairs.tolist() if (h, t) not in held]
    found = task.decode_pairs(annotation, WordPairs(candidates.ranges, scored), table[:, 2:])
    known = replace(found, abstain_pairs=(*found.abstain_pairs, *lost))
    return abstain_from_relations_below(known, job.selection.threshold)
