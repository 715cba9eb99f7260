"""From a marked copy of a text to spans of the text itself.

Tokens of the copy are aligned with those of the text; a mark is found where all of its tokens are.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from vermeil.data.document import Range, Span
from vermeil.data.mention import LocatedMention, Mention, Status
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.similarity import is_copy
from vermeil.tasks.ner.marked_text import Mark, MarkedText

_TOKEN = re.compile(r"\w|[^\w\s]")
_MOST = 4_000_000
"""Pairs of characters that may be compared."""


def locate_marked(
    text: str, marked: MarkedText, labels: LabelSet, partial: bool = False
) -> tuple[LocatedMention, ...] | None:
    """Take the marks of a copy over to the text.

    Args:
        text: the text.
        marked: the teacher's copy of it, with marks.
        labels: the label set.
        partial: the copy was cut off, and is of the beginning of the text alone.

    Returns:
        One result per mark, in its order; accepted spans do not overlap. None if the copy is of
        another text.
    """
    if not partial and not is_copy(marked.text, text):
        return None
    places = _alignment(text, marked.text)
    located: dict[int, LocatedMention] = {}
    taken = bytearray(len(text))
    longest = sorted(enumerate(marked.marks), key=lambda m: m[1].start - m[1].end)
    for number, mark in longest:
        mention = Mention(marked.surface(mark), mark.label)
        label = labels.normalise(mark.label)
        place = _place(mark, places)
        if label is None:
            located[number] = LocatedMention(mention, Status.OFF_SCHEMA)
        elif place is None:
            located[number] = LocatedMention(mention, Status.NOT_FOUND)
        elif any(taken[slice(*place)]):
            located[number] = LocatedMention(mention, Status.OVERLAP, None, 1)
        else:
            taken[slice(*place)] = b"\x01" * (place[1] - place[0])
            exact = text[slice(*place)] == mention.surface
            status = Status.EXACT if exact else Status.NORMALISED
            span = Span(*place, label, status=status.value, origin="silver")
            located[number] = LocatedMention(mention, status, span, 1)
    return tuple(located[number] for number in range(len(marked.marks)))


def _alignment(text: str, copy: str) -> dict[int, int]:
    """Characters of the copy, without white space, to those of the text."""
    if text == copy:
        return {n: n for n in range(len(text)) if not text[n].isspace()}
    ours = [found.start() for found in _TOKEN.finditer(copy)]
    theirs = [found.start() for found in _TOKEN.finditer(text)]
    left, right = [copy[n] for n in ours], [text[n] for n in theirs]
    if left == right:
        return dict(zip(ours, theirs, strict=True))
    if len(left) * len(right) > _MOST:
        return {}
    blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    return {ours[b.a + n]: theirs[b.b + n] for b in blocks for n in range(b.size)}


def _place(mark: Mark, places: dict[int, int]) -> Range | None:
    found = [places[n] for n in range(mark.start, mark.end) if n in places]
    if not found or found[-1] - found[0] > 2 * (mark.end - mark.start):
        return None
    return found[0], found[-1] + 1
