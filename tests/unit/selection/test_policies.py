import numpy as np
import pytest

from vermeil.data.document import Span
from vermeil.data.region import Candidate, Region, SpanKey
from vermeil.selection.policies import JudgedRegion, apply_policy, expected_f1

ROME: SpanKey = (0, 4, "LOC")


def judgement(
    chances: dict[Candidate, float], said: Candidate, start: int = 0, end: int = 8
) -> JudgedRegion:
    options = tuple(chances)
    evidence = np.log(np.full(len(options), 1 / len(options)))
    region = Region(start, end, options, evidence, options.index(said), 0)
    return JudgedRegion(region, np.array(list(chances.values())))


DOUBTFUL = judgement({(): 0.1, (ROME,): 0.3, ((0, 4, "PER"),): 0.6}, (ROME,))
MISSED = judgement({(): 0.4, ((10, 12, "PER"),): 0.5, ((10, 12, "LOC"),): 0.1}, (), 10, 12)
SURE = judgement({(): 0.02, ((20, 24, "LOC"),): 0.98}, ((20, 24, "LOC"),), 20, 24)
SAID = [Span(0, 4, "LOC", status="fuzzy", origin="llm"), Span(20, 24, "LOC")]
ALL = [DOUBTFUL, MISSED, SURE]


def keys(spans: tuple[Span, ...]) -> list[SpanKey]:
    return [s.key for s in spans]


@pytest.mark.parametrize("policy", ["keep", "drop_document"])
def test_keep_says_how_probable_each_span_is(policy: str):
    ruling = apply_policy(SAID, ALL, policy, 0.5)  # type: ignore[arg-type]
    assert keys(ruling.spans) == [ROME, (20, 24, "LOC")]
    assert [s.score for s in ruling.spans] == [0.3, 0.98]
    assert (ruling.abstain, ruling.changes) == ((), ())
    assert [(s.status, s.origin) for s in ruling.spans] == [("fuzzy", "llm"), (None, "silver")]


def test_drop_span_leaves_out_what_is_below_the_threshold():
    ruling = apply_policy(SAID, ALL, "drop_span", 0.5)
    assert keys(ruling.spans) == [(20, 24, "LOC")]
    assert ruling.abstain == ()
    assert ruling.changes == ({"start": 0, "end": 4, "was": "LOC", "is": None, "chance": 0.3},)
    assert keys(apply_policy(SAID, ALL, "drop_span", 0.3).spans) == [ROME, (20, 24, "LOC")]


def test_abstain_masks_what_is_doubtful_and_what_is_probably_missing():
    ruling = apply_policy(SAID, ALL, "abstain", 0.5)
    assert keys(ruling.spans) == [(20, 24, "LOC")]
    assert ruling.abstain == ((0, 4), (10, 12))
    assert [(c["start"], c["was"], c["is"]) for c in ruling.changes] == [
        (0, "LOC", "?"),
        (10, None, "?"),
    ]
    # With a low threshold that nothing is there is probable enough.
    assert apply_policy(SAID, ALL, "abstain", 0.3).abstain == ()


def test_weight_lets_a_span_count_as_much_as_it_is_probable():
    ruling = apply_policy(SAID, ALL, "weight", 0.5)
    assert [(s.weight, s.score) for s in ruling.spans] == [(0.3, 0.3), (0.98, 0.98)]
    assert ruling.changes == ()


def test_relabel_says_what_is_most_probable():
    ruling = apply_policy(SAID, ALL, "relabel", 0.5)
    assert keys(ruling.spans) == [(0, 4, "PER"), (10, 12, "PER"), (20, 24, "LOC")]
    assert [(c["was"], c["is"]) for c in ruling.changes] == [("LOC", "PER"), (None, "PER")]
    assert [s.score for s in ruling.spans] == [0.6, 0.5, 0.98]


def test_soft_gives_labels_their_probabilities():
    ruling = apply_policy(SAID, ALL, "soft", 0.5)
    assert [dict(s.soft or {}) for s in ruling.spans] == [
        pytest.approx({"LOC": 0.3, "PER": 0.6}),
        pytest.approx({"PER": 0.5, "LOC": 0.1}),
        pytest.approx({"LOC": 0.98}),
    ]


def test_soft_keeps_a_small_chance_that_something_is_there_but_not_a_tiny_one():
    mark: Candidate = ((0, 4, "LOC"),)
    probable = judgement({(): 0.9, mark: 0.1}, mark)
    ruling = apply_policy([Span(*mark[0])], [probable], "soft", 0.5)
    assert [dict(s.soft or {}) for s in ruling.spans] == [pytest.approx({"LOC": 0.1})]
    assert [(c["was"], c["is"]) for c in ruling.changes] == [("LOC", None)]
    certain = judgement({(): 0.96, mark: 0.04}, mark)
    assert apply_policy([Span(*mark[0])], [certain], "soft", 0.5).spans == ()


def test_soft_labels_of_an_extent_share_what_other_extents_have():
    longer: Candidate = ((0, 8, "LOC"),)
    one = judgement({(): 0.1, (ROME,): 0.45, ((0, 4, "PER"),): 0.15, longer: 0.3}, longer)
    [span] = apply_policy([Span(*longer[0])], [one], "soft", 0.5).spans
    assert span.key == ROME
    assert dict(span.soft or {}) == pytest.approx({"LOC": 0.675, "PER": 0.225})


def test_soft_labels_of_many_labels_sum_to_one_after_rounding():
    # At four digits each of these is rounded up, to 1.0004 together, and a task refuses that.
    sizes = [*[0.10006] * 9, 0.09946]
    one = judgement({((0, 4, f"L{n}"),): p for n, p in enumerate(sizes)}, ((0, 4, "L0"),))
    [span] = apply_policy([], [one], "soft", 0.5).spans
    assert sum((span.soft or {}).values()) <= 1 + 1e-6


def test_a_mark_in_several_options_is_as_probable_as_all_of_them():
    both: Candidate = (ROME, (5, 8, "PER"))
    one = judgement({(): 0.2, (ROME,): 0.3, both: 0.5}, both)
    assert one.probability(ROME) == pytest.approx(0.8)
    assert one.probability_of_any(5, 8) == pytest.approx(0.5)
    assert one.probability_of_any(0, 8) == pytest.approx(0.8)
    assert one.best == both


def test_the_expected_f1_by_hand():
    # Said: ROME (.3) and the last (.98); true, expected: .9 + .6 + .98.
    assert expected_f1(ALL) == pytest.approx(2 * (0.3 + 0.98) / (2 + 0.9 + 0.6 + 0.98))
    assert expected_f1([]) == 1


def test_what_the_teacher_said_and_the_changes_come_to_what_is_written():
    for policy in ("keep", "drop_span", "abstain", "weight", "relabel", "soft"):
        ruling = apply_policy(SAID, ALL, policy, 0.5)  # type: ignore[arg-type]
        marks = {(s.start, s.end): s.label for s in SAID}
        for change in ruling.changes:
            place = (change["start"], change["end"])
            assert marks.pop(place, None) == change["was"]
            if change["is"] is not None:
                marks[place] = change["is"]
        masked = dict.fromkeys(ruling.abstain, "?")
        kept = {
            (s.start, s.end): s.label
            for s in ruling.spans
            if s.soft is None or sum(s.soft.values()) >= 0.5
        }
        assert marks == kept | masked, policy
