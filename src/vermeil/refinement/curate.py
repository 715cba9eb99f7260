"""What `select` and `refine` share: judging silver, ruling on it, and saying how good that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vermeil.data.counts import Counts, sum_counts
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.progress import Progress, silent
from vermeil.data.region import Candidate
from vermeil.errors import ConfigError, DataError
from vermeil.refinement.judging import JudgeResult, divide_corpora
from vermeil.refinement.policy import apply_policy_to_silver
from vermeil.refinement.report import signal_report
from vermeil.refinement.rounds import best_span_keys, judge_in_rounds
from vermeil.refinement.student_trainer import ScorerSettings
from vermeil.selection.config import Policy, SelectionConfig
from vermeil.selection.policies import JudgedRegion
from vermeil.tasks.protocol import Task


@dataclass(frozen=True, slots=True)
class CuratedSilver:
    """Silver after a policy.

    Args:
        documents: silver, those dropped left out; ``meta.changes`` says what was changed.
        judge_result: what is known of all documents.
        report: what was done and how good it is, for JSON.
        plain: silver documents without an annotation, which nobody judged.
    """

    documents: tuple[Document, ...]
    judge_result: JudgeResult
    report: dict[str, Any]
    plain: tuple[Document, ...] = ()


def curate(
    gold: Sequence[Document],
    silver: Sequence[Document],
    scorer_settings: ScorerSettings,
    config: SelectionConfig,
    policy: Policy,
    progress: Progress = silent,
) -> CuratedSilver:
    """Judge silver and apply a policy to it.

    On gold documents that the teacher annotated, too, each judged by others of other groups, it is
    measured whether the judge's annotation is better than the teacher's. If it is not, a policy
    that changes labels changes nothing: silver stays as it is.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of texts of gold and of others.
        scorer_settings: how students are trained.
        config: folds, strengths, threshold.
        policy: what becomes of silver.
        progress: told where it stands.

    Raises:
        ConfigError: there is one fold, or none where students are needed.
        DataError: no gold document was annotated by the teacher, or too few.
    """
    _check(config)
    taught = divide_corpora(gold, silver)
    if not taught.silver:
        raise DataError("every silver document is in gold, too; there is nothing to select from")
    if not taught.gold:
        raise DataError(
            f"none of the {len(gold)} gold texts is in silver, so nothing shows where the teacher "
            "errs; give the teacher the texts of gold, too, and keep its answers in corpora.silver"
        )
    judging, gain = judge_in_rounds(gold, taught, scorer_settings, config, progress)
    believed = gain.difference > 0
    used: Policy = policy if believed or policy not in ("relabel", "soft") else "keep"
    documents, changes = taught.silver, Counter[str]()
    if used == policy:
        documents, changes = apply_policy_to_silver(
            judging, scorer_settings.task, used, config.threshold
        )
    report = {
        "policy": used,
        "believed": believed,
        "documents": {
            "silver": len(silver),
            "doubly_labelled": len(taught.gold),
            "unannotated": sum(d.annotation.is_empty for d in silver),
            "dropped": len(taught.silver) - len(documents),
            "written": len(documents),
            "changed": sum("changes" in d.meta for d in documents),
        },
        "changes": dict(changes.most_common()),
        "gold": _scores_on_gold(judging, scorer_settings.task),
        "gain": gain.as_dict(),
        "signals": signal_report(judging),
        "judge": {"strength": judging.strength, "weights": dict(judging.weights)},
    }
    return CuratedSilver(documents, judging, report, taught.plain)


def _check(config: SelectionConfig) -> None:
    if config.folds == 1:
        raise ConfigError(
            "selection.folds: 1 would leave a student nothing to learn from; expected 0 (no "
            "students) or at least 2"
        )
    wanted = {
        "corrector": config.corrector,
        "dynamics": config.dynamics,
        "rounds": config.rounds > 1,
    }
    problems = [
        f"selection.{name}: needs students, and selection.folds is 0; set it to 2 or more"
        for name, is_wanted in wanted.items()
        if is_wanted and not config.folds
    ]
    if problems:
        raise ConfigError(*problems)


def _scores_on_gold(judge_result: JudgeResult, task: Task) -> dict[str, Any]:
    """Return scores of all who were asked, and of the judge, on gold that none learnt from.

    Of those asked besides the students, their opinion on the options of regions counts.
    """
    names = [
        "teacher",
        *["students"] * judge_result.with_students,
        *judge_result.auxiliary,
        "judge",
    ]
    scored: dict[str, list[Counts]] = {name: [] for name in names}
    for item, judgements in judge_result.gold:
        said = {
            "teacher": item.candidates.teacher_labels,
            "students": item.predicted,
            "judge": tuple(sorted(best_span_keys(judgements))),
        }
        for number, name in enumerate(judge_result.auxiliary):
            said[name] = _best_by_auxiliary(judgements, number)
        true = _annotation(task, item.gold_labels)
        for name, counts in scored.items():
            counts.append(task.count(true, _annotation(task, said[name])))
    whole = {name: sum_counts(counts).as_dict() for name, counts in scored.items()}
    return {
        name: {key: counts[key] for key in ("overall", "per_label")}
        for name, counts in whole.items()
    }


def _best_by_auxiliary(judged_regions: Sequence[JudgedRegion], scorer_index: int) -> Candidate:
    regions = [judgement.region for judgement in judged_regions]
    best = [r.candidates[int(r.auxiliary_log_probs[scorer_index].argmax())] for r in regions]
    return tuple(mark for option in best for mark in option)


def _annotation(task: Task, span_keys: Candidate) -> Annotation:
    return task.make_annotation([Span(*mark) for mark in span_keys], ())
