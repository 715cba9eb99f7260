"""What students say about documents that they did not learn from: gold and silver, fold by fold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vermeil.blending.config import BlendingConfig
from vermeil.blending.regimens import SINGLE_ORIGIN
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent, with_stage_name
from vermeil.errors import DataError
from vermeil.refinement.cache import cache_key, cached_probabilities
from vermeil.refinement.student_trainer import ScorerSettings, fit_predict

VERSION = 3
"""Raised when the same inputs would give other probabilities, so that kept ones are not reused."""


def predict_out_of_fold(
    gold: Sequence[Document],
    silver: Sequence[Document],
    scorer_settings: ScorerSettings,
    folds: int,
    corrected: Sequence[Document] | None = None,
    progress: Progress = silent,
) -> dict[str, NDArray[np.float32]]:
    """Return class probabilities of all documents, each from a student that did not learn from it.

    Gold and silver are each cut into folds, whole groups at a time (see `deal`); for each fold a
    student is trained on all that is outside: so whoever is asked about silver has learnt all gold.
    Probabilities are kept in ``learning.folder``, so that what was interrupted goes on with the
    missing folds.

    Args:
        gold: documents that people annotated.
        silver: documents that the teacher annotated; none of them in gold.
        learning: how students are trained: the passes are over what a fold leaves; its seed draws
            the folds, too.
        folds: how many, of gold and of silver.
        corrected: silver as students are to learn it; gold is not asked about then, for who
            corrected silver has seen it.
        progress: told after every step of a student, and after every fold.

    Raises:
        DataError: there are fewer groups than folds, a fold would leave nothing of gold or silver
            to learn from, two documents have one id, or a kept file is broken.
    """
    _check_ids([*gold, *silver])
    fold_of = assign_folds(gold, silver, folds, scorer_settings.seed)
    _check_folds({"gold": gold, "silver": silver}, fold_of, scorer_settings.blending)
    wanted = sorted({fold for fold in fold_of.values() if corrected is None or fold >= folds})
    learnt = silver if corrected is None else corrected
    found: dict[str, NDArray[np.float32]] = {}
    for done, fold in enumerate(wanted, 1):
        asked = [d for d in (*gold, *silver) if fold_of[d.group_or_id] == fold]
        left = [[d for d in docs if fold_of[d.group_or_id] != fold] for docs in (gold, learnt)]
        own = replace(scorer_settings, seed=scorer_settings.seed * 2 * folds + fold)
        made_from = cache_key(f"out of fold:{VERSION}", (*left, asked), own)
        path = own.folder / f"{made_from}-{scorer_settings.seed}-{fold}of{2 * folds}.npz"
        steps = with_stage_name(progress, f"student of fold {done}")
        found |= cached_probabilities(
            path, partial(fit_predict, left[0], left[1], asked, own, steps)
        )
        progress("fold", done, len(wanted), {})
    return found


def _check_ids(documents: Sequence[Document]) -> None:
    """What students say is kept by id, and each corpus has ids of its own."""
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise DataError(
                f"{document.id!r} is the id of a document of gold and of another of silver; rename "
                "the documents of one of them"
            )
        seen.add(document.id)


def _check_folds(
    origins: Mapping[str, Sequence[Document]],
    fold_of: Mapping[str, int],
    blending: BlendingConfig,
) -> None:
    """No fold may hold all of an origin that the others are to learn from."""
    only = SINGLE_ORIGIN.get(blending.regimen)
    for name, documents in origins.items():
        groups = {d.group_or_id for d in documents}
        if only in (None, name) and len({fold_of[group] for group in groups}) < 2:
            raise DataError(
                f"all of {name} ({len(groups)} groups of documents) falls into one fold, and "
                f"nothing of it is left to learn from; give {name} of more groups, or set "
                "selection.folds higher (0: judge without students)"
            )


def assign_folds(
    gold: Sequence[Document], silver: Sequence[Document], folds: int, seed: int
) -> dict[str, int]:
    """Return the fold of every group.

    Groups with gold are dealt to the folds from 0 to ``folds`` - 1, all others to as many from
    ``folds`` on: who learns what is outside of one of these has all gold.

    Args:
        gold: documents that people annotated.
        silver: documents that the teacher annotated.
        folds: how many, of each.
        seed: draws them.

    Raises:
        DataError: there are fewer groups than folds.
    """
    of_gold = {d.group_or_id for d in gold}
    groups = sorted(of_gold | {d.group_or_id for d in silver})
    if len(groups) < folds:
        raise DataError(
            f"{len(groups)} groups of documents cannot be cut into {folds} folds; give more "
            "documents, or set selection.folds lower"
        )
    digest = hashlib.sha256(f"folds:{seed}".encode()).digest()
    order = np.random.default_rng(int.from_bytes(digest[:8], "big")).permutation(len(groups))
    dealt = [groups[index] for index in order]
    with_gold = [group for group in dealt if group in of_gold]
    others = [group for group in dealt if group not in of_gold]
    found = {group: place % folds for place, group in enumerate(with_gold)}
    return found | {group: folds + place % folds for place, group in enumerate(others)}
