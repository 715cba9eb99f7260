from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from vermeil.studies.report.svg import Drawing, Scale, ticks


def test_scale_maps_ends_to_ends_and_holds_what_lies_outside() -> None:
    up = Scale(0, 2, 100, 20)
    assert (up(0), up(2), up(1)) == (100, 20, 60)
    assert (up(-5), up(9)) == (100, 20)


def test_scale_without_width_gives_the_middle() -> None:
    assert Scale(3, 3, 0, 10)(3) == 5


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.731, 0.913, [0.75, 0.8, 0.85, 0.9]),
        (-0.012, 0.031, [-0.01, 0, 0.01, 0.02, 0.03]),
        (0, 104, [0, 50, 100]),
    ],
)
def test_ticks_are_round_and_inside(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_ticks_never_write_minus_zero() -> None:
    assert [str(tick) for tick in ticks(-0.1, 0.1, 2)] == ["-0.1", "0.0", "0.1"]


def test_ticks_of_one_value() -> None:
    assert ticks(0.4, 0.4) == [0.4]


def test_drawing_is_xml_with_a_description() -> None:
    drawing = Drawing(100, 50, "two & three")
    drawing.line((0, 0), (10.25, 5), "grid")
    drawing.curve([(0, 1), (2, 3)], "planned")
    drawing.area([(0, 1), (2, 3)], 10, "gold-area")
    drawing.dot((5, 5), 2, "seed", "seed 0: .800")
    drawing.bar((1, 2), 3, 4, "bar")
    drawing.text((1, 1), "a < b", "name", "end")
    root = ET.fromstring(str(drawing.svg()))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "two & three"
    assert root.attrib["viewBox"] == "0 0 100 50"
    assert [mark.tag for mark in root] == ["line", "path", "path", "circle", "rect", "text"]
    assert root[2].attrib["d"] == "M0 10L0 1L2 3L2 10Z"
    assert root.findtext("circle/title") == "seed 0: .800"
    assert root.findtext("text") == "a < b"


def test_a_bar_is_never_negative() -> None:
    drawing = Drawing(10, 10, "x")
    drawing.bar((5, 5), -3, 2, "bar")
    assert 'width="0"' in drawing.svg()


def test_nothing_is_drawn_through_no_points() -> None:
    drawing = Drawing(10, 10, "x")
    drawing.curve([], "planned")
    drawing.area([], 5, "gold-area")
    assert "path" not in drawing.svg()
