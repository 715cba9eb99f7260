from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.relation_toys import relations_task

from vermeil.data.document import Annotation, Span
from vermeil.data.relation import PairAbstention, Relation
from vermeil.data.words import split_words

TASK = relations_task()
TEXT = "Ann of Rome met Bob ."
WORDS = split_words(TEXT)
SPANS = (Span(0, 3, "PER"), Span(7, 11, "LOC"), Span(16, 19, "PER"))
CLASSES = ("none", "born_in", "knows", "leads")
NOTHING = Annotation(spans=SPANS, relations=())


def table(**rows: list[float]) -> NDArray[np.float32]:
    """Scored pairs: h0_t1=[…] and so on; the others have no relation."""
    found = []
    for head, tail in TASK.annotated_pairs(NOTHING, WORDS).pairs.tolist():
        found.append([head, tail, *rows.get(f"h{head}_t{tail}", [1, 0, 0, 0])])
    return np.array(found, np.float32)


def test_classes_are_those_of_this_file() -> None:
    assert TASK.pair_classes == CLASSES


def test_pairs_that_nothing_relates_are_no_regions() -> None:
    assert TASK.pair_regions(NOTHING, WORDS, table()) == ()
    assert TASK.pair_regions(NOTHING, WORDS, None) == ()
    assert TASK.pair_regions(Annotation(spans=SPANS), WORDS, table()) == ()


def test_a_relation_of_the_teacher_is_a_region_without_students() -> None:
    teacher = replace(NOTHING, relations=(Relation(0, 1, "born_in", score=0.75),))
    [region] = TASK.pair_regions(teacher, WORDS, None)
    assert region.candidates == ((), ((0, 1, "born_in"),))
    assert (region.teacher_choice, region.student_choice) == (1, 1)
    assert (region.first, region.second) == (SPANS[0].key, SPANS[1].key)
    assert region.uncertainty == 0.25
    assert np.exp(region.log_probs).tolist() == pytest.approx([0.5, 0.5])


def test_a_relation_of_the_students_is_a_region_with_every_allowed_direction() -> None:
    scored = table(h0_t2=[0.5, 0, 0.3, 0.2], h2_t0=[0.6, 0, 0.4, 0])
    [region] = TASK.pair_regions(NOTHING, WORDS, scored)
    assert set(region.candidates) == {
        (), ((0, 2, "knows"),), ((0, 2, "leads"),), ((2, 0, "leads"),)
    }  # fmt: skip
    found = dict(zip(region.candidates, np.exp(region.log_probs), strict=True))
    both = {(): 0.5 * 0.6, ((0, 2, "knows"),): 0.3 * 0.4, ((0, 2, "leads"),): 0.2 * 0.6}
    for candidate, product in both.items():
        assert found[candidate] == pytest.approx(product / sum(both.values()), abs=1e-3)


def test_a_turned_symmetric_relation_is_the_same_candidate() -> None:
    teacher = replace(NOTHING, relations=(Relation(2, 0, "knows"),))
    [region] = TASK.pair_regions(teacher, WORDS, None)
    assert region.teacher_candidate == ((0, 2, "knows"),)
    assert len(region.candidates) == len(set(region.candidates))


def test_a_pair_that_the_teacher_leaves_unknown_is_no_region() -> None:
    scored = table(h0_t2=[0.1, 0, 0, 0.9])
    assert TASK.pair_regions(NOTHING, WORDS, scored)
    for unknown in (PairAbstention(), PairAbstention(0, 2), PairAbstention(2, 0, "leads")):
        teacher = replace(NOTHING, abstain_pairs=(unknown,))
        assert TASK.pair_regions(teacher, WORDS, scored) == ()


def test_spans_without_whole_words_are_in_pairs_and_those_without_words_are_not() -> None:
    spans = (Span(0, 2, "PER"), Span(7, 9, "LOC"), Span(9, 11, "LOC"))
    found = TASK.annotated_pairs(Annotation(spans=spans, relations=()), WORDS)
    assert found.ranges[0].tolist() == [0, 1, TASK.labels.index("PER")]
    assert found.pairs.tolist() == [[0, 1]]


def test_relations_by_the_ranges_of_their_ends() -> None:
    annotation = replace(NOTHING, relations=(Relation(2, 0, "knows"), Relation(2, 0, "leads")))
    ends = [(span.start, span.end) for span in SPANS]
    assert TASK.bound_relations(annotation) == {
        (ends[0], ends[2], "knows"), (ends[2], ends[0], "leads")
    }  # fmt: skip


probabilities = st.lists(st.floats(0.01, 1), min_size=4, max_size=4)


@given(rows=st.lists(probabilities, min_size=4, max_size=4), relations=st.sets(
    st.sampled_from([(0, 1, "born_in"), (2, 1, "born_in"), (0, 2, "knows"), (2, 0, "leads")])
))  # fmt: skip
def test_candidates_are_different_allowed_and_their_probabilities_add_up(
    rows: list[list[float]], relations: Any
) -> None:
    teacher = replace(NOTHING, relations=tuple(Relation(*key) for key in sorted(relations)))
    pairs = TASK.annotated_pairs(teacher, WORDS).pairs.tolist()
    scored = [[*pair, *np.array(row) / sum(row)] for pair, row in zip(pairs, rows, strict=True)]
    regions = TASK.pair_regions(teacher, WORDS, np.array(scored, np.float32))
    related = {one for region in regions for one in region.teacher_candidate}
    assert related == relations
    for region in regions:
        assert () in region.candidates
        assert len(set(region.candidates)) == len(region.candidates)
        assert np.exp(region.log_probs).sum() == pytest.approx(1)
        for head, tail, label in (one for own in region.candidates for one in own):
            assert TASK.allows(label, SPANS[head].label, SPANS[tail].label)
