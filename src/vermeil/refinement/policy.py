"""Applying a policy to judged silver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from vermeil.data.document import Document
from vermeil.refinement.judging import JudgedDocument, JudgeResult
from vermeil.selection.config import Policy
from vermeil.selection.policies import JudgedRegion, apply_policy, expected_f1
from vermeil.tasks.protocol import Task


def apply_policy_to_silver(
    judge_result: JudgeResult, task: Task, policy: Policy, threshold: float
) -> tuple[tuple[Document, ...], Counter[str]]:
    """Return the silver documents after a policy, and the changes by kind.

    Args:
        judge_result: what is known of them.
        task: makes annotations.
        policy: what becomes of them; drop_document leaves some out.
        threshold: least probability, or expected F1, that is trusted.
    """
    documents: list[Document] = []
    changes: Counter[str] = Counter()
    for item, judgements in judge_result.silver:
        if policy == "drop_document" and expected_f1(judgements) < threshold:
            continue
        document = _apply_to_document(item, judgements, task, policy, threshold)
        documents.append(document)
        changes.update(
            f"{change['was'] or 'nothing'} → {change['is'] or 'nothing'}"
            for change in document.meta.get("changes", ())
        )
    return tuple(documents), changes


def _apply_to_document(
    judged: JudgedDocument,
    regions: Sequence[JudgedRegion],
    task: Task,
    policy: Policy,
    threshold: float,
) -> Document:
    document = judged.document
    ruling = apply_policy(document.spans or (), regions, policy, threshold)
    abstain = (*document.annotation.abstain, *ruling.abstain)
    if policy in ("relabel", "soft"):
        abstain = ruling.abstain  # what was unknown is judged now, like everything
    ruled = document.with_annotation(task.make_annotation(ruling.spans, abstain))
    if not ruling.changes:
        return ruled
    return replace(ruled, meta={**document.meta, "changes": list(ruling.changes)})
