"""What the stored replies say about one document: every answer read, votes counted, checks applied.

The same for whoever needs it: `locate` makes silver of it, `verify` asks about what is contested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from vermeil.data.document import Document
from vermeil.data.reply import Request, State
from vermeil.tasks.protocol import ReplyResult, Task
from vermeil.tasks.votes import VoteResult
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.demonstrations import Demonstrations, with_leak_count
from vermeil.teacher.requests import make_requests, reader, verify_request
from vermeil.teacher.store.store import ReplyStore

USABLE = (State.DONE, State.EMPTY)
WITHOUT_LOGPROBS = "without_logprobs"
"""The note of replies that lack log-probabilities, though they are wanted: they were stored before,
the server gave none, or its tokens do not make up the text."""


@dataclass(frozen=True, slots=True)
class CombinedReading:
    """What all answers about one document come to.

    Args:
        reading: the outcome; where no answer was usable, the first of those there are.
        answers: the state of every answer: one per teacher and sample.
        vote: who named what; None: there was a single, undoubted answer, or none.
        verified: the state of the question about contested mentions; None: there was nothing to
            ask, or nobody wanted it.
        counts: numbers of candidates and of what became of them.
    """

    reading: ReplyResult
    answers: tuple[State, ...]
    vote: VoteResult | None = None
    verified: State | None = None
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class ReplyReader:
    """Reads what a store holds about documents, as the settings would have it asked.

    Args:
        task: reads the replies.
        teacher: the settings; they are part of a reply's key.
        store: where the replies are.
        demonstrations: what the prompts showed.
    """

    task: Task
    teacher: TeacherConfig
    store: ReplyStore
    demonstrations: Demonstrations

    def read(self, document: Document) -> CombinedReading:
        """Return what the answers about a document come to, checks included."""
        readings = tuple(self._readings(document))
        states = tuple(reading.state for reading in readings)
        usable = [reading for reading in readings if reading.state in USABLE]
        if not usable or (len(readings) == 1 and not self.teacher.verify):
            return CombinedReading((usable or readings)[0], states)
        vote, verified = self._verify(document, self._vote(usable))
        counts = Counter(vote.counts if vote.voted_spans or vote.notes else {})
        return CombinedReading(_merge(readings, vote), states, vote, verified, counts)

    def verification_request(self, document: Document) -> Request | None:
        """Return the request to ask again about a document; None where there is nothing to ask."""
        usable = [one for one in self._readings(document) if one.state in USABLE]
        return self._verification_request(document, self._vote(usable)) if usable else None

    def _readings(self, document: Document) -> Iterator[ReplyResult]:
        shown = self.demonstrations.for_document(document)
        for one in self.teacher.all_teachers():
            for request in make_requests(
                [document], self.task, one, demonstrations=self.demonstrations
            ):
                yield with_leak_count(self._read(document, request, one), shown)

    def _read(self, document: Document, request: Request, teacher: TeacherConfig) -> ReplyResult:
        reply = self.store.get(request.key)
        if reply is not None:
            reading = reader(self.task, teacher)(document.text, reply)
            if teacher.logprobs and reply.text and reply.logprobs is None:
                return replace(reading, notes={**reading.notes, WITHOUT_LOGPROBS: 1})
            return reading
        error = self.store.error(request.key)
        if error is not None:
            return ReplyResult(State.FAILED, problem=error)
        return ReplyResult(State.PENDING, problem="not asked yet; run vermeil annotate")

    def _vote(self, usable: Sequence[ReplyResult]) -> VoteResult:
        votes = self.teacher.votes
        said = [reading.annotation for reading in usable]
        return self.task.vote(said, votes.keep, votes.minority == "abstain")

    def _verification_request(self, document: Document, vote: VoteResult) -> Request | None:
        how = self.task.verification
        if how is None or not vote.contested:
            return None
        return verify_request(document, vote.contested, how, self.teacher)

    def _verify(self, document: Document, vote: VoteResult) -> tuple[VoteResult, State | None]:
        """Return the vote after the checks, and what became of the question."""
        how = self.task.verification
        request = self._verification_request(document, vote) if self.teacher.verify else None
        if request is None or how is None:
            return vote, None
        reply = self.store.get(request.key)
        if reply is None:
            failed = self.store.error(request.key) is not None
            return vote, State.FAILED if failed else State.PENDING
        verdicts = how.read(document.text, reply)
        if verdicts.state is State.DONE:
            abstain = self.teacher.votes.minority == "abstain"
            vote = how.apply_verdicts(document.text, vote, verdicts, abstain)
        return vote, verdicts.state


def _merge(readings: Sequence[ReplyResult], vote: VoteResult) -> ReplyResult:
    """Return the outcome of a vote, with the mentions and notes of all answers."""
    notes: Counter[str] = Counter()
    for reading in readings:
        notes.update(reading.notes)
    done = any(reading.state is State.DONE for reading in readings)
    return ReplyResult(
        State.DONE if done else State.EMPTY,
        vote.annotation,
        tuple(mention for reading in readings for mention in reading.mentions),
        notes=dict(notes),
    )
