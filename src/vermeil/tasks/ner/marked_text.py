"""A text with inline marks: the content of inline replies and of demonstrations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vermeil.data.document import Span


@dataclass(frozen=True, slots=True)
class InlineMark:
    """A labelled range of an `InlineMarkedText`.

    Args:
        start: first character.
        end: one past the last character; greater than ``start``.
        label: the label as written.
    """

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class InlineMarkedText:
    """A text without its tags, and the ranges that the tags marked.

    In a reply it is the teacher's copy of the text, which may differ from the text.

    Args:
        text: the characters without the tags.
        marks: the marked ranges; stored sorted by position. They may be nested.
    """

    text: str
    marks: tuple[InlineMark, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.marks, key=lambda m: (m.start, -m.end, m.label)))
        object.__setattr__(self, "marks", ordered)
        if any(not 0 <= m.start < m.end <= len(self.text) for m in ordered):
            raise ValueError("a mark lies outside its text")

    @classmethod
    def from_spans(cls, text: str, spans: Iterable[Span]) -> InlineMarkedText:
        """Return a text with its spans as marks, for a renderer."""
        return cls(text, tuple(InlineMark(s.start, s.end, s.label) for s in spans))

    def surface(self, mark: InlineMark) -> str:
        """Return the characters of a mark."""
        return self.text[mark.start : mark.end]
