"""Regions of texts with overlapping spans: every label has regions of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document, Range
from vermeil.data.region import Candidate, Region
from vermeil.tasks.ner.regions import find_regions, span_keys_of


def nested_regions(
    document: Document,
    words: Sequence[Range],
    labels: Sequence[str],
    rows: Sequence[NDArray[np.floating] | None],
) -> tuple[Region, ...]:
    """Return the regions of each label, in the order of the text.

    A region decides one label. So overlapping spans of different labels are in different regions,
    and each is kept, dropped or masked on its own.

    Args:
        document: a document with the teacher's annotation.
        words: ranges of its words.
        labels: the label set.
        rows: probabilities of the students and of each auxiliary scorer, each of shape (words,
            labels, 3); None: there are no students.
    """
    found: list[Region] = []
    for number, label in enumerate(labels):
        students, *others = (None if one is None else one[:, number] for one in rows)
        regions = find_regions(
            _with_one_label(document, label),
            words,
            students,
            (label,),
            auxiliary_probabilities=[one for one in others if one is not None],
        )
        found += [replace(region, label=label) for region in regions]
    return tuple(sorted(found, key=lambda one: (one.start, one.end, labels.index(one.label or ""))))


def nested_span_keys(
    document: Document, words: Sequence[Range], labels: Sequence[str]
) -> Candidate:
    """Return a document's spans as the tags of their labels represent them, in order."""
    of_labels = (span_keys_of(_with_one_label(document, label), words) for label in labels)
    return tuple(sorted(key for keys in of_labels for key in keys))


def _with_one_label(document: Document, label: str) -> Document:
    """Return a document with the spans of one label; its abstentions stay."""
    annotation = document.annotation
    if annotation.spans is None:
        return document
    spans = tuple(span for span in annotation.spans if span.label == label)
    own = replace(annotation, spans=spans, relations=None, abstain_pairs=())
    return document.with_annotation(own)
