"""Earlier requests: the stored requests about a text, whatever their settings."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType

from vermeil.errors import DataError

REPEAT_STRIDE = 1_000
"""Distance of the sample numbers of two repetitions of a request."""

_INDEX = """
CREATE TEMP TABLE texts AS
  SELECT document_id, MIN(text_sha256) AS digest FROM main.documents
  GROUP BY document_id HAVING COUNT(*) = 1;
CREATE INDEX texts_by_digest ON texts (digest)
"""
_REQUESTS = """
SELECT a.key, a.model, a.prompt, MAX(a.created) AS newest
FROM texts AS t JOIN main.attempts AS a ON a.document_id = t.document_id
WHERE t.digest = ? AND a.sample % ? = ?
GROUP BY a.key ORDER BY newest DESC
"""


@dataclass(frozen=True, slots=True)
class RequestSlot:
    """One of the requests that `annotate` sends per document.

    Args:
        model: name of the model.
        prompt: name of the prompt.
        sample: number of the sample, from 0.
    """

    model: str
    prompt: str
    sample: int


class EarlierRequests:
    """Stored requests by the text that they are about. A context manager.

    Documents whose id has several texts are left out, because the text of a request is unknown
    then.

    Args:
        store: the file of replies.

    Raises:
        DataError: the file cannot be read.
    """

    def __init__(self, store: Path) -> None:
        try:
            self._db = sqlite3.connect(store, timeout=30.0, isolation_level=None)
            self._db.executescript(_INDEX)
        except sqlite3.Error as error:
            raise DataError(f"cannot be read as reply store ({error})", store) from error

    def __enter__(self) -> EarlierRequests:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()

    def find(self, text: str, slot: RequestSlot, others: Collection[tuple[str, str]]) -> str | None:
        """Return the key of the request that a slot continues; None if there is none.

        This is the newest request with the model and prompt of the slot, or else with its model, or
        else with any model.

        Args:
            text: text of the document.
            slot: model, prompt and sample of the current settings.
            others: model and prompt of other teachers, whose requests do not count; and ``verify``
                as prompt of any model.
        """
        values = (sha256(text.encode()).hexdigest(), REPEAT_STRIDE, slot.sample)
        with closing(self._db.execute(_REQUESTS, values)) as rows:
            found = [
                (key, model, prompt)
                for key, model, prompt, _ in rows
                if (model, prompt) not in others and ("", prompt) not in others
            ]
        # Sorting is stable, so the newest one stays first.
        found.sort(key=lambda one: (one[1] != slot.model, one[2] != slot.prompt))
        return found[0][0] if found else None
