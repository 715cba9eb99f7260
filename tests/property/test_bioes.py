"""BIOES: the best allowed sequence, and spans that survive the way through classes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.tags import spans_to_tags, tags_to_spans
from vermeil.student.encoding.context import balance_windows
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.decoding import best_path, decode_spans
from vermeil.tasks.ner.task import NerTask

TASK = NerTask(TaskConfig.model_validate({"labels": {"X": {}, "Y": {}}, "scheme": "bioes"}))

probabilities = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 4), st.just(9)), elements=st.floats(0, 1, width=32)
)


def allowed(path: Sequence[int]) -> bool:
    """Tag sequences that need no repair."""
    tags = [TASK.classes[number] for number in path]
    tokens = [(2 * n, 2 * n + 1) for n in range(len(tags))]
    spans, repaired = tags_to_spans(tags, tokens, "bioes")
    return repaired == 0 and spans_to_tags(spans, tokens, "bioes")[0] == tags


ALLOWED = {n: [p for p in itertools.product(range(9), repeat=n) if allowed(p)] for n in range(1, 5)}


@settings(max_examples=60)
@given(probabilities)
def test_decoding_finds_the_best_of_all_allowed_sequences(
    given_probabilities: NDArray[np.float32],
) -> None:
    logs = np.log(np.maximum(given_probabilities.astype(np.float64), 1e-30))
    steps = range(len(logs))
    best = max(sum(logs[i, path[i]] for i in steps) for path in ALLOWED[len(logs)])
    path = tuple(best_path(given_probabilities, "bioes").tolist())
    assert path in ALLOWED[len(logs)]
    np.testing.assert_allclose(sum(logs[i, path[i]] for i in steps), best, rtol=1e-9)
    tokens = [(2 * n, 2 * n + 1) for n in steps]
    expected, _ = tags_to_spans([TASK.classes[n] for n in path], tokens, "bioes")
    decoded = decode_spans(tokens, given_probabilities, ("X", "Y"), "bioes")
    assert [s.key for s in decoded] == [s.key for s in expected]


@given(st.sets(st.integers(0, 8), max_size=6), st.data())
def test_spans_survive_the_way_through_classes(cuts: set[int], data: st.DataObject) -> None:
    words = [(3 * n, 3 * n + 2) for n in range(8)]
    spans = tuple(
        Span(words[first][0], words[end - 1][1], data.draw(st.sampled_from("XY")))
        for first, end in itertools.pairwise(sorted(cuts))
        if data.draw(st.booleans())
    )
    target = TASK.encode(Document("d", "ab " * 8, annotation=Annotation(spans)), words)
    certain = np.eye(9, dtype=np.float32)[target.classes]
    decoded = TASK.decode(words, certain).spans or ()
    assert [s.key for s in decoded] == [s.key for s in spans]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(9, 30))
def test_spreading_takes_no_more_windows_than_filling(sizes: Any, limit: Any) -> None:
    numbers = balance_windows(sizes, limit)
    assert sum(numbers) == len(sizes)
    fewest, room = 1, limit
    for size in sizes:
        if size > room:
            fewest, room = fewest + 1, limit
        room -= size
    assert len(numbers) == fewest
    rest = iter(sizes)
    assert all(sum(itertools.islice(rest, number)) <= limit for number in numbers)
