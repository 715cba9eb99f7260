"""Recorded replies -> the store, as if the teacher had given them. Asks nobody."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vermeil.corpora.source import read_lines
from vermeil.data.document import Document
from vermeil.data.logprobs import Logprobs
from vermeil.data.reply import Reply, Request, Usage
from vermeil.errors import ConfigError, DataError
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.demonstrations import NO_DEMONSTRATIONS, Demonstrations
from vermeil.teacher.replay.logprobs import recorded_logprobs
from vermeil.teacher.requests import check_prompt, make_requests
from vermeil.teacher.store.charges import Charge
from vermeil.teacher.store.store import ReplyStore

_EXAMPLES = 5
_REPLIES_PER_COMMIT = 10_000
"""Replies in one durable commit."""
_EXPECTED = 'expected {"text": "…" or "id": "…", "reply": "…"}'
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of importing.

    Args:
        records: how many there were; the sum of ``counts``.
        counts: how many were ``imported``, stored ``already``, about ``unknown_document``, by
            ``other_model`` or with ``other_prompt`` than the configuration names.
        examples: some of those that were not imported, with why.
    """

    records: int
    counts: Mapping[str, int]
    examples: tuple[str, ...]

    def as_dict(self) -> Record:
        """For JSON."""
        return {"records": self.records, **self.counts, "examples": list(self.examples)}


def import_replies(
    path: Path,
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    demonstrations: Demonstrations = NO_DEMONSTRATIONS,
) -> ImportReport:
    """Store recorded replies as if the teacher of the configuration had given them now.

    A record names its document by ``text``, or by ``id`` (``document_id``) where it has no text.
    ``finish_reason``, ``sample``, ``prompt_tokens``, ``completion_tokens``, ``token_ends`` and
    ``token_logprobs`` are taken over; a ``model`` or ``prompt`` other than the configured one keeps
    it out. A stored reply stays. Nothing of it counts as spent.

    Raises:
        DataError: the file cannot be read, or a line is not a recorded reply.
        ConfigError: the task has no such prompt, or documents are to share requests.
    """
    check_prompt(task, teacher)
    if teacher.documents_per_request > 1:
        raise ConfigError(
            "teacher.documents_per_request: a recorded reply is about one document; set it to 1"
        )

    def asked(document: Document) -> Request:
        return next(make_requests([document], task, teacher, 1, demonstrations))

    known = _DocumentIndex(documents)
    counts = Counter(
        dict.fromkeys(("imported", "already", "unknown_document", "other_model", "other_prompt"), 0)
    )
    examples: list[str] = []
    pending: set[str] = set()
    with ReplyStore(store) as replies:
        for line in read_lines(path):
            if not line.text.strip():
                continue
            record = _parse(line.text, path, line.number)
            logprobs = recorded_logprobs(record, path, line.number)
            what = _import(record, logprobs, known, asked, teacher, replies, pending)
            counts[what] += 1
            if what not in ("imported", "already") and len(examples) < _EXAMPLES:
                examples.append(f"line {line.number}: {what.replace('_', ' ')}")
            if len(pending) >= _REPLIES_PER_COMMIT:
                replies.flush()
                pending.clear()
    return ImportReport(counts.total(), dict(counts), tuple(examples))


class _DocumentIndex:
    """Documents by text and by id."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._by_text: dict[str, Document] = {}
        self._by_id: dict[str, Document] = {}
        for document in documents:
            self._by_text.setdefault(document.text, document)
            self._by_id.setdefault(document.id, document)

    def find(self, record: Record) -> Document | None:
        """Return the document of a record; the text decides where there is one."""
        if "text" in record:
            return self._by_text.get(record["text"])
        return self._by_id.get(str(record.get("id", record.get("document_id"))))


def _import(
    record: Record,
    logprobs: Logprobs | None,
    index: _DocumentIndex,
    make_request: Callable[[Document], Request],
    teacher: TeacherConfig,
    replies: ReplyStore,
    pending: set[str],
) -> str:
    if record.get("model", teacher.model) != teacher.model:
        return "other_model"
    if record.get("prompt", teacher.prompt) != teacher.prompt:
        return "other_prompt"
    document = index.find(record)
    if document is None:
        return "unknown_document"
    request = replace(make_request(document), sample=record.get("sample", 0))
    key = request.key
    if key in pending or replies.get(key) is not None:
        return "already"
    usage = Usage(record.get("prompt_tokens", 0), record.get("completion_tokens", 0))
    finish = record.get("finish_reason", "stop")
    reply = Reply(record["reply"], finish, usage, logprobs=logprobs)
    replies.add(request, reply, charge=Charge())
    pending.add(key)
    return "imported"


_KINDS: Mapping[str, tuple[type, Callable[[Any], bool]]] = {
    "text": (str, bool),
    "id": (str, bool),
    "document_id": (str, bool),
    "reply": (str, lambda _: True),
    "finish_reason": (str, bool),
    "sample": (int, lambda number: number >= 0),
    "prompt_tokens": (int, lambda number: number >= 0),
    "completion_tokens": (int, lambda number: number >= 0),
}


def _parse(text: str, path: Path, line: int) -> Record:
    try:
        record = json.loads(text)
        json.dumps(record, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise DataError(f"is not JSON ({error}); {_EXPECTED}", path, line) from error
    if not isinstance(record, dict) or "reply" not in record:
        raise DataError(f"is not a recorded reply; {_EXPECTED}", path, line)
    if not {"text", "id", "document_id"} & record.keys():
        raise DataError(f"names no document; {_EXPECTED}", path, line)
    for name, (kind, is_valid) in _KINDS.items():
        if name in record and (type(record[name]) is not kind or not is_valid(record[name])):
            raise DataError(f'"{name}" has a value that it cannot have; {_EXPECTED}', path, line)
    return record
