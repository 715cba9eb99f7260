"""Application of a policy to judged silver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vermeil.data.annotation_spans import count_spans
from vermeil.data.document import Document, LabelAbstention
from vermeil.data.region import SpanKey
from vermeil.refinement.judging import JudgeResult
from vermeil.refinement.pairs import JudgedPairs
from vermeil.selection.config import Policy
from vermeil.selection.pair_policies import apply_pair_policy
from vermeil.selection.policies import JudgedRegion, apply_policy, expected_f1
from vermeil.tasks.protocol import TEXT_HEADS, Task

LOST_RELATIONS = "lost_relations"
"""Key of ``meta``: number of relations whose ends the judge removed or relabelled."""

LOST_SPANS = "lost_spans"
"""Key of ``meta``: number of spans that are in no region, for tags cannot represent them: spans
that share a word with an earlier one (with nested spans, one of the same label)."""

RELATION_CHANGES = "relation_changes"
"""Key of ``meta``: relations that the judge added, removed or masked."""

_OWN_KEYS = ("changes", LOST_RELATIONS, LOST_SPANS)
"""Keys of ``meta`` that each application of a policy writes anew."""


def apply_policy_to_silver(
    judge_result: JudgeResult,
    task: Task,
    policy: Policy,
    threshold: float,
    *,
    relations_only: bool = False,
) -> tuple[tuple[Document, ...], Counter[str]]:
    """Return the silver documents after a policy, and the number of changes by kind.

    Args:
        judge_result: the judgements of silver.
        task: makes annotations.
        policy: the policy; drop_document leaves documents out.
        threshold: least probability, or least expected F1, of silver that is kept.
        relations_only: apply the policy to relations only; everything else stays.
    """
    documents: list[Document] = []
    changes: Counter[str] = Counter()
    pairs = _pairs_to_apply(judge_result, policy)
    for (judged, regions), own in zip(judge_result.silver, pairs, strict=True):
        is_whole = policy == "drop_document" and not relations_only
        if is_whole and expected_f1(regions, own) < threshold:
            continue
        annotation, relation_changes = apply_pair_policy(
            judged.document.annotation, own, policy, threshold
        )
        document = judged.document.with_annotation(annotation)
        if not relations_only:
            document = _apply_to_document(document, regions, task, policy, threshold)
        if relation_changes:
            meta = {**document.meta, RELATION_CHANGES: relation_changes}
            document = replace(document, meta=meta)
        documents.append(document)
        changes.update(
            f"{change['was'] or 'nothing'} → {change['is'] or 'nothing'}"
            for change in (*document.meta.get("changes", ()), *relation_changes)
        )
        if not relations_only:
            changes.update(_lost(document))
    return tuple(documents), changes


def _lost(document: Document) -> dict[str, int]:
    """Return what was lost with the changes of a document, by kind."""
    kinds = {LOST_RELATIONS: "relation → nothing", LOST_SPANS: "span without tags → nothing"}
    return {words: document.meta[key] for key, words in kinds.items() if key in document.meta}


def _pairs_to_apply(judge_result: JudgeResult, policy: Policy) -> JudgedPairs:
    """Return the judged pairs of each silver document; none that the policy may not change.

    As for entities, a policy that changes labels needs a judge that is better than the teacher.
    """
    nothing: JudgedPairs = ((),) * len(judge_result.silver)
    judgement = judge_result.relations
    if judgement is None or not judgement.silver:
        return nothing
    is_unproven = policy in ("relabel", "soft") and not judgement.better_than_teacher
    return nothing if is_unproven else judgement.silver


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
    held = sum(len(region.teacher_candidate) for region in regions)
    untagged = count_spans(document.annotation) - held
    meta |= {LOST_SPANS: untagged} if untagged > 0 else {}
    earlier = {key: value for key, value in document.meta.items() if key not in _OWN_KEYS}
    return replace(changed, meta=earlier | meta)


def _abstentions(keys: Sequence[SpanKey], task: Task) -> tuple[LabelAbstention, ...]:
    """Return abstentions from labels: of the whole text if the task labels texts."""
    if task.head in TEXT_HEADS:
        return (LabelAbstention(tuple(label for _, _, label in keys)),)
    return tuple(LabelAbstention((label,), start, end) for start, end, label in keys)
