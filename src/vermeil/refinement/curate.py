"""Judgement and correction of silver, shared by `vermeil.select` and `vermeil.refine`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.errors import ConfigError, DataError
from vermeil.refinement.gain import scores_on_gold
from vermeil.refinement.judge_corpora import JudgeCorpora, divide_corpora
from vermeil.refinement.judging import JudgeResult
from vermeil.refinement.policy import RELATION_CHANGES, apply_policy_to_silver
from vermeil.refinement.report import DocumentCounts, RefineReport
from vermeil.refinement.rounds import judge_in_rounds
from vermeil.refinement.scorers.settings import ScorerSettings
from vermeil.refinement.signal_quality import signal_qualities
from vermeil.selection.config import Policy, SelectionConfig
from vermeil.training.job import TrainJob

_CHANGES = ("changes", RELATION_CHANGES)
"""Keys of ``meta`` of a changed document."""


@dataclass(frozen=True, slots=True)
class CuratedSilver:
    """Silver after a policy.

    Args:
        documents: the silver documents that the policy keeps; ``meta.changes`` lists the changes of
            each.
        judge_result: the judgements of all documents.
        report: numbers of documents, scores on gold and the weights of the judge.
        plain: silver documents without an annotation; they are not judged.
    """

    documents: tuple[Document, ...]
    judge_result: JudgeResult
    report: RefineReport
    plain: tuple[Document, ...] = ()


def curate(settings: ScorerSettings, policy: Policy, progress: Progress = silent) -> CuratedSilver:
    """Judge the silver of a job and apply a policy to it.

    The judge is compared with the teacher on gold documents that the teacher annotated, too. Each
    of them is judged without the documents of its group. If the judge is no better, a policy that
    changes labels changes nothing. Relations have a judge of their own, and the same rule.

    Args:
        settings: the training job and the cache.
        policy: the policy.
        progress: called after every step of a scorer with stage, done, total and details.

    Raises:
        ConfigError: ``selection.folds`` is 1, or is 0 where students are needed.
        DataError: too few gold documents were annotated by the teacher, or silver has no others.
    """
    job = settings.job
    corpora = checked_corpora(job)
    result, gain = judge_in_rounds(corpora, settings, progress)
    better = gain.difference > 0
    used: Policy = policy if better or policy not in ("relabel", "soft") else "keep"
    documents, changes = corpora.silver, Counter[str]()
    relations_only = used != policy
    if not relations_only or (result.relations and result.relations.better_than_teacher):
        threshold = job.selection.threshold
        documents, changes = apply_policy_to_silver(
            result, job.task, policy, threshold, relations_only=relations_only
        )
    report = RefineReport(
        policy=used,
        better_than_teacher=better,
        documents=_document_counts(job, corpora, documents),
        changes=dict(changes.most_common()),
        gold=scores_on_gold(result, job.task),
        gain=gain,
        signals=signal_qualities(result),
        strength=result.strength,
        weights=result.weights,
        relations=result.relations,
    )
    return CuratedSilver(documents, result, report, corpora.plain)


def _check_folds(config: SelectionConfig) -> None:
    if config.folds == 1:
        raise ConfigError(
            "selection.folds: 1 would leave no documents to train a student on; expected 0 (no "
            "students) or at least 2"
        )
    needs_students = {
        "corrector": config.corrector,
        "dynamics": config.dynamics,
        "rounds": config.rounds > 1,
    }
    problems = [
        f"selection.{name}: needs students, and selection.folds is 0; set it to 2 or more"
        for name, is_set in needs_students.items()
        if is_set and not config.folds
    ]
    if problems:
        raise ConfigError(*problems)


def checked_corpora(job: TrainJob) -> JudgeCorpora:
    """Return the corpora of the judge; check them and the number of folds.

    Raises:
        ConfigError: ``selection.folds`` is 1, or is 0 where students are needed.
        DataError: too few gold documents were annotated by the teacher, or silver has no others.
    """
    _check_folds(job.selection)
    corpora = divide_corpora(job.gold, job.silver)
    if not corpora.silver:
        raise DataError("every silver document is in gold, too; there is nothing to select from")
    if not corpora.gold:
        raise DataError(
            f"none of the {len(job.gold)} gold texts is in silver, so the errors of the teacher "
            "cannot be measured; set teacher.annotate_gold to true and run vermeil annotate and "
            "vermeil locate, or add the teacher's annotations of these texts to corpora.silver"
        )
    return corpora


def _document_counts(
    job: TrainJob, corpora: JudgeCorpora, documents: Sequence[Document]
) -> DocumentCounts:
    return DocumentCounts(
        silver=len(job.silver),
        doubly_labelled=len(corpora.gold),
        unannotated=sum(document.annotation.is_empty for document in job.silver),
        dropped=len(corpora.silver) - len(documents),
        written=len(documents),
        changed=sum(not document.meta.keys().isdisjoint(_CHANGES) for document in documents),
    )
