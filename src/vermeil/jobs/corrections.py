"""What people made of one document in an annotation tool, compared with what was suggested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from vermeil.corpora.tools.answers import Answer, AnsweredText, AnswerState
from vermeil.corpora.tools.extras import ImportedAnnotation, restore
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.ranges import merge_ranges
from vermeil.errors import DataError

Reason = Literal[
    "disagreement",
    "doubtful_offsets",
    "out_of_range",
    "rejected",
    "skipped",
    "text_changed",
    "unfinished",
    "unknown_id",
]
"""Why a document is not accepted. disagreement: people say different things. doubtful_offsets: the
tool may have counted another unit than characters. out_of_range: a span lies beyond the text.
rejected, skipped: somebody did not want it, nobody finished it. text_changed: it is not the text
that was exported. unfinished: nobody has confirmed it. unknown_id: no such document was
exported."""

REVIEW = "review"
"""Key of a document's ``meta`` under which stands where its annotation comes from."""


class SpanChanges(NamedTuple):
    """What people did with suggested spans.

    Args:
        kept: spans that stayed as they were.
        changed: spans that got other ends or another label: they overlap the suggested one.
        removed: suggested spans without a counterpart.
        added: spans without a suggested counterpart.
    """

    kept: int = 0
    changed: int = 0
    removed: int = 0
    added: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> SpanChanges:
        """Return the numbers of the four kinds."""
        return cls(*(counts.get(kind, 0) for kind in cls._fields))

    def as_dict(self) -> dict[str, Any]:
        """For JSON; ``kept_share`` is of the suggested spans."""
        suggested = self.kept + self.changed + self.removed
        share = {"kept_share": self.kept / suggested} if suggested else {}
        return {**self._asdict(), **share}


@dataclass(slots=True)
class DocumentAnswers:
    """All that a tool's file has about one document."""

    id: str
    tasks: list[AnsweredText] = field(default_factory=list)

    def add(self, task: AnsweredText) -> None:
        """Take note of a task; some tools have one for each annotator."""
        self.tasks.append(task)

    @property
    def text(self) -> str:
        """The text, as the last task has it."""
        return self.tasks[-1].text

    @property
    def texts(self) -> set[str]:
        """All texts that stand under this id."""
        return {one.text for one in self.tasks}

    @property
    def answers(self) -> list[Answer]:
        """Everybody's answers, in the order of the file."""
        return [answer for one in self.tasks for answer in one.answers]


@dataclass(frozen=True, slots=True)
class Correction:
    """What becomes of a document.

    Args:
        document: gold, or what is put aside.
        reason: why it is put aside; None where it is accepted.
        changes: label and kind (see `SpanChanges`) of what happened to each span.
        annotators: who has finished it.
        superseded: answers after which the same person gave another one.
    """

    document: Document
    reason: Reason | None
    changes: Sequence[tuple[str, str]] = ()
    annotators: Sequence[str] = ()
    superseded: int = 0


def check_answers(answers: DocumentAnswers, silver: Document | None, tool: str) -> Correction:
    """Say whether what people made of a document is gold.

    Args:
        answers: what the tool's file has about it.
        silver: the document that was exported; None where there is none with this id.
        tool: the tool's name, for the record.
    """
    done, superseded = _last_per_annotator(a for a in answers.answers if a.state == "done")
    names = [answer.annotator or tool for answer in done]
    review: dict[str, Any] = {"tool": tool, "annotators": names}
    reason = _rejection_reason(answers, silver, done)
    base = Document(answers.id, answers.text) if silver is None else silver
    if reason == "text_changed":
        base = Document(answers.id, answers.text, base.group, meta=base.meta)
    if reason is None and silver is not None:
        try:
            document = _with_answer(base, done[-1], review)
        except DataError as error:
            reason, review["error"] = "out_of_range", error.message
        else:
            changes = list(span_changes(silver.spans or (), document.spans or ()))
            review["spans"] = SpanChanges.of(Counter(kind for _, kind in changes)).as_dict()
            return Correction(document, None, changes, names, superseded)
    review["reason"] = reason
    return Correction(_not_accepted(base, answers, done, review), reason, (), names, superseded)


def span_changes(suggested: Sequence[Span], found: Sequence[Span]) -> list[tuple[str, str]]:
    """Return label and kind of every change from the suggested spans to those that were found.

    Equal spans are kept. Of the others, each suggested one is paired with the first that overlaps
    it and is not yet taken, those with the same label first.
    """
    left = Counter(span.key for span in found)
    changes: list[tuple[str, str]] = []
    open_: list[Span] = []
    for span in suggested:
        if left[span.key] > 0:
            left[span.key] -= 1
            changes.append((span.label, "kept"))
        else:
            open_.append(span)
    new = list(left.elements())
    for same_label in (True, False):
        for span in list(open_):
            for key in new:
                overlap = key[0] < span.end and span.start < key[1]
                if overlap and (key[2] == span.label or not same_label):
                    new.remove(key)
                    open_.remove(span)
                    changes.append((span.label, "changed"))
                    break
    changes += [(span.label, "removed") for span in open_]
    return changes + [(label, "added") for _, _, label in new]


def _rejection_reason(
    answers: DocumentAnswers, silver: Document | None, finished: Sequence[Answer]
) -> Reason | None:
    if silver is None:
        return "unknown_id"
    if answers.texts != {silver.text}:
        return "text_changed"
    if not finished:
        return _unfinished({answer.state for answer in answers.answers})
    if any(answer.unread.get("doubtful_offsets") for answer in finished):
        return "doubtful_offsets"
    if len({_answer_key(answer) for answer in finished}) > 1:
        return "disagreement"
    return None


def _unfinished(states: Collection[AnswerState]) -> Reason:
    if "rejected" in states:
        return "rejected"
    return "skipped" if "skipped" in states else "unfinished"


def _last_per_annotator(answers: Iterable[Answer]) -> tuple[list[Answer], int]:
    """Return the last answer of each person; answers that nobody signed are all kept."""
    kept: dict[str, Answer] = {}
    superseded = 0
    for number, answer in enumerate(answers):
        name = answer.annotator if answer.annotator is not None else f"\0{number}"
        superseded += name in kept
        kept.pop(name, None)
        kept[name] = answer
    return list(kept.values()), superseded


def _answer_key(answer: Answer) -> Any:
    """Return what makes two answers the same."""
    spans = answer.spans or ()
    related = frozenset(
        (spans[head].key, spans[tail].key, label) for head, tail, label in answer.relations or ()
    )
    return (
        frozenset(Counter(span.key for span in spans).items()),
        frozenset(answer.labels or ()),
        related,
    )


def _with_answer(base: Document, answer: Answer, review: dict[str, Any]) -> Document:
    spans = None if answer.spans is None else [_gold(span) for span in answer.spans]
    marks = ImportedAnnotation(
        base.text, spans, answer.labels, answer.relations, unread=answer.unread
    )
    made = restore(marks, None, base.id)
    meta = {**base.meta, **made.meta, REVIEW: review}
    return Document(base.id, base.text, base.group, base.tokens, made.annotation, meta=meta)


def _not_accepted(
    base: Document,
    document_answers: DocumentAnswers,
    finished: Sequence[Answer],
    review: dict[str, Any],
) -> Document:
    """Return a document with what is sure, and everybody's answers beside it."""
    answers = finished or [
        answer for answer in document_answers.answers if answer.state != "suggested"
    ]
    review["answers"] = [_record(answer) for answer in answers]
    if len(document_answers.texts) > 1:
        review["texts"] = sorted(document_answers.texts)
    annotation = Annotation()
    if review["reason"] in ("disagreement", "unknown_id", "text_changed") and finished:
        annotation = _common_annotation(finished, len(base.text))
    return replace(base, annotation=annotation, weight=None, meta={**base.meta, REVIEW: review})


def _common_annotation(finished: Sequence[Answer], size: int) -> Annotation:
    """Return the spans that everybody has, and abstentions where somebody has others."""
    counts = [Counter(span.key for span in answer.spans or ()) for answer in finished]
    common, every = counts[0], counts[0]
    for one in counts[1:]:
        common, every = common & one, every | one
    if any(end > size for _, end, _ in every):
        return Annotation()
    spans = tuple(Span(*key, origin="gold") for key in common.elements())
    disputed = tuple(merge_ranges((start, end) for start, end, _ in (every - common).elements()))
    return Annotation(spans=spans, abstain=disputed)


def _record(answer: Answer) -> dict[str, Any]:
    record: dict[str, Any] = {"by": answer.annotator, "state": answer.state}
    if answer.spans is not None:
        record["spans"] = [[s.start, s.end, s.label] for s in answer.spans]
    if answer.labels is not None:
        record["labels"] = list(answer.labels)
    if answer.relations is not None:
        record["relations"] = [list(relation) for relation in answer.relations]
    return record


def _gold(span: Span) -> Span:
    return Span(span.start, span.end, span.label, origin="gold")
