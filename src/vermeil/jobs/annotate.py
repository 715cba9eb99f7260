"""Documents -> stored replies: asks the teacher what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Request, State
from vermeil.errors import VermeilError
from vermeil.jobs.adding import sum_reports
from vermeil.jobs.requirements import require_teachers
from vermeil.jobs.verify import verify
from vermeil.tasks.protocol import Task
from vermeil.teacher.address import api_key, host_of
from vermeil.teacher.backends.multi_document import multi_document_backend
from vermeil.teacher.batches.run import finish_batches, send_in_batches
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import Volume, check_consent
from vermeil.teacher.demonstrations import NO_DEMONSTRATIONS, Demonstrations
from vermeil.teacher.engine import SendRequests, send_requests
from vermeil.teacher.limits.prices import PER_DOLLAR, price_of
from vermeil.teacher.report import RequestReport
from vermeil.teacher.requests import check_prompt, make_requests, reader
from vermeil.teacher.store.store import ReplyStore


@dataclass(frozen=True, slots=True)
class AnnotateReport:
    """What came of annotating.

    Args:
        documents: how many there were; documents × samples is the sum of ``states``.
        samples: how often each was to be asked.
        host: where the teacher is.
        volume: what had no reply yet, so was to be sent there.
        ask_report: states, requests now and before, tokens, seconds, examples of problems.
        verify_report: the same of the questions about contested mentions; None: none were wanted.
    """

    documents: int
    samples: int
    host: str
    volume: Volume
    ask_report: RequestReport
    verify_report: RequestReport | None = None

    @property
    def states(self) -> Mapping[State, int]:
        """How many (document, sample) ended in each state."""
        return self.ask_report.states

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        asking, last = self.ask_report, self.verify_report or self.ask_report
        spent = last.spent.total
        return {
            "documents": self.documents,
            "samples": self.samples,
            "host": self.host,
            "states": {s.value: asking.states[s] for s in State if s in asking.states},
            "asked": asking.sent,
            "already": asking.reused,
            "attempts": asking.attempts,
            "characters_sent": self.volume.characters,
            "prompt_tokens": asking.usage.prompt_tokens,
            "completion_tokens": asking.usage.completion_tokens,
            "cost_usd": asking.cost_usd,
            "spent_in_all_usd": spent.cost / PER_DOLLAR or None,
            "spent_in_all_tokens": spent.tokens,
            "seconds": asking.seconds,
            "problems": [p.as_dict() for p in asking.problems],
            **({} if self.verify_report is None else {"verify": _verify_dict(self.verify_report)}),
        }


def annotate(
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    progress: Progress = silent,
    demonstrations: Demonstrations = NO_DEMONSTRATIONS,
    sender: SendRequests = send_requests,
) -> AnnotateReport:
    """Ask every teacher about each document that lacks its reply, and store the replies verbatim.

    Before anything is sent, ``progress`` is told stage ``to send`` with host, documents and
    characters. Documents with the same text are asked once and all counted. Running it again asks
    what is missing, failed or did not fit the limits on spending; refused, truncated and unparsable
    replies are answers and stay. With ``teacher.mode = "batch"`` batches are submitted and waited
    for; Ctrl-C leaves them running, and the next run goes on with them, or online with what they
    did not bring.

    Args:
        documents: gone through twice, and never held; a one-way iterator is read into memory first.
        task: renders the prompts and reads the replies.
        teacher: whom to ask, and how.
        store: the file of replies.
        progress: told where the work stands.
        demonstrations: the gold documents that prompts show as examples.
        sender: does the asking: this process, or a cluster's workers. What goes by the batch, and
            questions about contested mentions, are this process's in any case.

    Raises:
        ConfigError: a backend is not installed, wrong prompt, address or key, or a limit on cost
            where the price is not known; `ConsentError` if text would leave this machine and
            nobody agreed.
        TeacherError: the teacher cannot be used. What had arrived is stored.
        DataError: the store cannot be used.
    """
    require_teachers(teacher)
    check_prompt(task, teacher)
    if iter(documents) is documents:
        documents = tuple(documents)
    for one in teacher.all_teachers():
        price_of(one)
    for one in teacher.all_teachers()[1:]:
        # Before the first teacher is asked; what goes to that one is counted first.
        check_consent(one)
    reports = [
        _annotate(documents, task, one, Path(store), progress, demonstrations, sender)
        for one in teacher.all_teachers()
    ]
    verifying = None
    if teacher.verify:
        verifying = verify(documents, task, teacher, Path(store), progress, demonstrations)
    return AnnotateReport(
        reports[0].documents,
        sum(report.samples for report in reports),
        ", ".join(dict.fromkeys(report.host for report in reports)),
        sum_reports([report.volume for report in reports]),
        sum_reports([report.ask_report for report in reports], cumulative=("spent",)),
        verifying,
    )


def _annotate(
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    progress: Progress,
    demonstrations: Demonstrations,
    sender: SendRequests,
) -> AnnotateReport:
    """Ask one teacher."""
    host = host_of(teacher.base_url)
    number, volume = count_pending(documents, task, teacher, store, demonstrations)
    if volume.requests:
        check_consent(teacher, volume)
        api_key(teacher)
        detail: dict[str, float | int | str] = {
            "host": host,
            "documents": volume.documents,
            "characters": volume.characters,
        }
        progress("to send", volume.requests, volume.requests, detail)
    total = number * teacher.samples
    with ReplyStore(store) as replies:

        def requests() -> Iterator[Request]:
            return make_requests(documents, task, teacher, demonstrations=demonstrations)

        read = reader(task, teacher)
        if teacher.mode == "batch":
            asking = send_in_batches(requests, teacher, replies, read, progress, total=total)
        else:
            finish_batches(teacher, replies, progress)
            asking = sender(
                requests(),
                teacher,
                replies,
                read,
                progress,
                total=total,
                missing=volume.requests,
                connect=multi_document_backend(teacher),
            )
    if asking.requests != total:
        raise VermeilError(
            f"{number} documents × {teacher.samples} samples, but {asking.requests} requests; "
            "did the documents change meanwhile?"
        )
    return AnnotateReport(number, teacher.samples, host, volume, asking)


def _verify_dict(report: RequestReport) -> dict[str, Any]:
    return {
        "states": {s.value: report.states[s] for s in State if s in report.states},
        "asked": report.sent,
        "already": report.reused,
        "prompt_tokens": report.usage.prompt_tokens,
        "completion_tokens": report.usage.completion_tokens,
        "cost_usd": report.cost_usd,
    }


def count_pending(
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    demonstrations: Demonstrations = NO_DEMONSTRATIONS,
) -> tuple[int, Volume]:
    """Return the number of documents, and how much of them is still to be sent."""
    if not store.exists():
        number, characters = _size(documents)
        return number, Volume(number, characters, number * teacher.samples)
    with ReplyStore(store) as replies:
        answered = replies.reply_index()
    numbers = count()
    asked = make_requests(
        _numbered(documents, numbers), task, teacher, demonstrations=demonstrations
    )
    missing = characters = requests = 0
    before: str | None = None
    for request in answered.missing(asked):
        requests += 1
        if request.document_id != before:
            before = request.document_id
            missing += 1
            characters += len(request.text)
    return next(numbers), Volume(missing, characters, requests)


def _numbered(documents: Iterable[Document], numbers: Iterator[int]) -> Iterator[Document]:
    """Yield the documents; afterwards the next of the numbers says how many there were."""
    for document in documents:
        next(numbers)
        yield document


def _size(documents: Iterable[Document]) -> tuple[int, int]:
    number = characters = 0
    for document in documents:
        number += 1
        characters += len(document.text)
    return number, characters
