"""Folds of gold for cross-fitting, and samples of it; groups are never divided."""

from __future__ import annotations

import random
from collections.abc import Sequence

from vermeil.data.document import Document
from vermeil.errors import DataError

GROUPS_PER_FOLD = 2
"""Minimum number of groups in each fold."""


def cut_folds(documents: Sequence[Document], folds: int, seed: int) -> list[list[Document]]:
    """Return gold in parts of about equal size; the documents of a group are in one part.

    Args:
        documents: annotated documents.
        folds: number of parts.
        seed: seed of the order of groups.

    Raises:
        DataError: there are too few groups.
    """
    groups = _groups(documents)
    needed = GROUPS_PER_FOLD * folds
    if len(groups) < needed:
        raise DataError(
            f"gold has {len(documents)} usable documents in {len(groups)} groups; "
            f"optimize.folds = {folds} needs at least {needed} groups. Annotate more gold"
            + (f", or set optimize.folds to {len(groups) // 2}" if len(groups) >= 4 else "")
        )
    names = sorted(groups)
    random.Random(seed).shuffle(names)
    # The largest group first into the smallest fold; the shuffled order decides between equals.
    names.sort(key=lambda name: -len(groups[name]))
    parts: list[list[Document]] = [[] for _ in range(folds)]
    for name in names:
        min(parts, key=len).extend(groups[name])
    return parts


def draw_groups(documents: Sequence[Document], size: int, seed: int) -> list[Document]:
    """Return documents of randomly drawn whole groups, at most ``size`` if one group allows it.

    Args:
        documents: the documents to draw from.
        size: maximum number of documents.
        seed: seed of the draw.
    """
    groups = _groups(documents)
    names = sorted(groups)
    random.Random(seed).shuffle(names)
    drawn: list[Document] = []
    for name in names:
        if not drawn or len(drawn) + len(groups[name]) <= size:
            drawn += groups[name]
    return drawn


def _groups(documents: Sequence[Document]) -> dict[str, list[Document]]:
    groups: dict[str, list[Document]] = {}
    for document in documents:
        groups.setdefault(document.group_or_id, []).append(document)
    return groups
