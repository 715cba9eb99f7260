"""Relations by every verb of the student, at toy size: train, predict, evaluate, refine, study."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.relation_toys import RELATIONS, related
from tests.tiny import make_encoder

from vermeil.corpora import write_corpus
from vermeil.data.document import Document
from vermeil.data.relation import Relation

GOLD, OTHERS, TEST = 24, 12, 12


def _types() -> str:
    lines = []
    for name, settings in RELATIONS.items():
        lines.append(f"[task.relations.{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    return "\n".join(lines)


CONFIG = f"""
[task]
name = "relations"
[task.labels.PER]
[task.labels.LOC]
{_types()}
[corpora]
gold = 'gold.jsonl'
silver = 'silver.jsonl'
dev = 'dev.jsonl'
test = 'test.jsonl'
[student]
encoder = 'tiny'
threads = 1
[blending.budget]
gold_epochs = 2
silver_epochs = 1
[selection]
folds = 2
[study]
seeds = [0]
resamples = 100
gold_documents = {GOLD}
"""


def as_teacher(document: Document) -> Document:
    """Return a document as a teacher annotates it that takes every leader for an acquaintance."""
    annotation = document.annotation
    relations = [
        Relation(min(r.head, r.tail), max(r.head, r.tail), "knows") if r.label == "leads" else r
        for r in annotation.relations or ()
    ]
    spans = tuple(replace(s, label="PER") for s in annotation.spans or ())
    if not relations:  # and every place without a relation for a person
        annotation = replace(annotation, spans=spans)
    return document.with_annotation(replace(annotation, relations=tuple(relations)))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Gold, silver of the same texts and of others, dev and test."""
    make_encoder(tmp_path / "tiny")
    every = [replace(d, text=d.text) for d in related(GOLD + OTHERS + 2 * TEST)]
    train = every[: GOLD + OTHERS]
    parts = {
        "gold": train[:GOLD],
        "silver": [as_teacher(d) for d in train],
        "dev": every[len(train) : len(train) + TEST],
        "test": every[len(train) + TEST :],
    }
    for name, documents in parts.items():
        write_corpus(documents, tmp_path / f"{name}.jsonl")
    (tmp_path / "vermeil.toml").write_text(CONFIG)
    return tmp_path


def test_train_predict_and_evaluate(vermeil: Any, project: Path) -> None:
    done = vermeil("train", "--json", "--quiet", "--set", "student.select=best_dev")
    assert done.returncode == 0, done.stderr
    model = Path(json.loads(done.stdout)["model"])
    assert (model / "pair_head.npz").is_file()
    assert "born_in" in (model / "README.md").read_text()
    done = vermeil("predict", model, "test.jsonl", "--output", "found.jsonl", "--quiet")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in (project / "found.jsonl").read_text().splitlines()]
    assert len(found) == TEST
    assert all("relations" in record for record in found)
    done = vermeil("evaluate", model, "test.jsonl", "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "entities" in done.stdout


@pytest.mark.slow
def test_refine_keeps_relations(vermeil: Any, project: Path) -> None:
    done = vermeil("refine", "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    [path] = project.glob("vermeil-run/**/*.jsonl")
    refined = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(refined) == OTHERS
    assert any(record["relations"] for record in refined)
    judged = json.loads(done.stdout)["relation_judge"]
    assert judged["pairs"] >= judged["minimum_pairs"]
    assert {"gain", "judge", "better_than_teacher"} <= judged.keys()
    done = vermeil("select", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "the judge of relations is" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("regimen", ["auto", "self_training"])
def test_students_annotate_plain_text_with_relations(
    vermeil: Any, project: Path, regimen: str
) -> None:
    plain = [Document(f"p{i}", f"{d.text} on day {i}") for i, d in enumerate(related(30))]
    silver = (project / "silver.jsonl").read_text()
    write_corpus(plain, project / "plain.jsonl")
    (project / "silver.jsonl").write_text(silver + (project / "plain.jsonl").read_text())
    done = vermeil("train", "--set", f"blending.regimen='{regimen}'", "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    own = report if regimen == "self_training" else report["refinement"]["documents"]
    assert own["self_annotated"] == len(plain)
    if regimen == "self_training":
        return
    done = vermeil("refine", "--json", "--quiet")
    [path] = project.glob("vermeil-run/**/refined.jsonl")
    refined = [json.loads(line) for line in path.read_text().splitlines()]
    annotated = [record for record in refined if record["id"].startswith("p")]
    assert len(annotated) == len(plain)
    assert all("relations" in record for record in annotated)
    assert json.loads(done.stdout)["documents"]["self_annotated"] == len(plain)


@pytest.mark.slow
def test_a_study_runs_with_every_kind_of_regimen(vermeil: Any, project: Path) -> None:
    regimens = ["gold_only", "silver_only", "pooled", "simple_mix", "sigmoid", "power", "auto"]
    options = (
        *("--set", f"study.regimens={json.dumps(regimens)}"),
        *("--set", 'study.mechanism.regimens=["simple_mix"]'),
        "--json",
        "--quiet",
    )
    done = vermeil("study", *options)
    assert done.returncode == 0, done.stderr
    assert {cell["regimen"] for cell in json.loads(done.stdout)["cells"]} == set(regimens)
    again = vermeil("study", *options)
    assert json.loads(again.stdout)["ran"] == 0
