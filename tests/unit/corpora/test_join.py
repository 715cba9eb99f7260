"""Join of annotated corpora."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.corpora.analysis.join import join_corpora
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import DataError

EMPTY = Annotation(spans=())
MARKED = Annotation(spans=(Span(0, 3, "PER"),))


def test_later_correction_replaces_the_earlier_document_at_its_place() -> None:
    gold = [Document("a", "Ada.", annotation=EMPTY), Document("b", "Bob.", annotation=EMPTY)]
    later = [Document("c", "Cyd.", annotation=EMPTY), Document("a", "Ada.", annotation=MARKED)]
    joined, report = join_corpora({"gold": gold, "later": later})
    assert [document.id for document in joined] == ["a", "b", "c"]
    assert joined[0].annotation == MARKED
    assert report.as_dict() == {
        "read": {"gold": 2, "later": 2},
        "written": 3,
        "replaced": 1,
        "same_text": 0,
    }


def test_same_id_with_another_text_is_an_error_that_names_both_files() -> None:
    with pytest.raises(DataError, match=r"different texts: 'a' in one and two; rename"):
        join_corpora({"one": [Document("a", "x")], "two": [Document("a", "y")]})


def test_same_text_under_two_ids_is_kept_and_counted() -> None:
    joined, report = join_corpora({"one": [Document("a", "x")], "two": [Document("b", "x")]})
    assert (len(joined), report.same_text) == (2, 1)


@given(st.lists(st.lists(st.integers(0, 5)), max_size=4))
def test_counts_reconcile(numbers: list[list[int]]) -> None:
    corpora = {
        str(i): [Document(str(n), f"text {n}") for n in set(part)] for i, part in enumerate(numbers)
    }
    joined, report = join_corpora(corpora)
    assert sum(report.read.values()) == report.written + report.replaced
    assert len(joined) == report.written == len({n for part in numbers for n in part})
