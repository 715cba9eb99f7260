"""Demonstrations that cover all labels, for arbitrary gold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.document import Annotation, Document, Span
from vermeil.teacher.covering import covering_order

LABELS = ("PER", "ORG", "LOC", "MISC")
label_sets = st.lists(st.lists(st.sampled_from(LABELS), max_size=4), max_size=20)


def document(number: int, labels: list[str], group: str | None = None) -> Document:
    text = "Ann " * (len(labels) + number)
    spans = tuple(Span(4 * i, 4 * i + 3, label) for i, label in enumerate(labels))
    return Document(f"d{number}", text, group, annotation=Annotation(spans))


def labels_of(documents: tuple[Document, ...]) -> set[str]:
    return {span.label for d in documents for span in d.annotation.spans or ()}


@given(label_sets, st.integers(0, 30))
def test_the_order_holds_every_document_once(sets: list[list[str]], count: int) -> None:
    gold = [document(number, labels) for number, labels in enumerate(sets)]
    ordered = covering_order(gold, count)
    assert sorted(d.id for d in ordered) == sorted(d.id for d in gold)


@given(label_sets)
def test_as_many_documents_as_labels_show_every_label(sets: list[list[str]]) -> None:
    gold = [document(number, labels) for number, labels in enumerate(sets)]
    first = covering_order(gold, len(LABELS))[: len(LABELS)]
    assert labels_of(first) == labels_of(tuple(gold))


@given(label_sets, st.integers(1, 5))
def test_each_is_of_another_group_while_there_are_groups(sets: list[list[str]], size: int) -> None:
    gold = [document(n, labels, f"g{n // size}") for n, labels in enumerate(sets)]
    groups = len({d.group for d in gold})
    first = covering_order(gold, groups)[:groups]
    assert len({d.group for d in first}) == groups
