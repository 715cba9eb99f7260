"""A text in which stretches are marked: what inline replies say, and what examples are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vermeil.data.document import Span


@dataclass(frozen=True, slots=True)
class InlineMark:
    """A labelled stretch of a `InlineMarkedText`.

    Args:
        start: first character.
        end: one past the last; beyond ``start``.
        label: the label as it was written.
    """

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class InlineMarkedText:
    """A text, freed from its tags, and what they marked.

    In a reply it is the teacher's copy of the text, which need not be the text itself.

    Args:
        text: the characters without any tag.
        marks: sorted by position; they may be nested.
    """

    text: str
    marks: tuple[InlineMark, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.marks, key=lambda m: (m.start, -m.end, m.label)))
        object.__setattr__(self, "marks", ordered)
        if any(not 0 <= m.start < m.end <= len(self.text) for m in ordered):
            raise ValueError("a mark lies outside of its text")

    @classmethod
    def from_spans(cls, text: str, spans: Iterable[Span]) -> InlineMarkedText:
        """Return a text with its spans marked, for a renderer."""
        return cls(text, tuple(InlineMark(s.start, s.end, s.label) for s in spans))

    def surface(self, mark: InlineMark) -> str:
        """Return the characters of a mark."""
        return self.text[mark.start : mark.end]
