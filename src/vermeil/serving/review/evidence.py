"""Evidence about a suggestion: the teacher's words and the student's opinion."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.errors import ConfigError
from vermeil.student.inference.predictor import Predictor
from vermeil.student.load import load_predictor
from vermeil.tasks.protocol import Task

TeacherWords = Callable[[Document], Sequence[str]]
"""Function from a document to the replies of the teacher about it, verbatim."""

QUEUE, STUDENT = "silver", "student"
"""Sources of suggestions without an origin: the documents of the queue, and the student."""

_LONGEST_REPLY = 20_000
_KEPT = 256
"""Number of predictions in memory."""


class Evidence:
    """Suggestions and opinions about documents. Safe for several threads.

    Args:
        task: the task of the review.
        model: model folder of the student; None: there is none.
        suggests: the student's annotation is suggested, too.
        teacher_words: returns the replies of the teacher; None: there are none.

    Raises:
        ConfigError: the model has labels that the task does not have, or a package is missing.
        DataError: the folder is not a model folder.
    """

    def __init__(
        self,
        task: Task,
        model: Path | None = None,
        suggests: bool = True,
        teacher_words: TeacherWords | None = None,
    ) -> None:
        self._teacher_words, self._suggests = teacher_words, suggests
        self._lock = threading.Lock()
        self._predicted: dict[str, Annotation] = {}
        self._predictor: Predictor | None = None
        if model is not None:
            self._predictor = load_predictor(model)
            unknown = set(self._predictor.task.labels) - set(task.labels)
            if self._predictor.task.name != task.name or unknown:
                raise ConfigError(
                    f"review.model: {model} is a student of the task {self._predictor.task.name} "
                    f"with the labels {', '.join(self._predictor.task.labels)}; name a student of "
                    "the configured task and labels"
                )

    @property
    def has_student(self) -> bool:
        """Return whether there is a student."""
        return self._predictor is not None

    def suggest(self, document: Document) -> list[tuple[str, Annotation]]:
        """Return the suggested annotations of a document, with their sources."""
        found = [(QUEUE, document.annotation)]
        predicted = self.predict(document) if self._suggests else None
        if predicted is not None:
            found.append((STUDENT, predicted))
        return found

    def predict(self, document: Document) -> Annotation | None:
        """Return the student's annotation of a document; None if there is no student."""
        if self._predictor is None:
            return None
        with self._lock:
            if document.id not in self._predicted:
                plain = document.with_annotation(UNANNOTATED)
                annotated = next(iter(self._predictor.predict([plain])))
                while len(self._predicted) >= _KEPT:
                    self._predicted.pop(next(iter(self._predicted)))
                self._predicted[document.id] = annotated.annotation
            return self._predicted[document.id]

    def opinion(self, document: Document) -> dict[str, Any] | None:
        """Return the student's annotation for the page; None if there is no student."""
        annotation = self.predict(document)
        if annotation is None:
            return None
        return {
            "spans": [[s.start, s.end, s.label, s.score] for s in annotation.spans or ()],
            "labels": list(annotation.labels or ()),
        }

    def words(self, document: Document) -> list[str]:
        """Return the replies of the teacher about a document, shortened to a readable length."""
        replies = [] if self._teacher_words is None else self._teacher_words(document)
        return [
            reply if len(reply) <= _LONGEST_REPLY else reply[:_LONGEST_REPLY] + "…"
            for reply in replies
        ]
