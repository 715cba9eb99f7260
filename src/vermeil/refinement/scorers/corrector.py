"""A corrector: a student that reads what the teacher says, too, and says what it should have said.

First it is taught to restore the teacher's labels where errors were made in them at random, as
often as the teacher errs; then, on gold that the teacher annotated, too, to put the teacher's own
errors right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial

import numpy as np

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.progress import Progress, silent
from vermeil.data.words import words_of
from vermeil.refinement.cache import Made, Rows, digest, kept
from vermeil.refinement.judging import Taught
from vermeil.refinement.scorers.out_of_fold import deal
from vermeil.refinement.student_trainer import Learning, ask, learn
from vermeil.selection.corruption import corrupt, error_rates

VERSION = 2
"""Raised when the same inputs would give other probabilities, so that kept ones are not reused."""


def corrector_rows(
    taught: Taught, learning: Learning, folds: int, progress: Progress = silent
) -> Rows:
    """Return a corrector's class probabilities of all documents.

    Of a gold document they come from one whose second stage was without its fold; of silver, from
    one that was tuned on all gold, but for groups that gold has, too.

    Args:
        taught: gold that the teacher annotated, too, and the rest of silver.
        learning: encoder and budget: the first stage makes as many passes as there are over silver,
            the second as many as over gold.
        folds: parts of gold.
        progress: told after the first stage and after every fold of the second.

    Raises:
        ConfigError: the encoder cannot read what the teacher says, or the task labels whole texts.
        DataError: there are fewer groups than folds.
    """
    corpora = (taught.gold, taught.said, taught.silver)
    made_from = digest(f"corrector:{VERSION}", corpora, learning)
    path = learning.folder / f"{made_from}-{learning.seed}-corrector-{folds}.npz"
    return kept(path, partial(_learn, taught, learning, folds, progress))


def _learn(taught: Taught, learning: Learning, folds: int, progress: Progress) -> Made:
    from vermeil.student.student import Student

    fold_of = deal(taught.gold, taught.silver, folds, learning.seed)
    told = taught.told
    hints: dict[str, Annotation] = {d.id: d.annotation for d in told}
    erred = list(_erred(taught, told, learning, hints))
    corrector = Student.create(learning.task, learning.student, learning.seed, hints)
    learn(corrector, (), erred, learning.blended("silver_only", silver_epochs=1), learning.seed)
    restored = deepcopy(corrector.network.state_dict())
    progress("corrector", 1, folds + 2, {})
    # All silver that shares no group with gold is asked about after all gold.
    part_of = {group: min(fold, folds) for group, fold in fold_of.items()}
    for part in range(folds + 1):
        corrector.network.load_state_dict(restored)
        own = [d for d in taught.gold if part_of[d.group_or_id] != part]
        seed = learning.seed * (folds + 1) + part
        learn(corrector, own, (), learning.blended("gold_only"), seed)
        yield from ask(corrector, [d for d in told if part_of[d.group_or_id] == part])
        progress("corrector", part + 2, folds + 2, {})


def _erred(
    taught: Taught,
    told: Sequence[Document],
    learning: Learning,
    hints: dict[str, Annotation],
) -> Iterator[Document]:
    """Yield what the teacher says, a copy per pass, and set hints of each that are in error."""
    task = learning.task
    words = {d.id: words_of(d) for d in told}
    said = {d.id: task.marks(d, words[d.id]) for d in told}
    rates = error_rates((task.marks(g, words[g.id]), said[g.id]) for g in taught.gold)
    random = np.random.default_rng(learning.seed)
    for copy in range(math.ceil(learning.blending.budget.silver_epochs)):
        for document in told:
            own = f"{document.id}\n{copy}"  # nobody else's id
            marks = corrupt(said[document.id], words[document.id], task.labels, rates, random)
            hints[own] = task.annotation([Span(*mark) for mark in marks], ())
            yield replace(document, id=own)
