"""Answers of all annotators of one text in an annotation tool, and the choice among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from vermeil.corpora.tools.extras import ImportedAnnotation, restore
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


class AnsweredText(NamedTuple):
    """Text in a tool, with all answers in the order of the file.

    Args:
        text: the current text in the tool.
        answers: answers of all annotators.
        extras: Vermeil's extras that the tool passed on.
        meta: further values of the source.
        tool_id: the tool's id of the text.
    """

    text: str
    answers: Sequence[Answer]
    extras: object = None
    meta: Mapping[str, Any] = {}
    tool_id: str | None = None

    @property
    def id(self) -> str | None:
        """The document's id from the extras, else the tool's id."""
        if isinstance(self.extras, Mapping) and isinstance(self.extras.get("id"), str):
            return str(self.extras["id"])
        return self.tool_id


def document_of(answered_text: AnsweredText, default_id: str) -> Document:
    """Return the document with the last confirmed answer, or else the last suggestion.

    The other answers are not read; they are counted by their state.

    Args:
        answered_text: a text with its answers.
        default_id: the document's id if the source has none.
    """
    usable = [a for a in answered_text.answers if a.state in ("done", "suggested")]
    chosen = max(usable, key=lambda answer: answer.state == "done", default=None)
    for answer in usable:
        if chosen is not None and answer.state == chosen.state:
            chosen = answer
    extras = answered_text.extras
    if chosen is None:
        chosen = Answer("draft")
        if answered_text.answers and isinstance(extras, Mapping):
            # A person saw the annotation in the extras and did not confirm it.
            extras = {k: v for k, v in extras.items() if k not in _ANNOTATION_KEYS}
    unread = Counter(chosen.unread)
    for answer in answered_text.answers:
        if answer is not chosen and not (answer.state == "suggested" and chosen.state == "done"):
            unread[f"answers_{answer.state}" if answer.state != "done" else "other_answers"] += 1
    imported = ImportedAnnotation(
        answered_text.text,
        chosen.spans,
        chosen.labels,
        chosen.relations,
        answered_text.meta,
        unread,
    )
    return restore(imported, extras, answered_text.tool_id or default_id)
