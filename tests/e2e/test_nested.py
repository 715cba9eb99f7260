"""Nested spans by every verb, at toy size: from the teacher's replies to the study."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.nested_toys import nested_documents
from tests.tiny import make_encoder

from vermeil.corpora import write_corpus
from vermeil.data.document import UNANNOTATED, Document
from vermeil.teacher.replay.server import ReplayServer

GOLD, POOL, TEST = 24, 24, 12

CONFIG = f"""
[task]
nested = true
[task.labels.ORG]
[task.labels.LOC]
[task.labels.PER]
[corpora]
gold = 'gold.jsonl'
pool = 'pool.jsonl'
dev = 'dev.jsonl'
test = 'test.jsonl'
[teacher]
base_url = 'TEACHER'
model = 'recorded'
[student]
encoder = 'tiny'
threads = 1
learning_rate = 1e-2
[blending.budget]
gold_epochs = 12
silver_epochs = 6
[selection]
folds = 2
[study]
seeds = [0]
resamples = 100
gold_documents = {GOLD}
regimens = ["gold_only", "simple_mix"]
"""


def reply_to(number: int, document: Document) -> str:
    """The teacher's answer: every third one misses the place within the organisation."""
    spans = [s for s in document.spans or () if number % 3 or s.label != "LOC"]
    entities = [{"text": document.text[s.start : s.end], "label": s.label} for s in spans]
    return json.dumps({"entities": entities})


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """Gold, a pool with the replies of a teacher, dev and test."""
    make_encoder(tmp_path / "tiny")
    every = nested_documents(GOLD + POOL + 2 * TEST)
    train, rest = every[: GOLD + POOL], every[GOLD + POOL :]
    parts = {
        "gold": train[:GOLD],
        "pool": [one.with_annotation(UNANNOTATED) for one in train],
        "dev": rest[:TEST],
        "test": rest[TEST:],
    }
    for name, documents in parts.items():
        write_corpus(documents, tmp_path / f"{name}.jsonl")
    recording = tmp_path / "replies.jsonl"
    lines = [{"text": one.text, "reply": reply_to(n, one)} for n, one in enumerate(train)]
    recording.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    with ReplayServer({"recorded": recording}, port=0) as teacher:
        (tmp_path / "vermeil.toml").write_text(CONFIG.replace("TEACHER", teacher.base_url))
        yield tmp_path


def has_nesting(record: Any) -> bool:
    """Whether the record has a place within an organisation."""
    spans = record["spans"]
    return any(
        a["label"] == "ORG" and b["label"] == "LOC" and a["start"] <= b["start"] < a["end"]
        for a in spans
        for b in spans
    )


def records(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.slow
def test_from_replies_to_a_study(vermeil: Any, project: Path) -> None:
    for verb in ("annotate", "locate"):
        done = vermeil(verb, "--json", "--quiet")
        assert done.returncode == 0, done.stderr
    [silver] = project.glob("vermeil-run/silver.jsonl")
    nested = [has_nesting(record) for record in records(silver)]
    assert nested == [n % 3 != 0 for n in range(GOLD + POOL)]

    options = ("--set", f"corpora.silver={silver}", "--json", "--quiet")
    done = vermeil("train", *options)
    assert done.returncode == 0, done.stderr
    model = Path(json.loads(done.stdout)["model"])
    done = vermeil("predict", model, "test.jsonl", "--output", "found.jsonl", "--quiet")
    assert done.returncode == 0, done.stderr
    assert sum(map(has_nesting, records(project / "found.jsonl"))) > TEST / 2
    done = vermeil("evaluate", model, "test.jsonl", "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["overall"]["f1"] > 0.7
    done = vermeil("evaluate", "found.jsonl", "test.jsonl", "--json", "--quiet")
    assert done.returncode == 0, done.stderr

    for verb, policy in (("refine", "keep"), ("select", "abstain")):
        done = vermeil(verb, "--set", f"selection.policy={policy}", *options)
        assert done.returncode == 0, done.stderr

    done = vermeil("study", *options)
    assert done.returncode == 0, done.stderr
    assert {cell["regimen"] for cell in json.loads(done.stdout)["cells"]} == {
        "gold_only",
        "simple_mix",
    }


def test_without_the_key_overlaps_are_refused_with_its_name(vermeil: Any, project: Path) -> None:
    done = vermeil("train", "--set", "task.nested=false", "--set", "blending.regimen=gold_only")
    assert done.returncode == 3
    assert "set task.nested = true to keep both" in done.stderr


def test_conll_cannot_hold_overlaps_and_counts_them(vermeil: Any, project: Path) -> None:
    done = vermeil("corpus", "convert", "test.jsonl", "test.conll", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["losses"]["overlap"] == TEST
