"""Decisions about all spans with the same text, in one document or in the whole queue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vermeil.corpora.review_log.events import Changes
from vermeil.corpora.review_log.items import ACCEPTED, PERSON, REJECTED, SUGGESTED, Item, Items
from vermeil.data.document import Document
from vermeil.errors import DataError
from vermeil.serving.review.queue import Decision, ReviewQueue

ACTION = "same_text"
_CONTEXT = 40
"""Characters of the text before and after a span in the preview."""


@dataclass(frozen=True, slots=True)
class SameText:
    """Request to apply the decision about one span to all spans with the same text.

    Args:
        document: id of the document with the span.
        key: key of the span, which is accepted or rejected.
        whole_queue: also the other open documents of the queue; else only this document.
    """

    document: str
    key: str
    whole_queue: bool


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    key: str
    before: Item | None
    after: Item


def preview(queue: ReviewQueue, annotator: str, request: SameText) -> list[dict[str, Any]]:
    """Return the places that `apply` changes, with their context.

    Raises:
        DataError: the span does not exist, or has no decision.
    """
    found = []
    for document, places in _places(queue, annotator, request):
        text = document.text
        for one in places:
            found.append(
                {
                    "id": document.id,
                    "start": one.start,
                    "end": one.end,
                    "left": text[max(0, one.start - _CONTEXT) : one.start],
                    "surface": text[one.start : one.end],
                    "right": text[one.end : one.end + _CONTEXT],
                    "label": one.after["label"],
                    "status": one.after["status"],
                }
            )
    return found


def apply(queue: ReviewQueue, annotator: str, request: SameText) -> dict[str, int]:
    """Apply the decision about a span everywhere; return the numbers of places and documents.

    Raises:
        DataError: as `preview`, or a decision cannot be written.
    """
    spans = documents = 0
    for document, places in list(_places(queue, annotator, request)):
        before: Changes = {one.key: one.before for one in places}
        after: Changes = {one.key: one.after for one in places}
        queue.decide(Decision(annotator, document.id, ACTION, before, after))
        spans += len(places)
        documents += 1
    return {"spans": spans, "documents": documents}


def _places(
    queue: ReviewQueue, annotator: str, request: SameText
) -> Iterator[tuple[Document, Sequence[_Place]]]:
    """Yield each document with its places to change, the document of the span first."""
    names = [request.document]
    if request.whole_queue:
        names += [name for name in queue.documents if name != request.document]
    own = queue.items(annotator, request.document)
    model = own.get(request.key)
    if model is None or model["kind"] != "span" or model["status"] == SUGGESTED:
        raise DataError("accept or reject the span first; then its decision can be repeated")
    surface = queue.documents[request.document].text[model["start"] : model["end"]]
    for name in names:
        document = queue.documents[name]
        if surface not in document.text or not queue.is_assignable(name, annotator):
            continue
        items = queue.items(annotator, name)
        places = list(_places_in(document.text, surface, items, model))
        if places:
            yield document, places


def _places_in(text: str, surface: str, items: Items, model: Item) -> Iterator[_Place]:
    spans = {k: item for k, item in items.items() if item["kind"] == "span"}
    number = 0
    for start in _occurrences(text, surface):
        end = start + len(surface)
        same = [k for k, i in spans.items() if (i["start"], i["end"]) == (start, end)]
        if model["status"] == REJECTED:
            same = [key for key in same if spans[key]["label"] == model["label"]]
        for key in same[:1]:
            item = {**spans[key], "label": model["label"], "status": model["status"]}
            if item != spans[key]:
                yield _Place(start, end, key, spans[key], item)
        overlaps = any(
            i["start"] < end and start < i["end"] and i["status"] != REJECTED
            for i in spans.values()
        )
        if not same and not overlaps and model["status"] == ACCEPTED:
            while f"n{number}" in items:
                number += 1
            item = {"kind": "span", "start": start, "end": end, "label": model["label"]}
            yield _Place(
                start, end, f"n{number}", None, {**item, "status": ACCEPTED, "source": PERSON}
            )
            number += 1


def _occurrences(text: str, surface: str) -> Iterator[int]:
    """Yield the places of a surface that are not parts of longer words."""
    at = text.find(surface)
    while at >= 0:
        end = at + len(surface)
        inside = at > 0 and text[at - 1].isalnum() and surface[0].isalnum()
        if not inside and not (end < len(text) and text[end].isalnum() and surface[-1].isalnum()):
            yield at
        at = text.find(surface, at + len(surface))
