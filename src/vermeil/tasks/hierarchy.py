"""Hierarchies of labels: ``sport/football`` is part of ``sport`` and implies it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vermeil.data.counts import MatchCounts
from vermeil.errors import ConfigError

SEPARATOR = "/"
"""Stands between a label and its parent."""


def parents_of(label: str) -> tuple[str, ...]:
    """Return the labels that a label implies, from the top: a/b/c has the parents a and a/b."""
    parts = label.split(SEPARATOR)
    return tuple(SEPARATOR.join(parts[:depth]) for depth in range(1, len(parts)))


def level_of(label: str) -> int:
    """Return the level of a label in its hierarchy, from 1 at the top."""
    return label.count(SEPARATOR) + 1


def with_parents(labels: Iterable[str]) -> set[str]:
    """Return labels together with all labels that they imply."""
    found: set[str] = set()
    for label in labels:
        found.update((label, *parents_of(label)))
    return found


def check_parents(labels: Iterable[str]) -> None:
    """Raise `ConfigError` unless the parents of every label are in the label set, too."""
    known = list(labels)
    problems = [
        f'task.labels: {label!r} is part of {parent!r}, which is missing; add [task.labels."'
        f'{parent}"], or use no {SEPARATOR!r} in the name'
        for label in known
        for parent in parents_of(label)
        if parent not in known
    ]
    if problems:
        raise ConfigError(*problems)


def counts_by_level(per_label: Mapping[str, MatchCounts]) -> dict[int, MatchCounts]:
    """Return the sum of the counts of the labels of each level.

    Empty if no label is a parent of another one: there is no hierarchy then.

    Args:
        per_label: matches by label.
    """
    parents = {parent for label in per_label for parent in parents_of(label)}
    if not parents & per_label.keys():
        return {}
    levels: dict[int, MatchCounts] = {}
    for label, counts in per_label.items():
        level = level_of(label)
        levels[level] = levels.get(level, MatchCounts()) + counts
    return dict(sorted(levels.items()))
