"""Labels that are added later: their prompts, text from before, and the merge of annotations."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.document import Annotation, Document, LabelAbstention, Span, with_abstention
from vermeil.errors import ConfigError
from vermeil.tasks import make_task
from vermeil.tasks.added_labels import (
    added_section,
    as_absent,
    base_section,
    for_prompt,
    never_annotated,
    with_unknown_labels,
    without_labels,
)
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.merging import merge_annotations

LABELS: dict[str, Any] = {"PER": {}, "DAY": {"added": True}, "LOC": {}}
SECTION = TaskConfig.model_validate({"labels": LABELS})
TASK = make_task(SECTION)
TEXT = "Ann in Rome on Monday"
PER, LOC, DAY = Span(0, 3, "PER"), Span(7, 11, "LOC"), Span(15, 21, "DAY")


def document(name: str, *spans: Span, unknown: tuple[str, ...] = ()) -> Document:
    abstain = (LabelAbstention(unknown),) if unknown else ()
    return Document(name, TEXT, annotation=Annotation(spans, abstain_labels=abstain))


def test_the_prompt_of_the_first_labels_does_not_change() -> None:
    before = make_task(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))
    base = make_task(base_section(SECTION))
    assert base.render("standard", TEXT) == before.render("standard", TEXT)
    assert base.schema("standard") == before.schema("standard")
    assert make_task(added_section(SECTION, "DAY")).labels == ("DAY",)
    plain = TaskConfig.model_validate({"labels": {"PER": {}}})
    assert base_section(plain) is plain


def test_an_added_child_is_requested_with_its_parent() -> None:
    labels: dict[str, Any] = {"sport": {}, "sport/chess": {"added": True}, "tech": {}}
    section = {"name": "classification", "multi_label": True, "labels": labels}
    config = TaskConfig.model_validate(section)
    assert tuple(added_section(config, "sport/chess").labels) == ("sport", "sport/chess")


def test_a_label_cannot_be_added_where_each_text_has_exactly_one() -> None:
    section = {"name": "classification", "labels": {"a": {}, "b": {"added": True}}}
    with pytest.raises(ConfigError, match=r"task\.labels\.b\.added: needs task\.multi_label"):
        make_task(TaskConfig.model_validate(section))
    with pytest.raises(ConfigError, match="every label is marked as added"):
        base_section(TaskConfig.model_validate({"labels": {"X": {"added": True}}}))


def test_a_corpus_without_the_label_is_unknown_for_it_and_any_other_is_left_alone() -> None:
    old = [document("a", PER), document("b", LOC), Document("c", TEXT)]
    marked = with_unknown_labels(old, TASK)
    assert [one.annotation.unknown_labels for one in marked] == [{"DAY"}, {"DAY"}, set()]
    mixed = [*old, document("d", DAY)]
    assert with_unknown_labels(mixed, TASK) == mixed
    stated = [document("a", PER, unknown=("DAY",)), document("b", PER)]
    assert with_unknown_labels(stated, TASK) == stated


def test_the_annotation_of_an_added_label_can_be_hidden_and_shown_alone() -> None:
    full = document("a", PER, LOC, DAY)
    hidden = without_labels(full, ["DAY"])
    assert [s.label for s in hidden.spans or ()] == ["PER", "LOC"]
    assert hidden.annotation.unknown_labels == {"DAY"}
    assert without_labels(hidden, ["DAY"]) == hidden
    (shown,) = for_prompt([full, hidden], ["DAY"])
    assert shown.spans == (DAY,)


def test_only_documents_without_the_label_are_marked() -> None:
    unknown = LabelAbstention(("DAY",))
    assert with_abstention(document("a", DAY), unknown) == document("a", DAY)
    assert with_abstention(Document("a", TEXT), unknown).annotation.is_empty
    assert with_abstention(document("a"), unknown).annotation.abstain_labels == (unknown,)


def test_what_is_missing_on_one_side_is_unknown() -> None:
    base, added = Annotation((PER,)), Annotation((DAY,), abstain=((4, 6),))
    merged, disputed = merge_annotations(base, Annotation(), ["PER"], ["DAY"])
    assert (merged.spans, disputed) == ((PER,), 0)
    assert merged.unknown_labels == {"DAY"}
    merged, _ = merge_annotations(Annotation(), added, ["PER"], ["DAY"])
    assert merged.spans == (DAY,)
    assert set(merged.abstain_labels) == {
        LabelAbstention(("DAY",), 4, 6),
        LabelAbstention(("PER",)),
    }
    assert merge_annotations(Annotation(), Annotation(), ["PER"], ["DAY"])[0].is_empty


spans = st.lists(st.tuples(st.integers(0, 18), st.integers(1, 3)), max_size=4)


@given(spans, spans)
def test_a_merge_has_no_overlap_and_loses_nothing_silently(first: Any, second: Any) -> None:
    def flat(places: list[tuple[int, int]], label: str) -> tuple[Span, ...]:
        found: list[Span] = []
        for start, size in sorted(places):
            if not found or start >= found[-1].end:
                found.append(Span(start, start + size, label))
        return tuple(found)

    base, added = Annotation(flat(first, "PER")), Annotation(flat(second, "DAY"))
    merged, disputed = merge_annotations(base, added, ["PER"], ["DAY"])
    TASK.check(Document("d", "x" * 30, annotation=merged))
    assert disputed == len(merged.abstain)
    for span in (*(base.spans or ()), *(added.spans or ())):
        masked = any(start < span.end and span.start < end for start, end in merged.abstain)
        assert (span in (merged.spans or ())) != masked


def test_labels_of_texts_are_joined() -> None:
    base = Annotation(labels=("sport",), label_scores={"sport": 0.9})
    added = Annotation(labels=("tech",), label_scores={"tech": 0.8})
    merged, _ = merge_annotations(base, added, ["sport"], ["tech"])
    assert merged.labels == ("sport", "tech")
    assert merged.label_scores == {"sport": 0.9, "tech": 0.8}


def test_a_label_without_a_single_annotation_is_found_and_counts_as_absent() -> None:
    unknown = [document("a", PER, unknown=("DAY", "LOC")), document("b", unknown=("DAY",))]
    assert never_annotated([*unknown, Document("c", TEXT)]) == {"DAY"}
    assert never_annotated([*unknown, document("d", PER)]) == frozenset()
    assert never_annotated([]) == frozenset()
    part = with_abstention(document("e"), LabelAbstention(("DAY",), 0, 3))
    assert never_annotated([unknown[0], part]) == frozenset()
    absent = as_absent(unknown[0], {"DAY"})
    assert absent.annotation.unknown_labels == {"LOC"}
    assert absent.spans == unknown[0].spans
