"""What a teacher said (mentions), and how each mention was found in the text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vermeil.data.document import Span


class Status(StrEnum):
    """How a mention was located. Every mention has exactly one; none is dropped."""

    EXACT = "exact"
    """The surface stands in the text, character by character."""
    NORMALISED = "normalised"
    """Found after folding white space, case, quotes or the like."""
    FUZZY = "fuzzy"
    """Found within a bounded edit distance."""
    AMBIGUOUS = "ambiguous"
    """Stands in the text more than once and it is not known which one was meant."""
    NOT_FOUND = "not_found"
    """Not in the text."""
    DUPLICATE = "duplicate"
    """Said more often than it stands in the text."""
    OVERLAP = "overlap"
    """Found, but crosses or lies within a mention that was preferred."""
    OFF_SCHEMA = "off_schema"
    """Its label is not in the label set."""


@dataclass(frozen=True, slots=True)
class Mention:
    """What the teacher said, before anyone looked for it in the text.

    Args:
        surface: the characters as the teacher wrote them.
        label: the label as the teacher wrote it.
        occurrence: which one, counted from 1, when the teacher said so.
    """

    surface: str
    label: str
    occurrence: int | None = None


@dataclass(frozen=True, slots=True)
class LocatedMention:
    """A mention and what became of it; ``span`` is None unless it was accepted.

    Args:
        mention: what was said.
        status: how it was found.
        span: the accepted span.
        candidates: how many places of the text matched.
    """

    mention: Mention
    status: Status
    span: Span | None = None
    candidates: int = 0
