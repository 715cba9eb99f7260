"""Verification of contested mentions: replies disagree on them, or their location is uncertain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from vermeil.data.document import Document
from vermeil.data.lock import lock_path
from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Request
from vermeil.jobs.reading import ReplyReader
from vermeil.jobs.requirements import require_teachers
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.demonstrations import NO_DEMONSTRATIONS, Demonstrations
from vermeil.teacher.engine import send_requests
from vermeil.teacher.report import RequestReport
from vermeil.teacher.requests import VERIFY, check_prompt, reader
from vermeil.teacher.store.store import ReplyStore


def verify(
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    progress: Progress = silent,
    demonstrations: Demonstrations = NO_DEMONSTRATIONS,
) -> RequestReport:
    """Send one request to the first teacher per document with contested mentions.

    The requests depend on the stored replies of `annotate`; `locate` applies the verdicts. Stored
    verdicts are not requested again.

    Args:
        documents: the annotated documents.
        task: finds contested mentions, renders the request and parses the verdicts.
        teacher: the settings of the requests of `annotate`.
        store: the file of replies.
        progress: called with stage, done, total and details.
        demonstrations: the demonstrations of the prompts; they are part of a reply's key.

    Raises:
        ConfigError: the task has no mentions to verify, or the address or key is wrong.
        TeacherError: the teacher cannot be used. Replies received so far are stored.
        DataError: the store cannot be used.
    """
    require_teachers(teacher)
    check_prompt(task, teacher.model_copy(update={"verify": True}))
    if task.verification is None:
        return RequestReport()
    with lock_path(store), ReplyStore(store) as replies:
        requests = _requests(documents, ReplyReader(task, teacher, replies, demonstrations))
        return send_requests(requests, teacher, replies, reader(task, teacher, VERIFY), progress)


def _requests(documents: Iterable[Document], reader: ReplyReader) -> Iterator[Request]:
    for document in documents:
        request = reader.verification_request(document)
        if request is not None:
            yield request
