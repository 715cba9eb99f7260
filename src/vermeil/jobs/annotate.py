"""Documents -> stored replies: requests the replies that are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from vermeil.data.document import Document
from vermeil.data.document_stream import DocumentStream
from vermeil.data.lock import lock_path
from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Request, State
from vermeil.errors import TeacherError, VermeilError
from vermeil.jobs.adding import sum_reports
from vermeil.jobs.again import Again, AgainReport, select_again
from vermeil.jobs.requirements import require_teachers
from vermeil.jobs.spending import settled_reservations, spent_in_all, unknown_charges
from vermeil.jobs.verify import verify
from vermeil.tasks.protocol import Task
from vermeil.teacher.address import api_key, host_of
from vermeil.teacher.backends.multi_document import multi_document_backend
from vermeil.teacher.batches.run import finish_batches, send_in_batches
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import Volume, check_consent
from vermeil.teacher.demonstrations import NO_DEMONSTRATIONS, Demonstrations
from vermeil.teacher.engine import Read, SendOptions, SendRequests, send_requests
from vermeil.teacher.limits.price_list import price_warnings
from vermeil.teacher.limits.prices import PER_DOLLAR, price_of
from vermeil.teacher.report import RequestReport
from vermeil.teacher.requests import check_prompt, make_requests, reader
from vermeil.teacher.store.charges import SpendingTotals
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.usability import failure_of


@dataclass(frozen=True, slots=True)
class AnnotateReport:
    """Result of `annotate`.

    Args:
        documents: number of documents; documents × samples is the sum of ``states``.
        samples: number of requests per document, over all teachers.
        host: host of the teacher.
        volume: documents, characters and requests that had no stored reply.
        ask_report: states, requests sent and reused, tokens, seconds, examples of problems.
        verify_report: the same for requests to verify contested mentions; None if
            ``teacher.verify`` is off.
        price_warnings: retired models, and prices of the built-in list that are old.
        spent: charges of all attempts in the store, after the run.
        again: results of sending requests again, one per teacher; empty without ``again``.
    """

    documents: int
    samples: int
    host: str
    volume: Volume
    ask_report: RequestReport
    verify_report: RequestReport | None = None
    price_warnings: tuple[str, ...] = ()
    spent: SpendingTotals = field(default_factory=SpendingTotals)
    again: tuple[AgainReport, ...] = ()

    @property
    def states(self) -> Mapping[State, int]:
        """Number of requests, one per document and sample, in each state."""
        return self.ask_report.states

    @property
    def usable(self) -> int:
        """Number of requests with a usable reply, empty annotations included."""
        return self.ask_report.usability.usable

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings about retired models, old prices, time-outs and missing token counts."""
        reports = [r for r in (self.ask_report, self.verify_report) if r is not None]
        return (*self.price_warnings, *(hint for report in reports for hint in report.hints))

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        asked, spent = self.ask_report, self.spent.charged
        again = sum_reports(self.again, cumulative=("states",)) if self.again else None
        return {
            "documents": self.documents,
            "samples": self.samples,
            "host": self.host,
            "states": {s.value: asked.states[s] for s in State if s in asked.states},
            "asked": asked.sent,
            "already_stored": asked.reused,
            "attempts": asked.attempts,
            **({"left_out_and_sent_alone": asked.left_out} if asked.left_out else {}),
            "characters_sent": self.volume.characters,
            "prompt_tokens": asked.usage.prompt_tokens,
            "completion_tokens": asked.usage.completion_tokens,
            "cost_usd": asked.cost_usd,
            "spent_in_all_usd": spent.cost / PER_DOLLAR or None,
            "spent_in_all_tokens": spent.tokens,
            **unknown_charges(self.spent),
            "seconds": asked.seconds,
            **asked.usability.as_dict(),
            "problems": [p.as_dict() for p in asked.problems],
            "warnings": list(self.warnings),
            **({} if again is None else {"again": again.as_dict()}),
            **({} if self.verify_report is None else {"verify": _verify_dict(self.verify_report)}),
        }


@dataclass(frozen=True, slots=True)
class AnnotateJob:
    """Everything that the replies of `annotate` depend on.

    Args:
        documents, task, teacher, store, demonstrations: as for `annotate`.
        again: requests to send again although they have a reply; None: none.
    """

    documents: Iterable[Document]
    task: Task
    teacher: TeacherConfig
    store: Path
    demonstrations: Demonstrations = NO_DEMONSTRATIONS
    again: Again | None = None


def annotate(
    documents: Iterable[Document | str],
    task: Task,
    teacher: TeacherConfig,
    store: Path | str,
    progress: Progress = silent,
    demonstrations: Demonstrations = NO_DEMONSTRATIONS,
    again: Again | str | Sequence[str] | None = None,
) -> AnnotateReport:
    """Request the missing replies about documents from every teacher, and store them verbatim.

    Documents with the same text share one request; all of them are counted. A second call requests
    replies that are missing, failed or exceeded the spending limit. Refused, truncated,
    unparsable and unplaced replies are kept and not requested again, except with ``again``: then
    only requests in the named states are sent, with the current settings. Earlier replies stay
    stored. Of all replies about a document, the newest usable one counts, with the earlier and with
    the current settings.

    With ``teacher.mode = "batch"``, batches are submitted and polled. Ctrl-C leaves them running.
    The next call collects their results, and requests the rest online if the mode has changed.

    Failures are counted in the report. If the first ``teacher.stop_after_failures`` online requests
    fail in the same way and no stored reply is usable, sending stops with `TeacherStoppedError`.

    Args:
        documents: documents, or plain texts whose ids become their positions (from 1). They are
            iterated several times and never all held in memory; a one-way iterator is read into
            memory.
        task: renders the prompts and parses the replies.
        teacher: model, address, prompt and limits.
        store: the file of replies.
        progress: called with stage, done, total and details; before the first request with stage
            ``to send`` and host, documents and characters.
        demonstrations: the gold documents that prompts show as examples.
        again: states of the replies that are requested again, for example ``"truncated"``. `Again`
            also numbers repetitions of unchanged requests.

    Raises:
        ConfigError: a backend is not installed; the prompt, address or key is wrong; a cost limit
            is set for a model of unknown price; or requests to send again would be unchanged.
        ConsentError: text would leave this machine and ``allow_remote`` is not set.
        TeacherError: the teacher cannot be used. Replies received so far are stored.
        TeacherStoppedError: the first requests all failed in the same way; it holds their counts.
        LockedError: another process writes the store.
        DataError: the store cannot be used.
    """
    chosen = again if isinstance(again, Again | None) else Again(again)
    stream = DocumentStream.repeatable(documents)
    job = AnnotateJob(stream, task, teacher, Path(store), demonstrations, chosen)
    return annotate_job(job, progress)


def annotate_job(
    job: AnnotateJob, progress: Progress = silent, sender: SendRequests = send_requests
) -> AnnotateReport:
    """Request the missing replies of a job, as `annotate` does.

    Args:
        job: documents, task, teacher and store.
        progress: called with stage, done, total and details.
        sender: sends the requests, from this process or from a cluster's workers. Batches and
            requests to verify contested mentions are always sent from this process.
    """
    require_teachers(job.teacher)
    check_prompt(job.task, job.teacher)
    job = replace(job, documents=DocumentStream.repeatable(job.documents))
    teachers = job.teacher.all_teachers()
    for one in teachers:
        price_of(one)
    for one in teachers[1:]:
        # Checked before the first request; for the first teacher its volume is counted first.
        check_consent(one)
    verified, warnings = None, price_warnings(job.teacher)
    try:
        with lock_path(job.store), settled_reservations(job.store):
            if job.again is None:
                reports = [_annotate(job, one, progress, sender) for one in teachers]
                stream = job.documents
            else:
                reports, stream = _annotate_again(job, job.again, progress, sender)
            if job.teacher.verify:
                verified = _verify(job, stream, progress)
    except TeacherError as error:
        error.args = ("\n".join([str(error), *warnings]),)
        raise
    return AnnotateReport(
        reports[0].documents,
        sum(report.samples for report in reports),
        ", ".join(dict.fromkeys(report.host for report in reports)),
        sum_reports([report.volume for report in reports]),
        sum_reports([report.ask_report for report in reports], cumulative=("spent",)),
        verified,
        warnings,
        spent_in_all(job.store),
        tuple(report.again[0] for report in reports if report.again),
    )


def _verify(job: AnnotateJob, stream: Iterable[Document], progress: Progress) -> RequestReport:
    return verify(stream, job.task, job.teacher, job.store, progress, job.demonstrations)


def _annotate(
    job: AnnotateJob, teacher: TeacherConfig, progress: Progress, sender: SendRequests
) -> AnnotateReport:
    """Request the missing replies from one teacher."""
    number, volume = count_pending(job.documents, job.task, teacher, job.store, job.demonstrations)
    total = number * teacher.samples

    def requests() -> Iterator[Request]:
        return make_requests(job.documents, job.task, teacher, demonstrations=job.demonstrations)

    _announce(teacher, volume, progress)
    read = reader(job.task, teacher)
    with ReplyStore(job.store) as replies:

        def has_usable() -> bool:
            replies_of = ((request, replies.get(request.key)) for request in requests())
            return any(
                reply is not None and failure_of(read(request.text, reply)) is None
                for request, reply in replies_of
            )

        options = SendOptions(
            total,
            volume.requests,
            multi_document_backend(teacher),
            has_usable if volume.requests < total else None,
        )
        asked = _send(requests, teacher, replies, read, progress, options, sender)
    if asked.requests != total:
        raise VermeilError(
            f"{number} documents × {teacher.samples} samples, but {asked.requests} requests; "
            "did the documents change meanwhile?"
        )
    return AnnotateReport(number, teacher.samples, host_of(teacher.base_url), volume, asked)


def _annotate_again(
    job: AnnotateJob, again: Again, progress: Progress, sender: SendRequests
) -> tuple[list[AnnotateReport], Iterable[Document]]:
    """Send chosen requests again; return one report per teacher, and the documents of the requests.

    All requests are chosen before the first one is sent.
    """
    selected = select_again(
        job.documents, job.task, job.teacher, job.store, job.demonstrations, again
    )
    reports = []
    for selector, selection in selected:
        selector.link(selection, job.store)
        teacher = selector.teacher
        _announce(teacher, selection.volume, progress)
        read = reader(job.task, teacher)
        requests = partial(selector.requests, job.documents, selection)
        options = SendOptions(
            selection.chosen,
            selection.chosen,
            multi_document_backend(teacher),
            partial(bool, selection.has_usable),
        )
        with ReplyStore(job.store, alternatives=False) as replies:
            sent = _send(requests, teacher, replies, read, progress, options, sender)
        asked, result = selector.combined_report(job.documents, selection, job.store, sent)
        counts = selection.documents, teacher.samples, host_of(teacher.base_url), selection.volume
        reports.append(AnnotateReport(*counts, asked, again=(result,)))

    def chosen_documents() -> Iterator[Document]:
        for document in job.documents:
            if any(any(one.requests([document], chosen)) for one, chosen in selected):
                yield document

    return reports, chosen_documents()


def _announce(teacher: TeacherConfig, volume: Volume, progress: Progress) -> None:
    """Check that text may be sent, and report how much is about to be sent."""
    if not volume.requests:
        return
    check_consent(teacher, volume)
    api_key(teacher)
    detail: dict[str, float | int | str] = {
        "host": host_of(teacher.base_url),
        "documents": volume.documents,
        "characters": volume.characters,
    }
    progress("to send", volume.requests, volume.requests, detail)


def _send(
    requests: Callable[[], Iterator[Request]],
    teacher: TeacherConfig,
    replies: ReplyStore,
    read: Read,
    progress: Progress,
    options: SendOptions,
    sender: SendRequests,
) -> RequestReport:
    """Send requests without a reply, in batches or online."""
    if teacher.mode == "batch":
        return send_in_batches(requests, teacher, replies, read, progress, total=options.total)
    finish_batches(teacher, replies, progress)
    return sender(requests(), teacher, replies, read, progress, options)


def _verify_dict(report: RequestReport) -> dict[str, Any]:
    return {
        "states": {s.value: report.states[s] for s in State if s in report.states},
        "asked": report.sent,
        "already_stored": report.reused,
        "prompt_tokens": report.usage.prompt_tokens,
        "completion_tokens": report.usage.completion_tokens,
        "cost_usd": report.cost_usd,
        **report.usability.as_dict(),
    }


def count_pending(
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    demonstrations: Demonstrations = NO_DEMONSTRATIONS,
) -> tuple[int, Volume]:
    """Return the number of documents, and the volume that has no stored reply.

    Args:
        documents: iterated once.
        task: renders the prompts.
        teacher: one teacher; additional teachers are ignored.
        store: the file of replies; it need not exist.
        demonstrations: the gold documents that prompts show as examples.
    """
    if not store.exists():
        number, characters = _size(documents)
        return number, Volume(number, characters, number * teacher.samples)
    with ReplyStore(store) as replies:
        stored = replies.reply_index()
    counter = count()
    wanted = make_requests(
        _counted(documents, counter), task, teacher, demonstrations=demonstrations
    )
    missing = characters = requests = 0
    previous: str | None = None
    for request in stored.missing(wanted):
        requests += 1
        if request.document_id != previous:
            previous = request.document_id
            missing += 1
            characters += len(request.text)
    return next(counter), Volume(missing, characters, requests)


def _counted(documents: Iterable[Document], counter: Iterator[int]) -> Iterator[Document]:
    """Yield the documents and advance ``counter`` by one for each."""
    for document in documents:
        next(counter)
        yield document


def _size(documents: Iterable[Document]) -> tuple[int, int]:
    number = characters = 0
    for document in documents:
        number += 1
        characters += len(document.text)
    return number, characters
