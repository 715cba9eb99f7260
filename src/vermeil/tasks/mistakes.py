"""Mistakes of an annotation: what it has wrong in one text, with the truth."""

from __future__ import annotations

from dataclasses import dataclass

from vermeil.data.counts import ErrorKind


@dataclass(frozen=True, slots=True)
class Mistake:
    """One difference between an annotation and gold.

    Args:
        kind: kind of the error.
        surface: the gold text of the item, or the predicted text of a spurious one. Empty for a
            label of the whole text.
        correct: the correct label; None: there is nothing to label.
        predicted_surface: the text that the annotation labels; None: it labels nothing there.
        predicted: the label of the annotation; None: it labels nothing there.
    """

    kind: ErrorKind
    surface: str
    correct: str | None
    predicted_surface: str | None
    predicted: str | None

    @property
    def label(self) -> str:
        """The label that the mistake counts for: the correct one, or else the predicted one."""
        return self.correct or self.predicted or ""

    def describe(self) -> str:
        """Return the mistake in words, as one line."""
        truth = "no label" if self.correct is None else self.correct
        truth = f'"{self.surface}" as {truth}' if self.surface else truth
        found = "nothing" if self.predicted is None else self.predicted
        if self.predicted is not None and self.predicted_surface:
            found = f'"{self.predicted_surface}" as {found}'
        return f"{self.kind}: correct is {truth}; the answer has {found}"
