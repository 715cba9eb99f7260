"""Result of `show`: one document at every stage that has run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vermeil.data.annotation_spans import relation_records
from vermeil.data.document import Document
from vermeil.data.mention import LocatedMention
from vermeil.data.records import document_to_record
from vermeil.data.reply import Message
from vermeil.tasks.protocol import ReplyResult
from vermeil.teacher.store.store import Attempt


@dataclass(frozen=True, slots=True)
class ParsedAttempt:
    """A stored attempt, and its reply as the task parses it now.

    Args:
        attempt: the stored attempt.
        reading: the parsed reply; None if the attempt got no reply.
    """

    attempt: Attempt
    reading: ReplyResult | None

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        reply, reading = self.attempt.reply, self.reading
        return {
            "model": self.attempt.model,
            "prompt": self.attempt.prompt,
            "sample": self.attempt.sample,
            "attempt": self.attempt.number,
            "error": self.attempt.error,
            "reply": reply and reply.text,
            "finish_reason": reply and reply.finish_reason,
            "state": reading and reading.state.value,
            "problem": reading and reading.problem,
            "mentions": [_mention(one) for one in (reading.mentions if reading else ())],
            "abstain": [list(r) for r in (reading.annotation.abstain if reading else ())],
            "relations": relation_records(reading.annotation) if reading else [],
            "notes": dict(reading.notes) if reading else {},
        }


@dataclass(frozen=True, slots=True)
class ShowReport:
    """One document at every stage that has run.

    Args:
        sources: names of the corpora that hold it.
        document: the document with its own (gold) annotation.
        messages: the prompt, rendered with the current settings.
        attempts: every stored request about it.
        silver: the teacher's annotation; None if it is not in the silver file, or the file is
            missing.
        predicted: the student's prediction; None if there is no model yet.
        refined: silver as `refine` corrected it, with ``meta.changes``; None if it was not refined.
    """

    sources: tuple[str, ...]
    document: Document
    messages: tuple[Message, ...]
    attempts: tuple[ParsedAttempt, ...]
    silver: Document | None
    predicted: Document | None
    refined: Document | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "sources": list(self.sources),
            "document": document_to_record(self.document),
            "messages": [dict(message) for message in self.messages],
            "attempts": [attempt.as_dict() for attempt in self.attempts],
            "silver": self.silver and document_to_record(self.silver),
            "refined": self.refined and document_to_record(self.refined),
            "predicted": self.predicted and document_to_record(self.predicted),
        }


def _mention(located: LocatedMention) -> dict[str, Any]:
    return {
        "surface": located.mention.surface,
        "label": located.mention.label,
        "occurrence": located.mention.occurrence,
        "status": located.status.value,
        "start": located.span and located.span.start,
        "end": located.span and located.span.end,
        "repeats": [[span.start, span.end] for span in located.additional_spans],
        "tier": located.tier and located.tier.value,
        "distance": located.distance,
        "candidates": located.occurrence_count,
        "places": [list(place) for place in located.occurrences],
    }
