"""Documents as words and tags: the common part of CoNLL columns, token lists and tables."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from vermeil.data.annotation_spans import count_abstentions
from vermeil.data.document import UNANNOTATED, Annotation, Document, Range, Span
from vermeil.data.tags import ReadScheme, Scheme, spans_to_tags, tags_to_spans
from vermeil.data.words import MARKS, UNSPACED, UNSPACED_LETTER
from vermeil.errors import DataError

REPAIRED = "repaired_tags"
"""Key of a document's ``meta``: number of tags that broke their scheme and were repaired."""

_BREAK = re.compile(r"[\t\r\n]")
_WORD = re.compile(rf"[{UNSPACED}][{MARKS}]*|(?:(?![{UNSPACED}])\w)+|[^\w\s]")


class TokenisedRow(NamedTuple):
    """One text of a file as words and tags; ``tags`` is None if it is not annotated."""

    id: str
    group: str | None
    words: Sequence[str]
    tags: Sequence[str] | None
    text: str | None = None


class TaggedWords(NamedTuple):
    """Document as words and tags; ``text`` is None if it equals the words joined by spaces."""

    words: list[str]
    tags: list[str] | None
    text: str | None


def join_words(words: Sequence[str]) -> tuple[str, tuple[Range, ...]]:
    """Return the words joined by spaces, and the range of each."""
    ranges: list[Range] = []
    start = 0
    for word in words:
        ranges.append((start, start + len(word)))
        start += len(word) + 1
    return " ".join(words), tuple(ranges)


def align_words(text: str, words: Sequence[str]) -> tuple[Range, ...] | None:
    """Return the range of each word in a text.

    None if the text is not exactly these words with white space between.
    """
    ranges: list[Range] = []
    position = 0
    for word in words:
        while position < len(text) and text[position].isspace():
            position += 1
        if not word or not text.startswith(word, position):
            return None
        ranges.append((position, position + len(word)))
        position += len(word)
    return tuple(ranges)


def row_to_document(row: TokenisedRow, scheme: ReadScheme) -> Document:
    """Return the document of a row; its text is ``row.text`` if that aligns with the words.

    Raises:
        DataError: a word is empty, or a tag is not in the scheme.
    """
    if "" in row.words:
        raise DataError(f"word {list(row.words).index('') + 1} is empty")
    placed = None if row.text is None else align_words(row.text, row.words)
    text, tokens = join_words(row.words)
    if row.text is not None and placed is not None:
        text, tokens = row.text, placed
    annotation, meta = UNANNOTATED, dict[str, Any]()
    if row.tags is not None:
        spans, repaired = tags_to_spans(row.tags, tokens, scheme)
        annotation = Annotation(spans=spans)
        if repaired:
            meta[REPAIRED] = repaired
    return Document(row.id, text, row.group, tokens, annotation, meta=meta)


def document_to_tagged_words(
    document: Document, scheme: Scheme, losses: Counter[str], *, single_line: bool = False
) -> TaggedWords:
    """Return a document as words and tags.

    Args:
        document: the document.
        scheme: scheme of the tags.
        losses: receives counts of lost information: ``tokens_made`` (documents without tokens),
            ``respaced`` (texts whose white space changes), ``odd_label`` (spans omitted because of
            a tab or line end in the label), and the names of `spans_to_tags` and
            `count_unsupported`.
        single_line: words and text must not contain a tab or line end.
    """
    tokens, spans = tokens_of(document, losses), document.spans
    words = [document.text[start:end] for start, end in tokens]
    if single_line:
        words = [_BREAK.sub(" ", word) for word in words]
        spans, odd = _without_breaks(spans)
        losses["odd_label"] += odd
    tags = None
    if spans is not None:
        tags, lost = spans_to_tags(spans, tokens, scheme)
        losses.update(lost)
    count_unsupported(document, losses)
    if join_words(words) == (document.text, tokens):
        return TaggedWords(words, tags, None)
    if align_words(document.text, words) == tokens and (
        not single_line or is_single_line(document.text)
    ):
        return TaggedWords(words, tags, document.text)
    losses["respaced"] += 1
    return TaggedWords(words, tags, None)


def tokens_of(document: Document, losses: Counter[str]) -> tuple[Range, ...]:
    """Return a document's tokens, or make some and count them as ``tokens_made``.

    In scripts without spaces, each letter becomes a token, and spans of any length keep their
    boundaries.
    """
    if document.tokens is not None:
        return document.tokens
    losses["tokens_made"] += 1
    text = document.text
    made = (match.span() for match in _WORD.finditer(text))
    cuts = sorted({point for span in document.spans or () for point in (span.start, span.end)})
    if not cuts or UNSPACED_LETTER.search(text) is None:
        return tuple(made)
    return tuple(piece for token in made for piece in _cut(text, token, cuts))


def _cut(text: str, token: Range, cuts: Sequence[int]) -> Iterator[Range]:
    """Yield the parts of a token between the boundaries of spans, if its script has no spaces."""
    start, end = token
    if UNSPACED_LETTER.match(text, start):
        for cut in cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]:
            yield start, cut
            start = cut
    yield start, end


def is_single_line(text: str) -> bool:
    """Return whether a text contains neither tab nor line end."""
    return _BREAK.search(text) is None


def count_unsupported(
    document: Document, losses: Counter[str], supported: Collection[str] = ()
) -> None:
    """Count information of a document that neither tags nor plain text can hold.

    Args:
        document: the document.
        losses: receives the counts, under the keys of the record.
        supported: keys that the format can hold.
    """
    annotation = document.annotation
    lost = {
        "labels": annotation.labels is not None,
        "relations": annotation.relations is not None,
        "relation_details": sum(r.score is not None for r in annotation.relations or ())
        if "relations" in supported
        else 0,
        "abstain_pairs": bool(annotation.abstain_pairs),
        "label_scores": annotation.label_scores is not None,
        "abstain": bool(count_abstentions(annotation)),
        "weight": document.weight is not None,
        "meta": bool(document.meta),
        "span_details": sum(
            (s.score, s.weight, s.status, s.origin, s.soft) != (None,) * 5
            for s in annotation.spans or ()
        ),
    }
    losses.update({k: int(n) for k, n in lost.items() if n and k not in supported})


def _without_breaks(spans: tuple[Span, ...] | None) -> tuple[tuple[Span, ...] | None, int]:
    if spans is None:
        return None, 0
    kept = tuple(span for span in spans if is_single_line(span.label))
    return kept, len(spans) - len(kept)
