"""Asks again about mentions on which the answers differ, or whose place is doubtful."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from vermeil.data.document import Document
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
    """Ask the first teacher one question per document that has contested mentions.

    The questions follow from the stored replies, so `annotate` comes first; `locate` applies the
    answers. What has been answered is not asked again.

    Args:
        documents: what was annotated.
        task: finds what is contested, words the question and reads the answer.
        teacher: the settings with which the documents were asked about.
        store: the file of replies.
        progress: told where the work stands.
        demonstrations: those of the prompts; they are part of what identifies a reply.

    Raises:
        ConfigError: the task has no mentions to ask about, or the address or key is wrong.
        TeacherError: the teacher cannot be used. What had arrived is stored.
        DataError: the store cannot be used.
    """
    require_teachers(teacher)
    check_prompt(task, teacher.model_copy(update={"verify": True}))
    if task.verification is None:
        return RequestReport()
    with ReplyStore(store) as replies:
        questions = _questions(documents, ReplyReader(task, teacher, replies, demonstrations))
        return send_requests(questions, teacher, replies, reader(task, teacher, VERIFY), progress)


def _questions(documents: Iterable[Document], reader: ReplyReader) -> Iterator[Request]:
    for document in documents:
        request = reader.verification_request(document)
        if request is not None:
            yield request
