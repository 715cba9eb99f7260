"""Human corrections of one document in an annotation tool, compared with the suggested spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from vermeil.corpora.tools.answers import (
    Answer,
    AnsweredText,
    AnswerState,
    finished_answers,
    last_per_annotator,
)
from vermeil.corpora.tools.extras import ImportedAnnotation, restore
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.region import merge_ranges
from vermeil.errors import DataError

Reason = Literal[
    "disagreement",
    "doubtful_offsets",
    "not_annotated",
    "out_of_range",
    "rejected",
    "skipped",
    "text_changed",
    "unfinished",
    "unknown_id",
]
"""Reason why a document is not accepted. disagreement: annotators gave different answers.
doubtful_offsets: the surfaces in the tool's file are not in the text at the offsets, or the tool
may count offsets in another unit than characters. not_annotated: the finished answer holds neither
spans nor labels. out_of_range: a span lies beyond the text. rejected, skipped: an annotator
rejected or skipped it and none finished it.
text_changed: the text differs from the exported one. unfinished: no annotator has confirmed it.
unknown_id: no document with this id was exported."""

REVIEW = "review"
"""Key of a document's ``meta`` with tool, annotators and changes of its annotation."""


class SpanChanges(NamedTuple):
    """Numbers of changes to suggested spans.

    Args:
        kept: spans that were not changed.
        changed: spans with other ends or another label that overlap the suggested span.
        removed: suggested spans without a counterpart.
        added: new spans without a suggested counterpart.
    """

    kept: int = 0
    changed: int = 0
    removed: int = 0
    added: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> SpanChanges:
        """Return the changes from counts by kind."""
        return cls(*(counts.get(kind, 0) for kind in cls._fields))

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers for JSON; ``kept_share`` is the kept share of the suggested spans."""
        suggested = self.kept + self.changed + self.removed
        share = {"kept_share": self.kept / suggested} if suggested else {}
        return {**self._asdict(), **share}


@dataclass(slots=True)
class DocumentAnswers:
    """The entries of one document in a tool's file.

    Args:
        id: the document.
        tasks: its entries in the order of the file; some tools write one per annotator.
    """

    id: str
    tasks: list[AnsweredText] = field(default_factory=list)

    def add(self, task: AnsweredText) -> None:
        """Add an entry."""
        self.tasks.append(task)

    @property
    def text(self) -> str:
        """Text of the last entry."""
        return self.tasks[-1].text

    @property
    def texts(self) -> set[str]:
        """All texts of the entries."""
        return {one.text for one in self.tasks}

    @property
    def answers(self) -> list[Answer]:
        """Answers of all annotators, in the order of the file."""
        return [answer for one in self.tasks for answer in one.answers]


@dataclass(frozen=True, slots=True)
class Correction:
    """Outcome of the review of one document.

    Args:
        document: the gold document, or the document that is not accepted.
        reason: why it is not accepted; None if it is accepted.
        changes: label and kind of change (see `SpanChanges`) of each span.
        annotators: names of the annotators who finished it.
        superseded: number of answers that a later answer of the same annotator replaces.
        unread: counts of what was not read, or was converted, in the accepted answer.
    """

    document: Document
    reason: Reason | None
    changes: Sequence[tuple[str, str]] = ()
    annotators: Sequence[str] = ()
    superseded: int = 0
    unread: Mapping[str, int] = field(default_factory=dict)


def check_answers(answers: DocumentAnswers, silver: Document | None, tool: str) -> Correction:
    """Return the gold document that the answers agree on, or the reason why there is none.

    Args:
        answers: the entries of the document in the tool's file.
        silver: the exported document; None if no document with this id was exported.
        tool: name of the tool, stored in ``meta.review``.
    """
    done, superseded = last_per_annotator(finished_answers(answers.answers))
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
            return Correction(document, None, changes, names, superseded, done[-1].unread)
    review["reason"] = reason
    return Correction(_not_accepted(base, answers, done, review), reason, (), names, superseded)


def span_changes(suggested: Sequence[Span], corrected: Sequence[Span]) -> list[tuple[str, str]]:
    """Return label and kind of every change from the suggested spans to the corrected ones.

    Equal spans are kept. Each other suggested span is paired with the first unpaired corrected span
    that overlaps it; spans with the same label are paired first.

    Args:
        suggested: the exported spans.
        corrected: the spans after the correction.
    """
    unmatched = Counter(span.key for span in corrected)
    changes: list[tuple[str, str]] = []
    unpaired: list[Span] = []
    for span in suggested:
        if unmatched[span.key] > 0:
            unmatched[span.key] -= 1
            changes.append((span.label, "kept"))
        else:
            unpaired.append(span)
    new = list(unmatched.elements())
    for same_label in (True, False):
        for span in list(unpaired):
            for key in new:
                overlap = key[0] < span.end and span.start < key[1]
                if overlap and (key[2] == span.label or not same_label):
                    new.remove(key)
                    unpaired.remove(span)
                    changes.append((span.label, "changed"))
                    break
    changes += [(span.label, "removed") for span in unpaired]
    return changes + [(label, "added") for _, _, label in new]


def _rejection_reason(
    answers: DocumentAnswers, silver: Document | None, finished: Sequence[Answer]
) -> Reason | None:
    if silver is None:
        return "unknown_id"
    if answers.texts != {silver.text}:
        return "text_changed"
    if not finished:
        return _unfinished_reason({answer.state for answer in answers.answers})
    reasons: dict[Reason, bool] = {
        "doubtful_offsets": any(answer.is_doubtful for answer in finished),
        "disagreement": len({answer.key for answer in finished}) > 1,
        "not_annotated": all(a.spans is None and a.labels is None for a in finished),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _unfinished_reason(states: Collection[AnswerState]) -> Reason:
    if "rejected" in states:
        return "rejected"
    return "skipped" if "skipped" in states else "unfinished"


def _with_answer(base: Document, answer: Answer, review: dict[str, Any]) -> Document:
    spans = None if answer.spans is None else [_gold(span) for span in answer.spans]
    imported = ImportedAnnotation(
        base.text, spans, answer.labels, answer.relations, unread=answer.unread
    )
    restored = restore(imported, None, base.id)
    meta = {**base.meta, **restored.meta, REVIEW: review}
    return Document(base.id, base.text, base.group, base.tokens, restored.annotation, meta=meta)


def _not_accepted(
    base: Document,
    document_answers: DocumentAnswers,
    finished: Sequence[Answer],
    review: dict[str, Any],
) -> Document:
    """Return a document with the undisputed annotation, and all answers in ``meta.review``."""
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
    """Return the spans of all answers; abstain from spans that only some answers have."""
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
