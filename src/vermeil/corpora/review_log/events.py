"""Lines of the decision log, and the state of each document that follows from them.

The log has one JSON object per line. ``document`` begins the review of a text: it holds the text
and the suggestions. ``settlement`` begins the review of different answers. ``decision`` holds the
items that one decision of an annotator changed, before and after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from vermeil.corpora.objects import read_objects
from vermeil.corpora.review_log.items import DOCUMENT, DONE, Item, Items, apply_changes, check_items
from vermeil.corpora.source import read_lines
from vermeil.corpora.tools.json_fields import list_at, object_at, text_at
from vermeil.data.malformed import translate_malformed
from vermeil.data.sha256 import sha256_of_text
from vermeil.errors import DataError

VERSION_KEY, VERSION = "vermeil_review", 1
"""Key of every line of a log, and its value."""

SETTLEMENT = "\0settlement"
"""Key of the session in which different answers are settled; no annotator can have this name."""


Changes = dict[str, Item | None]
"""Items by key; None: there is no such item."""

UNDO, REDO = "undo", "redo"


@dataclass(slots=True)
class ReviewSession:
    """The review of one document by one annotator, or the settlement of different answers.

    Args:
        items: the items after all decisions.
        annotators: names of the annotators who made decisions, in order.
        seconds: active time of all decisions.
        decisions: number of decisions.
        updated: time of the last decision.
        undoable: before and after of the decisions that can be undone, the last one at the end.
        redoable: the same of the decisions that were undone.
    """

    items: Items
    annotators: list[str] = field(default_factory=list)
    seconds: float = 0.0
    decisions: int = 0
    updated: str = ""
    undoable: list[tuple[Changes, Changes]] = field(default_factory=list)
    redoable: list[tuple[Changes, Changes]] = field(default_factory=list)

    @property
    def state(self) -> str:
        """State of the document: ``open``, ``done`` or ``skipped``."""
        return str(self.items[DOCUMENT]["state"])


@dataclass(slots=True)
class ReviewedText:
    """One text of a document, with the sessions of its annotators.

    Args:
        id: the document.
        text: the text at the start of the review.
        suggestions: the suggested items.
        kinds: kinds of annotation under review: ``spans``, ``labels``, ``relations``.
        sessions: annotator (or `SETTLEMENT`) to session.
    """

    id: str
    text: str
    suggestions: Items
    kinds: tuple[str, ...] = ("spans",)
    sessions: dict[str, ReviewSession] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """SHA-256 of the text."""
        return sha256_of_text(self.text)

    @property
    def finished(self) -> dict[str, ReviewSession]:
        """Sessions of annotators, without the settlement, that are done."""
        return {n: s for n, s in self.sessions.items() if n != SETTLEMENT and s.state == DONE}

    @property
    def final(self) -> ReviewSession | None:
        """The finished settlement, or else the last finished session of an annotator."""
        settled = self.sessions.get(SETTLEMENT)
        if settled is not None and settled.state == DONE:
            return settled
        return next(iter(reversed(self.finished.values())), None)


class ReviewLog:
    """All reviewed texts of a log, in the order in which their review began."""

    def __init__(self) -> None:
        self.texts: dict[str, ReviewedText] = {}
        """Id of a document to its last text."""
        self.earlier: list[ReviewedText] = []
        """Texts that were changed after their review had begun."""

    def add(self, event: Mapping[str, Any]) -> None:
        """Apply one line of the log.

        Raises:
            DataError: the line is not valid, or contradicts the lines before it.
        """
        self.prepare(event)()

    def prepare(self, event: Mapping[str, Any]) -> Callable[[], None]:
        """Check one line; return the function that applies it.

        Raises:
            DataError: the line is not valid, or contradicts the lines before it.
        """
        if event.get(VERSION_KEY) != VERSION:
            raise DataError(f'"{VERSION_KEY}" is not {VERSION}; expected a line of a review log')
        kind, name = text_at(event, "event"), text_at(event, "id")
        if kind == "document":
            return self._prepare_text(event, name)
        if name not in self.texts:
            raise DataError(f"a {kind} about document {name!r} precedes the text of the document")
        reviewed = self.texts[name]
        if kind == "settlement":
            items = _items(event, "items")
            check_items(items, reviewed.text)
            session = ReviewSession(items)
            return lambda: reviewed.sessions.update({SETTLEMENT: session})
        if kind == "decision":
            return _prepare_decision(event, reviewed)
        raise DataError(f'"event" is {kind!r}; expected document, settlement or decision')

    def _prepare_text(self, event: Mapping[str, Any], name: str) -> Callable[[], None]:
        text, items = text_at(event, "text"), _items(event, "suggestions")
        if text_at(event, "sha256") != sha256_of_text(text):
            raise DataError(f"the text of document {name!r} does not match its sha256")
        check_items(items, text)
        kinds = tuple(str(kind) for kind in list_at(event, "kinds") or ())

        def apply() -> None:
            known = self.texts.pop(name, None)
            if known is not None and known.sessions:
                self.earlier.append(known)
            self.texts[name] = ReviewedText(name, text, items, kinds)

        return apply


def read_review_log(path: Path) -> ReviewLog:
    """Return the state of every document in a log.

    Raises:
        DataError: the file cannot be read, or a line is not valid.
    """
    log = ReviewLog()
    for line, event in read_events(path):
        with translate_malformed(path, line):
            log.add(event)
    return log


def read_events(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the lines of a log as objects, with their numbers."""
    yield from read_objects(read_lines(path), path)


def is_review_log(path: Path) -> bool:
    """Return whether a file begins like a review log."""
    if not path.is_file():
        return False
    first = next(iter(read_lines(path)), None)
    return first is not None and first.text.lstrip().startswith(f'{{"{VERSION_KEY}"')


def decision_event(
    annotator: str, document_id: str, action: str, seconds: float, *, settles: bool
) -> dict[str, Any]:
    """Return a decision without its items."""
    return {
        VERSION_KEY: VERSION,
        "event": "decision",
        "time": _now(),
        "annotator": annotator,
        "id": document_id,
        **({"settles": True} if settles else {}),
        "action": action,
        "seconds": round(seconds, 3),
    }


def document_event(
    document_id: str, text: str, kinds: Sequence[str], suggestions: Items
) -> dict[str, Any]:
    """Return the line that begins the review of a text."""
    return {
        VERSION_KEY: VERSION,
        "event": "document",
        "time": _now(),
        "id": document_id,
        "sha256": sha256_of_text(text),
        "text": text,
        "kinds": list(kinds),
        "suggestions": suggestions,
    }


def settlement_event(document_id: str, items: Items) -> dict[str, Any]:
    """Return the line that begins the settlement of different answers."""
    return {
        VERSION_KEY: VERSION,
        "event": "settlement",
        "time": _now(),
        "id": document_id,
        "items": items,
    }


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="milliseconds")


def _prepare_decision(event: Mapping[str, Any], reviewed: ReviewedText) -> Callable[[], None]:
    annotator = text_at(event, "annotator")
    name = SETTLEMENT if event.get("settles") is True else annotator
    session = reviewed.sessions.get(name) or ReviewSession(dict(reviewed.suggestions))
    before, after = _changes(event, "before"), _changes(event, "after")
    if before.keys() != after.keys():
        raise DataError('"before" and "after" hold other items')
    for key, item in before.items():
        if session.items.get(key) != item:
            raise DataError(
                f"the decision about {key!r} of document {reviewed.id!r} does not continue the "
                "decisions before it"
            )
    items = apply_changes(session.items, after)
    check_items(items, reviewed.text)
    time, action, seconds = text_at(event, "time"), text_at(event, "action"), event.get("seconds")

    def apply() -> None:
        reviewed.sessions[name] = session
        session.items, session.updated = items, time
        session.decisions += 1
        session.seconds += seconds if isinstance(seconds, int | float) and seconds > 0 else 0.0
        if annotator not in session.annotators:
            session.annotators.append(annotator)
        _stack(session, action, before, after)

    return apply


def _stack(session: ReviewSession, action: str, before: Changes, after: Changes) -> None:
    """Keep the decisions that can be undone and redone."""
    if action == UNDO and session.undoable:
        session.redoable.append(session.undoable.pop())
    elif action == REDO and session.redoable:
        session.undoable.append(session.redoable.pop())
    else:
        session.undoable.append((before, after))
        session.redoable.clear()


def _items(event: Mapping[str, Any], key: str) -> Items:
    return {name: item for name, item in _changes(event, key).items() if item is not None}


def _changes(event: Mapping[str, Any], key: str) -> Changes:
    found: Changes = {}
    for name, item in object_at(event, key).items():
        if not isinstance(item, dict | None):
            raise DataError(f'"{key}" holds {name!r} that is neither an object nor null')
        found[name] = item
    if found.get(DOCUMENT, {}) is None:
        raise DataError(f'"{key}" removes the state of the document')
    return found
