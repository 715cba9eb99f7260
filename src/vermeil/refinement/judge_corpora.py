"""Corpora of the judge: gold paired with the teacher's annotations of the same texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vermeil.data.document import Document
from vermeil.errors import DataError


@dataclass(frozen=True, slots=True)
class JudgeCorpora:
    """Silver, divided by whether gold has the same texts.

    Args:
        gold: gold documents that the teacher annotated, too.
        teacher_labels: the teacher's annotations of these documents, in the same order.
        silver: the other silver documents.
        plain: silver documents without an annotation whose texts are not in gold.
    """

    gold: tuple[Document, ...]
    teacher_labels: tuple[Document, ...]
    silver: tuple[Document, ...]
    plain: tuple[Document, ...] = ()

    @property
    def teacher_documents(self) -> tuple[Document, ...]:
        """All documents as the teacher annotated them; gold comes first, with its own ids."""
        pairs = zip(self.gold, self.teacher_labels, strict=True)
        return (*(g.with_annotation(own.annotation) for g, own in pairs), *self.silver)


def divide_corpora(gold: Sequence[Document], silver: Sequence[Document]) -> JudgeCorpora:
    """Pair gold documents with the teacher's annotations of them, and divide silver accordingly.

    A pair has the same id, or else the same text. Each silver document is in one pair at most, in
    the order of the file. Silver documents without a pair stay silver, even if a gold document has
    the same words.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of the same documents and of others.

    Raises:
        DataError: gold and silver have different texts under one id.
    """
    annotated = [document for document in silver if not document.annotation.is_empty]
    pairs = _pairs(gold, annotated)
    paired = {document.id for document in pairs.values()}
    both = tuple(document for document in gold if document.id in pairs)
    ids, texts = {d.id for d in gold}, {d.text for d in gold}
    unannotated = (document for document in silver if document.annotation.is_empty)
    return JudgeCorpora(
        both,
        tuple(pairs[document.id] for document in both),
        tuple(document for document in annotated if document.id not in paired),
        tuple(d for d in unannotated if d.id not in ids and d.text not in texts),
    )


def _pairs(gold: Sequence[Document], annotated: Sequence[Document]) -> dict[str, Document]:
    """Return the silver document of each gold document that has one, by the id of gold."""
    by_id = {document.id: document for document in annotated}
    _check_texts(gold, by_id)
    pairs = {document.id: by_id[document.id] for document in gold if document.id in by_id}
    paired = {document.id for document in pairs.values()}
    by_text: dict[str, list[Document]] = {}
    for document in reversed(annotated):
        if document.id not in paired:
            by_text.setdefault(document.text, []).append(document)
    for document in gold:
        if document.id not in pairs and by_text.get(document.text):
            pairs[document.id] = by_text[document.text].pop()
    return pairs


def _check_texts(gold: Iterable[Document], silver_by_id: Mapping[str, Document]) -> None:
    """Raise `DataError` if gold and silver have different texts under one id."""
    for document in gold:
        own = silver_by_id.get(document.id)
        if own is not None and own.text != document.text:
            raise DataError(
                f"document {document.id!r}: gold and silver have different texts under this id; "
                "rename the documents of one of them"
            )
