"""Counts of located mentions by label and status, with examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vermeil.data.document import Document
from vermeil.data.mention import LocatedMention, Status
from vermeil.tasks.labels import LabelSet

OFF_SCHEMA = "(off schema)"
"""Row of all labels that are not in the label set."""

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class MentionExample:
    """A mention that was not located exactly.

    Args:
        document_id: the document.
        located: the mention and its location.
        found_text: text at the first possible location; None if there is none.
    """

    document_id: str
    located: LocatedMention
    found_text: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return the example for JSON."""
        one = self.located
        return {
            "status": one.status.value,
            "id": self.document_id,
            "label": one.mention.label,
            "surface": one.mention.surface,
            "found_text": self.found_text or "",
            "tier": one.tier.value if one.tier else "",
            "distance": one.distance,
            "candidates": one.occurrence_count,
        }


class MentionTally:
    """Counts of mentions by label and status, with a few examples of each status but exact.

    Args:
        labels: the label set of the task.
    """

    def __init__(self, labels: LabelSet) -> None:
        self._labels = labels
        self._counts: Counter[tuple[str, Status]] = Counter()
        self._examples: dict[Status, list[MentionExample]] = {}

    def add(self, document: Document, mentions: Iterable[LocatedMention]) -> None:
        """Add the located mentions of a document."""
        for one in mentions:
            label = self._labels.normalise(one.mention.label) or OFF_SCHEMA
            self._counts[label, one.status] += 1
            kept = self._examples.setdefault(one.status, [])
            if one.status is not Status.EXACT and len(kept) < _EXAMPLES:
                found = document.text[slice(*one.occurrences[0])] if one.occurrences else None
                kept.append(MentionExample(document.id, one, found))

    @property
    def totals(self) -> dict[Status, int]:
        """Number of mentions with each status."""
        totals: Counter[Status] = Counter()
        for (_, status), number in self._counts.items():
            totals[status] += number
        return {status: totals[status] for status in Status if totals[status]}

    @property
    def by_label(self) -> Mapping[str, Mapping[Status, int]]:
        """Number of mentions by label and status, in the order of the label set."""
        mentioned = {label for label, _ in self._counts}
        return {
            label: {status: self._counts[label, status] for status in self.totals}
            for label in (*self._labels.names, OFF_SCHEMA)
            if label in mentioned
        }

    @property
    def examples(self) -> tuple[MentionExample, ...]:
        """The first few mentions of each status but exact."""
        return tuple(one for status in Status for one in self._examples.get(status, ()))
