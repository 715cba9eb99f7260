"""Recorded replies with relations about CoNLL04, from import to scores."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import read_corpus
from vermeil.evaluation.documents import evaluate
from vermeil.jobs.import_replies import import_replies
from vermeil.jobs.locate import locate
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig

LABELS = ("Peop", "Loc", "Org", "Other")
ENDS = {
    "Work_For": ("Peop", "Org"),
    "Live_In": ("Peop", "Loc"),
    "OrgBased_In": ("Org", "Loc"),
    "Located_In": ("Loc", "Loc"),
    "Kill": ("Peop", "Peop"),
}
SECTION: dict[str, Any] = {
    "name": "relations",
    "labels": {label: {} for label in LABELS},
    "relations": {name: {"head": [h], "tail": [t]} for name, (h, t) in ENDS.items()},
}


@pytest.mark.slow
def test_real_replies_pass_through_the_store(vermeil_data: Path, tmp_path: Path) -> None:
    source = vermeil_data / "conll04" / "train.jsonl.gz"
    task = make_task(TaskConfig.model_validate(SECTION))
    gold = list(read_corpus(source, task.check))
    assert len(gold) == 910
    with gzip.open(source, "rt", encoding="utf-8") as lines, (tmp_path / "r.jsonl").open("w") as to:
        for line in lines:
            record = json.loads(line)
            reply = {"id": record["id"], "reply": record["standard"]}
            to.write(json.dumps(reply) + "\n")
    teacher = TeacherConfig(base_url="http://127.0.0.1:9/v1", model="recorded")
    store = tmp_path / "replies.sqlite"
    imported = import_replies(tmp_path / "r.jsonl", gold, task, teacher, store).counts
    assert (imported["imported"], imported["already_stored"]) == (879, 31)  # 31 repeated texts
    report = locate(gold, task, teacher, store)
    counts = evaluate(report.documents, gold, task)
    assert round(counts.overall.f1, 3) >= 0.594
    assert round(counts.parts["entities"].overall.f1, 3) >= 0.733
    assert report.notes.get("relations_malformed", 0) == 0
    assert report.notes["relations_unplaced"] <= 1
