"""Several labels per text from training to a service, with a tiny encoder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.toys import blending

import vermeil
from vermeil.data.document import Annotation, Document, LabelAbstention
from vermeil.data.progress import silent
from vermeil.jobs.int8_guard import Int8Options
from vermeil.selection.ranking.config import UncertaintyMeasure
from vermeil.student.config import StudentConfig
from vermeil.student.load import load_predictor
from vermeil.student.student import Student
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob

WORDS = {"sport": "! !", "trade": "? ?", "rain": "$ $"}


@pytest.fixture(scope="module")
def several() -> Task:
    labels: dict[str, Any] = {name: {} for name in WORDS}
    section = {"name": "classification", "multi_label": True, "labels": labels}
    return make_task(TaskConfig.model_validate(section))


def texts(number: int, kind: str) -> list[Document]:
    """Texts with every combination of labels, each label with a word of its own."""
    found = []
    for i in range(number):
        chosen = [name for bit, name in enumerate(WORDS) if (i >> bit) & 1]
        text = " ".join(["a", *(WORDS[name] for name in chosen), "b"])
        annotation = Annotation(labels=tuple(chosen))
        found.append(Document(f"{kind}{i}", f"{text} {i}", annotation=annotation))
    return found


def job_of(task: Task, encoder: Path, **values: Any) -> TrainJob:
    student = StudentConfig(encoder=str(encoder), threads=1, learning_rate=5e-3)
    return TrainJob(task=task, student=student, blending=blending("gold_only", 16), **values)


@pytest.fixture(scope="module")
def trained(encoder: Path, several: Task, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("multi") / "model"
    job = job_of(several, encoder, gold=texts(64, "g"), dev=texts(48, "d"))
    report = vermeil.train(job, folder)
    assert set(report.record["thresholds"]) == set(WORDS)
    return folder


def f1_of(model: Path, task: Task) -> float:
    gold = texts(48, "t")
    plain = [replace(one, annotation=Annotation()) for one in gold]
    return vermeil.evaluate(list(vermeil.predict(model, plain)), gold, task).overall.f1


def test_a_student_learns_every_label_and_stores_its_thresholds(
    trained: Path, several: Task
) -> None:
    assert f1_of(trained, several) > 0.9
    stored = json.loads((trained / "vermeil.json").read_text())["task"]["labels"]
    config = json.loads((trained / "config.json").read_text())
    assert config["problem_type"] == "multi_label_classification"
    assert all(0 < stored[label]["threshold"] < 1 for label in WORDS)
    (document,) = vermeil.predict(trained, ["a ! ! ? ? b 3"])
    assert set(document.annotation.label_scores or {}) == set(WORDS)


def test_calibration_changes_scores_and_no_label(
    trained: Path, several: Task, tmp_path: Path
) -> None:
    import shutil

    model = tmp_path / "model"
    shutil.copytree(trained, model)
    plain = [one.text for one in texts(64, "t")]
    before = list(vermeil.predict(model, plain))
    report = vermeil.calibrate(model, texts(64, "c"))
    assert report.before.number == 64 * len(WORDS)
    after = list(vermeil.predict(model, plain))
    assert report.temperature != 1
    assert [one.labels for one in after] == [one.labels for one in before]
    assert after[1].annotation.label_scores != before[1].annotation.label_scores


def test_the_exported_student_has_the_same_labels_and_int8_is_guarded(
    trained: Path, several: Task, tmp_path: Path
) -> None:
    pytest.importorskip("onnx")
    check = texts(48, "t")
    report = vermeil.export(trained, tmp_path / "onnx", check=check, int8=Int8Options())
    assert report.logit_difference["fp32"] < 1e-3
    assert report.f1["fp32"] == report.f1["student"] > 0.9
    plain = [one.text for one in check]
    expected = [one.labels for one in vermeil.predict(trained, plain)]
    found = vermeil.predict(tmp_path / "onnx", plain, precision="fp32")
    assert [one.labels for one in found] == expected


def test_long_texts_have_the_labels_of_any_window_and_are_counted(
    trained: Path, several: Task
) -> None:
    long = "a b " * 60 + "! ! " + "a b " * 60
    student = Student.load(trained)
    (encoded, rows), *_ = student.predictor().predict_proba([Document("x", long)])
    assert len(encoded.windows) > 2
    single = []
    for window in encoded.windows:
        logits = student.predictor().runner.logits(
            window.input_ids[None],
            np.ones((1, len(window.input_ids)), np.int64),
            None if window.features is None else window.features[None],
        )
        single.append(1 / (1 + np.exp(-logits[0])))
    assert rows[0] == pytest.approx(np.max(single, axis=0), abs=1e-5)
    (document,) = vermeil.predict(trained, [long])
    assert document.meta["windows"] == len(encoded.windows)


def test_windows_of_one_label_per_text_are_pooled_by_the_mean_of_their_logits(
    encoder: Path, topics: Task
) -> None:
    config = StudentConfig(encoder=str(encoder), threads=1, max_wordpieces=24, overlap=4)
    student = Student.create(topics, config, seed=1)
    (encoded, rows), *_ = student.predictor().predict_proba([Document("x", "a b c " * 20)])
    sizes = [len(window.input_ids) for window in encoded.windows]
    logits = [
        student.predictor().runner.logits(
            window.input_ids[None],
            np.ones((1, size), np.int64),
            None if window.features is None else window.features[None],
        )[0]
        for window, size in zip(encoded.windows, sizes, strict=True)
    ]
    mean = np.average(logits, axis=0, weights=sizes)
    assert rows[0] == pytest.approx(np.exp(mean) / np.exp(mean).sum(), abs=1e-5)


def test_a_masked_label_is_not_trained(encoder: Path, several: Task) -> None:
    student = Student.create(several, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    known = texts(4, "g")
    masked = [
        one.with_annotation(
            replace(one.annotation, abstain_labels=(LabelAbstention(("trade", "rain")),), labels=())
        )
        for one in known
    ]
    examples = student.encode(masked, "gold").examples
    assert [one.classes.tolist() for one in examples] == [[0, -100, -100]] * 4
    comparison = student.compare_gradients([examples])
    assert comparison.norms[0] > 0
    weight = student.network.get_parameter("classifier.weight")
    before = weight.detach().clone()
    vermeil_job = job_of(several, encoder, gold=masked)
    from vermeil.training.fit import fit_job

    no_decay = student.config.model_copy(update={"weight_decay": 0.0})
    student.config = no_decay
    fit_job(student, vermeil_job)
    after = weight.detach()
    assert not np.array_equal(before[0].cpu().numpy(), after[0].cpu().numpy())
    assert np.array_equal(before[1:].cpu().numpy(), after[1:].cpu().numpy())


def test_students_rank_texts_by_the_uncertainty_of_all_labels(trained: Path, several: Task) -> None:
    from vermeil.jobs.ranking.signals import student_signals

    documents = [replace(one, annotation=Annotation()) for one in texts(8, "r")]
    measures: tuple[UncertaintyMeasure, ...] = ("margin", "entropy")
    for measure in measures:
        found = student_signals(trained, documents, several, measure, silent, keep=False)
        assert found.uncertainties.shape == (8,)
        assert (found.uncertainties > 0).all()


def test_spacy_gets_a_score_per_label(trained: Path) -> None:
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    nlp.add_pipe("vermeil", config={"model": str(trained)})
    doc = nlp("a ! ! b 1")
    assert set(doc.cats) == set(WORDS)
    assert doc.cats["sport"] > doc.cats["trade"]


def test_transformers_alone_computes_a_probability_per_label(trained: Path) -> None:
    from transformers import pipeline

    text = "a ! ! ? ? b 3"
    classify: Any = pipeline("text-classification", model=str(trained), top_k=None)
    plain = {one["label"]: one["score"] for one in classify([text])[0]}
    (document,) = load_predictor(trained).predict([text])
    assert set(plain) == set(document.annotation.label_scores or {})
    assert sum(plain.values()) != pytest.approx(1, abs=1e-3)  # a sigmoid, not a softmax
