"""Recorded replies, looked up by the text at the end of the prompt."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vermeil.data.logprobs import Logprobs
from vermeil.errors import DataError
from vermeil.teacher.replay.logprobs import recorded_logprobs

_EXPECTED = 'expected {"text": "…", "reply": "…"}'


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """Recorded reply to one text."""

    reply: str
    finish_reason: str
    line: int
    logprobs: Logprobs | None = None


class Recording:
    """Replies of one recording, by text.

    Args:
        path: JSON Lines file with ``text`` and ``reply``, optionally ``finish_reason`` (default
            ``stop``), ``token_ends`` and ``token_logprobs``; ``.gz`` files are decompressed.

    Raises:
        DataError: the file cannot be read, or a line is not a recorded reply.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._replies: dict[str, RecordedReply] = {}
        try:
            with _open(self._path) as file:
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        self._add(line, number)
        except UnicodeDecodeError as error:
            raise DataError("is not UTF-8 text", self._path) from error
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"cannot be read ({error})", self._path) from error
        if not self._replies:
            raise DataError(f"contains no recorded reply; {_EXPECTED} on each line", self._path)
        self._lengths = {len(text) for text in self._replies}

    def __len__(self) -> int:
        return len(self._replies)

    def find(self, message: str) -> RecordedReply | None:
        """Return the reply to the longest recorded text that ends ``message`` on full lines."""
        for start in _line_starts(message):
            if len(message) - start in self._lengths:
                recorded = self._replies.get(message[start:])
                if recorded is not None:
                    return recorded
        return None

    def _add(self, line: str, number: int) -> None:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"is not JSON ({error}); {_EXPECTED}", self._path, number) from error
        text = record.get("text") if isinstance(record, dict) else None
        reply = record.get("reply") if isinstance(record, dict) else None
        if not isinstance(text, str) or not isinstance(reply, str) or not text:
            raise DataError(f"is not a recorded reply; {_EXPECTED}", self._path, number)
        try:
            (text + reply).encode()
        except UnicodeEncodeError as error:
            raise DataError("holds half of a surrogate pair", self._path, number) from error
        earlier = self._replies.get(text)
        if earlier is not None and earlier.reply != reply:
            raise DataError(
                f"has a different reply to the text of line {earlier.line}; expected one per text",
                self._path,
                number,
            )
        finish = record.get("finish_reason", "stop")
        logprobs = recorded_logprobs(record, self._path, number)
        self._replies.setdefault(text, RecordedReply(reply, str(finish), number, logprobs))


def _line_starts(text: str) -> Iterator[int]:
    """Yield the positions at which lines start, in order."""
    yield 0
    end = text.find("\n")
    while end >= 0:
        yield end + 1
        end = text.find("\n", end + 1)


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")
