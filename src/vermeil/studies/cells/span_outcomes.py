"""What became of every single span over training: found, wrong in which way, forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from vermeil.data.counts import Counts, ErrorKind, sum_counts
from vermeil.data.document import Annotation, Document
from vermeil.tasks.protocol import Task

LETTERS: dict[ErrorKind | None, str] = {
    None: ".",
    "boundary": "b",
    "type": "t",
    "both": "x",
    "missing": "m",
}
"""How a gold span fares, one letter each: found, or what is wrong with it."""

ItemKey = tuple[str, int, tuple[int, int, str]]
"""Label, number of the document, and key of a span (or of a label of a whole text)."""


@dataclass(slots=True)
class SpanOutcomes:
    """Follows the spans of some documents over training.

    Args:
        gold: documents that people annotated.
        task: how to score.
    """

    gold: Sequence[Document]
    task: Task
    _found: list[str] = field(default_factory=list)
    _wrong: list[dict[ItemKey, Annotation]] = field(default_factory=list)

    def add(self, predicted: Sequence[Annotation]) -> Counts:
        """Take what the student says now about each document; return the counts."""
        letters: list[tuple[ItemKey, str]] = []
        wrong: dict[ItemKey, Annotation] = {}
        counts = []
        for number, (document, said) in enumerate(zip(self.gold, predicted, strict=True)):
            counts.append(self.task.count(document.annotation, said))
            expected = dict(_items(document.annotation, number))
            found = dict(_items(said, number))
            letters.extend(
                (item, self._outcome_letter(one, said, hit=item in found))
                for item, one in expected.items()
            )
            wrong.update({item: one for item, one in found.items() if item not in expected})
        self._found.append("".join(letter for _, letter in sorted(letters)))
        self._wrong.append(wrong)
        return sum_counts(counts)

    def _outcome_letter(self, item: Annotation, predicted: Annotation, *, hit: bool) -> str:
        """Judge one gold item by itself against all that the student says."""
        if hit:
            return LETTERS[None]
        kinds = {kind for _, kind in self.task.count(item, predicted).errors} & LETTERS.keys()
        return LETTERS[next(iter(kinds))] if kinds else LETTERS["type"]

    def _is_spurious(self, item: ItemKey, one: Annotation) -> bool:
        counts = self.task.count(self.gold[item[1]].annotation, one)
        return any(kind == "spurious" for _, kind in counts.errors)

    def as_dict(self) -> dict[str, Any]:
        """What is kept.

        ``gold`` and ``wrong`` number the items per label, in the order in which the strings of
        ``found`` and ``said`` have them, a string per moment. A letter of ``found`` is one of
        `LETTERS`; one of ``said`` is 1 where the student made this mistake at this moment: a span
        that is not gold. ``spurious`` is 1 for those that do not stand in the place of a gold span.
        """
        gold = sorted(item for i, d in enumerate(self.gold) for item, _ in _items(d.annotation, i))
        every = {item: one for now in self._wrong for item, one in now.items()}
        wrong = sorted(every)
        return {
            "gold": _per_label(gold),
            "found": list(self._found),
            "wrong": _per_label(wrong),
            "spurious": "".join("01"[self._is_spurious(item, every[item])] for item in wrong),
            "said": ["".join("01"[item in now] for item in wrong) for now in self._wrong],
        }


def _items(annotation: Annotation, number: int) -> Iterator[tuple[ItemKey, Annotation]]:
    """Yield all that an annotation says, one by one."""
    for span in annotation.spans or ():
        yield (span.label, number, span.key), Annotation(spans=(span,))
    for label in annotation.labels or ():
        yield (label, number, (0, 0, label)), Annotation(labels=(label,))


def _per_label(items: Sequence[ItemKey]) -> dict[str, int]:
    return {label: len(list(run)) for label, run in groupby(items, key=lambda item: item[0])}
