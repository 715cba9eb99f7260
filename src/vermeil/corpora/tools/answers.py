"""What an annotation tool holds about one text: everybody's answers, and which of them counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from vermeil.corpora.tools.extras import ImportedAnnotation, restore
from vermeil.data.document import Document, Span

AnswerState = Literal["done", "rejected", "skipped", "draft", "suggested"]
"""done: somebody says that this is what is there. rejected, skipped, draft: somebody does not, or
not yet. suggested: a machine says so, and nobody has confirmed it."""


_ANNOTATION_KEYS = ("spans", "labels", "relations", "abstain")


class Answer(NamedTuple):
    """What one person (or machine) says about a text.

    Args:
        state: how far it can be relied on.
        spans: labelled stretches; None where the tool was not asked for them.
        labels: labels of the whole text, likewise.
        relations: places of head and tail in ``spans``, and the label, likewise.
        annotator: who says so, as the tool names them.
        unread: what the answer holds and a document cannot, to number.
    """

    state: AnswerState
    spans: Sequence[Span] | None = None
    labels: tuple[str, ...] | None = None
    relations: Sequence[tuple[int, int, str]] | None = None
    annotator: str | None = None
    unread: Mapping[str, int] = {}


class AnsweredText(NamedTuple):
    """A text in a tool, with all answers in the order of the file.

    Args:
        text: the text as it is in the tool now.
        answers: everybody's.
        extras: what the tool has carried along for us.
        meta: what else the source knows.
    """

    text: str
    answers: Sequence[Answer]
    extras: object = None
    meta: Mapping[str, Any] = {}
    tool_id: str | None = None
    """The id that the tool gives it."""

    @property
    def id(self) -> str | None:
        """The document's id: ours where it was carried along, else the tool's."""
        if isinstance(self.extras, Mapping) and isinstance(self.extras.get("id"), str):
            return str(self.extras["id"])
        return self.tool_id


def document_of(answered_text: AnsweredText, default_id: str) -> Document:
    """Return what the last answer that is done says, or else the last suggestion.

    What the other answers say is not read; they are counted by their state.

    Args:
        answered_text: a text with its answers.
        default_id: the document's id, where the source knows none.
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
            # Somebody looked and did not confirm it, so what we had said is not there any more.
            extras = {k: v for k, v in extras.items() if k not in _ANNOTATION_KEYS}
    unread = Counter(chosen.unread)
    for answer in answered_text.answers:
        if answer is not chosen and not (answer.state == "suggested" and chosen.state == "done"):
            unread[f"answers_{answer.state}" if answer.state != "done" else "other_answers"] += 1
    marks = ImportedAnnotation(
        answered_text.text,
        chosen.spans,
        chosen.labels,
        chosen.relations,
        answered_text.meta,
        unread,
    )
    return restore(marks, extras, answered_text.tool_id or default_id)
