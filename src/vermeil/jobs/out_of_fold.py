"""What students say about documents that they did not learn from: gold and silver, fold by fold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vermeil.blending.config import BlendingConfig
from vermeil.blending.regimens import SINGLE_ORIGIN
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.errors import DataError
from vermeil.jobs.kept_rows import Made, digest, kept
from vermeil.jobs.learning import Learning, ask, learn

VERSION = 2
"""Raised when the same inputs would give other probabilities, so that kept ones are not reused."""


Learnt = Callable[[Collection[str]], Sequence[Document]]
"""Held-out groups to the silver of other groups that students learn who are asked about them."""


def out_of_fold(
    gold: Sequence[Document],
    silver: Sequence[Document],
    learning: Learning,
    folds: int,
    learnt: Learnt | None = None,
    progress: Progress = silent,
) -> dict[str, NDArray[np.float32]]:
    """Return class probabilities of all documents, each from a student that did not learn from it.

    Gold and silver are cut into folds, whole groups at a time; for each fold a student is trained
    on the others. Its probabilities are kept in ``learning.folder``, so that what was interrupted
    goes on with the missing folds.

    Args:
        gold: documents that people annotated.
        silver: documents that the teacher annotated; none of them in gold.
        learning: how students are trained: the passes are over what a fold leaves; its seed draws
            the folds, too.
        folds: how many.
        learnt: what students learn in place of silver; None: silver as it is.
        progress: told after every fold.

    Raises:
        DataError: there are fewer groups than folds, a fold would leave nothing of gold or silver
            to learn from, two documents have one id, or a kept file is broken.
    """
    _check_ids([*gold, *silver])
    seed = learning.seed
    fold_of = deal(gold, silver, folds, seed)
    _check_folds({"gold": gold, "silver": silver}, fold_of, learning.blending)
    found: dict[str, NDArray[np.float32]] = {}
    for fold in range(folds):
        out = frozenset(group for group, own in fold_of.items() if own == fold)
        held_out = [d for d in (*gold, *silver) if d.group_or_id in out]
        own_gold = [d for d in gold if d.group_or_id not in out]
        own_silver = (
            [d for d in silver if d.group_or_id not in out] if learnt is None else learnt(out)
        )
        made_from = digest(
            f"out of fold:{VERSION}",
            (own_gold, own_silver, held_out),
            learning.task,
            learning.student,
            learning.blending,
        )
        own = replace(learning, seed=seed * folds + fold)
        make = partial(_learn, own_gold, own_silver, held_out, own)
        path = learning.folder / f"{made_from}-{seed}-{fold}of{folds}.npz"
        found |= kept(path, make)
        progress("fold", fold + 1, folds, {})
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


def deal(
    gold: Sequence[Document], silver: Sequence[Document], folds: int, seed: int
) -> dict[str, int]:
    """Return the fold of every group; those of gold are dealt first: each leaves most of gold.

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
    dealt = sorted((groups[index] for index in order), key=lambda group: group not in of_gold)
    return {group: place % folds for place, group in enumerate(dealt)}


def _learn(
    gold: Sequence[Document],
    silver: Sequence[Document],
    held_out: Sequence[Document],
    learning: Learning,
) -> Made:
    from vermeil.student.student import Student

    student = Student.create(learning.task, learning.student, learning.seed)
    learn(student, gold, silver, learning.blending, learning.seed)
    yield from ask(student, held_out)
