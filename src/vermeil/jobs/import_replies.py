"""Recorded replies -> the reply store, as replies of the configured teacher. Sends no request."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vermeil.corpora.source import read_lines
from vermeil.data.document import Document
from vermeil.data.lock import lock_path
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
"""Number of replies per durable commit."""
_EXPECTED = 'expected {"text": "…" or "id": "…", "reply": "…"}'
_OUTCOMES = ("imported", "already_stored", "unknown_document", "other_model", "other_prompt")
_LARGEST = 1 << 31
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Result of `import_replies`.

    Args:
        records: number of records; the sum of ``counts``.
        counts: number of records that were ``imported`` or ``already_stored``, and of those with an
            ``unknown_document``, an ``other_model`` or an ``other_prompt``.
        examples: line number and reason of the first records that were not imported.
    """

    records: int
    counts: Mapping[str, int]
    examples: tuple[str, ...]

    def as_dict(self) -> Record:
        """Return the report for JSON."""
        return {"records": self.records, **self.counts, "examples": list(self.examples)}


def import_replies(
    path: Path,
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    demonstrations: Demonstrations = NO_DEMONSTRATIONS,
) -> ImportReport:
    """Store recorded replies as replies of the configured teacher.

    A record names its document by ``text``, or by ``id`` (or ``document_id``) if it has no text.
    Its ``finish_reason``, ``sample``, ``prompt_tokens``, ``completion_tokens``, ``token_ends`` and
    ``token_logprobs`` are stored. A record with another ``model`` or ``prompt`` is not imported.
    Stored replies are kept. Imported replies cost nothing.

    Args:
        path: JSON lines, one recorded reply each.
        documents: the documents of the records.
        task: renders the prompts, which identify the replies.
        teacher: the settings of the replies.
        store: the file of replies.
        demonstrations: the gold documents that prompts show as examples.

    Raises:
        DataError: the file cannot be read, or a line is not a recorded reply.
        ConfigError: the task has no such prompt, or ``teacher.documents_per_request`` is not 1.
    """
    check_prompt(task, teacher)
    if teacher.documents_per_request > 1:
        raise ConfigError(
            "teacher.documents_per_request: a recorded reply is about one document; set it to 1"
        )

    def make_request(document: Document) -> Request:
        return next(make_requests([document], task, teacher, 1, demonstrations))

    index = _DocumentIndex(documents)
    counts = Counter(dict.fromkeys(_OUTCOMES, 0))
    examples: list[str] = []
    pending: set[str] = set()
    with lock_path(store), ReplyStore(store) as replies:
        for line in read_lines(path):
            if not line.text.strip():
                continue
            record = _parse(line.text, path, line.number)
            logprobs = recorded_logprobs(record, path, line.number)
            outcome = _import(record, logprobs, index, make_request, teacher, replies, pending)
            counts[outcome] += 1
            if outcome not in ("imported", "already_stored") and len(examples) < _EXAMPLES:
                examples.append(f"line {line.number}: {outcome.replace('_', ' ')}")
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
        """Return the document with the text of a record, or with its id if it has no text."""
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
        return "already_stored"
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
    "sample": (int, lambda number: 0 <= number < _LARGEST),
    "prompt_tokens": (int, lambda number: 0 <= number < _LARGEST),
    "completion_tokens": (int, lambda number: 0 <= number < _LARGEST),
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
        raise DataError(f"does not name a document; {_EXPECTED}", path, line)
    for name, (kind, is_valid) in _KINDS.items():
        if name in record and (type(record[name]) is not kind or not is_valid(record[name])):
            raise DataError(f'"{name}" has an invalid value; {_EXPECTED}', path, line)
    return record
