r"""Comparison of offsets with the surfaces that a file states for its spans.

A tool may count offsets in another unit than code points: UTF-16 units (Java, JavaScript), ``\r\n``
as one character (a browser, Python's text mode), or ``\n`` as two (the text was converted after the
annotation). Offsets are converted only if the surfaces of the file prove the unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from vermeil.data.document import Range

DIFFERENT = "surfaces_that_differ"
"""Name of the count of spans whose surface is not in the text at their offsets."""
WIDENED = "surfaces_widened"
"""Name of the count of spans that the editor widened to whole words after storing the surface."""

_Widths = Callable[[str, int], int]
"""Units of the character of a text at a position."""


class StatedSpan(NamedTuple):
    """Span as a file states it: its ranges in the file's unit, and its surface if there is one.

    The surface of several ranges is that of the ranges, joined with spaces.
    """

    ranges: Sequence[Range]
    surface: str | None


class CheckedRanges(NamedTuple):
    """Ranges of spans in code points, and counts by name of what was converted or contradicts.

    Args:
        ranges: the ranges of each span. If surfaces differ, they are those of the file.
        counts: names such as ``utf16_offsets_converted``, `DIFFERENT` and `WIDENED`.
    """

    ranges: Sequence[Sequence[Range]]
    counts: dict[str, int]


def check_surfaces(
    text: str, stated: Sequence[StatedSpan], *, editor: bool = False
) -> CheckedRanges:
    """Return the ranges of spans in code points, as proven by their surfaces.

    Offsets are code points if all surfaces are in the text there. Otherwise, exactly one other
    reading in which all surfaces are in the text is proven. If there is none, the spans whose
    surface differs are counted.

    Args:
        text: the text.
        stated: the spans of one file, or of one answer.
        editor: the spans come from an editor. It may mix its own unit with the offsets of imported
            suggestions, and may widen spans to whole words without changing their surfaces.
    """
    given = [list(span.ranges) for span in stated]
    wrong = sum(not _is_same(text, span.ranges, span.surface) for span in stated)
    if not wrong:
        return CheckedRanges(given, {})
    if editor and _all(text, stated, given, _is_contained):
        return CheckedRanges(given, {WIDENED: wrong})
    readings = [
        (name, ranges)
        for name, ranges in _conversions(text, given)
        if _all(text, stated, ranges, _is_same)
    ]
    if editor and not readings:
        readings = _mixed_readings(text, stated, given)
    if len({str(ranges) for _, ranges in readings}) != 1:
        return CheckedRanges(given, {DIFFERENT: wrong})
    name, converted = readings[0]
    changed = sum(old != new for old, new in zip(given, converted, strict=True))
    return CheckedRanges(converted, {f"{name}_offsets_converted": changed})


def is_same_text(found: str, surface: str) -> bool:
    r"""Return whether a piece of text and its stated surface differ in white space at most.

    Editors collapse white space in surfaces, and write line ends as spaces or as ``\n``.
    """
    if found == surface:
        return True
    plain = _words(found)
    return plain in (_words(surface), _words(surface.replace("\\r", "\r").replace("\\n", "\n")))


_Match = Callable[[str, Sequence[Range], str | None], bool]


def _all(
    text: str, stated: Sequence[StatedSpan], ranges: Sequence[Sequence[Range]], matches: _Match
) -> bool:
    return all(
        matches(text, places, span.surface) for span, places in zip(stated, ranges, strict=True)
    )


def _is_same(text: str, ranges: Sequence[Range], surface: str | None) -> bool:
    """Return whether a surface is in the text at these ranges, or nothing is stated."""
    if surface is None or not surface.strip():
        return True
    pieces = " ".join(text[start:end] for start, end in ranges)
    if is_same_text(pieces, surface):
        return True
    return len(ranges) > 1 and is_same_text(text[ranges[0][0] : ranges[-1][1]], surface)


def _is_contained(text: str, ranges: Sequence[Range], surface: str | None) -> bool:
    """Return whether the ranges are whole words that hold the surface."""
    if surface is None or _is_same(text, ranges, surface):
        return True
    start, end = ranges[0][0], ranges[-1][1]
    return (
        end <= len(text)
        and _words(surface) in _words(text[start:end])
        and not (_in_word(text, start) or _in_word(text, end))
    )


def _in_word(text: str, position: int) -> bool:
    return 0 < position < len(text) and text[position - 1 : position + 1].isalnum()


def _words(text: str) -> str:
    return " ".join(text.split())


def _mixed_readings(
    text: str, stated: Sequence[StatedSpan], given: Sequence[Sequence[Range]]
) -> list[tuple[str, list[list[Range]]]]:
    """Return readings in which some spans count code points and the others one other unit."""
    readings = []
    for name, converted in _conversions(text, given, partial=True):
        chosen = []
        for span, old, new in zip(stated, given, converted, strict=True):
            fitting = [list(one) for one in (old, new) if one and _is_same(text, one, span.surface)]
            if not fitting or (len(fitting) == 2 and fitting[0] != fitting[1]):
                break
            chosen.append(fitting[0])
        else:
            readings.append((name, chosen))
    return readings


def _conversions(
    text: str, given: Sequence[Sequence[Range]], *, partial: bool = False
) -> Iterable[tuple[str, list[list[Range]]]]:
    """Yield the name of each other unit, and the ranges in code points.

    A unit in which a range cuts a character is left out. If ``partial``, such a range is empty.
    """
    for name, width in _UNITS.items():
        before = [0, *accumulate(width(text, position) for position in range(len(text)))]
        if before[-1] == len(text) and before == list(range(len(text) + 1)):
            continue
        # Of the positions beside a character without a width, a span takes the inner one.
        starts = {units: position for position, units in enumerate(before)}
        ends = {before[position]: position for position in range(len(text), -1, -1)}
        ranges = [
            [(starts.get(start, -1), ends.get(end, -1)) for start, end in places]
            for places in given
        ]
        possible = [all(0 <= start < end for start, end in places) for places in ranges]
        if partial:
            ranges = [one if fits else [] for one, fits in zip(ranges, possible, strict=True)]
        if partial or all(possible):
            yield name, ranges


def _utf16(text: str, position: int) -> int:
    return 1 + (text[position] > "\uffff")


def _crlf_as_one(text: str, position: int) -> int:
    return not text.startswith("\r\n", position)


def _lf_as_two(text: str, position: int) -> int:
    return 1 + (text[position] == "\n" and (position == 0 or text[position - 1] != "\r"))


def _utf8(text: str, position: int) -> int:
    return len(text[position].encode("utf-8", "surrogatepass"))


def _without_bom(text: str, position: int) -> int:
    return not (position == 0 and text[0] == "\ufeff")


_UNITS: dict[str, _Widths] = {
    "utf16": _utf16,
    "crlf": _crlf_as_one,
    "utf16_crlf": lambda text, at: _utf16(text, at) * _crlf_as_one(text, at),
    "lf": _lf_as_two,
    "utf16_lf": lambda text, at: _utf16(text, at) + _lf_as_two(text, at) - 1,
    "byte": _utf8,
    "byte_order_mark": _without_bom,
}
"""Name of a unit to the width of a character. ``crlf``: a carriage return with a line feed counts
as one. ``lf``: a line feed counts as two. ``byte_order_mark``: the mark is not counted."""
