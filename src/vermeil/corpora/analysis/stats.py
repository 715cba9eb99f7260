"""Statistics of a corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from vermeil.corpora.formats.brat import pieces_of
from vermeil.corpora.tokenised import REPAIRED
from vermeil.corpora.unread import unread_of
from vermeil.data.annotation_spans import count_abstentions, has_overlaps
from vermeil.data.document import Document
from vermeil.data.ledger import Ledger, LedgerRow


@dataclass(frozen=True, slots=True)
class LengthSummary:
    """Minimum, median and maximum of lengths; all 0 if there are none.

    For an even number of lengths, the median is the lower middle one, so that it always occurs.
    """

    minimum: int = 0
    median: int = 0
    maximum: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the summary for JSON."""
        return {"minimum": self.minimum, "median": self.median, "maximum": self.maximum}


@dataclass(frozen=True, slots=True)
class CorpusStats:
    """Counts and lengths of a corpus.

    Args:
        documents: all documents.
        groups: distinct groups; a document without group counts as one.
        annotated: annotated documents, including those with an empty annotation.
        spans: label to number of spans.
        labels: label to number of documents that carry it as a whole.
        relations: label to number of relations.
        abstentions: ranges whose annotation is unknown.
        overlapping: documents in which spans overlap or are nested.
        discontinuous: spans of several pieces (brat), read as one span over all of them.
        characters: lengths in Unicode code points.
        words: lengths in tokens, or in words separated by white space if there are no tokens.
        duplicates: documents whose text is equal to an earlier text of the corpus.
        repaired_tags: tags that broke their scheme and were repaired during reading.
        unread: kind of information that documents cannot hold to its number.
        teachers: silver by teacher (see `vermeil.data.ledger`); empty without entries.
    """

    documents: int = 0
    groups: int = 0
    annotated: int = 0
    spans: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    relations: Mapping[str, int] = field(default_factory=dict)
    abstentions: int = 0
    overlapping: int = 0
    discontinuous: int = 0
    characters: LengthSummary = LengthSummary()
    words: LengthSummary = LengthSummary()
    duplicates: int = 0
    repaired_tags: int = 0
    unread: Mapping[str, int] = field(default_factory=dict)
    teachers: tuple[LedgerRow, ...] = ()

    @property
    def label_counts(self) -> Mapping[str, int]:
        """Labels of spans and of texts, and types of relations, to their number."""
        return {**self.spans, **self.labels, **self.relations}

    @property
    def unannotated(self) -> int:
        """Number of documents without annotation."""
        return self.documents - self.annotated

    def as_dict(self) -> dict[str, Any]:
        """Return the statistics for JSON."""
        return {
            "documents": self.documents,
            "groups": self.groups,
            "annotated": self.annotated,
            "unannotated": self.unannotated,
            "spans": dict(self.spans),
            "labels": dict(self.labels),
            "relations": dict(self.relations),
            "abstentions": self.abstentions,
            "overlapping": self.overlapping,
            "discontinuous": self.discontinuous,
            "characters": self.characters.as_dict(),
            "words": self.words.as_dict(),
            "duplicates": self.duplicates,
            "repaired_tags": self.repaired_tags,
            "unread": dict(self.unread),
            "teachers": [row.as_dict() for row in self.teachers],
        }


def corpus_stats(documents: Iterable[Document]) -> CorpusStats:
    """Return the statistics of documents, which are read once and not kept in memory.

    Labels are sorted by frequency, most frequent first, then by name.
    """
    number: Counter[str] = Counter()
    spans: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    relations: Counter[str] = Counter()
    characters: Counter[int] = Counter()
    words: Counter[int] = Counter()
    unread: Counter[str] = Counter()
    groups: set[str] = set()
    texts: set[bytes] = set()
    ledger = Ledger()
    for document in documents:
        annotation = document.annotation
        digest = _digest(document.text)
        number["documents"] += 1
        number["annotated"] += not annotation.is_empty
        number["abstentions"] += count_abstentions(annotation)
        number["discontinuous"] += len(pieces_of(document))
        number["overlapping"] += has_overlaps(document.spans or ())
        number["duplicates"] += digest in texts
        unread.update(unread_of(document))
        spans.update(span.label for span in annotation.spans or ())
        labels.update(annotation.labels or ())
        relations.update(relation.label for relation in annotation.relations or ())
        characters[len(document.text)] += 1
        words[_words(document)] += 1
        groups.add(document.group_or_id)
        texts.add(digest)
        ledger.add(document)
    return CorpusStats(
        documents=number["documents"],
        groups=len(groups),
        annotated=number["annotated"],
        spans=_ordered(spans),
        labels=_ordered(labels),
        relations=_ordered(relations),
        abstentions=number["abstentions"],
        overlapping=number["overlapping"],
        discontinuous=number["discontinuous"],
        characters=_summarise_lengths(characters),
        words=_summarise_lengths(words),
        duplicates=number["duplicates"],
        repaired_tags=unread.pop(REPAIRED, 0),
        unread=_ordered(unread),
        teachers=tuple(ledger.rows()),
    )


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _words(document: Document) -> int:
    return len(document.text.split()) if document.tokens is None else len(document.tokens)


def _ordered(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _summarise_lengths(lengths: Counter[int]) -> LengthSummary:
    if not lengths:
        return LengthSummary()
    middle, passed = (lengths.total() + 1) // 2, 0
    for length in sorted(lengths):
        passed += lengths[length]
        if passed >= middle:
            return LengthSummary(min(lengths), length, max(lengths))
    raise AssertionError("unreachable: the lengths add up to their total")
