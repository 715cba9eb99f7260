"""What a teacher said (mentions), and how each mention was found in the text."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from vermeil.data.document import Range, Span


class Status(StrEnum):
    """How a mention was located. Every mention has exactly one; none is dropped."""

    EXACT = "exact"
    """The surface stands in the text, character by character."""
    NORMALISED = "normalised"
    """Found after folding white space, case, quotes or the like."""
    FUZZY = "fuzzy"
    """Found within a bounded edit distance, or in a word that particles are written to."""
    AMBIGUOUS = "ambiguous"
    """Stands in the text more often than it was said, and it is not known which one was meant."""
    NOT_FOUND = "not_found"
    """Not in the text."""
    DUPLICATE = "duplicate"
    """Said more often than it stands in the text."""
    OVERLAP = "overlap"
    """Found, but crosses or lies within a mention that was preferred."""
    OFF_SCHEMA = "off_schema"
    """Its label is not in the label set."""


class Tier(StrEnum):
    """How much detail had to be left out before a surface was found, from least to most."""

    RAW = "raw"
    """None."""
    SPACED = "spaced"
    """The kind and amount of white space."""
    FOLDED = "folded"
    """Case, width, quotes, dashes, composition, invisible characters, too."""
    LETTERS = "letters"
    """All white space, punctuation and accents, too."""
    ATTACHED = "attached"
    """As folded, within a word of a script that writes particles to it (Hangul, Arabic, Hebrew)."""
    EDITED = "edited"
    """As folded, but for some edits."""


@dataclass(frozen=True, slots=True)
class Mention:
    """What the teacher said, before anyone looked for it in the text.

    Args:
        surface: the characters as the teacher wrote them.
        label: the label as the teacher wrote it.
        occurrence: which one, counted from 1, when the teacher said so.
        reply_ranges: the ranges of the reply that say its surface and its label, counted from the
            reply's end, so that what stands before the answer can be taken off; empty where that is
            not known. Two mentions that say the same are the same wherever they stand.
    """

    surface: str
    label: str
    occurrence: int | None = None
    reply_ranges: tuple[Range, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class LocatedMention:
    """A mention and what became of it; ``span`` is None unless it was accepted.

    Args:
        mention: what was said.
        status: how it was found.
        span: the accepted span.
        occurrences: the ranges of the text that it may mean, in order. Of a mention that is not found:
            those that are like it, but were refused.
        tier: where it was found; None if it was not.
        distance: edits between the surface and its places, after folding; 0 except in tier EDITED.
        additional_spans: further accepted spans, where a mention stands for several places.
    """

    mention: Mention
    status: Status
    span: Span | None = None
    occurrences: tuple[Range, ...] = ()
    tier: Tier | None = None
    distance: int = 0
    additional_spans: tuple[Span, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """All accepted spans."""
        return self.additional_spans if self.span is None else (self.span, *self.additional_spans)

    @property
    def occurrence_count(self) -> int:
        """How many places of the text it may mean."""
        return 0 if self.tier is None else len(self.occurrences)
