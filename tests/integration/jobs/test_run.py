"""A whole run, and what it does again after something has changed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import vermeil
from vermeil.config import Config, load_config
from vermeil.errors import ConfigError, DataError, LockedError, TeacherError, TrainingError
from vermeil.pipeline.execution import run_stage
from vermeil.pipeline.refine_files import curate_files
from vermeil.pipeline.run import RunReport
from vermeil.teacher.replay.server import ReplayServer

SAME = "its output is up to date (same inputs)"


def run(project: Path, *overrides: str) -> tuple[RunReport, list[str]]:
    log: list[str] = []
    config = load_config(project / "vermeil.toml", overrides)
    return vermeil.run(config, log=log.append), log


def done(report: RunReport) -> list[str]:
    return [stage.name for stage in report.stages if stage.report is not None]


def test_a_run_goes_from_text_to_a_model_and_a_second_one_does_nothing(project: Path) -> None:
    report, log = run(project)
    assert log == [
        f"{name}: starts (not done yet)" for name in ("annotate", "locate", "train", "evaluate")
    ]
    assert set(report.outputs) == {"replies", "silver", "model", "evaluation", "configuration"}
    assert all(path.exists() for path in report.outputs.values())
    evaluation = json.loads(report.outputs["evaluation"].read_text())
    assert (evaluation["corpus"], evaluation["documents"]) == ("test", 8)
    assert load_config(report.outputs["configuration"]) == load_config(project / "vermeil.toml")
    tagged = list(vermeil.predict(report.outputs["model"], ["Ada met Grace in Oslo."]))
    assert tagged[0].spans is not None

    silver = list(vermeil.read_corpus(report.outputs["silver"]))
    (teacher,) = vermeil.corpus_stats(silver).teachers
    assert teacher.documents == sum(not one.annotation.is_empty for one in silver)
    assert teacher.first
    card = (report.outputs["model"] / "README.md").read_text()
    assert f"`{teacher.model}`, {teacher.documents} documents" in card
    assert f"| 8 | {evaluation['overall']['f1']:.3f} |" in card
    assert '{name: "test.jsonl", type: "test.jsonl", split: test}' in card

    again, log = run(project)
    assert done(again) == []
    assert log == [
        f"{name}: skipped, {SAME}" for name in ("annotate", "locate", "train", "evaluate")
    ]
    json.dumps(again.as_dict())


def test_silver_of_an_excluded_teacher_is_left_out(project: Path) -> None:
    report, _ = run(project)
    (teacher,) = vermeil.corpus_stats(vermeil.read_corpus(report.outputs["silver"])).teachers
    excluded = f'corpora.exclude_teachers=["{teacher.model}"]'
    with pytest.raises(vermeil.errors.VermeilError, match="only 0 of 15 documents"):
        run(project, excluded)
    report, _ = run(project, 'corpora.exclude_teachers=["another"]')
    assert done(report) == ["train", "evaluate"]


def test_only_what_a_change_touches_is_done_again(project: Path) -> None:
    run(project)

    report, log = run(project, "run.seed=1")
    assert done(report)[0] == "train"
    assert "train: starts (run.seed changed)" in log

    (project / "vermeil-run" / "evaluation.json").unlink()
    report, log = run(project, "run.seed=1")
    assert done(report) == ["evaluate"]
    assert log[-1] == "evaluate: starts (evaluation.json missing)"

    pool = project / "pool.jsonl"
    pool.write_text("".join(pool.read_text().splitlines(keepends=True)[:14]))
    report, log = run(project, "run.seed=1")
    assert done(report) == ["annotate", "locate", "train", "evaluate"]
    assert log[0] == "annotate: starts (corpora.pool changed)"
    annotated = report.stages[0].report
    assert annotated is not None
    assert (annotated["asked"], annotated["already_stored"]) == (0, 14)


def test_failed_requests_are_sent_again_by_the_next_run(project: Path) -> None:
    pool = project / "pool.jsonl"
    unknown = json.dumps({"id": "new", "text": "Nobody has recorded a reply to this."}) + "\n"
    pool.write_text(pool.read_text() + unknown)
    report, _ = run(project)
    assert report.stages[0].report is not None
    assert report.stages[0].report["states"]["failed"] == 1
    again, log = run(project)
    assert log[0] == "annotate: starts (not done yet)"
    assert again.stages[0].report is not None
    assert again.stages[0].report["asked"] == 1


def recording(newswire: Path, target: Path, change: Callable[[str], str]) -> Path:
    """Write the recorded replies with changed text."""
    lines = (newswire / "replies.standard.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    changed = [json.dumps({**one, "reply": change(one["reply"])}) for one in records]
    target.write_text("\n".join(changed), encoding="utf-8")
    return target


def test_a_run_stops_if_no_label_of_the_teacher_is_in_the_set(
    project: Path, newswire: Path, tmp_path: Path
) -> None:
    renamed = recording(
        newswire, tmp_path / "renamed.jsonl", lambda r: r.replace('"label": "', '"label": "MY-')
    )
    with ReplayServer({"recorded": renamed}) as teacher:
        with pytest.raises(TrainingError, match="has a label of the task") as raised:
            run(project, f"teacher.base_url={teacher.base_url}")
        assert "done" in str(raised.value)
        assert not (project / "vermeil-run" / "model").exists()
        report, _ = run(
            project, f"teacher.base_url={teacher.base_url}", "blending.regimen=gold_only"
        )
    assert done(report) == ["train", "evaluate"]


def test_a_run_stops_if_too_few_documents_are_usable(
    project: Path, newswire: Path, tmp_path: Path
) -> None:
    elsewhere = recording(
        newswire, tmp_path / "other.jsonl", lambda r: r.replace('"text": "', '"text": "Qqxz ')
    )
    share = "selection.min_usable_share=0.9"
    with (
        ReplayServer({"recorded": elsewhere}) as teacher,
        pytest.raises(TrainingError, match=r"only \d+ of 15 documents .*unplaced"),
    ):
        run(project, f"teacher.base_url={teacher.base_url}", share)
    silver = (project / "vermeil-run" / "silver.jsonl").read_text(encoding="utf-8").splitlines()
    states = json.loads((project / "vermeil-run" / "locate.json").read_text())["states"]
    assert sum("spans" not in json.loads(line) for line in silver) == states["unplaced"] > 0


def test_silver_of_ones_own_needs_no_teacher(project: Path, newswire: Path) -> None:
    report, _ = run(
        project,
        f"corpora.silver={newswire / 'dev.jsonl'}",
        "teacher.base_url=http://127.0.0.1:1/v1",
    )
    assert done(report) == ["train", "evaluate"]
    assert report.stages[0].reason.startswith("corpora.silver is given")


def test_a_regimen_without_silver_sends_no_request(project: Path) -> None:
    report, log = run(project, "blending.regimen=gold_only", "corpora.test=none")
    assert done(report) == ["train"]
    assert log[0] == "annotate: skipped, the regimen gold_only uses no silver"
    assert log[-1] == "evaluate: skipped, neither corpora.test nor corpora.dev is given"


def test_an_error_of_a_later_stage_is_raised_before_the_first_request(project: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        run(project, "corpora.gold=none", "corpora.pool=none")
    assert [p.split(":")[0] for p in raised.value.problems] == ["corpora.gold", "corpora.pool"]
    with pytest.raises(ConfigError, match="no folder"):
        run(project, "student.encoder=./nowhere")
    with pytest.raises(ConfigError, match=r"teacher\.prompt"):
        run(project, "teacher.prompt=haiku")
    (project / "test.jsonl").write_text('{"id": "1", "text": "Oslo", "spans": [{}]}\n')
    with pytest.raises(DataError, match=r"test\.jsonl:1"):
        run(project)
    assert not (project / "vermeil-run").exists()


def test_after_a_teacher_that_was_not_there_a_run_goes_on(project: Path) -> None:
    with pytest.raises(TeacherError, match="cannot reach"):
        run(project, "teacher.base_url=http://127.0.0.1:1/v1", "teacher.retries=0")
    report, _ = run(project)
    assert done(report) == ["annotate", "locate", "train", "evaluate"]


HOLD = """
import sys, time
from vermeil.data.lock import lock_folder, lock_path
with lock_folder(sys.argv[1]) if sys.argv[2] == "folder" else lock_path(sys.argv[1]):
    print("locked", flush=True)
    time.sleep(300)
"""


def execute(stage: str, config: Config) -> None:
    if stage == "run":
        vermeil.run(config)
    elif stage == "select":
        curate_files(config, "select")
    else:
        run_stage(stage, config)


@pytest.mark.parametrize(
    ("name", "kind", "stages"),
    [
        ("vermeil-run", "folder", ["run", "annotate", "locate", "train", "evaluate", "select"]),
        ("vermeil-run/model", "path", ["train"]),
        ("vermeil-run/replies.sqlite", "path", ["run", "annotate"]),
    ],
)
def test_second_process_in_the_same_folder_is_refused(
    project: Path, name: str, kind: str, stages: list[str]
) -> None:
    run(project)
    before = {p: p.read_bytes() for p in (project / "vermeil-run").rglob("*") if p.is_file()}
    config = load_config(project / "vermeil.toml", ["run.seed=1", "teacher.temperature=0.5"])
    command = [sys.executable, "-c", HOLD, str(project / name), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        for stage in stages:
            with pytest.raises(LockedError, match=f"is in use by process {process.pid} on host"):
                execute(stage, config)
        process.kill()
    if kind == "folder":
        after = {p: p.read_bytes() for p in before}
        assert after == before
