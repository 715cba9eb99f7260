from __future__ import annotations

import pytest

from vermeil.studies.report.highlighted_text import Piece, highlight_spans
from vermeil.studies.report.sections.examples import LabelChip, example_views
from vermeil.studies.results.context import ExampleRecord
from vermeil.studies.results.scores import SpanRecord

TEXT = "Ann met Bob Ray in Oslo"


def span(surface: str, label: str, start: int | None = None) -> SpanRecord:
    at = TEXT.index(surface) if start is None else start
    return SpanRecord(at, at + len(surface), label)


GOLD = (span("Ann", "PER"), span("Bob Ray", "PER"), span("Oslo", "LOC"))


def test_without_gold_marks_are_not_judged() -> None:
    found = highlight_spans(TEXT, GOLD, None)
    assert [piece.correctness for piece in found.pieces if piece.label] == ["plain"] * 3
    assert found.right is None
    assert found.pieces[0] == Piece("Ann", "PER")


def test_right_wrong_and_missed_are_distinguished() -> None:
    found = highlight_spans(
        TEXT, [span("Ann", "PER"), span("Bob", "ORG"), span("met", "MISC")], GOLD
    )
    pieces = {piece.text: piece for piece in found.pieces if piece.label}
    assert pieces["Ann"].correctness == "right"
    assert (pieces["Bob"].correctness, pieces["Bob"].note) == ("wrong", "gold: “Bob Ray” PER")
    assert (pieces["met"].correctness, pieces["met"].note) == ("wrong", "gold: nothing")
    assert pieces["Oslo"] == Piece("Oslo", "LOC", "missed")
    assert (found.right, found.wrong, found.missed) == (1, 2, 2)


def test_a_wrong_label_alone_names_the_right_one() -> None:
    found = highlight_spans(TEXT, [span("Oslo", "ORG")], GOLD)
    (wrong,) = [piece for piece in found.pieces if piece.correctness == "wrong"]
    assert (wrong.label, wrong.note) == ("ORG", "gold: LOC")


def test_marks_that_cross_others_have_no_piece_but_are_listed() -> None:
    found = highlight_spans(TEXT, [span("Bob Ray", "PER"), span("Ray in", "ORG")], GOLD)
    assert found.hidden == (Piece("Ray in", "ORG", "wrong", "gold: “Bob Ray” PER"),)
    nested = [*GOLD, span("Ray", "ORG"), span("Bob", "LOC")]
    found = highlight_spans(TEXT, [span("Bob Ray", "PER"), span("Bob", "LOC")], nested)
    assert found.hidden == (Piece("Bob", "LOC", "right"), Piece("Ray", "ORG", "missed"))
    assert "".join(piece.text for piece in found.pieces) == TEXT


@pytest.mark.parametrize("bad", [(-1, 3), (5, 5), (20, 99)])
def test_spans_outside_the_text_break_nothing(bad: tuple[int, int]) -> None:
    found = highlight_spans(TEXT, [SpanRecord(bad[0], bad[1], "X")], None)
    assert found.pieces == (Piece(TEXT),)


def test_an_empty_text_has_no_pieces() -> None:
    assert highlight_spans("", [], []).pieces == ()


def test_students_who_marked_the_same_share_a_line() -> None:
    students = {"pooled": GOLD, "gold_only": (), "simple_mix": tuple(reversed(GOLD))}
    example = ExampleRecord(id="d1", text=TEXT, gold=GOLD, students=students)
    (view,) = example_views([example])
    assert [(line.name, line.counts) for line in view.lines] == [
        ("Gold", ""),
        ("Pooled, Simple Mix", "3 right"),
        ("Gold only", "3 missed"),
    ]


def test_a_label_has_one_colour_on_the_whole_page() -> None:
    examples = [
        ExampleRecord(id="d1", text=TEXT, gold=(span("Oslo", "LOC"),)),
        ExampleRecord(id="d2", text=TEXT, gold=GOLD),
    ]
    views = example_views(examples)
    colours = {
        (piece.label, piece.css)
        for view in views
        for line in view.lines
        for piece in line.pieces
        if piece.label
    }
    assert colours == {("LOC", "label0 plain"), ("PER", "label1 plain")}


def test_nothing_to_mark_and_nothing_marked_is_right() -> None:
    (view,) = example_views([ExampleRecord(id="d", text=TEXT, gold=(), teacher=())])
    assert [line.counts for line in view.lines] == ["", "correctly no span"]


def test_labels_of_whole_texts_are_judged_too() -> None:
    students = {"pooled": ("tech",)}
    example = ExampleRecord(id="d", text=TEXT, gold=("sport",), students=students)
    (view,) = example_views([example])
    assert [line.counts for line in view.lines] == ["", "wrong"]
    assert view.lines[1].labels == (LabelChip("tech", "label1"),)
