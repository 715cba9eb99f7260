"""Every regimen that a configuration can name, by every verb that takes one, at toy size."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from tests.tiny import make_encoder

from vermeil.blending.regimens import REGIMENS
from vermeil.studies.cells.regimens import BEFORE_ADDED, KNOWN_REGIMENS
from vermeil.studies.config import StudyConfig

GOLD, OTHERS, PLAIN, TEST = 16, 8, 4, 8
ANNOTATED = GOLD + OTHERS
SIMPLE_MIX = [name for name, spec in REGIMENS.items() if spec.makes_silver] + ["recommended"]
"""Regimens whose final training is Simple Mix here: gold is too small to measure the teacher."""
LABELS = ("PER", "ORG", "LOC", "MISC")
COLUMNS = 80
PATHS = (
    "model",
    "silver",
    "evaluation",
    "configuration",
    "report",
    "results",
    "tables",
    "figures",
    "annotate new text",
)
"""Lines that begin with one of these may be longer than the terminal is wide: they are copied."""

CONFIG = f"""
{"".join(f"[task.labels.{name}]" + chr(10) for name in LABELS)}
[corpora]
gold = 'gold.jsonl'
silver = 'silver.jsonl'
test = 'test.jsonl'

[student]
encoder = 'tiny'
threads = 1

[blending]
table = [[0, 0.1], [1, 0.9]]

[blending.budget]
gold_epochs = 1
silver_epochs = 1

[selection]
folds = 2

[study]
seeds = [0]
resamples = 100
gold_documents = {GOLD}
silver_documents = {OTHERS}
plain_documents = {PLAIN}
"""


def write(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")


def as_teacher(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as a teacher annotates it that knows no organisation."""
    spans = [
        {**span, "label": "LOC" if span["label"] == "ORG" else span["label"]}
        for span in record["spans"]
    ]
    return {**record, "spans": spans}


def without_spans(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "spans"}


@pytest.fixture
def records(newswire: Path) -> list[dict[str, Any]]:
    """Sentences of the sample corpus that people annotated."""
    with (newswire / "train.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in islice(lines, ANNOTATED + PLAIN + TEST)]


@pytest.fixture
def project(tmp_path: Path, records: list[dict[str, Any]]) -> Path:
    """Gold, silver of the same texts and of others, plain text, and test."""
    make_encoder(tmp_path / "tiny")
    write(tmp_path / "gold.jsonl", records[:GOLD])
    plain = [without_spans(r) for r in records[ANNOTATED : ANNOTATED + PLAIN]]
    write(tmp_path / "silver.jsonl", [*map(as_teacher, records[:ANNOTATED]), *plain])
    write(tmp_path / "test.jsonl", records[ANNOTATED + PLAIN :])
    (tmp_path / "vermeil.toml").write_text(CONFIG)
    return tmp_path


def lines_of(shown: str) -> list[str]:
    """Return the lines of a terminal, after checking that none is too wide or cut off."""
    lines = shown.splitlines()
    for line in lines:
        assert len(line) <= COLUMNS or line.startswith(PATHS), line
        assert "…" not in line
    return lines


def check_judge(shown: str) -> None:
    """Check that the judge's scores on gold are shown, and no detail of them that is for files."""
    for part in (
        "refinement",
        "teacher",
        "students",
        "judge",
        "AUROC",
        "policy",
        "doubly labelled",
    ):
        assert part in shown
    assert "bins" not in shown


def test_auto_shows_how_good_the_judge_is_on_gold(terminal: Any, project: Path) -> None:
    done = terminal("train", "--regimen", "auto", "--quiet")
    assert done.returncode == 0, done.stderr
    lines_of(done.stdout)
    check_judge(done.stdout)
    assert (project / "vermeil-run" / "model" / "training.json").exists()


def test_auto_without_gold_that_the_teacher_annotated_names_what_is_missing(
    vermeil: Any, project: Path, records: list[dict[str, Any]]
) -> None:
    write(project / "silver.jsonl", [as_teacher(r) for r in records[GOLD:ANNOTATED]])
    done = vermeil("train", "--regimen", "auto", "--quiet")
    assert done.returncode == 3
    assert f"none of the {GOLD} gold texts is in silver" in done.stderr
    assert "set teacher.annotate_gold to true" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (project / "vermeil-run" / "model").exists()


def test_self_training_without_plain_text_names_what_is_missing(
    vermeil: Any, project: Path, records: list[dict[str, Any]]
) -> None:
    write(project / "silver.jsonl", [as_teacher(r) for r in records[GOLD:ANNOTATED]])
    done = vermeil("train", "--regimen", "self_training", "--quiet")
    assert done.returncode == 3
    assert "no document is without an annotation" in done.stderr
    done = vermeil(
        "study", "--quiet", "--set", 'study.regimens=["gold_only", "self_training"]',
        "--set", "study.plain_documents=0",
    )  # fmt: skip
    assert done.returncode == 2
    assert "study.plain_documents: self_training annotates" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("regimen", REGIMENS)
def test_train_takes_every_regimen(regimen: str, vermeil: Any, project: Path) -> None:
    done = vermeil("train", "--regimen", regimen, "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert Path(report["model"]) == project / "vermeil-run" / "model"
    assert report["regimen"] == ("simple_mix" if regimen in SIMPLE_MIX else regimen)
    assert ("refinement" in report) == (regimen == "auto")
    assert report.get("self_annotated") == (PLAIN if regimen == "self_training" else None)


@pytest.mark.slow
@pytest.mark.parametrize("regimen", REGIMENS)
def test_run_takes_every_regimen(regimen: str, terminal: Any, project: Path) -> None:
    done = terminal("run", "--quiet", "--set", f"blending.regimen={regimen}")
    assert done.returncode == 0, done.stderr
    lines = lines_of(done.stdout)
    shown = "\n".join(lines)
    for part in ("train", "evaluate", "overall", "boundaries only", "corpus", "annotate new text"):
        assert part in shown
    trained = "simple_mix" if regimen in SIMPLE_MIX else regimen
    assert ["regimen", trained] in [line.split() for line in lines]
    assert (project / "vermeil-run" / "evaluation.json").exists()
    if regimen == "auto":
        check_judge(shown)


@pytest.mark.slow
def test_a_study_takes_every_regimen(
    terminal: Any, vermeil: Any, project: Path, records: list[dict[str, Any]]
) -> None:
    # The ceiling needs gold of the silver documents, and auto the teacher's labels of gold.
    both = records[: ANNOTATED + PLAIN]
    write(project / "gold.jsonl", both)
    write(project / "silver.jsonl", [as_teacher(r) for r in both])
    named = list(dict.fromkeys([*KNOWN_REGIMENS, *StudyConfig().regimens]))
    named.remove(BEFORE_ADDED)  # needs a label with added = true: test_added_labels.py
    options = ("--set", f"study.regimens={json.dumps(named)}", "--quiet")
    done = terminal("study", *options)
    assert done.returncode == 0, done.stderr
    lines_of(done.stdout)
    done = vermeil("study", *options, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["ran"] == 0
    assert {cell["regimen"] for cell in report["cells"]} == set(named)
    assert all(
        (cell["refinement"] is not None) == (cell["regimen"] == "auto") for cell in report["cells"]
    )
