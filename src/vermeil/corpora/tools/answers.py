"""Answers of all annotators of one text in an annotation tool, and the choice among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from vermeil.corpora.surfaces import DIFFERENT
from vermeil.corpora.tools.extras import ImportedAnnotation, restore
from vermeil.corpora.unread import SUGGESTED
from vermeil.data.document import Document, Span

AnswerState = Literal["done", "rejected", "skipped", "draft", "suggested"]
"""State of an answer. ``done``: confirmed by a person. ``rejected``, ``skipped``, ``draft``: seen
by a person, but not (or not yet) confirmed. ``suggested``: by a model, without confirmation."""

_ANNOTATION_KEYS = ("spans", "labels", "relations", "abstain")


class Answer(NamedTuple):
    """Annotation of a text by one person or model.

    Args:
        state: whether it is confirmed.
        spans: labelled ranges; None if the project has no spans.
        labels: labels of the whole text; None if the project has no labels.
        relations: index of head and tail in ``spans``, and the label; None if there are none.
        annotator: name of the person or model in the tool.
        unread: kind of information that a document cannot hold to its number.
    """

    state: AnswerState
    spans: Sequence[Span] | None = None
    labels: tuple[str, ...] | None = None
    relations: Sequence[tuple[int, int, str]] | None = None
    annotator: str | None = None
    unread: Mapping[str, int] = {}

    @property
    def is_doubtful(self) -> bool:
        """True if offsets contradict the surfaces, or may count another unit than code points."""
        return any(self.unread.get(name) for name in (DIFFERENT, "doubtful_offsets"))

    @property
    def key(self) -> Any:
        """A value that is equal for answers with the same annotation."""
        spans = self.spans or ()
        related = frozenset(
            (spans[head].key, spans[tail].key, label) for head, tail, label in self.relations or ()
        )
        return (
            frozenset(Counter(span.key for span in spans).items()),
            frozenset(self.labels or ()),
            related,
        )


class AnsweredText(NamedTuple):
    """Text in a tool, with all answers in the order of the file.

    Args:
        text: the current text in the tool.
        answers: answers of all annotators.
        extras: Vermeil's extras that the tool passed on.
        meta: further values of the source.
        tool_id: the tool's id of the text.
        saved_by_tool: the tool saved the record. Otherwise, it may be as Vermeil wrote it.
    """

    text: str
    answers: Sequence[Answer]
    extras: object = None
    meta: Mapping[str, Any] = {}
    tool_id: str | None = None
    saved_by_tool: bool = True

    @property
    def id(self) -> str | None:
        """The document's id from the extras, else the tool's id."""
        if isinstance(self.extras, Mapping) and isinstance(self.extras.get("id"), str):
            return str(self.extras["id"])
        return self.tool_id


def last_per_annotator(answers: Iterable[Answer]) -> tuple[list[Answer], int]:
    """Return the last answer of each annotator and the number of replaced answers.

    Answers without a name are all kept.
    """
    kept: dict[str, Answer] = {}
    superseded = 0
    for number, answer in enumerate(answers):
        name = answer.annotator if answer.annotator is not None else f"\0{number}"
        superseded += name in kept
        kept.pop(name, None)
        kept[name] = answer
    return list(kept.values()), superseded


def finished_answers(answers: Iterable[Answer]) -> list[Answer]:
    """Return the confirmed answers, without those about nothing that is read if there are others.

    Args:
        answers: all answers about a text.
    """
    done = [answer for answer in answers if answer.state == "done"]
    return [a for a in done if a.spans is not None or a.labels is not None] or done


def document_of(answered_text: AnsweredText, default_id: str) -> Document:
    """Return the document with the last confirmed answer, or else the last suggestion.

    The other answers are not read; they are counted by their state. A text is not annotated if its
    answers were all rejected or skipped, if named annotators gave different answers, or if the
    offsets of the answer are doubtful.

    Args:
        answered_text: a text with its answers.
        default_id: the document's id if the source has none.
    """
    answers, extras = answered_text.answers, answered_text.extras
    chosen = _chosen(answers)
    unread = Counter(chosen.unread)
    for answer in answers:
        if answer is chosen or (answer.state == "suggested" and chosen.state != "suggested"):
            continue
        unread[f"answers_{answer.state}" if answer.state != "done" else "other_answers"] += 1
    if chosen.state == "done" and _disagree(answers):
        unread = unread - Counter(chosen.unread) + Counter({"disagreement": 1})
        chosen = Answer("draft")
    if chosen.is_doubtful:
        unread["relations"] += len(chosen.relations or ())
        chosen = chosen._replace(spans=None, relations=None)
    if chosen.state == "suggested" and (chosen.spans, chosen.labels) != (None, None):
        as_written = isinstance(extras, Mapping) and not answered_text.saved_by_tool
        unread[SUGGESTED] += not as_written
    if isinstance(extras, Mapping) and answers and (chosen.state == "draft" or chosen.is_doubtful):
        # The annotation in the extras is not that of the answers.
        extras = {k: v for k, v in extras.items() if k not in _ANNOTATION_KEYS}
    imported = ImportedAnnotation(
        answered_text.text,
        chosen.spans,
        chosen.labels,
        chosen.relations,
        answered_text.meta,
        unread,
    )
    return restore(imported, extras, answered_text.tool_id or default_id)


def _chosen(answers: Sequence[Answer]) -> Answer:
    """Return the last confirmed answer, else the last suggestion, else an empty draft.

    A suggestion that a person rejected or skipped is not chosen.
    """
    done = finished_answers(answers)
    if done:
        return done[-1]
    if any(answer.state in ("rejected", "skipped") for answer in answers):
        return Answer("draft")
    suggested = [answer for answer in answers if answer.state == "suggested"]
    return suggested[-1] if suggested else Answer("draft")


def _disagree(answers: Sequence[Answer]) -> bool:
    """Return whether named annotators gave different answers."""
    named = [answer for answer in finished_answers(answers) if answer.annotator is not None]
    return len({answer.key for answer in last_per_annotator(named)[0]}) > 1
