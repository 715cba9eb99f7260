from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vermeil.data.document import Annotation, Span
from vermeil.data.region import PairRegion
from vermeil.data.relation import PairAbstention, Relation
from vermeil.selection.config import Policy
from vermeil.selection.pair_policies import JudgedPair, apply_pair_policy

SPANS = (Span(0, 3, "PER"), Span(7, 10, "ORG"), Span(15, 18, "PER"))
WORKS, LEADS, BACK = (0, 1, "works_for"), (0, 1, "leads"), (1, 0, "owns")
CANDIDATES = ((), (LEADS,), (WORKS,), (BACK,))
OTHER = Relation(1, 2, "owns", score=0.3)
BOTH = {PairAbstention(0, 1), PairAbstention(1, 0)}


def judged(probabilities: list[float], teacher: int) -> JudgedPair:
    rows = np.array(probabilities)
    student = int(rows.argmax())
    region = PairRegion(
        SPANS[0].key, SPANS[1].key, CANDIDATES, np.log(rows + 1e-6), teacher, student
    )
    return JudgedPair(region, rows)


def annotation(teacher: int) -> Annotation:
    own = tuple(Relation(*key, score=0.9) for key in CANDIDATES[teacher])
    return Annotation(spans=SPANS, relations=(*own, OTHER))


def keys(found: Annotation) -> list[tuple[int, int, str]]:
    return [one.key for one in found.relations or ()]


DOUBTFUL = [0.55, 0.15, 0.3, 0.0]
"""The teacher's works_for is probably nothing."""
WRONG_TYPE = [0.1, 0.7, 0.2, 0.0]
UNCLEAR = [0.4, 0.3, 0.3, 0.0]


@pytest.mark.parametrize(
    ("policy", "probabilities", "kept", "masked"),
    [
        ("keep", DOUBTFUL, [WORKS], set()),
        ("drop_document", DOUBTFUL, [WORKS], set()),
        ("drop_span", DOUBTFUL, [], set()),
        ("abstain", DOUBTFUL, [], {PairAbstention(*WORKS)}),
        ("weight", DOUBTFUL, [], {PairAbstention(*WORKS)}),
        ("complete", DOUBTFUL, [], {PairAbstention(*WORKS)}),
        ("relabel", WRONG_TYPE, [LEADS], set()),
        ("soft", WRONG_TYPE, [LEADS], set()),
        ("relabel", UNCLEAR, [], set()),
        ("soft", UNCLEAR, [], BOTH),
    ],
)
def test_a_policy_decides_about_one_pair_and_keeps_the_others(
    policy: Policy,
    probabilities: list[float],
    kept: list[tuple[int, int, str]],
    masked: set[PairAbstention],
) -> None:
    teacher = annotation(2)
    found, changes = apply_pair_policy(teacher, [judged(probabilities, 2)], policy, 0.5)
    assert keys(found) == [*kept, OTHER.key]
    assert OTHER in (found.relations or ())
    assert set(found.abstain_pairs) == masked
    assert found.spans == teacher.spans
    assert bool(changes) == (kept != [WORKS])


@pytest.mark.parametrize(
    ("policy", "probabilities", "kept", "masked"),
    [
        ("keep", [0.2, 0.0, 0.8, 0.0], [], set()),
        ("abstain", [0.2, 0.0, 0.8, 0.0], [], BOTH),
        ("complete", [0.2, 0.0, 0.8, 0.0], [WORKS], set()),
        ("complete", UNCLEAR, [], BOTH),
        ("relabel", [0.2, 0.0, 0.0, 0.8], [BACK], set()),
    ],
)
def test_a_missing_relation_is_masked_or_added(
    policy: Policy,
    probabilities: list[float],
    kept: list[tuple[int, int, str]],
    masked: set[PairAbstention],
) -> None:
    found, changes = apply_pair_policy(annotation(0), [judged(probabilities, 0)], policy, 0.5)
    assert sorted(keys(found)) == sorted([*kept, OTHER.key])
    assert set(found.abstain_pairs) == masked
    if kept:
        assert changes[0]["is"] == kept[0][2]
        first, second = list(SPANS[0].key[:2]), list(SPANS[1].key[:2])
        ends = (first, second) if kept[0][0] == 0 else (second, first)
        assert (changes[0]["head"], changes[0]["tail"]) == ends


def test_kept_relations_have_the_probability_as_score() -> None:
    found, changes = apply_pair_policy(
        annotation(2), [judged([0.1, 0.1, 0.8, 0], 2)], "abstain", 0.5
    )
    assert (found.relations or ())[0].score == 0.8
    assert changes == []


def test_nothing_judged_leaves_the_annotation_as_it_is() -> None:
    teacher = replace(annotation(2), abstain_pairs=(PairAbstention(2, 1),))
    assert apply_pair_policy(teacher, [], "soft", 0.5) == (teacher, [])


def test_abstentions_of_the_teacher_stay() -> None:
    unknown = PairAbstention(2, 1)
    teacher = replace(annotation(2), abstain_pairs=(unknown,))
    found, _ = apply_pair_policy(teacher, [judged(DOUBTFUL, 2)], "abstain", 0.5)
    assert set(found.abstain_pairs) == {unknown, PairAbstention(*WORKS)}
