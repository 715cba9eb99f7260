"""Merge of two annotations of one text that are about different labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vermeil.data.document import UNANNOTATED, Annotation, LabelAbstention, Range
from vermeil.data.region import merge_ranges


def merge_annotations(
    base: Annotation,
    added: Annotation,
    base_labels: Sequence[str],
    added_labels: Sequence[str],
    *,
    nested: bool = False,
) -> tuple[Annotation, int]:
    """Return the union of an annotation and one of further labels.

    Where one of the two is missing, the merged annotation abstains from its labels. Where spans of
    both overlap, neither is certain: their text becomes an abstention. With ``nested``, both stay.

    Args:
        base: the annotation with the first labels.
        added: the annotation with the further labels.
        base_labels: the labels that ``base`` was annotated for.
        added_labels: the labels that ``added`` was annotated for.
        nested: whether spans may overlap.

    Returns:
        The merged annotation, and the number of its disputed ranges.
    """
    if base.is_empty and added.is_empty:
        return UNANNOTATED, 0
    if added.is_empty:
        unknown = LabelAbstention(tuple(added_labels))
        return replace(base, abstain_labels=(*base.abstain_labels, unknown)), 0
    limited = tuple(LabelAbstention(tuple(added_labels), *where) for where in added.abstain)
    further = replace(added, abstain=(), abstain_labels=(*added.abstain_labels, *limited))
    if base.is_empty:
        unknown = LabelAbstention(tuple(base_labels))
        return replace(further, abstain_labels=(*further.abstain_labels, unknown)), 0
    disputed = [] if nested else _disputed(base, further)
    spans = None
    if base.spans is not None or further.spans is not None:
        both = (*(base.spans or ()), *(further.spans or ()))
        spans = tuple(s for s in both if not any(a < s.end and s.start < b for a, b in disputed))
    labels = None
    if base.labels is not None or further.labels is not None:
        labels = tuple(dict.fromkeys((*(base.labels or ()), *(further.labels or ()))))
    scores = {**(base.label_scores or {}), **(further.label_scores or {})}
    merged = Annotation(
        spans=spans,
        labels=labels,
        relations=None if disputed else base.relations,
        abstain=tuple(merge_ranges((*base.abstain, *disputed))),
        abstain_labels=(*base.abstain_labels, *further.abstain_labels),
        label_scores=scores or None,
    )
    return merged, len(disputed)


def _disputed(base: Annotation, added: Annotation) -> list[Range]:
    """Return the ranges of spans of one annotation that overlap a span of the other."""
    found: list[Range] = []
    for one in base.spans or ():
        for other in added.spans or ():
            if one.start < other.end and other.start < one.end:
                found.append((min(one.start, other.start), max(one.end, other.end)))
    return merge_ranges(found)
