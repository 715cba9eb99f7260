"""The queue of documents under review, and who reviews which of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from typing import Any

from vermeil.corpora.review_log.events import (
    REDO,
    SETTLEMENT,
    UNDO,
    Changes,
    ReviewedText,
    ReviewSession,
    decision_event,
    document_event,
    settlement_event,
)
from vermeil.corpora.review_log.items import (
    ACCEPTED,
    DOCUMENT,
    DONE,
    OPEN,
    SKIPPED,
    Items,
    annotation_of,
    apply_changes,
    suggested_items,
)
from vermeil.data.document import Annotation, Document
from vermeil.errors import DataError
from vermeil.serving.review.decision_log import DecisionLog
from vermeil.serving.review.stats import is_conflict

Suggest = Callable[[Document], Sequence[tuple[str, Annotation]]]
"""Function from a document to the annotations that are suggested for it, with their sources."""

ANNOTATORS_OF_OVERLAP = 2


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of an annotator.

    Args:
        annotator: name of the annotator.
        document: id of the document.
        action: kind of the decision, for example ``accept``.
        before: the changed items before the decision.
        after: the same items after it.
        seconds: active time since the annotator's decision before.
        settles: the decision is about different answers.
    """

    annotator: str
    document: str
    action: str
    before: Changes
    after: Changes
    seconds: float = 0.0
    settles: bool = False


class ReviewQueue:
    """Documents in the order of their review, with all decisions. Safe for several threads.

    Args:
        documents: the documents in order, each id once.
        log: the decision log.
        kinds: kinds of annotation under review: ``spans``, ``labels``, ``relations``.
        suggest: returns the suggestions for a document; called once per document.
        overlap: share of documents that two annotators review.

    Raises:
        DataError: two documents have the same id.
    """

    def __init__(
        self,
        documents: Iterable[Document],
        log: DecisionLog,
        kinds: Sequence[str],
        suggest: Suggest,
        overlap: float,
    ) -> None:
        self._lock = threading.RLock()
        self._file, self.kinds, self._suggest = log, tuple(kinds), suggest
        self.documents: dict[str, Document] = {}
        for document in documents:
            if document.id in self.documents:
                raise DataError(f"two documents have the id {document.id!r}; expected unique ids")
            self.documents[document.id] = document
        self._order = list(self.documents)
        self._texts = dict(self._file.log.texts)
        self._reserved: dict[str, str] = {}
        by_digest = sorted(self._order, key=lambda name: sha256(name.encode()).digest())
        self._overlap = frozenset(by_digest[: ceil(overlap * len(by_digest))])

    @property
    def changed(self) -> list[str]:
        """Ids of documents whose text changed after their review, and was not reviewed again."""
        with self._lock:
            texts = self._file.log.texts.values()
            return [t.id for t in texts if t.sessions and self._has_other_text(t.id, t)]

    @property
    def texts(self) -> list[ReviewedText]:
        """Texts with decisions that are in the queue, in the order of the log."""
        with self._lock:
            texts = self._file.log.texts.values()
            return [t for t in texts if t.sessions and not self._has_other_text(t.id, t)]

    def next_for(self, annotator: str) -> str | None:
        """Reserve the next document for an annotator and return its id; None if none is left."""
        with self._lock:
            for name in self._order:
                session = self._session(name, annotator)
                if session is not None and session.state != OPEN:
                    continue
                others = self._annotators(name) - {annotator}
                wanted = ANNOTATORS_OF_OVERLAP if name in self._overlap else 1
                if session is not None or len(others) < wanted:
                    self._reserved[annotator] = name
                    return name
            self._reserved.pop(annotator, None)
        return None

    def places(self, annotator: str) -> list[dict[str, Any]]:
        """Return the documents of an annotator in order: id, state and flag."""
        with self._lock:
            found = []
            for name in self._order:
                session = self._session(name, annotator)
                if session is not None:
                    flag = session.items[DOCUMENT]["flag"]
                    found.append({"id": name, "state": session.state, "flag": flag})
            return found

    def counts(self) -> dict[str, int]:
        """Return numbers of documents: all, done or skipped by an annotator, different answers."""
        with self._lock:
            states = [
                {s.state for n, s in t.sessions.items() if n != SETTLEMENT} for t in self.texts
            ]
            return {
                "documents": len(self._order),
                DONE: sum(DONE in one for one in states),
                SKIPPED: sum(SKIPPED in one and DONE not in one for one in states),
                "conflicts": len(self.conflicts()),
                "changed": len(self.changed),
            }

    def open(self, annotator: str, name: str) -> tuple[ReviewedText, ReviewSession]:
        """Return a document and its session, and reserve it for the annotator.

        Raises:
            DataError: there is no such document.
        """
        self.items(annotator, name)
        with self._lock:
            begun = self._texts[name]
            self._reserved[annotator] = name
            session = begun.sessions.get(annotator)
            return begun, session or ReviewSession(dict(begun.suggestions))

    def open_settlement(self, name: str) -> tuple[ReviewedText, ReviewSession]:
        """Return a document with different answers; their spans are its suggestions.

        Raises:
            DataError: the document has no different answers.
        """
        with self._lock:
            reviewed = self._current_text(name)
            if reviewed is None or len(reviewed.finished) < ANNOTATORS_OF_OVERLAP:
                raise DataError(f"document {name!r} has no different answers")
            session = reviewed.sessions.get(SETTLEMENT)
            return reviewed, session or ReviewSession(_settlement_items(reviewed))

    def items(self, annotator: str, name: str) -> Items:
        """Return the items of a document for an annotator, without reserving it.

        Raises:
            DataError: there is no such document.
        """
        document = self._document(name)
        with self._lock:
            begun = self._current_text(name)
        if begun is None:
            # Without the lock: a student may predict the document.
            suggestions = suggested_items(self._suggest(document))
            begun = ReviewedText(name, document.text, suggestions, self.kinds)
        with self._lock:
            begun = self._texts[name] = self._current_text(name) or begun
            session = begun.sessions.get(annotator)
            return dict(begun.suggestions if session is None else session.items)

    def conflicts(self) -> list[str]:
        """Return the ids of documents with different answers that are not settled."""
        with self._lock:
            return [text.id for text in self.texts if is_conflict(text)]

    def decide(self, decision: Decision) -> ReviewSession:
        """Check a decision, write it to the log, and return the changed session.

        Raises:
            DataError: the decision is not valid or does not continue the decisions before it, or
                the log cannot be written.
        """
        event = decision_event(
            decision.annotator,
            decision.document,
            decision.action,
            decision.seconds,
            settles=decision.settles,
        )
        event.update(before=decision.before, after=decision.after)
        with self._lock:
            if decision.settles:
                reviewed, session = self.open_settlement(decision.document)
                if SETTLEMENT not in reviewed.sessions:
                    self._file.append(settlement_event(reviewed.id, session.items))
            else:
                self._begin(decision.document)
            self._file.append(event)
            reviewed = self._file.log.texts[decision.document]
            self._texts[decision.document] = reviewed
            name = SETTLEMENT if decision.settles else decision.annotator
            return reviewed.sessions[name]

    def items_after(self, decision: Decision) -> Items:
        """Return all items as they are after a decision, without making it."""
        if decision.settles:
            items = self.open_settlement(decision.document)[1].items
        else:
            items = self.items(decision.annotator, decision.document)
        return apply_changes(items, decision.after)

    def undo(self, annotator: str, name: str, action: str, *, settles: bool) -> ReviewSession:
        """Undo or redo the last decision about a document.

        Args:
            annotator: name of the annotator.
            name: id of the document.
            action: ``undo`` or ``redo``.
            settles: the session is a settlement.

        Raises:
            DataError: there is nothing to undo or redo.
        """
        with self._lock:
            reviewed = self._current_text(name)
            sessions = {} if reviewed is None else reviewed.sessions
            session = sessions.get(SETTLEMENT if settles else annotator)
            stacks = {} if session is None else {UNDO: session.undoable, REDO: session.redoable}
            if not stacks.get(action):
                raise DataError(f"nothing to {action}")
            before, after = stacks[action][-1]
            if action == UNDO:
                before, after = after, before
            return self.decide(Decision(annotator, name, action, before, after, 0.0, settles))

    def reorder(self, names: Sequence[str]) -> None:
        """Move documents to the front, in this order; the others follow in their order."""
        with self._lock:
            known = [name for name in dict.fromkeys(names) if name in self.documents]
            moved = set(known)
            self._order = known + [name for name in self._order if name not in moved]

    def remaining(self) -> list[Document]:
        """Return the documents, in order, that no annotator has begun."""
        with self._lock:
            return [self.documents[n] for n in self._order if not self._annotators(n)]

    def is_assignable(self, name: str, annotator: str) -> bool:
        """Return whether a document is open and not under review by another annotator."""
        with self._lock:
            session = self._session(name, annotator)
            if session is not None:
                return session.state == OPEN
            return not self._annotators(name) - {annotator}

    def _begin(self, name: str) -> None:
        reviewed = self._texts.get(name)
        if reviewed is None or self._has_other_text(name, reviewed):
            raise DataError(f"document {name!r} was not opened before the decision")
        if self._file.log.texts.get(name) is not reviewed:
            self._file.append(
                document_event(name, reviewed.text, reviewed.kinds, reviewed.suggestions)
            )

    def _document(self, name: str) -> Document:
        if name not in self.documents:
            raise DataError(f"there is no document {name!r} in the queue")
        return self.documents[name]

    def _current_text(self, name: str) -> ReviewedText | None:
        """Return the text under review; None if it was not opened, or is another text now."""
        reviewed = self._texts.get(name)
        return None if reviewed is None or self._has_other_text(name, reviewed) else reviewed

    def _has_other_text(self, name: str, reviewed: ReviewedText) -> bool:
        return name in self.documents and self.documents[name].text != reviewed.text

    def _session(self, name: str, annotator: str) -> ReviewSession | None:
        reviewed = self._current_text(name)
        return None if reviewed is None else reviewed.sessions.get(annotator)

    def _annotators(self, name: str) -> set[str]:
        reviewed = self._current_text(name)
        names = {n for n, reserved in self._reserved.items() if reserved == name}
        return names | (set() if reviewed is None else reviewed.sessions.keys() - {SETTLEMENT})


def _settlement_items(reviewed: ReviewedText) -> Items:
    """Return the items of all finished answers; an item of every answer is accepted."""
    finished = reviewed.finished
    items = suggested_items(
        (name, annotation_of(session.items, name, reviewed.kinds))
        for name, session in finished.items()
    )
    for item in items.values():
        if len(item.get("by", ())) == len(finished):
            item["status"] = ACCEPTED
    return items
