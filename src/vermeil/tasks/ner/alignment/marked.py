"""Spans from a teacher's marked copy of a text.

The copy may differ from the text: teachers correct spelling, quotes and white space. So copy and
text are aligned by the fewest edits of letters. Each mark is mapped to the corresponding range of
the text, whose characters must match the marked characters.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from rapidfuzz.distance import OSA, Levenshtein

from vermeil.data.document import Range, Span
from vermeil.data.mention import LocatedMention, Mention, Status, Tier
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.escapes import decode_escapes
from vermeil.tasks.ner.alignment.fuzzy import bounded_edit_distance
from vermeil.tasks.ner.alignment.glued import is_glued_name
from vermeil.tasks.ner.alignment.intervals import select_disjoint
from vermeil.tasks.ner.alignment.mends import differs_by_mends
from vermeil.tasks.ner.alignment.mentions import TIER_STATUSES, TIER_WEIGHTS
from vermeil.tasks.ner.alignment.normalise import NormalisedText, folded, letters, raw, spaced
from vermeil.tasks.ner.alignment.occurrences import (
    find_occurrences,
    is_attached,
    is_boundary,
    is_whole_word,
)
from vermeil.tasks.ner.alignment.punctuation import (
    with_punctuation,
    without_possessive,
    without_sentence_punctuation,
)
from vermeil.tasks.ner.alignment.tiers import without_detail
from vermeil.tasks.ner.marked_text import InlineMarkedText

_EDIT_RATIO = 50
"""Letters per permitted edit (at least one edit is permitted): a similarity of 0.98."""

_SHORTEST_MENDED = 3
"""Minimum length of a name with a mended letter, in characters."""

MarkMatch = tuple[Range, Tier | None, int]
"""Range of a mark in the text, tier of the match (None: no match), and edit distance."""


def locate_marked(
    text: str,
    marked: InlineMarkedText,
    labels: LabelSet,
    partial: bool = False,
    *,
    nested: bool = False,
) -> tuple[LocatedMention, ...] | None:
    """Map the marks of a copy to the text.

    Args:
        text: the text.
        marked: the teacher's copy of it, with marks.
        labels: the label set.
        partial: whether the copy was cut off and covers only the beginning of the text.
        nested: whether spans may overlap.

    Returns:
        One result per mark, in the order of the marks. A mark is `NOT_FOUND` if its characters
        differ more than the tiers accept, or if it begins or ends within a word. Accepted spans do
        not overlap, unless they are ``nested``. None if the copy is of another text: more than 2 %
        of its letters differ, and not by mends alone.
    """
    alignment = _align(text, marked.text, partial)
    if alignment is None:
        return None
    found = [alignment.find(mark.start, mark.end) for mark in marked.marks]
    names = [labels.normalise(mark.label) for mark in marked.marks]
    matched = [
        (target, tier, name)
        for (target, tier, _), name in zip(found, names, strict=True)
        if tier is not None and name is not None
    ]
    kept = {(t, n) for t, _, n in matched} if nested else _without_overlaps(matched)
    located: list[LocatedMention] = []
    for mark, (target, tier, distance), name in zip(marked.marks, found, names, strict=True):
        mention = Mention(marked.surface(mark), mark.label)
        occurrences = (target,) if target[0] < target[1] else ()
        span: Span | None = None
        if name is None:
            status = Status.OFF_SCHEMA
        elif tier is None:
            status = Status.NOT_FOUND
        elif (target, name) in kept:
            status = TIER_STATUSES[tier]
            span = Span(*target, name, status=status.value, origin="silver")
            kept.remove((target, name))
        else:
            status = Status.DUPLICATE if _is_assigned(target, located) else Status.OVERLAP
        located.append(LocatedMention(mention, status, span, occurrences, tier, distance))
    return tuple(located)


def _without_overlaps(matched: Sequence[tuple[Range, Tier, str]]) -> set[tuple[Range, str]]:
    """Return the marks to keep so that none overlaps another; the first of the same range."""
    weights: dict[Range, int] = {}
    names: dict[Range, str] = {}
    for target, tier, name in matched:
        weight = TIER_WEIGHTS[tier] * (target[1] - target[0])
        weights[target] = max(weight, weights.get(target, 0))
        names.setdefault(target, name)
    return {(target, names[target]) for target in select_disjoint(weights)}


def _is_assigned(target: Range, located: Sequence[LocatedMention]) -> bool:
    return any(one.span and (one.span.start, one.span.end) == target for one in located)


class _Alignment:
    """The mapping from ranges of a copy to ranges of the text.

    Args:
        text: the text.
        copy: the copy.
        text_view: normalised form of the text.
        copy_view: normalised form of the copy.
        blocks: pairs of ranges of ``copy_view`` and ``text_view``, in order and without gaps.
            Ranges of equal length correspond character by character.
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
        self._has_capitals = text.lower() != text

    def find(self, start: int, end: int) -> MarkMatch:
        """Return the range of the text that corresponds to a range of the copy.

        The range is empty if nothing corresponds to it.

        Args:
            start: first character in the copy.
            end: one past the last character in the copy.
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
        target = self._text_view.starts[first], self._text_view.ends[last - 1]
        target = self._with_dropped_letter((start, start + len(surface.strip())), target)
        tier, distance = self._compare(surface, target)
        if tier is Tier.LETTERS:
            target = with_punctuation(self._text, target, surface)
        if tier is None:
            within = self._find_within(surface.strip(), target)
            return (target, None, 0) if within is None else (within, Tier.SPACED, 0)
        trimmed = without_sentence_punctuation(self._text, target, self._has_capitals)
        return trimmed, tier if trimmed == target else without_detail(tier), distance

    def _with_dropped_letter(self, marked: Range, target: Range) -> Range:
        """Return a range with the last letter of its word, if the copy dropped that letter.

        Args:
            marked: the range of the mark in the copy.
            target: the corresponding range of the text.
        """
        start, end = target
        if is_boundary(self._text, end) or not is_whole_word(self._copy, marked):
            return target
        return (start, end + 1) if is_boundary(self._text, end + 1) else target

    def _find_within(self, surface: str, target: Range) -> Range | None:
        """Return the only occurrence of a surface in a longer range, as in doubled words."""
        found = find_occurrences(self._text[slice(*target)], surface)
        shifted = [(target[0] + start, target[0] + end) for start, end in found]
        whole = [one for one in shifted if is_whole_word(self._text, one)]
        return whole[0] if len(whole) == 1 else None

    def _compare(self, surface: str, target: Range) -> tuple[Tier | None, int]:
        found = self._text[slice(*target)]
        one, other = folded(surface), folded(found)
        if not is_whole_word(self._text, target):
            if one.text == other.text and is_attached(self._text, target):
                return Tier.ATTACHED, 0
            is_glued = surface.strip() == found and is_glued_name(self._text, target)
            return (Tier.GLUED if is_glued else None), 0
        possessor = folded(without_possessive(surface))
        same = (
            (Tier.RAW, surface == found),
            (Tier.SPACED, spaced(surface).text == spaced(found).text),
            (Tier.FOLDED, one.text == other.text),
            (Tier.FOLDED, folded(decode_escapes(surface)).text == other.text),
            (Tier.LETTERS, letters(one).text == letters(other).text != ""),
            (Tier.POSSESSIVE, letters(possessor).text == letters(other).text != ""),
        )
        for tier, is_same in same:
            if is_same:
                return tier, 0
        distance = bounded_edit_distance(one.text, other.text)
        if distance is None and _has_other_letter(one.text, other.text):
            distance = 1
        return (None, 0) if distance is None else (Tier.EDITED, distance)

    def _map_start(self, position: int) -> int:
        if position >= self._blocks[-1][0][1]:
            return self._blocks[-1][1][1]
        return self._map_position(position, position)

    def _map_end(self, position: int) -> int:
        return self._map_position(position - 1, position) if position else 0

    def _map_position(self, character: int, position: int) -> int:
        """Return the position in the text, by the block of a character of the copy."""
        copied, original = self._blocks[bisect_right(self._starts, character) - 1]
        return original[0] + min(position - copied[0], original[1] - original[0])


def _has_other_letter(copied: str, original: str) -> bool:
    """Return whether a copy mends a short name by one letter, added, removed or exchanged.

    The copy shows the position of the name, so it may be shorter than in a search. Another letter
    in the place of one ("Rob" for "Bob") makes another name.
    """
    if min(len(copied), len(original)) < _SHORTEST_MENDED or not original.isalpha():
        return False
    is_exchanged = sorted(copied) == sorted(original)
    if len(copied) == len(original) and not is_exchanged:
        return False
    return copied.isalpha() and OSA.distance(copied, original) == 1


def _align(text: str, copy: str, partial: bool) -> _Alignment | None:
    if copy == text:
        view = raw(text)
        return _Alignment(text, copy, view, view, [((0, len(text)), (0, len(text)))])
    text_view, copy_view = folded(text), folded(copy)
    expected, copied = letters(text_view).text, letters(copy_view).text
    whole = text_view.text
    if partial:
        expected, whole = expected[: len(copied)], whole[: len(copy_view.text)]
    limit = max(1, len(expected) // _EDIT_RATIO)
    edits = Levenshtein.distance(copied, expected, score_cutoff=limit)
    is_other = edits > limit and (partial or not differs_by_mends(copy, text))
    if is_other or not (expected and copied):
        return None
    steps = Levenshtein.opcodes(copy_view.text, whole, score_hint=edits)
    blocks = [((s.src_start, s.src_end), (s.dest_start, s.dest_end)) for s in steps]
    return _Alignment(text, copy, text_view, copy_view, [b for b in blocks if b[0][0] < b[0][1]])
