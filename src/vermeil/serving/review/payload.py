"""The task and one document as JSON for the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vermeil.corpora.review_log.events import ReviewedText, ReviewSession
from vermeil.data.document import Document
from vermeil.data.words import words_of
from vermeil.serving.review.config import ReviewConfig
from vermeil.serving.review.evidence import Evidence
from vermeil.tasks.protocol import TEXT_HEADS, Task

SKIP_REASONS = ("unclear text", "wrong language", "not in the guidelines", "other")


def kinds_of(task: Task) -> tuple[str, ...]:
    """Return the kinds of annotation that are reviewed for a task."""
    if task.head in TEXT_HEADS:
        return ("labels",)
    return ("spans", "relations") if task.config.relations else ("spans",)


def task_payload(
    task: Task, config: ReviewConfig, annotator: str, unavailable: str | None
) -> dict[str, Any]:
    """Return labels, guidelines and settings.

    Args:
        task: the task.
        config: the settings of the review.
        annotator: name of the annotator.
        unavailable: why a small training is not possible; None: it is.
    """
    return {
        "annotator": annotator,
        "kinds": kinds_of(task),
        "labels": [
            {"name": name, "description": label.description}
            for name, label in task.config.labels.items()
        ],
        "relations": [
            {
                "name": name,
                "description": one.description,
                "head": list(one.head),
                "tail": list(one.tail),
                "symmetric": one.symmetric,
            }
            for name, one in task.config.relations.items()
        ],
        "several": task.config.multi_label,
        "guidelines": task.config.guidelines,
        "reasons": SKIP_REASONS,
        "idle_seconds": config.idle_seconds,
        "training": unavailable,
    }


def document_payload(
    document: Document,
    reviewed: ReviewedText,
    session: ReviewSession,
    evidence: Evidence,
    *,
    settles: bool,
    changed: bool,
) -> dict[str, Any]:
    """Return one document with its items and the evidence about it.

    Args:
        document: the document.
        reviewed: its text under review.
        session: the items of the annotator, or of the settlement.
        evidence: the teacher's words and the student's opinion.
        settles: the session is a settlement.
        changed: an earlier text of the document was reviewed.
    """
    return {
        "id": document.id,
        "group": document.group,
        "text": document.text,
        "words": _flat(words_of(document)),
        "items": session.items,
        "settles": settles,
        "changed": changed,
        "annotators": list(reviewed.finished) if settles else [],
        "undo": len(session.undoable),
        "redo": len(session.redoable),
        "teacher": evidence.words(document),
        "student": evidence.opinion(document),
        "abstain": [list(part) for part in document.annotation.abstain],
    }


def _flat(words: Sequence[tuple[int, int]]) -> list[int]:
    return [end for word in words for end in word]
