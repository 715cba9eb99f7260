"""Demonstrations: annotated documents that a prompt shows as examples.

A gold document is never shown in the prompt of a document with the same id, text or group. A gold
document that shares one of them with an excluded document (dev, test, a pilot's sample) is never
shown at all. Texts are compared without letter case, spacing and punctuation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from vermeil.corpora.analysis.leaks import normalise_text
from vermeil.data.document import Document
from vermeil.data.mention import Status
from vermeil.errors import ConfigError
from vermeil.tasks.protocol import ReplyResult
from vermeil.teacher.config import DemonstrationsConfig
from vermeil.teacher.covering import covering_order

Neighbours = Callable[[str], Sequence[int]]
"""Function from a text to the positions of all gold documents, most similar first."""

CACHE_SIZE = 100_000
"""Number of documents whose demonstrations are cached."""

LEAKED = "leaked"
"""Note that counts mentions found in a demonstration but not in the annotated text."""


def _identity(document: Document) -> frozenset[str]:
    """Return the features that a demonstration and the annotated document must not share."""
    return frozenset(
        (
            f"id {document.id}",
            f"text {normalise_text(document.text)}",
            f"group {document.group_or_id}",
        )
    )


class Demonstrations:
    """Chooses the demonstrations of a document.

    Args:
        gold: documents that may be shown; fixed and covering ones are taken in this order.
        count: number of demonstrations per prompt.
        neighbours: ranks ``gold`` by similarity to a text; None: the order of ``gold``.
    """

    def __init__(
        self, gold: Sequence[Document] = (), count: int = 0, neighbours: Neighbours | None = None
    ) -> None:
        self._gold, self._count, self._neighbours = tuple(gold), count, neighbours
        self._identities = tuple(map(_identity, self._gold))
        # Documents are iterated more than once, and a search takes milliseconds.
        self._choose = lru_cache(CACHE_SIZE)(self._search)

    @property
    def first(self) -> tuple[Document, ...]:
        """The demonstrations of a document that shares nothing with any of them, in this order."""
        return self._gold[: self._count]

    def for_document(self, document: Document) -> tuple[Document, ...]:
        """Return the demonstrations for a document; the nearest one is last."""
        if not self._count:
            return ()
        chosen = self._choose(document.text, _identity(document))
        return tuple(self._gold[position] for position in chosen)

    def _search(self, text: str, excluded: frozenset[str]) -> tuple[int, ...]:
        gold = range(len(self._gold))
        order = gold if self._neighbours is None else self._neighbours(text)
        allowed = (p for p in order if self._identities[p].isdisjoint(excluded))
        chosen = tuple(islice(allowed, self._count))
        return chosen if self._neighbours is None else chosen[::-1]


NO_DEMONSTRATIONS = Demonstrations()


def make_demonstrations(
    config: DemonstrationsConfig,
    gold: Iterable[Document],
    excluded: Iterable[Document],
    index: Callable[[Sequence[str], str], Neighbours],
) -> Demonstrations:
    """Return the configured demonstrations.

    Args:
        config: the ``[teacher.demonstrations]`` section.
        gold: annotated documents; documents without annotation are skipped.
        excluded: documents that are scored; no document with their id, text or group is shown.
        index: makes the nearest-neighbour search from gold texts and the name of an encoder.

    Raises:
        ConfigError: no document may be shown, or an id is not in gold.
    """
    if config.kind == "none":
        return NO_DEMONSTRATIONS
    annotated = [d for d in gold if not d.annotation.is_empty]
    allowed = without_shared(annotated, excluded)
    if config.kind == "fixed" and config.ids:
        allowed = _by_id(config.ids, annotated, allowed)
    if not allowed:
        raise ConfigError(
            f"teacher.demonstrations: none of the {len(annotated):,} annotated documents of "
            "corpora.gold may be shown: they share id, text or group with documents that are "
            'scored; use other gold, or set teacher.demonstrations.kind = "none"'
        )
    neighbours = None
    if config.kind == "covering":
        # Twice as many: some share a group with a document of the pool.
        allowed = list(covering_order(allowed, 2 * config.count))
    if config.kind == "nearest":
        neighbours = index([document.text for document in allowed], config.encoder)
    return Demonstrations(tuple(allowed), config.count, neighbours)


def without_shared(documents: Iterable[Document], excluded: Iterable[Document]) -> list[Document]:
    """Return the documents that share no id, text or group with an excluded document."""
    features: set[str] = set().union(*map(_identity, excluded))
    return [document for document in documents if _identity(document).isdisjoint(features)]


def with_leak_count(reading: ReplyResult, demonstrations: Sequence[Document]) -> ReplyResult:
    """Return the reading with the number of mentions copied from demonstrations, if any."""
    leaked = sum(
        located.status is Status.NOT_FOUND
        and any(located.mention.surface.strip() in shown.text for shown in demonstrations)
        for located in reading.mentions
    )
    return replace(reading, notes={**reading.notes, LEAKED: leaked}) if leaked else reading


def _by_id(
    ids: Sequence[str], annotated: Sequence[Document], allowed: Sequence[Document]
) -> list[Document]:
    by_id = {document.id: document for document in allowed}
    known = {document.id for document in annotated}
    problems = [
        f"teacher.demonstrations.ids: {name!r} "
        + (
            "shares id, text or group with a document that is scored"
            if name in known
            else "is not an annotated document of corpora.gold"
        )
        for name in ids
        if name not in by_id
    ]
    if problems:
        raise ConfigError(*problems)
    return [by_id[name] for name in ids]
