"""Judging silver: how probable it is that the teacher was right, and what else may be true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.data.region import Option
from vermeil.data.words import words_of
from vermeil.errors import DataError
from vermeil.refinement.cache import Rows
from vermeil.selection.judge import Signals, cross_fit, fit, probabilities
from vermeil.selection.policies import Judgement
from vermeil.selection.signals import (
    Elsewhere,
    Judged,
    make_signals,
    prior_weights,
    signal_names,
)
from vermeil.selection.surfaces import Surfaces, Words
from vermeil.tasks.protocol import Task

FEWEST = 20
"""Doubly labelled regions without which no judge is fitted."""


@dataclass(frozen=True, slots=True)
class Taught:
    """Silver, divided by whether people annotated the same texts.

    Args:
        gold: gold documents that the teacher annotated, too.
        said: the teacher's annotations of them, in the same order.
        silver: the other silver documents.
        plain: silver documents without an annotation, of texts that gold does not have.
    """

    gold: tuple[Document, ...]
    said: tuple[Document, ...]
    silver: tuple[Document, ...]
    plain: tuple[Document, ...] = ()

    @property
    def told(self) -> tuple[Document, ...]:
        """All that the teacher says: of gold's texts, under gold's ids, and then silver."""
        both = zip(self.gold, self.said, strict=True)
        return (*(g.with_annotation(said.annotation) for g, said in both), *self.silver)


@dataclass(frozen=True, slots=True)
class Item:
    """A document that is judged.

    Args:
        document: as the teacher annotated it.
        known: its group, words, regions and what the teacher says.
        predicted: marks of students that did not learn from it.
        true: people's marks, of a gold document.
    """

    document: Document
    known: Judged
    predicted: Option
    true: Option = ()


@dataclass(frozen=True, slots=True)
class Judging:
    """What the judge says of all documents.

    Args:
        silver: silver documents with the judgements of their regions.
        gold: doubly labelled documents with judgements by others of other groups.
        strength: of the prior, as chosen.
        weights: of the signals, by name.
        elsewhere: surfaces as the teacher marks them.
        with_students: whether students were heard.
        others: who was asked besides.
    """

    silver: tuple[tuple[Item, tuple[Judgement, ...]], ...]
    gold: tuple[tuple[Item, tuple[Judgement, ...]], ...]
    strength: float
    weights: Mapping[str, float]
    elsewhere: Surfaces
    with_students: bool
    others: tuple[str, ...] = ()


def divide(gold: Sequence[Document], silver: Sequence[Document]) -> Taught:
    """Find which gold documents the teacher annotated, too.

    A document is found by its id, otherwise by its text, in the order of the file, each silver
    document once. What is not found as gold's stays silver, even if a gold
    document has the same words.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of the same documents and of others.

    Raises:
        DataError: gold and silver have different texts under one id.
    """
    annotated = [d for d in silver if not d.annotation.is_empty]
    by_id = {d.id: d for d in annotated}
    for document in gold:
        if document.id in by_id and by_id[document.id].text != document.text:
            raise DataError(
                f"document {document.id!r}: gold and silver have different texts under this id; "
                "give one of them other ids"
            )
    found = {g.id: by_id[g.id] for g in gold if g.id in by_id}
    taken = {d.id for d in found.values()}
    by_text: dict[str, list[Document]] = {}
    for document in reversed(annotated):
        if document.id not in taken:
            by_text.setdefault(document.text, []).append(document)
    for document in gold:
        if document.id not in found and by_text.get(document.text):
            found[document.id] = by_text[document.text].pop()
    taken = {d.id for d in found.values()}
    both = tuple(g for g in gold if g.id in found)
    ids, texts = {d.id for d in gold}, {d.text for d in gold}
    empty = (d for d in silver if d.annotation.is_empty)
    return Taught(
        both,
        tuple(found[g.id] for g in both),
        tuple(d for d in annotated if d.id not in taken),
        tuple(d for d in empty if d.id not in ids and d.text not in texts),
    )


def judge(
    taught: Taught,
    gold: Sequence[Document],
    task: Task,
    rows: Rows | None,
    strengths: Sequence[float],
    others: Mapping[str, Rows] = MappingProxyType({}),
) -> Judging:
    """Fit the judge on doubly labelled gold, and judge all silver.

    Args:
        taught: of `divide`.
        gold: all gold documents: their surfaces are a signal.
        task: says where regions are.
        rows: class probabilities of every document by id, out of fold; None: there are no students.
        strengths: of the prior, to choose from.
        others: the same as ``rows`` of those who are asked besides, by name; what they say of gold
            was not learnt from people's marks of it.

    Raises:
        DataError: too few regions of gold documents were annotated by the teacher.
    """
    both = zip(taught.said, taught.gold, strict=True)
    asked = (rows, *others.values())
    of_gold = [_item(said, task, asked, true) for said, true in both]
    of_silver = [_item(d, task, asked) for d in taught.silver]
    elsewhere = _elsewhere([*of_gold, *of_silver], gold, task)
    labels = task.labels
    regions = [(item, region) for item in of_gold for region in item.known.regions]
    right = np.array([_number(r.within(i.true)) for i, r in regions], np.int64)
    if int((right >= 0).sum()) < FEWEST:
        raise DataError(
            f"{int((right >= 0).sum())} places of {len(taught.said)} gold documents that the "
            f"teacher annotated, too, can be learnt from; at least {FEWEST} are needed. Give the "
            "teacher the texts of gold, too, and keep its answers in corpora.silver"
        )
    names = tuple(others)
    prior = prior_weights(labels, names)
    signals = make_signals([item.known for item in of_gold], elsewhere, labels, names)
    groups = [item.known.group for item, _ in regions]
    strength, out_of_group = cross_fit(signals, right, groups, prior, strengths)
    known = np.flatnonzero(right >= 0)
    weights = fit(signals.take(known), right[known], prior, strength)
    unknown = make_signals([item.known for item in of_silver], elsewhere, labels, names)
    return Judging(
        _judgements(of_silver, unknown, probabilities(unknown, weights)),
        _judgements(of_gold, signals, out_of_group),
        strength,
        dict(zip(signal_names(labels, names), weights.round(3).tolist(), strict=True)),
        elsewhere.teacher,
        rows is not None,
        names,
    )


def _item(
    said: Document, task: Task, asked: Sequence[Rows | None], gold: Document | None = None
) -> Item:
    known_as = said if gold is None else gold
    own, *others = (None if rows is None else rows[known_as.id] for rows in asked)
    words = words_of(known_as)
    spans = said.spans or ()
    known = Judged(
        known_as.group_or_id,
        Words.of(said.text, words),
        task.regions(said, words, own, [rows for rows in others if rows is not None]),
        task.marks(said, words),
        gold is not None,
        {s.key: 1 - s.score for s in spans if s.score is not None},
        frozenset(s.key for s in spans if s.status in ("fuzzy", "ambiguous")),
    )
    predicted = known.said
    if own is not None:
        predicted = task.marks(said.with_annotation(task.decode(words, own)), words)
    return Item(said, known, predicted, () if gold is None else task.marks(gold, words))


def _number(option: int | None) -> int:
    return -1 if option is None else option


def _elsewhere(items: Sequence[Item], gold: Sequence[Document], task: Task) -> Elsewhere:
    wanted: set[str] = set()
    for item in items:
        options = chain.from_iterable(region.options for region in item.known.regions)
        places = {mark[:2] for option in options for mark in option}
        wanted.update(s for p in places if (s := item.known.words.surface(*p)) is not None)
    teacher, students, people = (Surfaces(task.labels, wanted) for _ in range(3))
    for item in items:
        teacher.add(item.known.words, item.known.said, item.known.group)
        students.add(item.known.words, item.predicted, item.known.group)
    for document in gold:
        words = words_of(document)
        marks = task.marks(document, words)
        people.add(Words.of(document.text, words), marks, document.group_or_id)
    return Elsewhere(teacher, students, people)


def _judgements(
    items: Sequence[Item], signals: Signals, chances: NDArray[np.float64]
) -> tuple[tuple[Item, tuple[Judgement, ...]], ...]:
    found, at = [], 0
    for item in items:
        regions = item.known.regions
        bounds = signals.starts[at : at + len(regions) + 1]
        at += len(regions)
        judgements = tuple(
            Judgement(region, chances[bounds[i] : bounds[i + 1]])
            for i, region in enumerate(regions)
        )
        found.append((item, judgements))
    return tuple(found)
