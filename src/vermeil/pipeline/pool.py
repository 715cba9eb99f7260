"""The documents that the teacher annotates: the parts of the pool, and gold on request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from vermeil.config import Config
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.id_index import IdIndex
from vermeil.corpora.source import STDIN
from vermeil.data.document import Document
from vermeil.errors import DataError
from vermeil.jobs.review import read_ids
from vermeil.pipeline.documents import required_corpus

GOLD_PREFIX = "gold:"
"""Begins the id of a gold document whose own id belongs to another text of the pool."""


def pool_documents(
    config: Config, hint: str = "name the text that the teacher is to annotate"
) -> Iterable[Document]:
    """Return the documents for the teacher; files are read as a stream on every iteration.

    With ``rank.order``, only these documents of the pool are returned, in its order. With
    ``teacher.annotate_gold``, the gold documents whose text is not in the pool follow.

    Args:
        config: the whole configuration.
        hint: what to do if the pool is not configured, for the error message.

    Raises:
        ConfigError: the pool, or gold with ``teacher.annotate_gold``, is not configured.
        DataError: the file of ``rank.order`` is empty, or names a document that is not in the pool;
            raised during iteration: two parts of the pool hold the same id.
    """
    required_corpus(config, "pool", hint)
    parts, gold = config.corpora.pools, None
    if config.teacher.annotate_gold:
        needed = "name the annotated file whose texts the teacher annotates, too"
        gold = required_corpus(config, "gold", needed)
    order = config.rank.order
    if order is None and not any(part.path == STDIN for part in parts):
        return _StreamedPool(parts, gold)
    documents = read_parts(parts)
    chosen = list(documents) if order is None else _ordered(documents, order)
    return list(chosen if gold is None else _with_gold(chosen, gold))


@dataclass(frozen=True, slots=True)
class _StreamedPool:
    """The documents of the pool's files, and of gold, read again on every iteration."""

    parts: tuple[CorpusConfig, ...]
    gold: CorpusConfig | None

    def __iter__(self) -> Iterator[Document]:
        documents = read_parts(self.parts)
        return documents if self.gold is None else _with_gold(documents, self.gold)


def read_parts(parts: tuple[CorpusConfig, ...]) -> Iterator[Document]:
    """Yield the documents of all parts.

    Raises:
        DataError: a document of one part has the id of a document of an earlier part.
    """
    if len(parts) == 1:
        yield from read_corpus(parts[0])
        return
    with IdIndex() as ids:
        for part in parts:
            for document in read_corpus(part):
                try:
                    ids.add(document, None)
                except DataError as error:
                    raise DataError(
                        f"the id {document.id!r} is also in an earlier part of corpora.pool; "
                        "rename one of the files, or change its ids",
                        part.path,
                    ) from error
                yield document


def _with_gold(documents: Iterable[Document], gold: CorpusConfig) -> Iterator[Document]:
    """Yield the documents, then the gold documents whose text none of them has."""
    missing = {document.text: document for document in read_corpus(gold)}
    ids = {document.id for document in missing.values()}
    taken = set()
    for document in documents:
        missing.pop(document.text, None)
        if document.id in ids:
            taken.add(document.id)
        yield document
    for document in missing.values():
        clash = document.id in taken
        yield replace(document, id=f"{GOLD_PREFIX}{document.id}") if clash else document


def _ordered(documents: Iterable[Document], order: Path) -> list[Document]:
    """Return the documents that the file of an order names, in its order."""
    wanted = read_ids(order)
    if not wanted:
        raise DataError("holds no id; expected a file of vermeil rank, or one id per line", order)
    names = set(wanted)
    found = {document.id: document for document in documents if document.id in names}
    unknown = [name for name in wanted if name not in found]
    if unknown:
        listed = ", ".join(repr(name) for name in unknown[:5])
        raise DataError(
            f"{len(unknown):,} of {len(wanted):,} ids are not in corpora.pool ({listed}); rank the "
            "documents of this pool (vermeil rank --for teacher), or set rank.order to none",
            order,
        )
    return [found[name] for name in wanted]
