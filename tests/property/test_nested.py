"""Invariants of overlapping spans: targets, decoding and scoring."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.nested_toys import nested_task

from vermeil.data.document import Annotation, Document, Span
from vermeil.tasks.ner.scoring import count_spans
from vermeil.tasks.protocol import SAME_LABEL

TASK = nested_task()
WORDS = tuple((3 * n, 3 * n + 2) for n in range(10))
TEXT = " ".join(["ab"] * len(WORDS))


@st.composite
def overlapping(draw: st.DrawFn) -> Any:
    """Different spans of whole words, which may overlap in any way."""
    found = draw(
        st.sets(
            st.tuples(
                st.integers(0, len(WORDS) - 1), st.integers(1, 5), st.sampled_from(TASK.labels)
            ),
            max_size=8,
        )
    )
    ends = [(first, min(first + size, len(WORDS)), label) for first, size, label in found]
    unique = sorted(set(ends))
    return tuple(Span(WORDS[a][0], WORDS[b - 1][1], label) for a, b, label in unique)


def decoded(spans: Any) -> tuple[Annotation, dict[str, int]]:
    target = TASK.encode(Document("d", TEXT, annotation=Annotation(spans)), WORDS)
    certain = np.eye(3, dtype=np.float32)[target.classes]
    return TASK.decode(WORDS, certain), target.encoding_losses


@given(overlapping())
def test_spans_survive_unless_a_span_of_their_label_takes_a_word(spans: Any) -> None:
    annotation, losses = decoded(spans)
    expected, taken = [], Counter[str]()
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if span.start < taken[span.label]:
            continue
        taken[span.label] = span.end
        expected.append(span.key)
    assert [span.key for span in annotation.spans or ()] == sorted(expected)
    lost = len(spans) - len(expected)
    assert losses == ({SAME_LABEL: lost} if lost else {})
    assert TASK.span_keys(Document("d", TEXT, annotation=Annotation(spans)), WORDS) == tuple(
        sorted(expected)
    )


@given(overlapping(), overlapping())
def test_all_overlapping_spans_count(gold: Any, predicted: Any) -> None:
    counts = count_spans(gold, predicted)
    same = {s.key for s in gold} & {s.key for s in predicted}
    total = counts.overall
    assert (total.correct, total.gold, total.predicted) == (len(same), len(gold), len(predicted))
    errors = Counter(kind for (_, kind), n in counts.errors.items() for _ in range(n))
    wrong = len(gold) - len(same), len(predicted) - len(same)
    paired = errors["type"] + errors["boundary"] + errors["both"]
    assert (paired + errors["missing"], paired + errors["spurious"]) == wrong


@given(overlapping())
def test_regions_cover_every_span_that_tags_hold(spans: Any) -> None:
    document = Document("d", TEXT, annotation=Annotation(spans))
    regions = TASK.regions(document, WORDS, None)
    found = sorted(key for one in regions for key in one.candidates[one.teacher_choice])
    assert tuple(found) == TASK.span_keys(document, WORDS)
    assert all(
        key[2] == one.label for one in regions for candidate in one.candidates for key in candidate
    )
