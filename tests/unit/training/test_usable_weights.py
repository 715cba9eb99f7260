"""Loss weights of a training: 0 for all documents is refused, 0 for some is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.toys import blending, sentences

from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import DataError
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob


def weighted(documents: Sequence[Document], weight: float | None) -> list[Document]:
    return [replace(document, weight=weight) for document in documents]


def job(
    encoder: Path,
    task: Task,
    gold: Sequence[Document],
    silver: Sequence[Document] = (),
    regimen: str = "pooled",
) -> TrainJob:
    return TrainJob(
        gold=gold,
        silver=silver,
        task=task,
        student=StudentConfig(encoder=str(encoder), threads=1),
        blending=blending(regimen, epochs=1),
    )


@pytest.mark.parametrize("weight", [0.0, 1e-12])
@pytest.mark.parametrize("regimen", ["pooled", "simple_mix"])
def test_a_corpus_whose_weights_are_all_0_is_refused_by_name(
    encoder: Path, task: Task, tmp_path: Path, weight: float, regimen: str
) -> None:
    gold, silver = sentences(4), [replace(d, id=f"s{d.id}") for d in sentences(4)]
    one = job(encoder, task, gold, weighted(silver, weight), regimen)
    with pytest.raises(
        DataError, match=r"^silver: all loss weights are .*corpora\.silver"
    ) as error:
        train(one, tmp_path / "model")
    assert error.value.exit_code == 3
    with pytest.raises(DataError, match=r"^gold: all loss weights are .*corpora\.gold"):
        train(job(encoder, task, weighted(gold, weight), silver, regimen), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_texts_whose_weights_are_all_0_are_refused(
    encoder: Path, topics: Task, tmp_path: Path
) -> None:
    texts = [
        Document(str(n), "a goal in Rome", annotation=Annotation(labels=("sport",)), weight=0.0)
        for n in range(3)
    ]
    with pytest.raises(DataError, match="gold: all loss weights are 0"):
        train(job(encoder, topics, texts, regimen="gold_only"), tmp_path / "model")


def test_weights_of_a_corpus_that_is_not_used_do_not_matter(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    silver = weighted([replace(d, id=f"s{d.id}") for d in sentences(4)], 0.0)
    report = train(job(encoder, task, sentences(4), silver, "gold_only"), tmp_path / "model")
    assert report.record["losses"]["gold"] == {}


def test_words_of_weight_0_are_counted(encoder: Path, task: Task, tmp_path: Path) -> None:
    spans = (Span(0, 2, "PER", weight=0.0), Span(11, 15, "LOC"))
    light = Document("light", "Bo went to Rome", annotation=Annotation(spans))
    unweighted = replace(light, id="none", weight=0.0)
    report = train(
        job(encoder, task, [*sentences(4), light, unweighted], regimen="gold_only"),
        tmp_path / "model",
    )
    assert report.record["losses"]["gold"] == {"zero_weight": 1 + 4}
    assert report.record["final_loss"] > 0
