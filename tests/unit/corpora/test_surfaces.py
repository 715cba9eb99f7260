"""Offsets against the surfaces that stand beside them: proven units, and everything else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import CorpusConfig, read_corpus
from vermeil.corpora.surfaces import StatedSpan, check_surfaces
from vermeil.corpora.unread import describe_unread

GRIN = "\U0001f600"
TEXT = f"Rain {GRIN}{GRIN} fell.\r\nMara stayed in {GRIN} Oslo.\r\nPavel left."
SURFACES = ("Rain", "Mara", "Oslo", "Pavel")


def counted(text: str, unit: Callable[..., Any]) -> list[tuple[int, int]]:
    """Return the number of units that a tool counts before each surface, and at its end."""
    found = []
    for surface in SURFACES:
        start = text.index(surface)
        found.append(tuple(unit(text[:end]) for end in (start, start + len(surface))))
    return found


def stated(ranges: list[tuple[int, int]], surfaces: tuple[str, ...] = SURFACES) -> list[StatedSpan]:
    return [StatedSpan([place], surface) for place, surface in zip(ranges, surfaces, strict=True)]


UNITS = {
    "utf16": lambda text: len(text.encode("utf-16-le")) // 2,
    "crlf": lambda text: len(text.replace("\r\n", "\n")),
    "utf16_crlf": lambda text: len(text.replace("\r\n", "\n").encode("utf-16-le")) // 2,
    "byte": lambda text: len(text.encode()),
}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("editor", [False, True])
def test_a_unit_that_all_surfaces_prove_is_converted_and_counted(unit: str, editor: bool) -> None:
    truth = counted(TEXT, len)
    checked = check_surfaces(TEXT, stated(counted(TEXT, UNITS[unit])), editor=editor)
    assert [list(places) for places in checked.ranges] == [[place] for place in truth]
    assert checked.counts == {f"{unit}_offsets_converted": 3}


@pytest.mark.parametrize(
    ("text", "unit", "name"),
    [
        (TEXT.replace("\r\n", "\n").replace(GRIN, "-"), lambda t: len(t) + t.count("\n"), "lf"),
        (
            TEXT.replace("\r\n", "\n"),
            lambda t: UNITS["utf16"](t) + t.count("\n"),
            "utf16_lf",
        ),
        (
            "\ufeff" + TEXT.replace("\r\n", " ").replace(GRIN, "-"),
            lambda t: len(t.removeprefix("\ufeff")),
            "byte_order_mark",
        ),
    ],
)
def test_other_units_of_line_ends_and_of_the_byte_order_mark(
    text: str, unit: Callable[..., Any], name: str
) -> None:
    checked = check_surfaces(text, stated(counted(text, unit)))
    assert [places[0] for places in checked.ranges] == counted(text, len)
    assert list(checked.counts) == [f"{name}_offsets_converted"]


def test_right_offsets_are_not_counted() -> None:
    checked = check_surfaces(TEXT, stated(counted(TEXT, len)))
    assert checked.counts == {}


@pytest.mark.parametrize("editor", [False, True])
def test_a_shift_without_a_unit_is_counted(editor: bool) -> None:
    ranges = [(start + 1, end + 1) for start, end in counted(TEXT, len)]
    checked = check_surfaces(TEXT, stated(ranges), editor=editor)
    assert checked.counts == {"surfaces_that_differ": 4}
    one_wrong = [*counted(TEXT, UNITS["crlf"])[:3], (1, 6)]
    assert check_surfaces(TEXT, stated(one_wrong), editor=editor).counts == {
        "surfaces_that_differ": 3
    }


def test_two_units_that_both_fit_prove_nothing() -> None:
    text = f"{GRIN}\r\nabab"
    # Read as UTF-16 units, the range holds the first "ab"; with line ends as one, the second.
    assert check_surfaces(text, [StatedSpan([(4, 6)], "ab")]).counts == {"surfaces_that_differ": 1}


def test_an_editor_may_mix_its_unit_with_imported_suggestions() -> None:
    right, shifted = counted(TEXT, len), counted(TEXT, UNITS["utf16_crlf"])
    mixed = stated([right[0], right[1], shifted[2], shifted[3]])
    assert check_surfaces(TEXT, mixed).counts == {"surfaces_that_differ": 2}
    checked = check_surfaces(TEXT, mixed, editor=True)
    assert [places[0] for places in checked.ranges] == right
    assert checked.counts == {"utf16_crlf_offsets_converted": 2}


@pytest.mark.parametrize(
    ("surface", "place", "editor", "counts"),
    [
        ("Mara Hill", (0, 10), False, {}),
        ("Mara\\nHill", (0, 10), False, {}),
        ("ara", (0, 4), True, {"surfaces_widened": 1}),
        ("ara", (0, 4), False, {"surfaces_that_differ": 1}),
        ("Hill", (0, 16), True, {"surfaces_widened": 1}),
        ("ara", (0, 7), True, {"surfaces_that_differ": 1}),
        ("", (0, 4), False, {}),
        (None, (0, 4), False, {}),
    ],
)
def test_white_space_and_widened_spans(
    surface: str | None, place: tuple[int, int], editor: bool, counts: dict[str, int]
) -> None:
    text = "Mara \nHill slept."
    checked = check_surfaces(text, [StatedSpan([place], surface)], editor=editor)
    assert checked.counts == counts


def test_counts_in_words() -> None:
    assert describe_unread("crlf_offsets_converted", 2) == "converted: crlf offsets 2"
    assert describe_unread("events", 1200) == "not read: events 1,200"
    assert describe_unread("surfaces_that_differ", 1).endswith("differ from the text: spans 1")


def brat(tmp_path: Path, text: str, *lines: str) -> tuple[list[str] | None, dict[str, int] | None]:
    (tmp_path / "n.txt").write_text(text, newline="")
    (tmp_path / "n.ann").write_text("\n".join(lines) + "\n")
    (document,) = read_corpus(CorpusConfig(path=tmp_path))
    found = None if document.spans is None else [text[s.start : s.end] for s in document.spans]
    return found, document.meta.get("unread")


def test_brat_with_line_ends_counted_once(tmp_path: Path) -> None:
    text = "It rains.\r\nMara saw Oslo and\r\nPavel.\r\n"
    lines = ["T1\tPER 10 14\tMara", "T2\tLOC 19 23\tOslo", "T3\tPER 10 14;28 33\tMara Pavel"]
    found, unread = brat(tmp_path, text, *lines)
    assert found == ["Mara", "Mara saw Oslo and\r\nPavel", "Oslo"]
    assert unread == {"crlf_offsets_converted": 3}


def test_brat_with_offsets_beyond_the_text_in_another_unit(tmp_path: Path) -> None:
    text = f"{GRIN}{GRIN} Oslo"
    found, unread = brat(tmp_path, text, "T1\tLOC 5 9\tOslo", "T2\tEMO 0 4\t" + GRIN * 2)
    assert found == [GRIN * 2, "Oslo"]
    assert unread == {"utf16_offsets_converted": 2}


def test_a_brat_document_with_another_surface_is_not_annotated(tmp_path: Path) -> None:
    lines = ["T1\tPER 0 4\tMara", "T2\tLOC 9 13\tOslo", "R1\tIn Arg1:T1 Arg2:T2"]
    found, unread = brat(tmp_path, "Mara left Oslo", *lines)
    assert found is None
    assert unread == {"surfaces_that_differ": 1, "relations": 1}
