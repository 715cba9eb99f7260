"""A corrector: a student that reads the teacher's labels and predicts the correct ones.

It is trained in two stages. First it restores the teacher's labels after random corruption, at the
rate of the teacher's errors. Then it is trained on gold that the teacher annotated, too, to correct
the teacher's own errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial

import numpy as np

from vermeil.blending.passes import estimated_wordpieces
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.progress import Progress, silent
from vermeil.data.words import words_of
from vermeil.refinement.cache import ClassProbabilities, ProbabilityStream, cache_key
from vermeil.refinement.judge_corpora import JudgeCorpora
from vermeil.refinement.scorers.out_of_fold import assign_folds
from vermeil.refinement.scorers.settings import ScorerSettings, simple_blending
from vermeil.refinement.scorers.student_trainer import predict_proba, train_scorer
from vermeil.selection.corruption import corrupt, error_rates
from vermeil.training.job import TrainJob

VERSION = 2
"""Version of the method; a new version ignores the cached probabilities of earlier ones."""


def corrector_probabilities(
    judge_corpora: JudgeCorpora, settings: ScorerSettings, progress: Progress = silent
) -> dict[str, ClassProbabilities]:
    """Return a corrector's class probabilities of all documents, under the name ``corrector``.

    Each gold document is predicted by a corrector whose second stage left out its fold. Silver is
    predicted by a corrector of all gold, except for groups that gold has, too.

    Args:
        judge_corpora: gold with the teacher's annotations, and the rest of silver.
        settings: settings of the corrector; the first stage is trained for the epochs of silver,
            the second for those of gold. The cache.
        progress: called after the first stage, and after every fold of the second, with stage,
            done, total and details.

    Raises:
        ConfigError: the encoder cannot read labels, or the task labels whole texts.
        DataError: there are fewer groups than folds.
    """
    job = settings.job
    corpora = (judge_corpora.gold, judge_corpora.teacher_labels, judge_corpora.silver)
    key = cache_key(f"corrector:{VERSION}", corpora, job)
    name = f"{key}-{job.seed}-corrector-{job.selection.folds}"
    found = settings.cache.get(name, partial(_fit_predict, judge_corpora, job, progress))
    return {"corrector": found}


def _fit_predict(
    judge_corpora: JudgeCorpora, job: TrainJob, progress: Progress
) -> ProbabilityStream:
    from vermeil.student.student import Student

    folds = job.selection.folds
    fold_of = assign_folds(judge_corpora.gold, judge_corpora.silver, folds, job.seed)
    documents = judge_corpora.teacher_documents
    teacher_labels: dict[str, Annotation] = {d.id: d.annotation for d in documents}
    corrupted = list(_corrupted_documents(judge_corpora, job, teacher_labels))
    corrector = Student.create(job.task, job.student, job.seed, teacher_labels)
    restoring = simple_blending(job.blending, "silver_only", silver_epochs=1)
    train_scorer(corrector, replace(job, gold=(), silver=corrupted, blending=restoring))
    first_stage = deepcopy(corrector.network.state_dict())
    progress("corrector", 1, folds + 2, {})
    # Silver that shares no group with gold comes last, after the second stage on all gold.
    part_of = {group: min(fold, folds) for group, fold in fold_of.items()}
    correcting = simple_blending(job.blending, "gold_only")
    for part in range(folds + 1):
        corrector.network.load_state_dict(first_stage)
        gold = [d for d in judge_corpora.gold if part_of[d.group_or_id] != part]
        seed = job.seed * (folds + 1) + part
        train_scorer(corrector, replace(job, gold=gold, silver=(), blending=correcting, seed=seed))
        yield from predict_proba(
            corrector, [d for d in documents if part_of[d.group_or_id] == part]
        )
        progress("corrector", part + 2, folds + 2, {})


def _corrupted_documents(
    judge_corpora: JudgeCorpora, job: TrainJob, teacher_labels: dict[str, Annotation]
) -> Iterator[Document]:
    """Yield a copy of every document per epoch, and add the corrupted labels of each copy.

    Args:
        judge_corpora: gold with the teacher's annotations, which gives the rates of errors.
        job: task, epochs and seed.
        teacher_labels: gets the corrupted labels, by id of the copy.
    """
    task, documents = job.task, judge_corpora.teacher_documents
    words = {d.id: words_of(d) for d in documents}
    labels = {d.id: task.span_keys(d, words[d.id]) for d in documents}
    rates = error_rates((task.span_keys(g, words[g.id]), labels[g.id]) for g in judge_corpora.gold)
    random = np.random.default_rng(job.seed)
    passes = job.blending.budget.silver_passes(estimated_wordpieces(documents))
    for epoch in range(max(1, round(passes))):
        for document in documents:
            copy_id = f"{document.id}\n{epoch}"  # differs from all other ids
            keys = corrupt(labels[document.id], words[document.id], task.labels, rates, random)
            teacher_labels[copy_id] = task.make_annotation([Span(*key) for key in keys], ())
            yield replace(document, id=copy_id)
