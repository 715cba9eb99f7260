"""A saved student with a pair head: exported, calibrated, served, and in a spaCy pipeline."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.relation_toys import related, untrained_student

from vermeil.corpora import write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Annotation, Document
from vermeil.errors import DataError
from vermeil.jobs.calibrate import calibrate
from vermeil.jobs.evaluate_files import evaluate_files
from vermeil.jobs.export import export
from vermeil.jobs.int8_guard import Int8Options
from vermeil.jobs.predict import predict
from vermeil.student.inference.pair_scorer import PAIR_HEAD

TEXTS = ["Bo knows AL in Rome", "", "x", "Al , Cy and Di met in Bonn today " * 4]

WITHOUT_TORCH = """
import json, sys
for name in ("torch", "transformers", "onnx"):
    sys.modules[name] = None  # importing it is an error
from pathlib import Path
from vermeil import predict
for document in predict(Path(sys.argv[1]), sys.argv[2:]):
    found = document.annotation.relations
    print(json.dumps([[r.head, r.tail, r.label, round(r.score, 3)] for r in found]))
"""


@pytest.fixture
def model(encoder: Path, tmp_path: Path) -> Path:
    """An untrained student that finds many entities and relations."""
    student = untrained_student(encoder, -3, leads={}, knows={"symmetric": True})
    student.save(tmp_path / "model", {})
    return tmp_path / "model"


def shown(documents: Iterable[Document]) -> list[list[list[Any]]]:
    return [
        [[r.head, r.tail, r.label, round(r.score or 0, 3)] for r in d.annotation.relations or ()]
        for d in documents
    ]


def test_onnx_finds_the_same_relations_without_torch(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    report = export(model, tmp_path / "onnx")
    assert report.logit_difference["fp32"] < 1e-3
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(tmp_path / "onnx"), *TEXTS],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = shown(predict(model, TEXTS, precision="fp32"))
    assert [json.loads(line) for line in done.stdout.splitlines()] == expected
    assert sum(map(len, expected)) > 3


def test_int8_keeps_the_pair_head(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    gold = list(predict(model, [d.text for d in related(30)]))
    options = Int8Options(max_f1_loss=1.0, min_agreement=0)
    report = export(model, tmp_path / "onnx", gold, int8=options)
    assert set(report.f1) == {"student", "fp32", "int8"}
    assert report.f1["fp32"] > 0.98
    found = predict(tmp_path / "onnx", TEXTS, precision="int8")
    assert all(d.annotation.relations is not None for d in found)
    (tmp_path / "onnx" / PAIR_HEAD).write_bytes(b"nothing")
    with pytest.raises(DataError, match=PAIR_HEAD):
        list(predict(tmp_path / "onnx", TEXTS))


def test_the_scores_of_relations_have_a_temperature_of_their_own(model: Path) -> None:
    found = list(predict(model, [d.text for d in related(120)], precision="fp32"))
    half = [
        d if i % 2 else d.with_annotation(Annotation(spans=(), relations=()))
        for i, d in enumerate(found)
    ]
    report = calibrate(model, half)
    assert report.relations is not None
    assert report.relations.temperature > 1
    assert report.relations.after.ece < report.relations.before.ece
    assert "relations" in report.as_dict()
    again = calibrate(model, half)
    assert again.relations is not None
    assert again.relations.after == report.relations.after
    assert again.relations.temperature == report.relations.temperature
    after = list(predict(model, [d.text for d in related(120)], precision="fp32"))
    before, now = (
        [[replace(r, score=None) for r in d.annotation.relations or ()] for d in docs]
        for docs in (found, after)
    )
    assert before == now
    assert shown(found) != shown(after)


def test_spacy_gets_relations(model: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings of spaCy's dependencies on import
        spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    nlp.add_pipe("vermeil", config={"model": str(model)})
    texts = [TEXTS[0], TEXTS[3]]
    for doc, predicted in zip(nlp.pipe(texts), predict(model, texts), strict=True):
        spans = predicted.annotation.spans or ()
        expected = [
            (spans[r.head].start, spans[r.tail].start, r.label, r.score)
            for r in predicted.annotation.relations or ()
        ]
        found = [(r.head.start_char, r.tail.start_char, r.label, r.score) for r in doc._.relations]
        assert found == expected
        assert found


def test_evaluate_measures_the_calibration_of_relations(model: Path, tmp_path: Path) -> None:
    found = list(predict(model, [d.text for d in related(30)], precision="fp32"))
    gold = [
        d if i % 3 else d.with_annotation(replace(d.annotation, relations=None))
        for i, d in enumerate(found)
    ]
    write_corpus(gold, tmp_path / "gold.jsonl")
    scores = evaluate_files(model, CorpusConfig(path=tmp_path / "gold.jsonl"), precision="fp32")
    expected = [r.score or 0 for d in gold for r in d.annotation.relations or ()]
    assert scores.relations is not None
    assert scores.relations.number == len(expected) > 3
    errors = sum((1 - score) ** 2 for score in expected)  # gold is what the model predicts
    assert scores.relations.brier == pytest.approx(errors / len(expected), abs=1e-3)
    assert scores.as_dict()["relation_reliability"] == scores.relations.as_dict()
