"""Documents and their annotations. All types are immutable and valid once constructed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vermeil.data.display import document_html, document_summary
from vermeil.data.relation import PairAbstention, Relation
from vermeil.errors import DataError

Range = tuple[int, int]
"""Half-open range of Unicode code points, ``(start, end)`` with ``start < end``."""

MAX_WEIGHT = 1e15
"""Largest loss weight. The sums of larger weights overflow the numbers of a training."""


_EXPECTED_WEIGHT = f"expected a number from 0 to {MAX_WEIGHT:g}"


@dataclass(frozen=True, slots=True)
class Span:
    """Labelled range of a document's text; its surface is ``text[start:end]``, never stored.

    Args:
        start: first code point.
        end: one past the last code point.
        label: the label's name.
        score: probability that the span is right, in [0, 1].
        weight: loss weight in training, from 0 to `MAX_WEIGHT`.
        status: result of locating the span (see `vermeil.data.mention.Status`).
        origin: source of the span: ``gold``, ``silver``, ``student`` or a name set by the user.
        soft: label to probability, if the label is uncertain.
    """

    start: int
    end: int
    label: str
    score: float | None = None
    weight: float | None = None
    status: str | None = None
    origin: str | None = None
    soft: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise DataError(
                f"span [{self.start}, {self.end}) is empty or negative; expected 0 <= start < end"
            )
        if not self.label:
            raise DataError(f"span [{self.start}, {self.end}) has an empty label")
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise DataError(
                f"span [{self.start}, {self.end}) has score {self.score}, not in [0, 1]"
            )
        if not _is_weight(self.weight):
            raise DataError(
                f"span [{self.start}, {self.end}) has the loss weight {self.weight}; "
                f"{_EXPECTED_WEIGHT}"
            )

    @property
    def is_likely(self) -> bool:
        """Return whether the span probably exists: its soft labels sum to at least 0.5."""
        return self.soft is None or sum(self.soft.values()) >= 0.5

    @property
    def key(self) -> tuple[int, int, str]:
        """Start, end and label: two spans with the same key are equal in strict scoring."""
        return (self.start, self.end, self.label)


@dataclass(frozen=True, slots=True)
class LabelAbstention:
    """Part of a text whose annotation is unknown for some labels, and known for the others.

    Args:
        labels: the unknown labels; at least one.
        start: first code point.
        end: one past the last code point; None: the end of the text. Without start and end, the
            labels of the whole text and of all its parts are unknown.
    """

    labels: tuple[str, ...]
    start: int = 0
    end: int | None = None

    def __post_init__(self) -> None:
        if not self.labels or not all(self.labels):
            raise DataError("abstention without labels; expected at least one label")
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            raise DataError(
                f"abstention [{self.start}, {self.end}) is empty or negative; "
                "expected 0 <= start < end"
            )
        object.__setattr__(self, "labels", tuple(dict.fromkeys(self.labels)))

    def overlaps(self, start: int, end: int) -> bool:
        """Return whether the abstention shares a character with a range."""
        return self.start < end and (self.end is None or start < self.end)


@dataclass(frozen=True, slots=True)
class Annotation:
    """Annotation of one text. ``None`` means not annotated, ``()`` means annotated, none there.

    Spans and relations are stored in order. Indices of ``relations`` and ``abstain_pairs`` refer to
    ``spans`` in the order in which the constructor receives them; they are renumbered together
    with the spans.

    Args:
        spans: labelled ranges, sorted by position.
        labels: labels of the text as a whole.
        relations: labelled pairs of spans, without duplicates.
        abstain: ranges whose annotation is unknown: masked in training, neither O nor entity. A
            pair with an end in such a range is unknown, too.
        abstain_pairs: pairs of spans whose relation is unknown.
        abstain_labels: ranges whose annotation is unknown for some labels only.
        label_scores: probability that a label of the text as a whole applies, by label. It may
            hold labels that are not in ``labels``.
    """

    spans: tuple[Span, ...] | None = None
    labels: tuple[str, ...] | None = None
    relations: tuple[Relation, ...] | None = None
    abstain: tuple[Range, ...] = ()
    abstain_pairs: tuple[PairAbstention, ...] = ()
    abstain_labels: tuple[LabelAbstention, ...] = ()
    label_scores: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if self.relations or self.abstain_pairs:
            self._sort_pairs()
        if self.spans is not None:
            ordered = tuple(sorted(self.spans, key=lambda span: span.key))
            object.__setattr__(self, "spans", ordered)
        for label, score in (self.label_scores or {}).items():
            if not 0.0 <= score <= 1.0:
                raise DataError(f"label {label!r} has score {score}, not in [0, 1]")

    @property
    def unknown_labels(self) -> frozenset[str]:
        """The labels with an abstention anywhere in the text."""
        return frozenset(label for one in self.abstain_labels for label in one.labels)

    def _sort_pairs(self) -> None:
        """Check and renumber relations and pairs for the order of the sorted spans."""
        spans = self.spans or ()
        self._check_pairs(len(spans))
        order = sorted(range(len(spans)), key=lambda number: spans[number].key)
        place = {old: new for new, old in enumerate(order)}
        if self.relations is not None:
            moved = (one.renumber(place) for one in self.relations)
            relations = sorted((one for one in moved if one is not None), key=lambda r: r.key)
            object.__setattr__(self, "relations", tuple(relations))
        pairs = {one.renumber(place) for one in self.abstain_pairs} - {None}
        ordered = sorted((one for one in pairs if one is not None), key=lambda pair: pair.key)
        object.__setattr__(self, "abstain_pairs", tuple(ordered))

    def _check_pairs(self, size: int) -> None:
        """Raise `DataError` for a pair without its spans and for a repeated relation.

        Args:
            size: number of spans.
        """
        pairs: list[Relation | PairAbstention] = [*(self.relations or ()), *self.abstain_pairs]
        for pair in pairs:
            last = max(pair.head or 0, pair.tail or 0)
            is_named = pair.head is not None or pair.tail is not None
            if is_named and last >= size:
                what = "relation" if isinstance(pair, Relation) else "abstention of a pair"
                raise DataError(f"{what} {pair.label!r} names span {last}; there are {size} spans")
        seen: set[tuple[int, int, str]] = set()
        for relation in self.relations or ():
            if relation.key in seen:
                raise DataError(
                    f"relation {relation.label!r} from span {relation.head} to span "
                    f"{relation.tail} occurs twice; remove one of them"
                )
            seen.add(relation.key)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing of the text was annotated."""
        return self.spans is None and self.labels is None and self.relations is None


UNANNOTATED = Annotation()


@dataclass(frozen=True, slots=True)
class Document:
    """The unit that is annotated, trained on and scored: a text with a stable id.

    Args:
        id: stable, unique in its corpus, never random.
        text: the text, in Unicode code points.
        group: larger unit that the document belongs to (an article, a patient); default: its id.
        tokens: ranges of the words, if the source is tokenised; in order, without overlap.
        annotation: spans, labels and relations of the text.
        weight: loss weight of the whole document, from 0 to `MAX_WEIGHT`.
        meta: further values from its source.
    """

    id: str
    text: str
    group: str | None = None
    tokens: tuple[Range, ...] | None = None
    annotation: Annotation = UNANNOTATED
    weight: float | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.id:
            raise DataError("document without an id; expected a stable, unique string")
        if not _is_weight(self.weight):
            raise DataError(
                f"document {self.id!r} has the loss weight {self.weight}; {_EXPECTED_WEIGHT}"
            )
        size = len(self.text)
        for span in self.annotation.spans or ():
            if span.end > size:
                raise DataError(
                    f"document {self.id!r}: span [{span.start}, {span.end}) {span.label} "
                    f"ends beyond the text, which has {size} characters"
                )
        for start, end in self.annotation.abstain:
            if not 0 <= start < end <= size:
                raise DataError(
                    f"document {self.id!r}: abstention [{start}, {end}) is out of range"
                )
        for one in self.annotation.abstain_labels:
            if (size if one.end is None else one.end) > size or one.start > size:
                raise DataError(
                    f"document {self.id!r}: abstention [{one.start}, {one.end}) from "
                    f"{', '.join(one.labels)} ends beyond the text, which has {size} characters"
                )
        last = 0
        for start, end in self.tokens or ():
            if not last <= start < end <= size:
                raise DataError(
                    f"document {self.id!r}: token [{start}, {end}) is empty, out of order or "
                    f"out of range; the text has {size} characters"
                )
            last = end

    def __repr__(self) -> str:
        return document_summary(self)

    def _repr_html_(self) -> str:
        """Return the text with highlighted spans, for notebooks."""
        return document_html(self)

    @property
    def spans(self) -> tuple[Span, ...] | None:
        """The annotation's spans."""
        return self.annotation.spans

    @property
    def relations(self) -> tuple[Relation, ...] | None:
        """The annotation's relations."""
        return self.annotation.relations

    @property
    def labels(self) -> tuple[str, ...] | None:
        """The annotation's document labels."""
        return self.annotation.labels

    @property
    def group_or_id(self) -> str:
        """The group, or the document's id if it has none."""
        return self.group if self.group is not None else self.id

    def with_annotation(self, annotation: Annotation) -> Document:
        """Return the same document with another annotation."""
        return replace(self, annotation=annotation)


def with_abstention(document: Document, unknown: LabelAbstention) -> Document:
    """Return an annotated document that is unknown for some labels; others stay as they are.

    A document with one of these labels was annotated for them and does not change.
    """
    annotation = document.annotation
    used = {span.label for span in annotation.spans or ()} | set(annotation.labels or ())
    if annotation.is_empty or used & set(unknown.labels):
        return document
    abstain = (*annotation.abstain_labels, unknown)
    return document.with_annotation(replace(annotation, abstain_labels=abstain))


def _is_weight(weight: float | None) -> bool:
    return weight is None or 0.0 <= weight <= MAX_WEIGHT
