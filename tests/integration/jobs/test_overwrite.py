"""Every function that writes leaves the files of its user alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from tests.study_records import cell_record
from tests.toys import blending, sentences

import vermeil
from vermeil.config import load_config
from vermeil.corpora import write_corpus
from vermeil.corpora.config import CorpusConfig, FileFormat
from vermeil.data.document import Document
from vermeil.data.written import RECORD
from vermeil.demo.run import copy_sample
from vermeil.errors import ConfigError, DataError, TrainingError
from vermeil.jobs.export import export
from vermeil.jobs.predict import predict_file
from vermeil.jobs.replies import export_replies
from vermeil.jobs.review import export_for_review, import_review
from vermeil.jobs.train import train
from vermeil.pipeline.execution import run_stage
from vermeil.pipeline.refine_files import curate_files
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.studies.best_model import BestModel
from vermeil.studies.results.load import results_from_record
from vermeil.tasks.protocol import Task
from vermeil.teacher.store.records import RecordFilter
from vermeil.teacher.store.store import ReplyStore
from vermeil.training.job import TrainJob

MINE = "mine\n"
SILVER = sentences(3)


@pytest.fixture
def student(task: Task, encoder: Path) -> Student:
    return Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)


def project_of_the_user(folder: Path) -> Path:
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "app.py").write_text(MINE)
    (folder / "Dockerfile").write_text(MINE)
    return folder


def is_untouched(folder: Path) -> bool:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files) == 2 and all(path.read_text() == MINE for path in files)


def train_into(folder: Path, task: Task, encoder: Path, **options: Any) -> None:
    config = StudentConfig(encoder=str(encoder), threads=1)
    job = TrainJob(gold=sentences(4), task=task, student=config, blending=blending(epochs=1))
    train(job, folder, **options)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_student_is_not_saved_over_a_folder_of_the_user(
    tmp_path: Path, student: Student, overwrite: bool
) -> None:
    folder = project_of_the_user(tmp_path / "app")
    with pytest.raises(DataError, match=r"app: holds files .*\(Dockerfile, src/\)"):
        student.save(folder, {}, overwrite=overwrite)
    assert is_untouched(folder)


def test_a_student_replaces_a_student_and_leaves_what_lies_beside_it(
    tmp_path: Path, student: Student
) -> None:
    for seed in (1, 2):
        student.save(tmp_path / "model", {"seed": seed})
        (tmp_path / "model" / "Dockerfile").write_text(MINE)
    assert json.loads((tmp_path / "model" / "training.json").read_text()) == {"seed": 2}
    assert (tmp_path / "model" / "Dockerfile").read_text() == MINE
    assert Student.load(tmp_path / "model").task.name == student.task.name


def test_training_is_refused_before_it_starts(tmp_path: Path, task: Task, encoder: Path) -> None:
    folder = project_of_the_user(tmp_path / "app")

    def progress(*_: object) -> None:
        pytest.fail("training started")

    for overwrite in (False, True):
        with pytest.raises(DataError, match="did not write"):
            train_into(folder, task, encoder, progress=progress, overwrite=overwrite)
    (tmp_path / "file").write_text(MINE)
    with pytest.raises(DataError, match="file: is a file; name a folder"):
        train_into(tmp_path / "file", task, encoder, progress=progress)
    assert is_untouched(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app", "file"]


def test_training_into_an_empty_folder_and_again_keeps_a_file_beside_the_model(
    tmp_path: Path, task: Task, encoder: Path
) -> None:
    (tmp_path / "model").mkdir()
    for _ in range(2):
        train_into(tmp_path / "model", task, encoder)
        (tmp_path / "model" / "notes.md").write_text(MINE)
    assert (tmp_path / "model" / "notes.md").read_text() == MINE


def test_a_folder_of_the_user_with_the_name_of_a_checkpoint_stays(
    tmp_path: Path, task: Task, encoder: Path
) -> None:
    folder = project_of_the_user(tmp_path / "model.checkpoint")
    (folder / ".cache.part").write_text(MINE)
    train_into(tmp_path / "model", task, encoder)
    assert (folder / ".cache.part").read_text() == MINE
    (folder / ".cache.part").unlink()
    assert is_untouched(folder)
    (folder / "training.jsonl").write_text(MINE)
    with pytest.raises(
        TrainingError, match=r"training\.jsonl: this file was not written by a training"
    ):
        train_into(tmp_path / "model", task, encoder)
    assert (folder / "training.jsonl").read_text() == MINE


@pytest.mark.slow
def test_an_export_replaces_an_export_only(tmp_path: Path, student: Student) -> None:
    pytest.importorskip("onnx")
    student.save(tmp_path / "model", {})
    folder = project_of_the_user(tmp_path / "app")
    for overwrite in (False, True):
        with pytest.raises(DataError, match="did not write"):
            export(tmp_path / "model", folder, overwrite=overwrite)
    assert is_untouched(folder)
    (tmp_path / "file").write_text(MINE)
    with pytest.raises(DataError, match="is a file; name a folder"):
        export(tmp_path / "model", tmp_path / "file", overwrite=True)

    for overwrite in (False, True):
        export(tmp_path / "model", tmp_path / "onnx", overwrite=overwrite)
        (tmp_path / "onnx" / "Dockerfile").write_text(MINE)
    assert (tmp_path / "onnx" / "Dockerfile").read_text() == MINE

    with pytest.raises(DataError, match="another kind"):
        export(tmp_path / "model", tmp_path / "model")
    with pytest.raises(DataError, match="another kind"):
        student.save(tmp_path / "onnx", {})
    assert (tmp_path / "model" / "model.safetensors").exists()
    export(tmp_path / "model", tmp_path / "model", overwrite=True)
    assert not (tmp_path / "model" / "model.safetensors").exists()


def _predict(path: Path, model: Path, overwrite: bool) -> object:
    return predict_file(model, SILVER, path, overwrite=overwrite)


def _resume(path: Path, model: Path, overwrite: bool) -> object:
    return predict_file(model, SILVER, path, resume=True, overwrite=overwrite)


def _review(path: Path, _: Path, overwrite: bool) -> object:
    return export_for_review(SILVER, "doccano", path, overwrite=overwrite)


def _replies(path: Path, model: Path, overwrite: bool) -> object:
    store = model.with_name("replies.sqlite")
    with ReplyStore(store):
        pass
    return export_replies(store, path, RecordFilter(), overwrite=overwrite)


def _corpus(path: Path, _: Path, overwrite: bool) -> object:
    return write_corpus(SILVER, path, overwrite=overwrite)


@pytest.mark.parametrize("write", [_predict, _resume, _review, _replies, _corpus])
def test_a_file_is_replaced_only_on_demand(
    tmp_path: Path, student: Student, write: Callable[[Path, Path, bool], object]
) -> None:
    student.save(tmp_path / "model", {})
    path = tmp_path / "out.jsonl"
    path.write_text(MINE)
    with pytest.raises(DataError, match=r"out\.jsonl: exists already; .*--overwrite"):
        write(path, tmp_path / "model", False)
    assert path.read_text() == MINE
    write(path, tmp_path / "model", True)
    assert path.read_text() != MINE
    folder = project_of_the_user(tmp_path / "app.jsonl")
    for overwrite in (False, True):
        with pytest.raises(DataError, match="is a folder; name a file"):
            write(folder, tmp_path / "model", overwrite)
    assert is_untouched(folder)


@pytest.mark.parametrize("name", ["x.parquet", "x.spacy", "x.conll", "x.tsv", "x.txt.gz"])
def test_no_format_replaces_a_file(tmp_path: Path, name: str) -> None:
    pytest.importorskip({".parquet": "pyarrow", ".spacy": "spacy"}.get(name[1:], "json"))
    (tmp_path / name).write_text(MINE)
    with pytest.raises(DataError, match="exists already"):
        write_corpus([Document("x", "Bo")], tmp_path / name)
    assert (tmp_path / name).read_text() == MINE


@pytest.mark.parametrize("name", ["brat", "webanno", "datasets"])
def test_no_format_of_folders_replaces_a_folder(tmp_path: Path, name: FileFormat) -> None:
    folder = project_of_the_user(tmp_path / "corpus")
    for overwrite in (False, True):
        with pytest.raises(DataError, match="exists already"):
            write_corpus(SILVER, folder, name, overwrite=overwrite)
    assert is_untouched(folder)


@pytest.mark.parametrize("existing", ["gold.jsonl", "rest.jsonl"])
def test_gold_from_a_review_and_the_rest_are_replaced_only_on_demand(
    tmp_path: Path, existing: str
) -> None:
    tasks, gold, rest = (tmp_path / f"{name}.jsonl" for name in ("tasks", "gold", "rest"))
    export_for_review(SILVER, "doccano", tasks)
    (tmp_path / existing).write_text(MINE)
    back = CorpusConfig(path=Path(f"doccano:{tasks}"))
    with pytest.raises(DataError, match="exists already"):
        import_review(back, SILVER, gold, rest)
    assert (tmp_path / existing).read_text() == MINE
    import_review(back, SILVER, gold, rest, overwrite=True)
    assert (tmp_path / existing).read_text() != MINE
    with pytest.raises(ConfigError, match="is the same file as --output"):
        import_review(back, SILVER, gold, gold, overwrite=True)


@pytest.mark.parametrize(
    "name", ["config.toml", "stages.json", "silver.jsonl", "locate.json", "evaluation.json"]
)
def test_a_run_into_a_folder_of_the_user_is_refused_before_the_teacher_is_called(
    project: Path, name: str
) -> None:
    (project / name).write_text(MINE)
    config = load_config(project / "vermeil.toml", ["run.output=."])
    with pytest.raises(DataError, match=rf"{name}: exists already"):
        vermeil.run(config)
    assert (project / name).read_text() == MINE
    assert not (project / "replies.sqlite").exists()


def test_a_run_beside_a_folder_of_the_user_named_model_is_refused(project: Path) -> None:
    folder = project_of_the_user(project / "model")
    config = load_config(project / "vermeil.toml", ["run.output=."])
    with pytest.raises(DataError, match="model: holds files that Vermeil did not write"):
        vermeil.run(config)
    assert is_untouched(folder)


def test_stages_replace_their_own_files_and_leave_the_others(project: Path) -> None:
    config = load_config(project / "vermeil.toml", ["run.output=."])
    before = (project / "vermeil.toml").read_text()
    for _ in range(2):
        for stage in ("annotate", "locate"):
            run_stage(stage, config)
        (project / "notes.md").write_text(MINE)
    assert (project / "notes.md").read_text() == MINE
    assert (project / "vermeil.toml").read_text() == before
    names = json.loads((project / RECORD).read_text())["files"]
    assert names == ["config.toml", "locate.json", "silver.jsonl", "stages.json"]
    (project / "evaluation.json").write_text(MINE)
    with pytest.raises(DataError, match=r"evaluation\.json: exists already"):
        run_stage("evaluate", config)


@pytest.mark.parametrize(
    ("verb", "name"), [("select", "ranking.jsonl"), ("refine", "refined.jsonl")]
)
def test_selected_silver_replaces_no_file_of_the_user(
    project: Path, verb: Literal["select", "refine"], name: str
) -> None:
    (project / name).write_text(MINE)
    config = load_config(project / "vermeil.toml", ["run.output=."])
    with pytest.raises(DataError, match=rf"{name}: exists already"):
        curate_files(config, verb)
    assert (project / name).read_text() == MINE


def test_the_best_model_of_a_study_replaces_no_folder_of_the_user(
    tmp_path: Path, student: Student
) -> None:
    folder = project_of_the_user(tmp_path / "model")
    with pytest.raises(DataError, match="did not write"):
        BestModel(tmp_path, {})
    assert is_untouched(folder)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "best.json").write_text(MINE)
    with pytest.raises(DataError, match=r"best\.json: exists already"):
        BestModel(tmp_path / "other", {})


def test_the_best_model_of_a_study_leaves_what_lies_beside_the_candidates(
    tmp_path: Path, student: Student
) -> None:
    mine = project_of_the_user(tmp_path / "candidates" / "app")
    best = BestModel(tmp_path, {})
    for number, f1 in enumerate((0.5, 0.9, 0.7)):
        key = f"{number:024x}"
        student.save(best.candidate_folder(key), {"number": number})
        correct = round(100 * f1)
        record = cell_record("pooled", 0, {"a": [correct, 100, 100]}, key=key)
        (cell,) = results_from_record({"cells": [{**record, "dev": record["test"]}]}).cells
        best.update(cell)
    student.save(best.candidate_folder("f" * 24), {})
    (tmp_path / "candidates" / f".{'e' * 24}.x1_y.part").mkdir()
    best.close()
    assert best.model == tmp_path / "model"
    assert json.loads((tmp_path / "model" / "training.json").read_text()) == {"number": 1}
    assert [path.name for path in (tmp_path / "candidates").iterdir()] == ["app"]
    assert is_untouched(mine)


def test_the_sample_of_the_demo_replaces_nothing_that_was_changed(tmp_path: Path) -> None:
    copy_sample(tmp_path, overwrite=False)
    copy_sample(tmp_path, overwrite=False)
    (tmp_path / "newswire" / "notes").write_text(MINE)
    for name in ("vermeil.toml", "newswire/dev.jsonl"):
        shipped = (tmp_path / name).read_text()
        (tmp_path / name).write_text(MINE)
        with pytest.raises(DataError, match=rf"{name}: was changed"):
            copy_sample(tmp_path, overwrite=False)
        assert (tmp_path / name).read_text() == MINE
        copy_sample(tmp_path, overwrite=True)
        assert (tmp_path / name).read_text() == shipped
    assert (tmp_path / "newswire" / "notes").read_text() == MINE


@pytest.mark.parametrize("name", ["vermeil.toml", "newswire/train.jsonl"])
def test_the_demo_in_a_folder_of_the_user_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(MINE)
    for overwrite in (False, True):
        with pytest.raises(DataError):
            copy_sample(tmp_path, overwrite=overwrite)
    assert (tmp_path / name).read_text() == MINE
