"""Decoding of pairs: only allowed relations, and one score per pair without a direction."""

from __future__ import annotations

from typing import cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.relation_toys import relations_task

from vermeil.data.document import Annotation, Span
from vermeil.data.example import WordPairs
from vermeil.evaluation.thresholds import at_temperature
from vermeil.tasks import make_task
from vermeil.tasks.pair_task import PairTask

TASK = relations_task()
FACTORS = np.array([1.0, *([(1 - 0.3) / 0.3] * (len(TASK.pair_classes) - 1))])
WORDS = tuple((i, i + 1) for i in range(0, 24, 2))


def with_threshold(value: float) -> PairTask:
    """Return the task with one threshold of all relations."""
    own = dict.fromkeys(TASK.config.relations, value)
    return cast("PairTask", make_task(TASK.config.with_relation_thresholds(own)))


@st.composite
def predictions(draw: st.DrawFn) -> tuple[Annotation, WordPairs, np.ndarray]:
    starts = sorted(draw(st.sets(st.integers(0, len(WORDS) - 1), max_size=6)))
    spans = tuple(Span(*WORDS[i], draw(st.sampled_from(TASK.labels))) for i in starts)
    annotation = Annotation(spans=spans, relations=())
    pairs = TASK.candidate_pairs(annotation, WORDS)
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    rows = rng.dirichlet(np.full(len(TASK.pair_classes), 0.5), len(pairs.pairs))
    return annotation, pairs, rows.astype(np.float32)


@given(predictions())
def test_a_relation_that_is_not_allowed_is_never_emitted(
    prediction: tuple[Annotation, WordPairs, np.ndarray],
) -> None:
    annotation, pairs, rows = prediction
    spans = annotation.spans or ()
    for relation in TASK.decode_pairs(annotation, pairs, rows).relations or ():
        assert TASK.allows(relation.label, spans[relation.head].label, spans[relation.tail].label)
        assert relation.score is not None
        assert 0 < relation.score <= 1


@given(predictions())
def test_a_relation_without_direction_does_not_depend_on_the_order_of_its_ends(
    prediction: tuple[Annotation, WordPairs, np.ndarray],
) -> None:
    annotation, pairs, rows = prediction
    places = {tuple(pair): n for n, pair in enumerate(pairs.pairs.tolist())}
    knows, leads = TASK.pair_classes.index("knows"), TASK.pair_classes.index("leads")
    swapped = rows.copy()
    for (head, tail), number in places.items():
        if (tail, head) in places:
            swapped[number] = rows[places[tail, head]]
    one, two = (
        {r for r in TASK.decode_pairs(annotation, pairs, p).relations or () if r.label == "knows"}
        for p in (rows, swapped)
    )
    assert one == two
    for relation in one:
        assert relation.head < relation.tail
        both = places[relation.head, relation.tail], places[relation.tail, relation.head]
        assert relation.score is not None
        assert abs(relation.score - rows[list(both), knows].mean()) < 1e-6
        assert leads not in (rows * FACTORS)[list(both)].argmax(axis=1)


@given(predictions())
def test_a_pair_has_at_most_one_relation(
    prediction: tuple[Annotation, WordPairs, np.ndarray],
) -> None:
    found = TASK.decode_pairs(*prediction).relations or ()
    assert len({(r.head, r.tail) for r in found}) == len(found)


@given(predictions(), st.floats(0.05, 0.95))
def test_a_lower_threshold_loses_no_pair(
    prediction: tuple[Annotation, WordPairs, np.ndarray], threshold: float
) -> None:
    """A relation without direction may give way to one from the second end to the first."""
    few, many = (
        {
            (r.head, r.tail): r.label
            for r in with_threshold(t).decode_pairs(*prediction).relations or ()
        }
        for t in (threshold, threshold / 2)
    )
    for (head, tail), label in few.items():
        assert (head, tail) in many or (label, many.get((tail, head))) == ("knows", "leads")


@given(predictions())
def test_a_threshold_of_one_half_takes_the_most_probable_class(
    prediction: tuple[Annotation, WordPairs, np.ndarray],
) -> None:
    annotation, pairs, rows = prediction
    allowed = TASK.pair_mask[pairs.heads[:, 2], pairs.tails[:, 2]]
    best = np.where(allowed, rows, 0).argmax(axis=1)
    expected = {
        (*pair, "leads")
        for pair, number in zip(pairs.pairs.tolist(), best.tolist(), strict=True)
        if TASK.pair_classes[number] == "leads"
    }
    found = with_threshold(0.5).decode_pairs(annotation, pairs, rows).relations or ()
    assert {one.key for one in found if one.label == "leads"} == expected


@given(predictions(), st.floats(0.05, 0.95), st.floats(0.2, 5))
def test_a_temperature_changes_scores_and_no_relation(
    prediction: tuple[Annotation, WordPairs, np.ndarray], threshold: float, temperature: float
) -> None:
    annotation, pairs, rows = prediction
    rows = np.maximum(rows, 1e-6)
    softer = rows ** (1 / temperature)
    softer = (softer / softer.sum(axis=1, keepdims=True)).astype(np.float32)
    one, two = (
        [r.key for r in with_threshold(t).decode_pairs(annotation, pairs, p).relations or ()]
        for t, p in ((threshold, rows), (at_temperature(threshold, 1, temperature), softer))
    )
    assert one == two
