"""Random draw of a cell's documents, the same for every regimen with the same seed and sizes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vermeil.data.document import Document
from vermeil.errors import ConfigError


@dataclass(frozen=True, slots=True)
class CellDocuments:
    """Gold and silver documents of a cell, without documents in common."""

    gold: tuple[Document, ...]
    silver: tuple[Document, ...]


def sample_documents(
    gold: Sequence[Document],
    silver: Sequence[Document],
    gold_documents: int | None,
    silver_documents: int | None,
    seed: int,
) -> CellDocuments:
    """Draw documents group by group.

    All groups of both corpora are shuffled with the seed. Gold documents are taken in that order;
    the last group is cut at ``gold_documents``. Silver documents are then taken in the same order,
    without the documents drawn as gold. Silver therefore follows gold if both corpora hold the
    same texts.

    Args:
        gold: all gold documents.
        silver: all silver documents.
        gold_documents: how many gold documents to draw; None: all.
        silver_documents: how many silver documents to draw; None: all.
        seed: shuffles the groups.

    Raises:
        ConfigError: a corpus has fewer documents than requested.
    """
    names = sorted({d.group_or_id for d in gold} | {d.group_or_id for d in silver})
    digest = hashlib.sha256(f"draw:{seed}".encode()).digest()
    shuffled = np.random.default_rng(int.from_bytes(digest[:8], "big")).permutation(len(names))
    rank = {names[index]: place for place, index in enumerate(shuffled)}
    drawn_gold = _first(gold, rank, gold_documents, "gold")
    taken = {d.id for d in drawn_gold}
    rest = [d for d in silver if d.id not in taken]
    return CellDocuments(drawn_gold, _first(rest, rank, silver_documents, "silver"))


def _first(
    documents: Sequence[Document], rank: dict[str, int], count: int | None, origin: str
) -> tuple[Document, ...]:
    if count is not None and count > len(documents):
        raise ConfigError(
            f"study.{origin}_documents: {count} documents requested, but only {len(documents)} are "
            "available; use a smaller number"
        )
    ordered = sorted(documents, key=lambda d: rank[d.group_or_id])
    return tuple(ordered[:count])
