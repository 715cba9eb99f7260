from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vermeil.studies.report.highlighted_text import highlight_spans
from vermeil.studies.results.scores import SpanRecord

TEXT = "Every character stands in exactly one piece."
spans = st.lists(
    st.builds(
        lambda start, size, label: SpanRecord(start, start + size, label),
        st.integers(-3, len(TEXT)),
        st.integers(0, 12),
        st.sampled_from(["A", "B"]),
    ),
    max_size=8,
)


@given(spans, st.none() | spans)
def test_pieces_are_the_text_and_marks_are_all_counted(
    said: list[SpanRecord], gold: list[SpanRecord] | None
) -> None:
    found = highlight_spans(TEXT, said, gold)
    assert "".join(piece.text for piece in found.pieces) == TEXT
    inside = {(s.start, s.end, s.label) for s in said if 0 <= s.start < s.end <= len(TEXT)}
    shown = [p for p in found.pieces if p.label and p.correctness != "missed"]
    hidden = [p for p in found.hidden if p.correctness != "missed"]
    assert len(shown) + len(hidden) == len(inside)
    if gold is not None:
        assert found.right is not None
        assert found.right + found.wrong == len(inside)
