"""Record of how a file was read: format, columns, keys, counts and skipped content."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vermeil.corpora.unread import describe_unread

LOGGER = logging.getLogger("vermeil.corpora")
"""Receives one line (level INFO) for every corpus that was read to its end."""


@dataclass(slots=True)
class Reading:
    """Settings and notes of one reading of a corpus; a reader of a format fills in the notes.

    Args:
        with_tags: read the tags; False if only the texts are needed.
        choices: what was used, by name, e.g. ``{"tags": "column 3"}``.
        skipped: what was not read: name to number.
        warnings: what may be a mistake, with the remedy.
    """

    with_tags: bool = True
    choices: dict[str, str] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReadReport:
    """Format, choices and counts of a corpus that was read to its end.

    Args:
        path: the file or folder.
        format: its format.
        choices: columns, keys and scheme that were used, by name.
        documents: number of documents.
        annotated: number of documents with an annotation, also an empty one.
        skipped: content that was not read: name to number.
        warnings: what may be a mistake, with the remedy.
    """

    path: Path
    format: str
    choices: Mapping[str, str]
    documents: int
    annotated: int
    skipped: Mapping[str, int]
    warnings: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return the report as one line."""
        parts = [self.format, *(f"{name}: {value}" for name, value in self.choices.items())]
        documents = f"{self.documents:,} document{'s' if self.documents != 1 else ''}"
        if self.annotated < self.documents:
            documents += f" ({self.annotated:,} annotated)"
        parts.append(documents)
        sentences = {name: describe_unread(name, n) for name, n in self.skipped.items()}
        parts += [text for text in sentences.values() if not text.startswith("not read: ")]
        counts = [
            f"{_title(name)} {self.skipped[name]:,}"
            for name, text in sentences.items()
            if text.startswith("not read: ")
        ]
        if counts:
            parts.append(f"not read: {', '.join(counts)}")
        line = f"{self.path}: {'; '.join(parts)}"
        return "".join([line, *(f". Warning: {warning}" for warning in self.warnings)])

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "path": str(self.path),
            "format": self.format,
            "choices": dict(self.choices),
            "documents": self.documents,
            "annotated": self.annotated,
            "not_read": dict(self.skipped),
            "warnings": list(self.warnings),
        }


def _title(name: str) -> str:
    """Return the name of a count in words; names of columns and keys stay unchanged."""
    return name if name.startswith(_NAMED) else name.replace("_", " ")


_NAMED = ("column ", "key ", "span group ")
