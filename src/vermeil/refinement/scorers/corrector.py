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
from vermeil.refinement.cache import (
    ClassProbabilities,
    ProbabilityStream,
    cache_key,
    cached_probabilities,
)
from vermeil.refinement.judging import JudgeCorpora
from vermeil.refinement.scorers.out_of_fold import assign_folds
from vermeil.refinement.student_trainer import ScorerSettings, predict_proba, train_scorer
from vermeil.selection.corruption import corrupt, error_rates

VERSION = 2
"""Raised when the same inputs would give other probabilities, so that kept ones are not reused."""


def corrector_probabilities(
    judge_corpora: JudgeCorpora,
    scorer_settings: ScorerSettings,
    folds: int,
    progress: Progress = silent,
) -> ClassProbabilities:
    """Return a corrector's class probabilities of all documents.

    Of a gold document they come from one whose second stage was without its fold; of silver, from
    one that was tuned on all gold, but for groups that gold has, too.

    Args:
        judge_corpora: gold that the teacher annotated, too, and the rest of silver.
        learning: encoder and budget: the first stage makes as many passes as there are over silver,
            the second as many as over gold.
        folds: parts of gold.
        progress: told after the first stage and after every fold of the second.

    Raises:
        ConfigError: the encoder cannot read what the teacher says, or the task labels whole texts.
        DataError: there are fewer groups than folds.
    """
    corpora = (judge_corpora.gold, judge_corpora.teacher_labels, judge_corpora.silver)
    made_from = cache_key(f"corrector:{VERSION}", corpora, scorer_settings)
    path = scorer_settings.folder / f"{made_from}-{scorer_settings.seed}-corrector-{folds}.npz"
    return cached_probabilities(
        path, partial(_fit_predict, judge_corpora, scorer_settings, folds, progress)
    )


def _fit_predict(
    judge_corpora: JudgeCorpora, scorer_settings: ScorerSettings, folds: int, progress: Progress
) -> ProbabilityStream:
    from vermeil.student.student import Student

    fold_of = assign_folds(judge_corpora.gold, judge_corpora.silver, folds, scorer_settings.seed)
    told = judge_corpora.teacher_documents
    hints: dict[str, Annotation] = {d.id: d.annotation for d in told}
    erred = list(_corrupted_documents(judge_corpora, told, scorer_settings, hints))
    corrector = Student.create(
        scorer_settings.task, scorer_settings.student, scorer_settings.seed, hints
    )
    train_scorer(
        corrector,
        (),
        erred,
        scorer_settings.simple_blending("silver_only", silver_epochs=1),
        scorer_settings.seed,
    )
    restored = deepcopy(corrector.network.state_dict())
    progress("corrector", 1, folds + 2, {})
    # All silver that shares no group with gold is asked about after all gold.
    part_of = {group: min(fold, folds) for group, fold in fold_of.items()}
    for part in range(folds + 1):
        corrector.network.load_state_dict(restored)
        own = [d for d in judge_corpora.gold if part_of[d.group_or_id] != part]
        seed = scorer_settings.seed * (folds + 1) + part
        train_scorer(corrector, own, (), scorer_settings.simple_blending("gold_only"), seed)
        yield from predict_proba(corrector, [d for d in told if part_of[d.group_or_id] == part])
        progress("corrector", part + 2, folds + 2, {})


def _corrupted_documents(
    judge_corpora: JudgeCorpora,
    teacher_documents: Sequence[Document],
    scorer_settings: ScorerSettings,
    teacher_labels: dict[str, Annotation],
) -> Iterator[Document]:
    """Yield what the teacher says, a copy per pass, and set hints of each that are in error."""
    task = scorer_settings.task
    words = {d.id: words_of(d) for d in teacher_documents}
    said = {d.id: task.span_keys(d, words[d.id]) for d in teacher_documents}
    rates = error_rates((task.span_keys(g, words[g.id]), said[g.id]) for g in judge_corpora.gold)
    random = np.random.default_rng(scorer_settings.seed)
    for copy in range(math.ceil(scorer_settings.blending.budget.silver_epochs)):
        for document in teacher_documents:
            own = f"{document.id}\n{copy}"  # nobody else's id
            marks = corrupt(said[document.id], words[document.id], task.labels, rates, random)
            teacher_labels[own] = task.make_annotation([Span(*mark) for mark in marks], ())
            yield replace(document, id=own)
