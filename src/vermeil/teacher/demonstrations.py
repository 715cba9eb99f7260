"""Which annotated documents a prompt shows as examples, and which it must never show.

Who is asked about, and who is scored, is never shown: a gold document is barred from a prompt if it
has the id, the text (letter case, spacing and punctuation aside) or the group of the document that
is asked about, or of any document that was barred from the start (dev, test, a pilot's sample).
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

Neighbours = Callable[[str], Sequence[int]]
"""From a text to the positions of all gold documents, the most similar one first."""

CACHE_SIZE = 100_000
"""Documents whose demonstrations are not searched again."""

LEAKED = "leaked"
"""Note of mentions that stand in a demonstration but not in the text that was asked about."""


def _identity(document: Document) -> frozenset[str]:
    """What two documents must not share, for one of them to be shown when the other is asked."""
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
        gold: what may be shown, in the order in which fixed ones are taken.
        count: how many are shown.
        neighbours: ranks ``gold`` by similarity to a text; None: always in its own order.
    """

    def __init__(
        self, gold: Sequence[Document] = (), count: int = 0, neighbours: Neighbours | None = None
    ) -> None:
        self._gold, self._count, self._neighbours = tuple(gold), count, neighbours
        self._identities = tuple(map(_identity, self._gold))
        # Documents are gone through more than once, and a search takes milliseconds.
        self._choose = lru_cache(CACHE_SIZE)(self._search)

    def for_document(self, document: Document) -> tuple[Document, ...]:
        """Return the demonstrations for a document; of nearest ones the nearest comes last."""
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
    """Return what a configuration says about demonstrations.

    Args:
        config: the ``[teacher.demonstrations]`` section.
        gold: annotated documents; those without annotation are passed over.
        excluded: documents that are scored: none with their id, text or group is ever shown.
        index: makes, of gold texts and the name of an encoder, the search for nearest neighbours.

    Raises:
        ConfigError: nothing is left to show, or an id is not in gold.
    """
    if config.kind == "none":
        return NO_DEMONSTRATIONS
    forbidden: set[str] = set().union(*map(_identity, excluded))
    annotated = [d for d in gold if not d.annotation.is_empty]
    allowed = [d for d in annotated if _identity(d).isdisjoint(forbidden)]
    if config.kind == "fixed" and config.ids:
        allowed = _by_id(config.ids, annotated, allowed)
    if not allowed:
        raise ConfigError(
            f"teacher.demonstrations: none of the {len(annotated):,} annotated documents of "
            "corpora.gold may be shown: they share id, text or group with documents that are "
            "scored; name other gold, or set teacher.demonstrations.kind = none"
        )
    neighbours = None
    if config.kind == "nearest":
        neighbours = index([document.text for document in allowed], config.encoder)
    return Demonstrations(tuple(allowed), config.count, neighbours)


def with_leak_count(reading: ReplyResult, demonstrations: Sequence[Document]) -> ReplyResult:
    """Return the reading with the number of mentions that come from demonstrations, if any."""
    leaked = sum(
        one.status is Status.NOT_FOUND
        and any(one.mention.surface.strip() in shown.text for shown in demonstrations)
        for one in reading.mentions
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
            else "is no annotated document of corpora.gold"
        )
        for name in ids
        if name not in by_id
    ]
    if problems:
        raise ConfigError(*problems)
    return [by_id[name] for name in ids]
