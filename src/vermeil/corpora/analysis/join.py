"""Join of annotated corpora: later corrections replace earlier documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vermeil.data.document import Document
from vermeil.errors import DataError

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class JoinReport:
    """Counts of a join.

    Args:
        read: name of each corpus to its number of documents.
        written: number of documents in the result.
        replaced: number of documents that a later corpus replaced.
        same_text: number of documents whose text another document has under another id.
    """

    read: Mapping[str, int]
    written: int
    replaced: int
    same_text: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "read": dict(self.read),
            "written": self.written,
            "replaced": self.replaced,
            "same_text": self.same_text,
        }


def join_corpora(corpora: Mapping[str, Iterable[Document]]) -> tuple[list[Document], JoinReport]:
    """Return the documents of several corpora as one, and the counts.

    Of documents with the same id and text, the one of the last corpus is kept, at the place of the
    first. Documents with the same text and different ids are all kept, and counted.

    Args:
        corpora: name of each corpus to its documents, oldest first.

    Raises:
        DataError: two corpora have different texts under one id.
    """
    joined: dict[str, Document] = {}
    home: dict[str, str] = {}
    read: dict[str, int] = {}
    conflicts: list[str] = []
    replaced = 0
    for name, documents in corpora.items():
        read[name] = 0
        for document in documents:
            read[name] += 1
            before = joined.get(document.id)
            if before is not None and before.text != document.text:
                conflicts.append(f"{document.id!r} in {home[document.id]} and {name}")
                continue
            replaced += before is not None
            joined[document.id] = document
            home[document.id] = name
    if conflicts:
        more = f" and {len(conflicts) - _SHOWN:,} more" if len(conflicts) > _SHOWN else ""
        raise DataError(
            f"the same id has different texts: {', '.join(conflicts[:_SHOWN])}{more}; rename the "
            "ids of one file"
        )
    same = len(joined) - len({document.text for document in joined.values()})
    found = list(joined.values())
    return found, JoinReport(read, len(found), replaced, same)
