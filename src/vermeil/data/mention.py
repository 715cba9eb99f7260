"""Mentions from a teacher's reply, and the result of locating each one in the text."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from vermeil.data.document import Range, Span


class Status(StrEnum):
    """Result of locating a mention. Every mention has exactly one; none is dropped."""

    EXACT = "exact"
    """The surface is in the text, character by character."""
    NORMALISED = "normalised"
    """Found after folding of white space, case, quotes or similar, or without a possessive."""
    FUZZY = "fuzzy"
    """Found within a bounded edit distance, or inside a word with attached particles or names."""
    AMBIGUOUS = "ambiguous"
    """The text has more occurrences than the reply has mentions, and the right one is unknown."""
    NOT_FOUND = "not_found"
    """Not in the text."""
    DUPLICATE = "duplicate"
    """The reply has more mentions than the text has occurrences."""
    OVERLAP = "overlap"
    """Found, but overlaps a mention that was preferred."""
    OFF_SCHEMA = "off_schema"
    """Its label is not in the label set."""


class Tier(StrEnum):
    """Detail that was ignored to find a surface, from least to most."""

    RAW = "raw"
    """None."""
    SPACED = "spaced"
    """The kind and amount of white space."""
    FOLDED = "folded"
    """Also case, width, quotes, dashes, composition, invisible characters, escapes."""
    LETTERS = "letters"
    """Also all white space, punctuation and accents."""
    POSSESSIVE = "possessive"
    """As letters, without the ending of a possessive ("'s") that the text does not have."""
    ATTACHED = "attached"
    """As folded, inside a word of a script with attached particles (Hangul, Arabic, Hebrew)."""
    EDITED = "edited"
    """As folded, and some edits."""
    GLUED = "glued"
    """As spaced, inside a word that the text glued to the name ("FCBayern")."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One item of a teacher's reply, before it is located in the text.

    Args:
        surface: the characters as the teacher wrote them.
        label: the label as the teacher wrote it.
        occurrence: number of the occurrence, from 1, if the teacher gave one.
        reply_ranges: ranges of the reply that hold its surface and its label, counted from the
            reply's end, so that text before the answer can be removed; empty if unknown. They do
            not count in comparisons of mentions.
    """

    surface: str
    label: str
    occurrence: int | None = None
    reply_ranges: tuple[Range, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class LocatedMention:
    """Mention with the result of locating it; ``span`` is None unless it was accepted.

    Args:
        mention: the mention.
        status: result of locating it.
        span: the accepted span.
        occurrences: ranges of the text that it may refer to, in order; for a mention that was not
            found, similar ranges that were refused.
        tier: tier in which it was found; None if it was not.
        distance: edits between surface and occurrence, after folding; 0 except in tier EDITED.
        additional_spans: further accepted spans, if a mention refers to several occurrences.
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
    def accepted(self) -> tuple[Range, ...]:
        """Ranges of all accepted spans."""
        return tuple((span.start, span.end) for span in self.spans)

    @property
    def occurrence_count(self) -> int:
        """Number of ranges of the text that it may refer to."""
        return 0 if self.tier is None else len(self.occurrences)
