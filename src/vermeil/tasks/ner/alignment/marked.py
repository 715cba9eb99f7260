"""From a teacher's marked copy of a text to spans of the text itself.

The copy need not be the text: teachers mend spelling, quotes and white space as they go. So copy
and text are aligned by the fewest edits of letters, and each mark is carried over to the stretch of
the text that stands against it; what it covers there must still be what was marked.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

from vermeil.data.document import Range, Span
from vermeil.data.mention import LocatedMention, Mention, Status, Tier
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.fuzzy import bounded_edit_distance
from vermeil.tasks.ner.alignment.intervals import select_disjoint
from vermeil.tasks.ner.alignment.mentions import TIER_STATUSES, TIER_WEIGHTS
from vermeil.tasks.ner.alignment.normalise import NormalisedText, folded, letters, raw, spaced
from vermeil.tasks.ner.alignment.occurrences import is_attached, is_whole_word, with_punctuation
from vermeil.tasks.ner.marked_text import InlineMarkedText

_EDIT_RATIO = 50
"""One letter in so many may be altered (one in a shorter text): a similarity of 0.98."""

MarkMatch = tuple[Range, Tier | None, int]
"""Where a mark belongs; how far it is the same there (None: not at all); the distance."""


def locate_marked(
    text: str, marked: InlineMarkedText, labels: LabelSet, partial: bool = False
) -> tuple[LocatedMention, ...] | None:
    """Take the marks of a copy over to the text.

    Args:
        text: the text.
        marked: the teacher's copy of it, with marks.
        labels: the label set.
        partial: the copy was cut off, and is of the beginning of the text alone.

    Returns:
        One result per mark, in the order of the marks. A mark whose characters are altered beyond
        what location would accept, or which begins or ends within a word, is `NOT_FOUND`. Accepted
        spans do not overlap. None if the copy is of another text: more than 2 % of its letters are
        altered, left out or added.
    """
    alignment = _align(text, marked.text, partial)
    if alignment is None:
        return None
    found = [alignment.find(mark.start, mark.end) for mark in marked.marks]
    names = [labels.normalise(mark.label) for mark in marked.marks]
    weights: dict[Range, int] = {}
    for (place, tier, _), name in zip(found, names, strict=True):
        if tier is not None and name is not None:
            weight = TIER_WEIGHTS[tier] * (place[1] - place[0])
            weights[place] = max(weight, weights.get(place, 0))
    kept = select_disjoint(weights)
    located: list[LocatedMention] = []
    for mark, (place, tier, distance), name in zip(marked.marks, found, names, strict=True):
        mention = Mention(marked.surface(mark), mark.label)
        places = (place,) if place[0] < place[1] else ()
        span: Span | None = None
        if name is None:
            status = Status.OFF_SCHEMA
        elif tier is None:
            status = Status.NOT_FOUND
        elif place in kept:
            status = TIER_STATUSES[tier]
            span = Span(*place, name, status=status.value, origin="silver")
            kept.remove(place)
        else:
            status = Status.DUPLICATE if _is_assigned(place, located) else Status.OVERLAP
        located.append(LocatedMention(mention, status, span, places, tier, distance))
    return tuple(located)


def _is_assigned(place: Range, located: Sequence[LocatedMention]) -> bool:
    return any(one.span and (one.span.start, one.span.end) == place for one in located)


class _Alignment:
    """Which stretch of the text a stretch of its copy is.

    Args:
        text: the text.
        copy: the copy.
        ours, theirs: views of text and copy that are aligned.
        blocks: pairs of stretches of ``theirs`` and ``ours``, in order, without gaps; those of
            equal length correspond character by character.
    """

    def __init__(
        self,
        text: str,
        copy: str,
        text_view: NormalisedText,
        copy_view: NormalisedText,
        blocks: Sequence[tuple[Range, Range]],
    ) -> None:
        self._text, self._copy = text, copy
        self._text_view, self._copy_view = text_view, copy_view
        self._blocks = blocks
        self._starts = [block[0][0] for block in blocks]

    def find(self, start: int, end: int) -> MarkMatch:
        """Return where the marked stretch of the copy stands in the text, and how far it is that.

        An empty range means that nothing corresponds to it.
        """
        surface = self._copy[start:end]
        start += len(surface) - len(surface.lstrip())
        first, last = self._copy_view.to_normalised_range(start, max(start, end))
        while last > first and self._copy_view.text[last - 1] == " ":
            last -= 1
        first, last = self._map_start(first), self._map_end(last)
        while first < last and self._text_view.text[first] == " ":
            first += 1
        while first < last and self._text_view.text[last - 1] == " ":
            last -= 1
        if first >= last or not surface.strip():
            return (0, 0), None, 0
        place = self._text_view.starts[first], self._text_view.ends[last - 1]
        tier, distance = self._compare(surface, place)
        if tier is Tier.LETTERS:
            place = with_punctuation(self._text, place, surface)
        return place, tier, distance

    def _compare(self, surface: str, place: Range) -> tuple[Tier | None, int]:
        found = self._text[slice(*place)]
        one, other = folded(surface), folded(found)
        if not is_whole_word(self._text, place):
            is_word = one.text == other.text and is_attached(self._text, place)
            return (Tier.ATTACHED if is_word else None), 0
        same = (
            (Tier.RAW, surface == found),
            (Tier.SPACED, spaced(surface).text == spaced(found).text),
            (Tier.FOLDED, one.text == other.text),
            (Tier.LETTERS, letters(one).text == letters(other).text != ""),
        )
        for tier, holds in same:
            if holds:
                return tier, 0
        distance = bounded_edit_distance(one.text, other.text)
        return (None, 0) if distance is None else (Tier.EDITED, distance)

    def _map_start(self, position: int) -> int:
        if position >= self._blocks[-1][0][1]:
            return self._blocks[-1][1][1]
        return self._map_position(position, position)

    def _map_end(self, position: int) -> int:
        return self._map_position(position - 1, position) if position else 0

    def _map_position(self, character: int, position: int) -> int:
        """Carry a position over by the block of a character."""
        theirs, ours = self._blocks[bisect_right(self._starts, character) - 1]
        return ours[0] + min(position - theirs[0], ours[1] - ours[0])


def _align(text: str, copy: str, partial: bool) -> _Alignment | None:
    if copy == text:
        view = raw(text)
        return _Alignment(text, copy, view, view, [((0, len(text)), (0, len(text)))])
    ours, theirs = folded(text), folded(copy)
    one, other = letters(ours).text, letters(theirs).text
    whole = ours.text
    if partial:
        one, whole = one[: len(other)], whole[: len(theirs.text)]
    limit = max(1, len(one) // _EDIT_RATIO)
    altered = Levenshtein.distance(other, one, score_cutoff=limit)
    if altered > limit or not (one and other):
        return None
    steps = Levenshtein.opcodes(theirs.text, whole, score_hint=altered)
    blocks = [((s.src_start, s.src_end), (s.dest_start, s.dest_end)) for s in steps]
    return _Alignment(text, copy, ours, theirs, [b for b in blocks if b[0][0] < b[0][1]])
