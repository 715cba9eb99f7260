"""Rounds of judging: what students of a second round learn, and how they read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.refining import corpora
from tests.toys import blending

from vermeil.data.document import Document, Span
from vermeil.data.progress import silent
from vermeil.jobs.judging import divide
from vermeil.jobs.learning import Learning
from vermeil.jobs.rounds import Corrected, Panel
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task


@pytest.fixture
def make_panel(encoder: Path, task: Task, tmp_path: Path) -> Callable[..., Panel]:
    def make(gold: list[Document], silver: list[Document], **selection: object) -> Panel:
        student = StudentConfig(encoder=str(encoder), threads=1)
        learning = Learning(task, student, blending("simple_mix", 2), 0, tmp_path)
        config = SelectionConfig.model_validate(selection)
        return Panel(gold, divide(gold, silver), learning, config, silent)

    return make


def _turned(document: Document) -> Document:
    other = {"PER": "LOC", "LOC": "PER"}
    spans = tuple(Span(s.start, s.end, other[s.label]) for s in document.spans or ())
    return document.with_annotation(replace(document.annotation, spans=spans))


def test_silver_is_corrected_without_gold_of_the_fold(make_panel: Callable[..., Panel]) -> None:
    gold, silver = corpora()
    groups = sorted({d.group_or_id for d in gold})
    held_out = frozenset(groups[: len(groups) // 3])

    def corrected(people: list[Document], out: Collection[str]) -> list[Document]:
        return list(Corrected(make_panel(people, silver), None, {})(out))

    before = corrected(gold, held_out)
    said = {d.id: d for d in silver}
    assert any(d.spans != said[d.id].spans for d in before)  # it does correct
    turned = [_turned(d) if d.group_or_id in held_out else d for d in gold]
    assert corrected(turned, held_out) == before
    assert corrected(turned, ()) != corrected(gold, ())


def test_silver_of_the_fold_is_not_learnt(make_panel: Callable[..., Panel]) -> None:
    gold, silver = corpora()
    panel = make_panel(gold, silver)
    out = panel.taught.silver[0].group_or_id
    ids = {d.id for d in Corrected(panel, None, {})({out})}
    assert ids == {d.id for d in panel.taught.silver if d.group_or_id != out}


def test_with_too_little_gold_left_silver_is_learnt_as_it_is(
    make_panel: Callable[..., Panel],
) -> None:
    gold, silver = corpora()
    panel = make_panel(gold, silver)
    learnt = Corrected(panel, None, {})({d.group_or_id for d in gold})
    assert list(learnt) == list(panel.taught.silver)


def test_students_read_neighbours_of_a_group_together(make_panel: Callable[..., Panel]) -> None:
    gold, silver = corpora()
    together = [[replace(d, group=f"{n // 5}") for n, d in enumerate(c)] for c in (gold, silver)]
    regimen = {"regimen": "simple_mix"}
    asked = {c: make_panel(*together, context=c).students(regimen) for c in ("none", "group")}
    assert asked["none"].keys() == asked["group"].keys()
    assert any(not np.allclose(asked["none"][k], asked["group"][k]) for k in asked["none"])
