"""Relations follow their spans when silver is corrected; what cannot follow is counted."""

from __future__ import annotations

from tests.relation_toys import relations_task

from vermeil.data.carried_relations import carry_relations
from vermeil.data.document import Annotation, Relation, Span
from vermeil.data.relation import PairAbstention

ALLOWS = relations_task().allows
BO, AL, ROME = Span(0, 2, "PER"), Span(9, 11, "PER"), Span(15, 19, "LOC")
EARLIER = Annotation(
    spans=(BO, AL, ROME), relations=(Relation(0, 1, "knows"), Relation(1, 2, "born_in"))
)


def test_relations_of_remaining_spans_are_renumbered() -> None:
    result, lost = carry_relations(Annotation(spans=(AL, ROME)), EARLIER, ALLOWS)
    assert result.relations == (Relation(0, 1, "born_in"),)
    assert lost == 1
    assert result.abstain_pairs == ()


def test_an_end_with_other_bounds_keeps_its_relations() -> None:
    longer = Span(9, 14, "PER")
    result, lost = carry_relations(Annotation(spans=(BO, longer, ROME)), EARLIER, ALLOWS)
    assert result.relations == EARLIER.relations
    assert lost == 0


def test_a_relation_that_the_new_label_does_not_allow_is_lost() -> None:
    changed = Annotation(spans=(BO, AL, Span(15, 19, "PER")))
    result, lost = carry_relations(changed, EARLIER, ALLOWS)
    assert result.relations == (Relation(0, 1, "knows"),)
    assert lost == 1


def test_two_ends_that_became_one_span_have_no_relation() -> None:
    both = Span(0, 11, "PER")
    result, lost = carry_relations(Annotation(spans=(both, ROME)), EARLIER, ALLOWS)
    assert result.relations == (Relation(0, 1, "born_in"),)
    assert lost == 1


def test_the_relations_of_a_new_span_are_unknown() -> None:
    new = Span(12, 14, "LOC")
    result, lost = carry_relations(Annotation(spans=(BO, AL, new, ROME)), EARLIER, ALLOWS)
    assert result.abstain_pairs == (PairAbstention(tail=2), PairAbstention(head=2))
    assert result.relations == (Relation(0, 1, "knows"), Relation(1, 3, "born_in"))
    assert lost == 0


def test_unknown_relations_stay_unknown() -> None:
    earlier = Annotation(spans=(BO, AL), relations=(), abstain_pairs=(PairAbstention(0, 1),))
    result, _ = carry_relations(Annotation(spans=(BO, AL)), earlier, ALLOWS)
    assert result.abstain_pairs == (PairAbstention(0, 1),)
    unannotated = Annotation(spans=(BO, AL))
    assert carry_relations(unannotated, unannotated, ALLOWS) == (unannotated, 0)
