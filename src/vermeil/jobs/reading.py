"""The combined annotation of one document from its stored replies: parsing, vote, verdicts.

Used by `locate` to make silver and by `verify` to find contested mentions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from vermeil.data.annotation_spans import span_keys
from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.data.ledger import SilverTeacher, day_of
from vermeil.data.reply import Reply, Request, State
from vermeil.tasks.protocol import ReplyResult, Task
from vermeil.tasks.votes import VoteResult, has_enough_votes
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.demonstrations import Demonstrations, with_leak_count
from vermeil.teacher.engine import Read
from vermeil.teacher.requests import make_requests, reader, verify_request
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.usability import failure_of

USABLE = (State.DONE, State.EMPTY)
WITHOUT_LOGPROBS = "without_logprobs"
"""Note of replies that lack the requested log-probabilities: they were stored before the setting
was on, the server sent none, or its tokens do not add up to the text."""


@dataclass(frozen=True, slots=True)
class CombinedReading:
    """Combination of all replies about one document.

    Args:
        reading: the combined result; if no reply is usable, the result of the first reply.
        answers: state of every reply, one per teacher and sample.
        vote: the vote over the replies; None if there is one usable reply without verification, or
            none.
        verified: state of the verification request; None if no mention is contested or
            ``teacher.verify`` is off.
        counts: numbers of voted spans by outcome.
        teachers: the teachers of the usable replies, in order.
    """

    reading: ReplyResult
    answers: tuple[State, ...]
    vote: VoteResult | None = None
    verified: State | None = None
    counts: Counter[str] = field(default_factory=Counter)
    teachers: tuple[SilverTeacher, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplyReader:
    """Reader of the stored replies about documents.

    Args:
        task: parses the replies.
        teacher: the settings of the requests; they are part of a reply's key.
        store: the reply store.
        demonstrations: the demonstrations of the prompts.
    """

    task: Task
    teacher: TeacherConfig
    store: ReplyStore
    demonstrations: Demonstrations

    def read(self, document: Document) -> CombinedReading:
        """Return the combined replies about a document, verdicts included."""
        sources = tuple(self._sources(document))
        readings = tuple(reading for reading, _ in sources)
        states = tuple(reading.state for reading in readings)
        usable = [reading for reading in readings if reading.state in USABLE]
        teachers = _teachers(sources)
        if not usable or (len(readings) == 1 and not self.teacher.verify):
            return CombinedReading((usable or readings)[0], states, teachers=teachers)
        vote, verified = self._verify(document, self._vote(usable))
        counts = Counter(vote.counts if vote.voted_spans or vote.notes else {})
        merged = self._merge(readings, vote)
        return CombinedReading(merged, states, vote, verified, counts, teachers)

    def verification_request(self, document: Document) -> Request | None:
        """Return the request to verify contested mentions; None if no mention is contested."""
        usable = [one for one in self._readings(document) if one.state in USABLE]
        return self._verification_request(document, self._vote(usable)) if usable else None

    def _readings(self, document: Document) -> Iterator[ReplyResult]:
        return (reading for reading, _ in self._sources(document))

    def _sources(self, document: Document) -> Iterator[tuple[ReplyResult, SilverTeacher]]:
        """Yield the result of every reply, with its model and day."""
        shown = self.demonstrations.for_document(document)
        for one in self.teacher.all_teachers():
            for request in make_requests(
                [document], self.task, one, demonstrations=self.demonstrations
            ):
                reply = self.store.get(request.key)
                result = with_leak_count(self._read(document, request, one, reply), shown)
                used = _used_reply(reader(self.task, one), document.text, reply)
                yield result, SilverTeacher(used.model, day_of(used.created)) if used else _UNKNOWN

    def _read(
        self, document: Document, request: Request, teacher: TeacherConfig, reply: Reply | None
    ) -> ReplyResult:
        if reply is not None:
            reading = reader(self.task, teacher)(document.text, reply)
            if teacher.logprobs and reply.text and reply.logprobs is None:
                return replace(reading, notes={**reading.notes, WITHOUT_LOGPROBS: 1})
            return reading
        error = self.store.error(request.key)
        if error is not None:
            return ReplyResult(State.FAILED, problem=error)
        return ReplyResult(State.PENDING, problem="no request sent yet; run vermeil annotate")

    def _vote(self, usable: Sequence[ReplyResult]) -> VoteResult:
        votes = self.teacher.votes
        annotations = [reading.annotation for reading in usable]
        return self.task.vote(annotations, votes.keep, votes.minority == "abstain")

    def _verification_request(self, document: Document, vote: VoteResult) -> Request | None:
        verification = self.task.verification
        if verification is None or not vote.contested:
            return None
        return verify_request(document, vote.contested, verification, self.teacher)

    def _verify(self, document: Document, vote: VoteResult) -> tuple[VoteResult, State | None]:
        """Return the vote after the verdicts, and the state of the verification request."""
        verification = self.task.verification
        request = self._verification_request(document, vote) if self.teacher.verify else None
        if request is None or verification is None:
            return vote, None
        reply = self.store.get(request.key)
        if reply is None:
            failed = self.store.error(request.key) is not None
            return vote, State.FAILED if failed else State.PENDING
        verdicts = verification.read(document.text, reply)
        if verdicts.state is State.DONE:
            abstain = self.teacher.votes.minority == "abstain"
            vote = verification.apply_verdicts(document.text, vote, verdicts, abstain)
        return vote, verdicts.state

    def _merge(self, readings: Sequence[ReplyResult], vote: VoteResult) -> ReplyResult:
        """Return the result of a vote, with the mentions and notes of all replies."""
        notes: Counter[str] = Counter()
        for reading in readings:
            notes.update(reading.notes)
        states = Counter(reading.state for reading in readings)
        mentions = tuple(mention for reading in readings for mention in reading.mentions)
        if self._outweighs(states, vote.annotation):
            problem = (
                f"the mentions of {states[State.UNPLACED]} of {len(readings)} replies have no "
            )
            problem += "position in the text, and the other replies leave nothing marked"
            return ReplyResult(State.UNPLACED, UNANNOTATED, mentions, problem, dict(notes))
        state = State.DONE if states[State.DONE] else State.EMPTY
        return ReplyResult(state, vote.annotation, mentions, notes=dict(notes))

    def _outweighs(self, states: Counter[State], voted: Annotation) -> bool:
        """Return whether unplaced replies contradict a vote that leaves nothing marked.

        Their mentions count as one candidate without a position. If it is kept, or masked for want
        of votes, the text is not known to be negative.

        Args:
            states: number of replies in each state.
            voted: the result of the vote over the usable replies.
        """
        lost = states[State.UNPLACED]
        is_negative = not (voted.is_empty or voted.abstain or any(self.task.labels_used(voted)))
        if not lost or not is_negative:
            return False
        votes, voters = self.teacher.votes, lost + sum(states[state] for state in USABLE)
        return votes.minority == "abstain" or has_enough_votes(lost, voters, votes.keep)


_UNKNOWN = SilverTeacher("")
"""Stands for the teacher of a request without a reply."""


def _used_reply(read: Read, text: str, reply: Reply | None) -> Reply | None:
    """Return the reply that `reader` uses: the newest usable one, also of the alternatives."""
    if reply is None or not reply.alternatives:
        return reply
    every = (reply, *reply.alternatives)
    usable = (one for one in every if failure_of(read(text, replace(one, alternatives=()))) is None)
    return next(usable, reply)


def _teachers(
    sources: Sequence[tuple[ReplyResult, SilverTeacher]],
) -> tuple[SilverTeacher, ...]:
    """Return the teachers of the usable replies; of several replies, each with its own spans."""
    usable = [(reading, teacher) for reading, teacher in sources if reading.state in USABLE]
    if len(usable) == 1:
        return (usable[0][1],)
    return tuple(
        replace(teacher, spans=span_keys(reading.annotation)) for reading, teacher in usable
    )
