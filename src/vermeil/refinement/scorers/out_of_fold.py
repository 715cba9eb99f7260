"""Out-of-fold students: each predicts the documents of a fold that it was not trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vermeil.blending.regimens import REGIMENS
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent, with_stage_name
from vermeil.errors import DataError
from vermeil.refinement.cache import cache_key
from vermeil.refinement.scorers.settings import ScorerSettings
from vermeil.refinement.scorers.student_trainer import fit_predict
from vermeil.training.job import TrainJob

VERSION = 3
"""Version of the method; a new version ignores the cached probabilities of earlier ones."""


def predict_out_of_fold(
    settings: ScorerSettings,
    corrected: Sequence[Document] | None = None,
    progress: Progress = silent,
    *,
    gold_only: bool = False,
) -> dict[str, NDArray[np.float32]]:
    """Return class probabilities of all documents, each from a student not trained on it.

    Gold and silver are each cut into ``selection.folds`` folds, whole groups at a time (see
    `assign_folds`). For each fold, a student is trained on the documents of all other folds, so
    every student that scores silver was trained on all gold. The probabilities of each fold are
    cached, so that an interrupted run continues with the missing folds.

    Args:
        settings: gold, silver without the texts of gold, and the settings of the students; the
            cache. The seed also draws the folds.
        corrected: silver as the students are trained on it. Gold is then not scored: the corrected
            silver was derived from it, so scores on gold would leak.
        progress: called after every step of a student, and after every fold, with stage, done,
            total and details.
        gold_only: score gold and not silver.

    Raises:
        DataError: there are fewer groups than folds, a fold would leave no gold or no silver to
            train on, two documents have one id, or a cached file is broken.
    """
    job = settings.job
    folds = job.selection.folds
    _check_ids([*job.gold, *job.silver])
    fold_of = assign_folds(job.gold, job.silver, folds, job.seed)
    _check_folds(job, fold_of)
    kept = range(folds if corrected is not None else 0, folds if gold_only else 2 * folds)
    scored = sorted({fold for fold in fold_of.values() if fold in kept})
    silver = job.silver if corrected is None else corrected
    found: dict[str, NDArray[np.float32]] = {}
    for done, fold in enumerate(scored, 1):
        documents = [d for d in (*job.gold, *job.silver) if fold_of[d.group_or_id] == fold]
        gold_left, silver_left = (
            [d for d in origin if fold_of[d.group_or_id] != fold] for origin in (job.gold, silver)
        )
        trained_on = settings.with_documents(gold_left, silver_left)
        own = trained_on.with_seed(job.seed * 2 * folds + fold).job
        corpora = [gold_left, silver_left, documents]
        if settings.teacher:
            known = (d for d in documents if d.id in settings.teacher)
            corpora.append([d.with_annotation(settings.teacher[d.id]) for d in known])
        key = cache_key(f"out of fold:{VERSION}", corpora, own)
        steps = with_stage_name(progress, f"student of fold {done}")
        compute = partial(fit_predict, own, documents, steps, settings.teacher)
        found |= settings.cache.get(f"{key}-{job.seed}-{fold}of{2 * folds}", compute)
        progress("fold", done, len(scored), {})
    return found


def _check_ids(documents: Sequence[Document]) -> None:
    """Raise `DataError` if two documents have one id; probabilities are stored by id."""
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise DataError(
                f"{document.id!r} is the id of a document of gold and of another of silver; rename "
                "the documents of one of them"
            )
        seen.add(document.id)


def _check_folds(job: TrainJob, fold_of: Mapping[str, int]) -> None:
    """Raise `DataError` if one fold holds all documents of an origin to train on."""
    only = REGIMENS[job.blending.regimen].origin
    for name, documents in {"gold": job.gold, "silver": job.silver}.items():
        groups = {document.group_or_id for document in documents}
        if only in (None, name) and len({fold_of[group] for group in groups}) < 2:
            raise DataError(
                f"all of {name} ({len(groups)} groups of documents) is in one fold, which leaves "
                f"none of it to train on; give {name} of more groups, or set selection.folds "
                "higher (0: judge without students)"
            )


def assign_folds(
    gold: Sequence[Document], silver: Sequence[Document], folds: int, seed: int
) -> dict[str, int]:
    """Return the fold of every group.

    Groups with gold get folds from 0 to ``folds`` - 1, all others from ``folds`` on. So the
    documents outside one of the latter folds include all gold.

    Args:
        gold: documents that people annotated.
        silver: documents that the teacher annotated.
        folds: number of folds, of gold and of silver each.
        seed: draws the folds.

    Raises:
        DataError: there are fewer groups than folds.
    """
    gold_groups = {document.group_or_id for document in gold}
    groups = sorted(gold_groups | {document.group_or_id for document in silver})
    if len(groups) < folds:
        raise DataError(
            f"{len(groups)} groups of documents cannot be cut into {folds} folds; give more "
            "documents, or set selection.folds lower"
        )
    digest = hashlib.sha256(f"folds:{seed}".encode()).digest()
    order = np.random.default_rng(int.from_bytes(digest[:8], "big")).permutation(len(groups))
    shuffled = [groups[index] for index in order]
    with_gold = [group for group in shuffled if group in gold_groups]
    others = [group for group in shuffled if group not in gold_groups]
    fold_of = {group: place % folds for place, group in enumerate(with_gold)}
    return fold_of | {group: folds + place % folds for place, group in enumerate(others)}
