from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from vermeil.data.document import Annotation, Span
from vermeil.data.region import Candidate, PairRegion, Region, SpanKey
from vermeil.selection.pair_policies import JudgedPair
from vermeil.selection.policies import JudgedRegion, apply_policy, expected_f1

ROME: SpanKey = (0, 4, "LOC")


def judged_region(
    probabilities: dict[Candidate, float], teacher: Candidate, start: int = 0, end: int = 8
) -> JudgedRegion:
    candidates = tuple(probabilities)
    log_probs = np.log(np.full(len(candidates), 1 / len(candidates)))
    region = Region(start, end, candidates, log_probs, candidates.index(teacher), 0)
    return JudgedRegion(region, np.array(list(probabilities.values())))


DOUBTFUL = judged_region({(): 0.1, (ROME,): 0.3, ((0, 4, "PER"),): 0.6}, (ROME,))
MISSED = judged_region({(): 0.4, ((10, 12, "PER"),): 0.5, ((10, 12, "LOC"),): 0.1}, (), 10, 12)
SURE = judged_region({(): 0.02, ((20, 24, "LOC"),): 0.98}, ((20, 24, "LOC"),), 20, 24)
TEACHER = Annotation((Span(0, 4, "LOC", status="fuzzy", origin="llm"), Span(20, 24, "LOC")))
ALL = [DOUBTFUL, MISSED, SURE]


def keys(spans: tuple[Span, ...]) -> list[SpanKey]:
    return [s.key for s in spans]


@pytest.mark.parametrize("policy", ["keep", "drop_document"])
def test_keep_sets_the_probability_as_score(policy: Literal["keep", "drop_document"]) -> None:
    result = apply_policy(TEACHER, ALL, policy, 0.5)
    assert keys(result.labelled) == [ROME, (20, 24, "LOC")]
    assert [s.score for s in result.labelled] == [0.3, 0.98]
    assert (result.abstain, result.changes) == ((), ())
    assert [(s.status, s.origin) for s in result.labelled] == [("fuzzy", "llm"), (None, "silver")]


def test_drop_span_drops_spans_below_the_threshold() -> None:
    result = apply_policy(TEACHER, ALL, "drop_span", 0.5)
    assert keys(result.labelled) == [(20, 24, "LOC")]
    assert result.abstain == ()
    assert result.changes == ({"start": 0, "end": 4, "was": "LOC", "is": None, "probability": 0.3},)
    assert keys(apply_policy(TEACHER, ALL, "drop_span", 0.3).labelled) == [ROME, (20, 24, "LOC")]


def test_abstain_masks_uncertain_spans_and_probably_missing_ones() -> None:
    result = apply_policy(TEACHER, ALL, "abstain", 0.5)
    assert keys(result.labelled) == [(20, 24, "LOC")]
    assert result.abstain == ((0, 4), (10, 12))
    assert [(c["start"], c["was"], c["is"]) for c in result.changes] == [
        (0, "LOC", "?"),
        (10, None, "?"),
    ]
    # With a low threshold the empty candidate is probable enough.
    assert apply_policy(TEACHER, ALL, "abstain", 0.3).abstain == ()


def test_weight_sets_the_probability_as_weight() -> None:
    result = apply_policy(TEACHER, ALL, "weight", 0.5)
    assert [(s.weight, s.score) for s in result.labelled] == [(0.3, 0.3), (0.98, 0.98)]
    assert result.changes == ()


def test_relabel_returns_the_most_probable_candidate() -> None:
    result = apply_policy(TEACHER, ALL, "relabel", 0.5)
    assert keys(result.labelled) == [(0, 4, "PER"), (10, 12, "PER"), (20, 24, "LOC")]
    assert [(c["was"], c["is"]) for c in result.changes] == [("LOC", "PER"), (None, "PER")]
    assert [s.score for s in result.labelled] == [0.6, 0.5, 0.98]


def test_soft_gives_labels_their_probabilities() -> None:
    result = apply_policy(TEACHER, ALL, "soft", 0.5)
    assert [dict(s.soft or {}) for s in result.labelled] == [
        pytest.approx({"LOC": 0.3, "PER": 0.6}),
        pytest.approx({"PER": 0.5, "LOC": 0.1}),
        pytest.approx({"LOC": 0.98}),
    ]


def test_soft_keeps_a_small_probability_of_a_span_but_not_a_tiny_one() -> None:
    mark: Candidate = ((0, 4, "LOC"),)
    probable = judged_region({(): 0.9, mark: 0.1}, mark)
    result = apply_policy(Annotation((Span(*mark[0]),)), [probable], "soft", 0.5)
    assert [dict(s.soft or {}) for s in result.labelled] == [pytest.approx({"LOC": 0.1})]
    assert [(c["was"], c["is"]) for c in result.changes] == [("LOC", None)]
    certain = judged_region({(): 0.96, mark: 0.04}, mark)
    assert apply_policy(Annotation((Span(*mark[0]),)), [certain], "soft", 0.5).labelled == ()


def test_soft_labels_of_an_extent_share_the_probability_of_other_extents() -> None:
    longer: Candidate = ((0, 8, "LOC"),)
    one = judged_region({(): 0.1, (ROME,): 0.45, ((0, 4, "PER"),): 0.15, longer: 0.3}, longer)
    [span] = apply_policy(Annotation((Span(*longer[0]),)), [one], "soft", 0.5).labelled
    assert span.key == ROME
    assert dict(span.soft or {}) == pytest.approx({"LOC": 0.675, "PER": 0.225})


def test_soft_labels_of_many_labels_sum_to_one_after_rounding() -> None:
    # At four digits each of these is rounded up, to 1.0004 together, and a task rejects that.
    sizes = [*[0.10006] * 9, 0.09946]
    one = judged_region({((0, 4, f"L{n}"),): p for n, p in enumerate(sizes)}, ((0, 4, "L0"),))
    [span] = apply_policy(Annotation(()), [one], "soft", 0.5).labelled
    assert sum((span.soft or {}).values()) <= 1 + 1e-6


def test_probability_of_a_span_key_is_the_sum_over_its_candidates() -> None:
    both: Candidate = (ROME, (5, 8, "PER"))
    one = judged_region({(): 0.2, (ROME,): 0.3, both: 0.5}, both)
    assert one.probability(ROME) == pytest.approx(0.8)
    assert one.probability_of_any(5, 8) == pytest.approx(0.5)
    assert one.probability_of_any(0, 8) == pytest.approx(0.8)
    assert one.best == both


def test_the_expected_f1_by_hand() -> None:
    # Teacher: ROME (.3) and the last (.98); true, expected: .9 + .6 + .98.
    assert expected_f1(ALL) == pytest.approx(2 * (0.3 + 0.98) / (2 + 0.9 + 0.6 + 0.98))
    assert expected_f1([]) == 1


def test_relations_count_in_the_expected_f1_like_spans() -> None:
    related = ((0, 1, "works_for"),)
    ends = (0, 3, "PER"), (7, 10, "ORG")
    region = PairRegion(*ends, ((), related), np.zeros(2), 1, 0)
    pair = JudgedPair(region, np.array([0.8, 0.2]))
    assert expected_f1([], [pair]) == pytest.approx(2 * 0.2 / (1 + 0.2))
    assert expected_f1(ALL, [pair]) == pytest.approx(2 * (1.28 + 0.2) / (3 + 2.48 + 0.2))


def test_teacher_spans_with_the_changes_give_the_result() -> None:
    for policy in ("keep", "drop_span", "abstain", "weight", "relabel", "soft"):
        result = apply_policy(TEACHER, ALL, policy, 0.5)
        marks = {(s.start, s.end): s.label for s in TEACHER.spans or ()}
        for change in result.changes:
            where = (change["start"], change["end"])
            assert marks.pop(where, None) == change["was"]
            if change["is"] is not None:
                marks[where] = change["is"]
        masked = dict.fromkeys(result.abstain, "?")
        kept = {
            (s.start, s.end): s.label
            for s in result.labelled
            if s.soft is None or sum(s.soft.values()) >= 0.5
        }
        assert marks == kept | masked, policy
