"""Application of a policy to judged silver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vermeil.data.document import Document, LabelAbstention
from vermeil.data.region import SpanKey
from vermeil.refinement.judging import JudgeResult
from vermeil.selection.config import Policy
from vermeil.selection.policies import JudgedRegion, apply_policy, expected_f1
from vermeil.tasks.protocol import TEXT_HEADS, Task

LOST_RELATIONS = "lost_relations"
"""Key of ``meta``: number of relations whose ends the judge removed or relabelled."""


def apply_policy_to_silver(
    judge_result: JudgeResult, task: Task, policy: Policy, threshold: float
) -> tuple[tuple[Document, ...], Counter[str]]:
    """Return the silver documents after a policy, and the number of changes by kind.

    Args:
        judge_result: the judgements of silver.
        task: makes annotations.
        policy: the policy; drop_document leaves documents out.
        threshold: least probability, or least expected F1, of silver that is kept.
    """
    documents: list[Document] = []
    changes: Counter[str] = Counter()
    for judged, regions in judge_result.silver:
        if policy == "drop_document" and expected_f1(regions) < threshold:
            continue
        document = _apply_to_document(judged.document, regions, task, policy, threshold)
        documents.append(document)
        changes.update(
            f"{change['was'] or 'nothing'} → {change['is'] or 'nothing'}"
            for change in document.meta.get("changes", ())
        )
        lost = int(document.meta.get(LOST_RELATIONS, 0))
        changes.update({"relation → nothing": lost} if lost else {})
    return tuple(documents), changes


def _apply_to_document(
    document: Document,
    regions: Sequence[JudgedRegion],
    task: Task,
    policy: Policy,
    threshold: float,
) -> Document:
    result = apply_policy(document.annotation, regions, policy, threshold)
    abstain = (*document.annotation.abstain, *result.abstain)
    if policy in ("relabel", "soft"):
        abstain = result.abstain  # the judge labels earlier abstentions, too
    annotation = task.make_annotation(result.labelled, abstain, document.annotation)
    unknown = document.annotation.abstain_labels  # no region decides them
    if result.abstain_labels:
        unknown = (*unknown, *_abstentions(result.abstain_labels, task))
    if unknown and not annotation.is_empty:
        annotation = replace(annotation, abstain_labels=unknown)
    changed = document.with_annotation(annotation)
    lost = len(document.annotation.relations or ()) - len(annotation.relations or ())
    meta: dict[str, Any] = {"changes": list(result.changes)} if result.changes else {}
    meta |= {LOST_RELATIONS: lost} if lost else {}
    return replace(changed, meta={**document.meta, **meta}) if meta else changed


def _abstentions(keys: Sequence[SpanKey], task: Task) -> tuple[LabelAbstention, ...]:
    """Return abstentions from labels: of the whole text if the task labels texts."""
    if task.head in TEXT_HEADS:
        return (LabelAbstention(tuple(label for _, _, label in keys)),)
    return tuple(LabelAbstention((label,), start, end) for start, end, label in keys)
