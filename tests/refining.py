"""A teacher that errs in one way: it takes every Lima for a person and misses every Bonn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.toys import sentences

from vermeil.data.document import Annotation, Document, Span

GOLD_TEXTS = 30


def corpora(*, strong: bool = False, number: int = 75) -> tuple[list[Document], list[Document]]:
    """Gold, and silver of gold's texts and of others; a strong teacher makes no error."""
    numbered = [_with_end(d, f" {i}") for i, d in enumerate(sentences(number, per_group=3))]
    silver = numbered if strong else [_erring(d) for d in numbered]
    return numbered[:GOLD_TEXTS], [replace(d, id=f"t{d.id}") for d in silver]


def harmful(number: int = 75) -> tuple[list[Document], list[Document]]:
    """Gold, and silver that is right for gold's texts and names nothing in the others."""
    gold, silver = corpora(strong=True, number=number)
    texts, nothing = {d.text for d in gold}, Annotation(spans=())
    return gold, [d if d.text in texts else d.with_annotation(nothing) for d in silver]


def right_share(documents: Sequence[Document]) -> float:
    """Share of documents that are annotated as people would have done it."""
    truth = {d.text: {s.key for s in d.spans or ()} for d in corpora(strong=True)[1]}
    hits = [truth[d.text] == {s.key for s in d.spans or () if s.is_likely} for d in documents]
    return sum(hits) / len(hits)


def _with_end(document: Document, end: str) -> Document:
    return replace(document, text=document.text + end)


def _erring(document: Document) -> Document:
    spans = []
    for span in document.spans or ():
        surface = document.text[span.start : span.end]
        if surface != "Bonn":
            spans.append(Span(span.start, span.end, "PER" if surface == "Lima" else span.label))
    return document.with_annotation(Annotation(spans=tuple(spans)))
