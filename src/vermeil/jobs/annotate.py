"""Documents -> stored replies: asks the teacher what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Request, State
from vermeil.errors import VermeilError
from vermeil.tasks.protocol import Task
from vermeil.teacher.address import api_key, host_of
from vermeil.teacher.batch import ask_in_batches, finish_batches
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import Volume, check_consent
from vermeil.teacher.engine import ask
from vermeil.teacher.report import AskReport
from vermeil.teacher.requests import check_prompt, make_requests
from vermeil.teacher.store import ReplyStore


@dataclass(frozen=True, slots=True)
class AnnotateReport:
    """What came of annotating.

    Args:
        documents: how many there were; documents × samples is the sum of ``states``.
        samples: how often each was to be asked.
        host: where the teacher is.
        volume: what had no reply yet, so was to be sent there.
        asking: states, requests now and before, tokens, seconds, examples of problems.
    """

    documents: int
    samples: int
    host: str
    volume: Volume
    asking: AskReport

    @property
    def states(self) -> Mapping[State, int]:
        """How many (document, sample) ended in each state."""
        return self.asking.states

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        asking = self.asking
        return {
            "documents": self.documents,
            "samples": self.samples,
            "host": self.host,
            "states": {s.value: asking.states[s] for s in State if s in asking.states},
            "asked": asking.asked,
            "already": asking.already,
            "attempts": asking.attempts,
            "characters_sent": self.volume.characters,
            "prompt_tokens": asking.usage.prompt_tokens,
            "completion_tokens": asking.usage.completion_tokens,
            "seconds": asking.seconds,
            "problems": [p.as_dict() for p in asking.problems],
        }


def annotate(
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    progress: Progress = silent,
) -> AnnotateReport:
    """Ask the teacher about every document that has no reply yet, and store its replies verbatim.

    Before anything is sent, ``progress`` is told stage ``to send`` with host, documents and
    characters. Documents with the same text are asked once and all counted. Running it again asks
    what is missing or failed; refused, truncated and unparsable replies are answers and stay. With
    ``teacher.mode = "batch"`` batches are submitted and waited for; Ctrl-C leaves them running, and
    the next run goes on with them, or online with what they did not bring.

    Args:
        documents: gone through twice, so a one-way iterator is read into memory first.
        task: renders the prompts and reads the replies.
        teacher: whom to ask, and how.
        store: the file of replies.
        progress: told where the work stands.

    Raises:
        ConfigError: wrong prompt, address or key; `ConsentError` if text would leave this machine
            and nobody agreed.
        TeacherError: the teacher cannot be used. What had arrived is stored.
        DataError: the store cannot be used.
    """
    check_prompt(task, teacher)
    host, store = host_of(teacher.base_url), Path(store)
    if iter(documents) is documents:
        documents = tuple(documents)
    number, volume = _survey(documents, task, teacher, store)
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
            return make_requests(documents, task, teacher)

        if teacher.mode == "batch":
            asking = ask_in_batches(requests, teacher, replies, task.read, progress, total=total)
        else:
            finish_batches(teacher, replies, progress)
            asking = ask(requests(), teacher, replies, task.read, progress, total=total)
    if asking.requests != total:
        raise VermeilError(
            f"{number} documents × {teacher.samples} samples, but {asking.requests} requests; "
            "did the documents change meanwhile?"
        )
    return AnnotateReport(number, teacher.samples, host, volume, asking)


def _survey(
    documents: Iterable[Document], task: Task, teacher: TeacherConfig, store: Path
) -> tuple[int, Volume]:
    """Return the number of documents, and how much of them is still to be sent."""
    if not store.exists():
        number, characters = _size(documents)
        return number, Volume(number, characters, number * teacher.samples)
    number = missing = characters = requests = 0
    with ReplyStore(store) as replies:
        for document in documents:
            number += 1
            lacking = sum(1 for _ in replies.missing(make_requests([document], task, teacher)))
            requests += lacking
            missing += lacking > 0
            characters += len(document.text) * (lacking > 0)
    return number, Volume(missing, characters, requests)


def _size(documents: Iterable[Document]) -> tuple[int, int]:
    number = characters = 0
    for document in documents:
        number += 1
        characters += len(document.text)
    return number, characters
