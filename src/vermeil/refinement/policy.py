"""Applying a policy to judged silver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from vermeil.data.document import Document
from vermeil.refinement.judging import Item, Judging
from vermeil.selection.config import Policy
from vermeil.selection.policies import Judgement, expected_f1, rule
from vermeil.tasks.protocol import Task


def ruled(
    judging: Judging, task: Task, policy: Policy, threshold: float
) -> tuple[tuple[Document, ...], Counter[str]]:
    """Return the silver documents after a policy, and the changes by kind.

    Args:
        judging: what is known of them.
        task: makes annotations.
        policy: what becomes of them; drop_document leaves some out.
        threshold: least probability, or expected F1, that is trusted.
    """
    documents: list[Document] = []
    changes: Counter[str] = Counter()
    for item, judgements in judging.silver:
        if policy == "drop_document" and expected_f1(judgements) < threshold:
            continue
        document = _ruled_document(item, judgements, task, policy, threshold)
        documents.append(document)
        changes.update(
            f"{change['was'] or 'nothing'} → {change['is'] or 'nothing'}"
            for change in document.meta.get("changes", ())
        )
    return tuple(documents), changes


def _ruled_document(
    item: Item, judgements: Sequence[Judgement], task: Task, policy: Policy, threshold: float
) -> Document:
    document = item.document
    ruling = rule(document.spans or (), judgements, policy, threshold)
    abstain = (*document.annotation.abstain, *ruling.abstain)
    if policy in ("relabel", "soft"):
        abstain = ruling.abstain  # what was unknown is judged now, like everything
    ruled = document.with_annotation(task.annotation(ruling.spans, abstain))
    if not ruling.changes:
        return ruled
    return replace(ruled, meta={**document.meta, "changes": list(ruling.changes)})
