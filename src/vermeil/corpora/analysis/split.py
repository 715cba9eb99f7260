"""Split of a corpus into parts without common groups and with similar label frequencies."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from vermeil.data.document import Document
from vermeil.errors import ConfigError, DataError

_DOCUMENTS = ("documents", "")


def split_corpus(
    documents: Iterable[Document], shares: Mapping[str, float], seed: int = 0
) -> dict[str, list[Document]]:
    """Assign the groups of a corpus to parts, so that each part has its share of every label.

    Groups are assigned one by one, the largest first, and equally large ones in random order. A
    group goes to the part where the counts of documents, of spans per label and of documents per
    label come closest to the shares. Distance is Pearson's chi-square over counts relative to
    their totals; documents weigh as much as all labels together. Every part gets at least one
    group.

    Args:
        documents: the corpus; the assignment does not depend on its order.
        shares: name of a part to its share; the shares add up to 1.
        seed: seed of the order of groups.

    Returns:
        Name of a part to its documents, in the order of the corpus.

    Raises:
        ConfigError: a share is not above 0, or they do not add up to 1.
        DataError: fewer groups than parts.
    """
    _check(shares)
    corpus = list(documents)
    groups: dict[str, Counter[tuple[str, str]]] = {}
    for document in corpus:
        groups.setdefault(document.group_or_id, Counter()).update(_counts(document))
    if len(groups) < len(shares):
        raise DataError(
            f"{len(groups)} groups cannot be divided into {len(shares)} parts, since a group is "
            "never split; choose fewer parts"
        )
    chosen = _assign_groups(groups, shares, seed)
    parts: dict[str, list[Document]] = {name: [] for name in shares}
    for document in corpus:
        parts[chosen[document.group_or_id]].append(document)
    return parts


def _check(shares: Mapping[str, float]) -> None:
    problems = [
        f"the share of {name!r} is {share}; expected a number above 0"
        for name, share in shares.items()
        if not share > 0
    ]
    total = math.fsum(shares.values())
    if not problems and abs(total - 1) > 1e-6:
        problems.append(f"the shares add up to {total:g}; expected 1")
    if problems:
        raise ConfigError(*problems)


def _counts(document: Document) -> Counter[tuple[str, str]]:
    counts = Counter(("span", span.label) for span in document.spans or ())
    counts.update(("label", label) for label in document.labels or ())
    counts[_DOCUMENTS] = 1
    return counts


def _assign_groups(
    groups: Mapping[str, Counter[tuple[str, str]]], shares: Mapping[str, float], seed: int
) -> dict[str, str]:
    total: Counter[tuple[str, str]] = Counter()
    for counts in groups.values():
        total.update(counts)
    labels = len(total) - 1
    weights = dict.fromkeys(total, 1.0) | {_DOCUMENTS: float(max(labels, 1))}
    filled = {name: dict.fromkeys(total, 0.0) for name in shares}
    empty = set(shares)
    chosen: dict[str, str] = {}
    order = _order(groups, seed)
    for left, group in zip(range(len(order), 0, -1), order, strict=True):
        part = {kind: number / total[kind] for kind, number in groups[group].items()}
        open_names = [name for name in shares if name in empty or left > len(empty)]
        growth = {
            name: math.fsum(
                weights[kind] * x * (x + 2 * filled[name][kind]) / shares[name]
                - 2 * weights[kind] * x
                for kind, x in part.items()
            )
            for name in open_names
        }
        best = min(growth, key=growth.__getitem__)
        for kind, x in part.items():
            filled[best][kind] += x
        empty.discard(best)
        chosen[group] = best
    return chosen


def _order(groups: Mapping[str, Counter[tuple[str, str]]], seed: int) -> Sequence[str]:
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    return sorted(order, key=lambda group: -groups[group][_DOCUMENTS])
