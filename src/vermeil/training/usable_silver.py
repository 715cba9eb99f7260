"""Check before a training: silver holds labels, and enough of it is annotated."""

from __future__ import annotations

from collections.abc import Mapping

from vermeil.errors import TrainingError
from vermeil.training.job import TrainJob

_REMEDY = (
    "vermeil replies count shows the states of the replies, vermeil locate the statuses of their "
    "mentions; correct the labels, aliases, prompt or reply format of the teacher"
)


def count_unannotated(job: TrainJob) -> int:
    """Return the number of silver documents without an annotation."""
    return sum(document.annotation.is_empty for document in job.silver)


def check_silver(job: TrainJob, states: Mapping[str, int] | None = None) -> None:
    """Raise `TrainingError` if silver has no label or too few annotated documents.

    Silver that the regimen does not use is not checked.

    Args:
        job: silver, regimen and ``selection.min_usable_share``.
        states: number of silver documents in each state, for the message; None: not known.
    """
    if not job.silver or job.blending.regimen == "gold_only":
        return
    documents = len(job.silver)
    usable = documents - count_unannotated(job)
    least = job.selection.min_usable_share
    listed = ", ".join(f"{number:,} {state}" for state, number in (states or {}).items() if number)
    known = f" (states: {listed})" if listed else ""
    if usable < least * documents:
        raise TrainingError(
            f"silver: only {usable:,} of {documents:,} documents ({usable / documents:.1%}) have "
            f"an annotation{known}; selection.min_usable_share requires {least:.1%}. {_REMEDY}. To "
            "train on fewer documents, lower selection.min_usable_share"
        )
    if not any(tuple(job.task.labels_used(one.annotation)) for one in job.silver):
        raise TrainingError(
            f"silver: none of the {usable:,} annotated documents has a label of the task "
            f"({', '.join(job.task.labels)}){known}, so a student would learn that there is "
            f"nothing to find. {_REMEDY}. To train without silver, set blending.regimen to "
            "gold_only"
        )
