"""Outcome of every single span over training: found, kind of error, or forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from vermeil.data.annotation_spans import single_labels
from vermeil.data.counts import Counts, ErrorKind, sum_counts
from vermeil.data.document import Annotation, Document
from vermeil.studies.results.observation import OutcomeStrings
from vermeil.tasks.protocol import Task

LETTERS: dict[ErrorKind | None, str] = {
    None: ".",
    "boundary": "b",
    "type": "t",
    "both": "x",
    "missing": "m",
}
"""Outcome of a gold span as one letter: found, or the kind of error."""

ItemKey = tuple[str, int, tuple[int, int, str]]
"""Label, document number, and key of a span (or of a document label)."""


@dataclass(slots=True)
class SpanOutcomes:
    """Outcomes of the spans of some documents, measured several times during training.

    Args:
        gold: documents with gold annotations.
        task: the task, which scores predictions.
    """

    gold: Sequence[Document]
    task: Task
    _found: list[str] = field(default_factory=list)
    _wrong: list[dict[ItemKey, Annotation]] = field(default_factory=list)

    def add(self, predicted: Sequence[Annotation]) -> Counts:
        """Append the outcomes of one prediction per document; return their counts."""
        letters: list[tuple[ItemKey, str]] = []
        wrong: dict[ItemKey, Annotation] = {}
        counts = []
        for number, (document, prediction) in enumerate(zip(self.gold, predicted, strict=True)):
            counts.append(self.task.count(document.annotation, prediction))
            expected = dict(_items(document.annotation, number))
            found = dict(_items(prediction, number))
            letters.extend(
                (item, self._outcome_letter(one, prediction, hit=item in found))
                for item, one in expected.items()
            )
            wrong.update({item: one for item, one in found.items() if item not in expected})
        self._found.append("".join(letter for _, letter in sorted(letters)))
        self._wrong.append(wrong)
        return sum_counts(counts)

    def _outcome_letter(self, item: Annotation, predicted: Annotation, *, hit: bool) -> str:
        """Return the outcome of one gold item, given all predictions for its document."""
        if hit:
            return LETTERS[None]
        spans = replace(predicted, relations=None, abstain_pairs=())
        kinds = {kind for _, kind in self.task.count(item, spans).errors} & LETTERS.keys()
        return LETTERS[next(iter(kinds))] if kinds else LETTERS["type"]

    def _is_spurious(self, item: ItemKey, one: Annotation) -> bool:
        gold = replace(self.gold[item[1]].annotation, relations=None, abstain_pairs=())
        counts = self.task.count(gold, one)
        return any(kind == "spurious" for _, kind in counts.errors)

    def record(self) -> OutcomeStrings:
        """Return the outcomes for the cell's record.

        ``gold`` counts the gold items per label, and ``wrong`` the different wrong predictions.
        ``found`` and ``mistakes`` have one string per measurement, with one character per item in
        the same order. A character of ``found`` is one of `LETTERS`. A character of ``mistakes`` is
        1 if the student made this wrong prediction at this measurement. ``spurious`` is 1 for wrong
        predictions that are not paired with a gold span.
        """
        gold = sorted(item for i, d in enumerate(self.gold) for item, _ in _items(d.annotation, i))
        every = {item: one for wrong in self._wrong for item, one in wrong.items()}
        items = sorted(every)
        return OutcomeStrings(
            gold=_per_label(gold),
            found=tuple(self._found),
            wrong=_per_label(items),
            spurious="".join("01"[self._is_spurious(item, every[item])] for item in items),
            mistakes=tuple("".join("01"[item in wrong] for item in items) for wrong in self._wrong),
        )


def _items(annotation: Annotation, number: int) -> Iterator[tuple[ItemKey, Annotation]]:
    """Yield the spans and document labels of an annotation, each as an annotation."""
    for key, single in single_labels(annotation):
        yield (key[2], number, key), single


def _per_label(items: Sequence[ItemKey]) -> dict[str, int]:
    return {label: len(list(run)) for label, run in groupby(items, key=lambda item: item[0])}
