"""The gain of the judge: its labels on gold, out of group, compared with the teacher's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import Counts, sum_counts
from vermeil.data.document import Annotation, Span
from vermeil.data.region import Candidate, SpanKey
from vermeil.evaluation.bootstrap import Comparison, paired_bootstrap
from vermeil.refinement.judging import JudgeResult
from vermeil.selection.policies import JudgedRegion
from vermeil.tasks.protocol import Task

GAIN_RESAMPLES = 1000
"""Bootstrap resamples of the gain."""


def judge_gain(judge_result: JudgeResult) -> Comparison:
    """Compare the F1 of the judge with that of the teacher on gold, by a paired bootstrap."""
    groups: dict[str, NDArray[np.int64]] = {}
    for judged, regions in judge_result.gold:
        counts = groups.setdefault(judged.candidates.group, np.zeros((2, 3), np.int64))
        true = set(judged.gold_labels)
        systems = (best_span_keys(regions), set(judged.candidates.teacher_labels))
        for system, keys in enumerate(systems):
            counts[system] += (len(keys & true), len(keys), len(true))
    both = np.stack(list(groups.values()))
    return paired_bootstrap(both[None, :, 0], both[None, :, 1], GAIN_RESAMPLES, seed=0)


def scores_on_gold(judge_result: JudgeResult, task: Task) -> dict[str, Counts]:
    """Return the scores of teacher, scorers and judge on gold that none of them was trained on.

    An auxiliary scorer is scored on the candidates of regions only.
    """
    counts: dict[str, list[Counts]] = {}
    for judged, regions in judge_result.gold:
        predicted = {"teacher": judged.candidates.teacher_labels}
        if judge_result.with_students:
            predicted["students"] = judged.predicted
        for index, name in enumerate(judge_result.auxiliary):
            predicted[name] = _best_by_auxiliary(regions, index)
        predicted["judge"] = tuple(sorted(best_span_keys(regions)))
        true = _annotation(task, judged.gold_labels)
        for name, keys in predicted.items():
            counts.setdefault(name, []).append(task.count(true, _annotation(task, keys)))
    return {name: sum_counts(own) for name, own in counts.items()}


def best_span_keys(regions: Sequence[JudgedRegion]) -> set[SpanKey]:
    """Return the labels of a document that are most probable, region by region."""
    return {key for region in regions for key in region.best}


def _best_by_auxiliary(regions: Sequence[JudgedRegion], index: int) -> Candidate:
    """Return the labels of a document that are most probable under one auxiliary scorer."""
    return tuple(
        key
        for judged in regions
        for key in judged.region.candidates[int(judged.region.auxiliary_log_probs[index].argmax())]
    )


def _annotation(task: Task, span_keys: Candidate) -> Annotation:
    return task.make_annotation([Span(*key) for key in span_keys], ())
