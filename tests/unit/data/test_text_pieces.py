"""Texts in pieces at their spans."""

from __future__ import annotations

from hypothesis import given
from tests.documents import documents

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.text_pieces import text_pieces


@given(documents())
def test_pieces_are_the_text_and_no_span_is_lost(document: Document) -> None:
    pieces, hidden = text_pieces(document)
    assert "".join(piece.text for piece in pieces) == document.text
    labels = [piece.label for piece in pieces if piece.label is not None]
    assert len(labels) + len(hidden) == len(document.spans or ())


def test_a_span_within_another_is_hidden_and_an_abstention_is_marked() -> None:
    spans = (Span(0, 9, "EVENT", score=0.5), Span(7, 9, "PER"))
    document = Document("a", "Bo met Al in Rome", annotation=Annotation(spans, abstain=((13, 17),)))
    pieces, hidden = text_pieces(document)
    assert hidden == [spans[1]]
    assert [(p.text, p.label, p.score, p.is_unknown) for p in pieces] == [
        ("Bo met Al", "EVENT", 0.5, False),
        (" in ", None, None, False),
        ("Rome", None, None, True),
    ]
