"""Format DocBin of spaCy (``.spacy``), which ``spacy train`` reads; needs spaCy.

Spans are the document's entities and the spans of the group ``sc`` (of spaCy's span categoriser),
or those of a named span group alone. If written spans overlap, all of them are in the group ``sc``,
and the entities are the first and, of those, the longest ones.
Abstentions are spaCy's missing values; labels of the whole text are its ``cats``. White space
becomes separate words, and words are split where a span begins or ends, so that text and spans are
restored exactly. The original words, ids and other keys are restored from the user data. The
format requires reading the whole file at once.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.reading import Reading
from vermeil.corpora.source import (
    LocatedDocument,
    stem_of,
    translate_file_errors,
)
from vermeil.corpora.tools.extras import (
    KEY,
    ImportedAnnotation,
    extras_text,
    parsed_extras,
    restore,
)
from vermeil.data.atomic import atomic_path
from vermeil.data.document import Document, Range, Span
from vermeil.data.malformed import translate_malformed
from vermeil.data.words import words_of
from vermeil.errors import DataError
from vermeil.optional import require

SPAN_GROUP = "sc"
"""Span group for spans that may overlap."""

_MISSING, _MIN_CATEGORY_SCORE = 0, 0.5
_PLAIN_SIZE, _COMPRESSION = 1 << 26, 100
"""Largest size of decompressed data: bytes, and bytes per byte of the file. Text compresses to
about a tenth."""


def read_docbin(config: CorpusConfig, reading: Reading) -> Iterator[LocatedDocument]:
    """Read the documents of a file, or of all ``.spacy`` files of a folder.

    Args:
        config: the file or folder, and the span group to read.
        reading: receives what is read.

    Raises:
        ConfigError: spaCy is not installed.
        DataError: the file is damaged, or no document has the named span group.
    """
    spacy = _spacy()
    path, named = config.path, config.span_group
    groups: dict[str, None] = {}
    kinds: dict[str, None] = {}
    files = sorted(path.glob("*.spacy")) if path.is_dir() else [path]
    vocab = spacy.vocab.Vocab()
    for file in files:
        with translate_file_errors(file):
            data = file.read_bytes()
        try:
            _check_size(data)
            docs = spacy.tokens.DocBin().from_bytes(data).get_docs(vocab)
        except Exception as error:
            raise DataError(f"is not a DocBin of spaCy, or is damaged ({error})", file) from error
        for number, doc in enumerate(_decoded(docs, file)):
            with translate_malformed(file, number + 1):
                document = _document(doc, f"{stem_of(file)}-{number}", named)
            groups.update(dict.fromkeys(doc.spans))
            if named is None:
                kinds.update({"entities": None} if doc.ents else {})
                kinds.update({f"span group {SPAN_GROUP}": None} if _group(doc, SPAN_GROUP) else {})
            yield LocatedDocument(file, number + 1, document)
    if named is not None and named not in groups:
        raise DataError(
            f"no document has the span group {named!r} (span_group); the groups are "
            f"{', '.join(groups) or 'none'}",
            path,
        )
    reading.choices["spans"] = f"span group {named}" if named else ", ".join(kinds) or "none"


def _check_size(data: bytes) -> None:
    """Raise `ValueError` if the data is far larger when it is decompressed."""
    allowed = _PLAIN_SIZE + _COMPRESSION * len(data)
    decompressor = zlib.decompressobj()
    decompressor.decompress(data, allowed)
    if decompressor.unconsumed_tail:
        raise ValueError(f"{len(data):,} bytes hold more than {allowed:,} bytes of data")


def _decoded(docs: Iterator[Any], file: Path) -> Iterator[Any]:
    """Yield spaCy's documents, which are decoded one by one."""
    number = 0
    while True:
        number += 1
        try:
            doc = next(docs, None)
        except Exception as error:
            raise DataError(
                f"is damaged ({type(error).__name__}: {error})", file, number
            ) from error
        if doc is None:
            return
        yield doc


def write_docbin(documents: Iterable[Document], path: Path) -> None:
    """Write a file, atomically; the format requires the whole content in memory.

    Raises:
        ConfigError: spaCy is not installed.
        DataError: a document holds a value that JSON cannot represent.
    """
    spacy = _spacy()
    vocab = spacy.vocab.Vocab()
    box = spacy.tokens.DocBin(store_user_data=True)
    for document in documents:
        box.add(_doc(document, vocab, spacy))
    with atomic_path(path) as partial:
        box.to_disk(partial)


def _doc(document: Document, vocab: Any, spacy: Any) -> Any:
    annotation = document.annotation
    places = [(s.start, s.end) for s in annotation.spans or ()] + list(annotation.abstain)
    words, spaces, cuts = _pieces(document, {point for place in places for point in place})
    doc = spacy.tokens.Doc(vocab, words=words, spaces=spaces)
    first = {start: number for number, (start, _) in enumerate(cuts)}
    last = {end: number + 1 for number, (_, end) in enumerate(cuts)}

    def span(start: int, end: int, label: str = "") -> Any:
        return spacy.tokens.Span(doc, first[start], last[end], label=label)

    marked = [span(s.start, s.end, s.label) for s in annotation.spans or ()]
    flat = _non_overlapping(marked)
    if annotation.spans is not None:
        missing = [span(*place) for place in annotation.abstain]
        taken = {token for one in flat for token in range(one.start, one.end)}
        free = [t for one in missing for t in range(one.start, one.end) if t not in taken]
        doc.set_ents(flat, missing=[doc[n : n + 1] for n in dict.fromkeys(free)])
    if len(flat) < len(marked):
        doc.spans[SPAN_GROUP] = marked
    doc.cats = dict.fromkeys(annotation.labels or (), 1.0)
    doc.user_data[KEY] = extras_text(document)
    return doc


def _pieces(document: Document, points: set[int]) -> tuple[list[str], list[bool], list[Range]]:
    """Return spaCy's words, whether a space follows each, and their ranges without the space."""
    text = document.text
    tokens = words_of(document)
    edges = sorted({0, len(text), *points, *(point for token in tokens for point in token)})
    words: list[str] = []
    spaces: list[bool] = []
    places: list[Range] = []
    for start, end in pairwise(edges):
        piece = text[start:end]
        follows = bool(words) and places[-1][1] == start and not spaces[-1]
        if piece == " " and follows and not {start, end} & points:
            spaces[-1] = True
        else:
            words.append(piece)
            spaces.append(False)
            places.append((start, end))
    return words, spaces, places


def _non_overlapping(spans: Sequence[Any]) -> list[Any]:
    """Return spans without overlaps: the first is kept; of equal starts, the longest."""
    kept: list[Any] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _document(doc: Any, name: str, named: str | None) -> Document:
    unread: Counter[str] = Counter()
    extras = parsed_extras(doc.user_data.get(KEY))
    group = _group(doc, named or SPAN_GROUP)
    known = extras if isinstance(extras, dict) else None
    has_group = (named or SPAN_GROUP) in doc.spans
    if named is None:
        annotated = known is not None or doc.has_annotation("ENT_IOB") or has_group
        found = list((Counter(_keyed(group)) | Counter(_keyed(doc.ents))).elements())
    else:
        annotated = has_group
        found = _keyed(group)
        unread["entities"] = len(set(_keyed(doc.ents)) - set(found))
    spans = [Span(start, end, label) for start, end, label in found if label and end > start]
    unread["empty_labels"] = len(found) - len(spans)
    for key in doc.spans:
        if key != (named or SPAN_GROUP):
            unread[f"span group {key}"] = len(doc.spans[key])
    for label, value in doc.cats.items():
        if not isinstance(value, int | float):
            raise DataError(f"the category {label!r} has the score {value!r}; expected a number")
    cats = tuple(label for label, value in doc.cats.items() if value > _MIN_CATEGORY_SCORE)
    same = known is not None and set(cats) == set(known.get("labels") or ())
    labels = cats if doc.cats and not same else None
    imported = ImportedAnnotation(doc.text, spans if annotated else None, labels, unread=unread)
    return restore(imported, _spacy_extras(doc, annotated) if known is None else known, name)


def _group(doc: Any, name: str) -> Any:
    return doc.spans[name] if name in doc.spans else ()  # noqa: SIM401


def _keyed(spans: Any) -> list[tuple[int, int, str]]:
    """Return start, end and label of spaCy's spans."""
    return [(span.start_char, span.end_char, span.label_) for span in spans]


def _spacy_extras(doc: Any, annotated: bool) -> dict[str, Any]:
    """Return words and abstentions of a document without extras."""
    extras: dict[str, Any] = {
        "tokens": [[t.idx, t.idx + len(t)] for t in doc if not t.is_space and len(t)]
    }
    abstain: list[dict[str, int]] = []
    text = doc.text
    for token in doc if annotated else ():
        if token.ent_iob != _MISSING or token.is_space:
            continue
        if abstain and not text[abstain[-1]["end"] : token.idx].strip():
            abstain[-1]["end"] = token.idx + len(token)
        else:
            abstain.append({"start": token.idx, "end": token.idx + len(token)})
    return {**extras, "abstain": abstain} if abstain else extras


def _spacy() -> Any:
    require("a DocBin file", "spacy")
    import spacy
    import spacy.tokens
    import spacy.vocab

    return spacy
