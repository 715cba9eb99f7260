"""Refining, selecting and the regimen auto by the command line, at toy size."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from tests.tiny import make_encoder

GOLD, OTHERS = 20, 10


def first_lines(path: Path, number: int) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in islice(lines, number)]


def write(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")


@pytest.fixture
def project(tmp_path: Path, newswire: Path) -> Path:
    """Gold sentences; silver of the same and of others, by a teacher that knows no organisation."""
    gold = first_lines(newswire / "train.jsonl", GOLD)
    silver = []
    for record in [*gold, *first_lines(newswire / "pool.gold.jsonl", OTHERS)]:
        spans = [
            {**span, "label": "LOC" if span["label"] == "ORG" else span["label"]}
            for span in record["spans"]
        ]
        silver.append({**record, "id": f"said-{record['id']}", "spans": spans})
    write(tmp_path / "gold.jsonl", gold)
    write(tmp_path / "silver.jsonl", silver)
    make_encoder(tmp_path / "tiny")
    labels = "".join(f"[task.labels.{name}]\n" for name in ("PER", "ORG", "LOC", "MISC"))
    (tmp_path / "vermeil.toml").write_text(
        f"{labels}[corpora]\ngold = 'gold.jsonl'\nsilver = 'silver.jsonl'\n"
        "[student]\nencoder = 'tiny'\nthreads = 1\n[blending.budget]\n"
        "gold_epochs = 1\nsilver_epochs = 1\n[selection]\nfolds = 2\n"
    )
    return tmp_path


@pytest.mark.slow
def test_silver_is_refined_selected_and_learnt(vermeil: Any, project: Path) -> None:
    done = vermeil("refine", "--json")
    assert done.returncode == 0, done.stderr
    assert "fold" in done.stderr  # progress
    report = json.loads(done.stdout)
    assert report["documents"]["doubly_labelled"] == GOLD
    assert report["documents"]["written"] == OTHERS
    refined = [json.loads(line) for line in Path(report["output"]).read_text("utf-8").splitlines()]
    assert [r["id"] for r in refined] == [
        json.loads(line)["id"]
        for line in (project / "silver.jsonl").read_text().splitlines()[GOLD:]
    ]
    written = json.loads(Path(report["report_file"]).read_text("utf-8"))
    assert written == {k: v for k, v in report.items() if k not in ("output", "report_file")}

    # The same students are asked again by select: nothing is trained anew.
    kept = {p: p.stat().st_mtime_ns for p in (project / "vermeil-run" / "judging").iterdir()}
    done = vermeil("select", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert {p: p.stat().st_mtime_ns for p in kept} == kept
    for shown in ("teacher", "students", "judge", "AUROC", "policy abstain", "ranking.jsonl"):
        assert shown in done.stdout
    ranked = first_lines(project / "vermeil-run" / "ranking.jsonl", 1000)
    assert {row["id"] for row in ranked} <= {r["id"] for r in refined}
    assert list(ranked[0]) == ["id", "worth", "errors"]
    assert (project / "vermeil-run" / "selected.jsonl").exists()

    done = vermeil("train", "--json", "--regimen", "auto")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["refinement"]["documents"]["written"] == record["silver_documents"] == OTHERS
    assert record["regimen"] == "simple_mix"


def test_gold_that_the_teacher_did_not_annotate_is_an_error_that_says_what_to_do(
    vermeil: Any, project: Path
) -> None:
    lines = (project / "silver.jsonl").read_text("utf-8").splitlines(keepends=True)
    (project / "silver.jsonl").write_text("".join(lines[GOLD:]), "utf-8")
    for verb in ("refine", "select"):
        done = vermeil(verb)
        assert done.returncode == 3
        assert f"none of the {GOLD} gold texts is in silver" in done.stderr
        assert "set teacher.annotate_gold to true" in done.stderr
        assert "Traceback" not in done.stderr
        assert not (project / "vermeil-run" / "judging").exists()  # nothing was trained for it


def test_without_gold_there_is_nothing_to_judge_by(vermeil: Any, project: Path) -> None:
    done = vermeil("refine", "--set", "corpora.gold=none")
    assert done.returncode == 2
    assert "corpora.gold: missing; name the annotated file that silver is judged by" in done.stderr
