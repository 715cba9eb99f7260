r"""Comparison of offsets with the surfaces that a file states for its spans.

A tool may count offsets in another unit than code points: UTF-16 units (Java, JavaScript), ``\r\n``
as one character (a browser, Python's text mode), or ``\n`` as two (the text was converted after the
annotation). Offsets are converted only if the surfaces of the file prove the unit.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from vermeil.data.document import Range

DIFFERENT = "surfaces_that_differ"
"""Name of the count of spans whose surface is not in the text at their offsets."""
WIDENED = "surfaces_widened"
"""Name of the count of spans that the editor widened to whole words after storing the surface."""

_WIDEST = 10_000
"""Largest number of characters by which an editor widens a span."""
_WORD = re.compile(r"\S+")

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


def is_same_text(text: str, ranges: Sequence[Range], surface: str) -> bool:
    r"""Return whether the words of a text in these ranges are those of the stated surface.

    Editors collapse white space in surfaces, and write line ends as spaces or as ``\n``. The
    comparison ends at the first difference, so that its time is that of the surface's length.
    """
    if _has_words(text, ranges, surface.split()):
        return True
    plain = surface.replace("\\r", "\r").replace("\\n", "\n")
    return plain != surface and _has_words(text, ranges, plain.split())


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
    if is_same_text(text, ranges, surface):
        return True
    return len(ranges) > 1 and is_same_text(text, [(ranges[0][0], ranges[-1][1])], surface)


def _has_words(text: str, ranges: Sequence[Range], words: Sequence[str]) -> bool:
    expected = iter(words)
    word = next(expected, None)
    for start, end in ranges:
        position, stop = max(start, 0), min(end, len(text))
        while True:
            position = _skip_blanks(text, position)
            if position >= stop:
                break
            if word is None or not text.startswith(word, position, stop):
                return False
            position += len(word)
            if position < stop and not text[position].isspace():
                return False
            word = next(expected, None)
    return word is None


def _skip_blanks(text: str, position: int) -> int:
    """Return the position of the first character from here on that is not white space."""
    for at in range(position, min(position + 2, len(text))):
        if not text[at].isspace():
            return at
    if position + 2 >= len(text):
        return len(text)
    starts = _word_starts(text)
    after = bisect_left(starts, position + 1)
    return starts[after] if after < len(starts) else len(text)


@lru_cache(maxsize=4)
def _word_starts(text: str) -> array[int]:
    return array("q", (match.start() for match in _WORD.finditer(text)))


def _is_contained(text: str, ranges: Sequence[Range], surface: str | None) -> bool:
    """Return whether the ranges are whole words that hold the surface."""
    if surface is None or _is_same(text, ranges, surface):
        return True
    start, end = ranges[0][0], ranges[-1][1]
    return (
        end <= len(text)
        and end - start <= len(surface) + _WIDEST
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
    for name in _UNITS:
        before = _units_before(text, name)
        if before is None:
            continue
        # Of the positions beside a character without a width, a span takes the inner one.
        ranges = [
            [
                (_position(before, start, bisect_right), _position(before, end, bisect_left))
                for start, end in places
            ]
            for places in given
        ]
        possible = [all(0 <= start < end for start, end in places) for places in ranges]
        if partial:
            ranges = [one if fits else [] for one, fits in zip(ranges, possible, strict=True)]
        if partial or all(possible):
            yield name, ranges


@lru_cache(maxsize=16)
def _units_before(text: str, name: str) -> array[int] | None:
    """Return the number of units before each character and the end; None if all count as one.

    The last results are kept, since a text may have many answers.
    """
    width = _UNITS[name]
    before = array("q", [0])
    before.extend(accumulate(width(text, position) for position in range(len(text))))
    return None if before == array("q", range(len(text) + 1)) else before


def _position(before: array[int], units: int, search: Callable[[array[int], int], int]) -> int:
    """Return the last (`bisect_right`) or first (`bisect_left`) position of an offset; -1: none."""
    at = search(before, units) - (search is bisect_right)
    return at if 0 <= at < len(before) and before[at] == units else -1


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
