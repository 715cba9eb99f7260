"""Nested spans from training to deployment, with a tiny encoder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.nested_toys import nested_documents, nested_task
from tests.toys import blending

import vermeil
from vermeil.data.document import Annotation, Document, LabelAbstention, Span
from vermeil.data.progress import silent
from vermeil.errors import ConfigError
from vermeil.jobs.int8_guard import Int8Options
from vermeil.selection.ranking.config import UncertaintyMeasure
from vermeil.student.config import NoiseConfig, StudentConfig
from vermeil.student.student import Student
from vermeil.training.fit import fit_job
from vermeil.training.job import TrainJob

TASK = nested_task()


def student_config(encoder: Path, **values: Any) -> StudentConfig:
    return StudentConfig(encoder=str(encoder), threads=1, learning_rate=1e-2, **values)


def job_of(encoder: Path, epochs: float = 30, **values: Any) -> TrainJob:
    config = student_config(encoder)
    plan = blending("gold_only", epochs)
    return TrainJob(task=TASK, student=config, blending=plan, **values)


@pytest.fixture(scope="module")
def trained(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nested") / "model"
    vermeil.train(job_of(encoder, gold=nested_documents(96)), folder)
    return folder


def plain(documents: list[Document]) -> list[Document]:
    return [replace(one, annotation=Annotation()) for one in documents]


def test_a_student_learns_names_within_names(trained: Path) -> None:
    gold = nested_documents(24, "t")
    predicted = list(vermeil.predict(trained, plain(gold)))
    counts = vermeil.evaluate(predicted, gold, TASK)
    assert counts.overall.gold == 3 * 24
    assert counts.per_label["LOC"].f1 > 0.9
    assert counts.per_label["ORG"].f1 > 0.9
    assert Student.load(trained).task.head == "token_per_label"
    card = (trained / "README.md").read_text()
    assert 'nlp("Nino Abzianidze spoke in Tashkent.").spans["sc"]' in card
    assert "pipeline(" not in card


def test_the_exported_student_has_the_same_spans_and_int8_is_guarded(
    trained: Path, tmp_path: Path
) -> None:
    pytest.importorskip("onnx")
    check = nested_documents(24, "t")
    report = vermeil.export(trained, tmp_path / "onnx", check=check, int8=Int8Options())
    assert report.logit_difference["fp32"] < 1e-3
    assert report.f1["fp32"] == report.f1["student"] > 0.9
    expected = [one.annotation for one in vermeil.predict(trained, plain(check))]
    found = vermeil.predict(tmp_path / "onnx", plain(check), precision="fp32")
    assert [[s.key for s in one.spans or ()] for one in found] == [
        [s.key for s in one.spans or ()] for one in expected
    ]


def test_calibration_changes_scores_and_no_span(trained: Path, tmp_path: Path) -> None:
    import shutil

    model = tmp_path / "model"
    shutil.copytree(trained, model)
    texts = [one.text for one in nested_documents(24, "t")]
    before = list(vermeil.predict(model, texts))
    report = vermeil.calibrate(model, nested_documents(24, "c"))
    after = list(vermeil.predict(model, texts))
    assert report.before.number >= 3 * 20
    assert [[s.key for s in one.spans or ()] for one in after] == [
        [s.key for s in one.spans or ()] for one in before
    ]


def test_spacy_gets_overlapping_spans_in_a_group(trained: Path) -> None:
    spacy = pytest.importorskip("spacy")
    from spacy.training import Example

    nlp = spacy.blank("en")
    nlp.add_pipe("vermeil", config={"model": str(trained)})
    document = nested_documents(1)[0]
    doc = nlp(document.text)
    assert doc.ents == ()
    found = {(span.text, span.label_) for span in doc.spans["sc"]}
    assert {("Leeds", "LOC"), ("Leeds Bank", "ORG")} <= found
    reference = nlp.make_doc(document.text)
    reference.spans["sc"] = [
        reference.char_span(s.start, s.end, s.label) for s in document.spans or ()
    ]
    scores = nlp.evaluate([Example(nlp.make_doc(document.text), reference)])
    assert scores["spans_sc_f"] > 0.5


def test_students_rank_texts_by_the_uncertainty_of_all_labels(trained: Path) -> None:
    from vermeil.jobs.ranking.signals import student_signals

    measures: tuple[UncertaintyMeasure, ...] = ("margin", "entropy")
    for measure in measures:
        found = student_signals(
            trained, plain(nested_documents(8)), TASK, measure, silent, keep=True
        )
        assert found.uncertainties.shape == (8,)
        assert (found.uncertainties > 0).all()
        assert found.probabilities[0].shape[1:] == (3, 3)


def test_long_texts_are_cut_into_windows(trained: Path) -> None:
    pieces = [one.text for one in nested_documents(30)]
    (encoded, rows), *_ = (
        Student.load(trained).predictor().predict_proba([Document("x", " . ".join(pieces))])
    )
    assert len(encoded.windows) > 2
    assert rows.shape == (len(encoded.words), 3, 3)
    assert rows.sum(axis=-1) == pytest.approx(1, abs=1e-5)


def test_a_masked_label_is_not_trained(encoder: Path) -> None:
    student = Student.create(TASK, student_config(encoder, weight_decay=0.0), seed=1)
    masked = [
        one.with_annotation(
            Annotation(
                tuple(s for s in one.spans or () if s.label == "ORG"),
                abstain_labels=(LabelAbstention(("LOC", "PER")),),
            )
        )
        for one in nested_documents(4)
    ]
    weight = student.network.get_parameter("classifier.weight")
    before = weight.detach().clone().cpu().numpy()
    fit_job(student, job_of(encoder, 2, gold=masked))
    after = weight.detach().cpu().numpy()
    assert not np.array_equal(before[:3], after[:3])
    assert np.array_equal(before[3:], after[3:])


def test_soft_labels_and_noise_robust_losses_train_it(encoder: Path) -> None:
    silver = [
        one.with_annotation(
            Annotation(
                tuple(
                    replace(s, soft={"LOC": 0.6, "PER": 0.3}) if s.label == "LOC" else s
                    for s in one.spans or ()
                )
            )
        )
        for one in nested_documents(8)
    ]
    noise = NoiseConfig(robust=0.5, early_learning=1.0, negative_sampling=0.5)
    student = Student.create(TASK, student_config(encoder, noise=noise, soft_labels=True), seed=1)
    (example, *_) = student.encode(silver, "silver").examples
    assert example.soft is not None
    assert example.soft.shape[1:] == (3, 3)
    assert len(example.classes) == 3 * example.size
    result = fit_job(
        student, replace(job_of(encoder, 4, silver=silver), blending=blending("silver_only", 4))
    )
    assert all(np.isfinite(step.loss) for step in result.steps)


def test_a_crf_is_refused(encoder: Path) -> None:
    with pytest.raises(ConfigError, match=r"student\.crf: needs one class per word"):
        Student.create(TASK, student_config(encoder, crf=True), seed=1)


def test_lost_spans_are_part_of_the_training_record(encoder: Path, tmp_path: Path) -> None:
    gold = nested_documents(8)
    first = gold[0]
    inner = Span(first.text.index("Bank"), first.text.index("Bank") + 4, "ORG")
    spans = (*(first.spans or ()), inner)
    gold[0] = first.with_annotation(Annotation(spans))
    report = vermeil.train(job_of(encoder, 1, gold=gold), tmp_path / "model")
    assert report.record["losses"]["gold"] == {"same_label": 1}
