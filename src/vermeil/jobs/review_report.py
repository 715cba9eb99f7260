"""Results of the export to an annotation tool and of the import of its corrections."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vermeil.corpora.tools.corrections import Reason, SpanChanges


@dataclass(frozen=True, slots=True)
class ReviewExportReport:
    """Result of `export_for_review`.

    Args:
        documents: number of documents read.
        exported: number of documents in the file.
        suggestions: number of suggested spans in the file.
        unknown_ids: requested ids without a document.
        hidden: kind of data that the tool does not show (abstentions, scores, meta) to its number;
            the import restores it.
    """

    documents: int
    exported: int
    suggestions: int
    unknown_ids: Sequence[str]
    hidden: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "documents": self.documents,
            "exported": self.exported,
            "spans": self.suggestions,
            "unknown_ids": list(self.unknown_ids),
            "hidden": self.hidden,
        }


@dataclass(frozen=True, slots=True)
class ReviewReport:
    """Result of `import_review`; each document is ``accepted`` or in ``not_accepted``.

    Args:
        documents: number of documents in the tool's file.
        accepted: number of documents that became gold.
        not_accepted: reason to the ids of the documents that did not become gold.
        span_changes: changes to the spans of the accepted documents.
        labels: the same by label; a changed span counts under its suggested label.
        annotators: name in the tool to number of finished answers.
        superseded: number of answers that a later answer of the same annotator replaces.
        not_answered: number of silver documents that are not in the tool's file.
        losses: kind of data that the format of the gold file cannot hold, to its number.
        unread: kind of information in the accepted answers that was not read, or was converted, to
            its number.
    """

    documents: int
    accepted: int
    not_accepted: dict[Reason, list[str]]
    span_changes: SpanChanges
    labels: dict[str, SpanChanges]
    annotators: dict[str, int]
    superseded: int
    not_answered: int
    losses: Mapping[str, int]
    unread: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "documents": self.documents,
            "accepted": self.accepted,
            "not_accepted": {reason: len(ids) for reason, ids in self.not_accepted.items()},
            "spans": self.span_changes.as_dict(),
            "labels": {name: self.labels[name].as_dict() for name in sorted(self.labels)},
            "annotators": self.annotators,
            "superseded": self.superseded,
            "not_answered": self.not_answered,
            "losses": dict(self.losses),
            **({"unread": dict(self.unread)} if self.unread else {}),
            "ids_not_accepted": self.not_accepted,
        }


def describe_ids(not_accepted: dict[Reason, list[str]], shown: int = 5) -> Iterator[str]:
    """Yield one line per reason, with the first ids.

    Args:
        not_accepted: reason to the ids of the documents.
        shown: largest number of ids per line.
    """
    for reason, ids in not_accepted.items():
        names = ", ".join(json.dumps(name, ensure_ascii=False) for name in ids[:shown])
        more = f" and {len(ids) - shown:,} more" if len(ids) > shown else ""
        yield f"not accepted, {reason.replace('_', ' ')}: {len(ids):,} ({names}{more})"
