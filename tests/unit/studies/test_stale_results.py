"""Results of an earlier study are reused only if everything that decides them is equal."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file
from tests.tiny import make_encoder

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import DataError
from vermeil.student.config import StudentConfig
from vermeil.studies.config import StudyConfig
from vermeil.studies.finished_cells import ARCHIVE, read_study_cells, write_archive
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.settings import StudySettings
from vermeil.studies.study import StudyReport, study
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig


def documents(prefix: str, count: int, label: str = "PER") -> list[Document]:
    """Return sentences with one span each."""
    return [
        Document(
            f"{prefix}{i}",
            f"{name} came to {prefix} {i}",
            annotation=Annotation((Span(0, len(name), label),)),
        )
        for i, name in enumerate(["Bo", "Al", "Cy", "Di"] * count)
    ][:count]


@dataclass
class Project:
    """A study in a folder, over one encoder."""

    encoder: Path
    output: Path
    regimens: tuple[str, ...] = ("gold_only", "simple_mix")
    dev_label: str = "PER"
    labels: tuple[str, ...] = ("PER",)
    student: dict[str, Any] | None = None

    def run(self, stop: Callable[[str, int], None] = lambda stage, done: None) -> StudyReport:
        """Run the study."""
        task = make_task(TaskConfig.model_validate({"labels": {one: {} for one in self.labels}}))
        corpora = StudyCorpora(
            documents("gold", 6),
            documents("silver", 8),
            documents("dev", 4, self.dev_label),
            documents("test", 4),
        )
        settings = StudySettings(
            task=task,
            study=StudyConfig(regimens=self.regimens, seeds=(0,), resamples=100),
            student=StudentConfig.model_validate(
                {"encoder": str(self.encoder), "threads": 1, **(self.student or {})}
            ),
            blending=BlendingConfig.model_validate({"budget": {"batch_wordpieces": 64}}),
        )
        return study(
            corpora, settings, self.output, lambda stage, done, total, detail: stop(stage, done)
        )

    @property
    def best(self) -> dict[str, Any]:
        """Return the training record of the kept model."""
        record: dict[str, Any] = json.loads((self.output / "model/training.json").read_text())
        return record

    def best_keys(self, report: StudyReport) -> set[str]:
        """Return the keys of the cells with the best dev F1."""
        scores = {cell.key: cell.dev.overall.f1 for cell in report.results.cells if cell.dev}
        return {key for key, score in scores.items() if score == max(scores.values())}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    make_encoder(tmp_path / "encoder")
    return Project(tmp_path / "encoder", tmp_path / "study")


def change_weights(encoder: Path) -> None:
    """Replace the encoder's weights by others of the same size."""
    path = encoder / "model.safetensors"
    save_file({name: one.flip(0) for name, one in load_file(path).items()}, path, {"format": "pt"})


def change_tokenizer(encoder: Path) -> None:
    """Replace two entries of the tokenizer's vocabulary by each other."""
    path = encoder / "tokenizer.json"
    tokenizer = json.loads(path.read_text("utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    first, second = [word for word in vocabulary if word.isalpha()][:2]
    vocabulary[first], vocabulary[second] = vocabulary[second], vocabulary[first]
    path.write_text(json.dumps(tokenizer), "utf-8")


def change_activation(encoder: Path) -> None:
    """Change the activation function in the encoder's configuration."""
    path = encoder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "hidden_act": "relu"}))


@pytest.mark.parametrize("change", [change_weights, change_tokenizer, change_activation])
def test_cells_of_another_encoder_in_the_same_folder_are_not_reused(
    project: Project, change: Callable[[Path], None]
) -> None:
    first = project.run()
    assert (first.ran, first.reused) == (2, 0)
    assert project.run().reused == 2
    change(project.encoder)
    again = project.run()
    assert (again.ran, again.reused) == (2, 0)
    fresh = replace(project, output=project.output.with_name("fresh")).run()
    assert [c.test for c in again.results.cells] == [c.test for c in fresh.results.cells]
    assert project.best["cell"] in project.best_keys(again)


def test_the_same_encoder_in_another_folder_is_reused(project: Project) -> None:
    project.run()
    moved = project.encoder.with_name("moved")
    shutil.copytree(project.encoder, moved)
    (moved / "README.md").write_text("My notes.")
    assert replace(project, encoder=moved).run().reused == 2


@pytest.mark.parametrize(
    "change",
    [
        {"dev_label": "ORG", "labels": ("PER", "ORG")},
        {"labels": ("PER", "LOC")},
        {"student": {"learning_rate": 1e-4}},
    ],
)
def test_the_model_of_an_earlier_study_is_never_the_best(
    project: Project, change: dict[str, Any]
) -> None:
    first = project.run()
    other = replace(project, **change)
    report = other.run()
    assert report.ran == 2
    assert not {cell.key for cell in first.results.cells} & {c.key for c in report.results.cells}
    assert report.model == project.output / "model"
    assert other.best["cell"] in other.best_keys(report)
    if "labels" in change:
        settings = json.loads((project.output / "model/vermeil.json").read_text())
        assert set(settings["task"]["labels"]) == set(change["labels"])


def test_a_model_that_was_not_kept_is_trained_again(project: Project) -> None:
    report = project.run()
    shutil.rmtree(project.output / "model")
    again = project.run()
    assert (again.ran, again.reused, again.retrained) == (0, 2, True)
    assert project.best["cell"] in project.best_keys(report)
    assert project.run().retrained is False


def test_a_damaged_model_is_trained_again(project: Project) -> None:
    project.run()
    weights = project.output / "model/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00\x01")
    assert project.run().retrained is True


@pytest.mark.parametrize("stage_done", [1, 2])
def test_a_study_that_ends_beside_a_finished_cell_keeps_its_model(
    project: Project, stage_done: int
) -> None:
    class Killed(BaseException):
        pass

    def stop(stage: str, done: int) -> None:
        if stage == "study" and done == stage_done:
            raise Killed

    with pytest.raises(Killed):
        project.run(stop)
    report = project.run()
    assert report.reused == stage_done
    assert project.best["cell"] in project.best_keys(report)


def test_a_candidate_that_a_killed_run_left_is_the_best_without_training(project: Project) -> None:
    project.run()
    key = project.best["cell"]
    (project.output / "candidates").mkdir()
    (project.output / "model").rename(project.output / "candidates" / key)
    again = project.run()
    assert (again.ran, again.retrained) == (0, False)
    assert project.best["cell"] == key
    assert not (project.output / "candidates").exists()


def test_cells_in_one_file_are_finished_cells(project: Project) -> None:
    first = project.run()
    write_archive(first.results.cells, project.output / ARCHIVE)
    before = (project.output / ARCHIVE).read_bytes()
    write_archive(reversed(first.results.cells), project.output / ARCHIVE)
    assert (project.output / ARCHIVE).read_bytes() == before
    shutil.rmtree(project.output / "cells")
    again = project.run()
    assert (again.ran, again.reused, again.outdated) == (0, 2, 0)
    assert [cell.test for cell in again.results.cells] == [c.test for c in first.results.cells]
    assert len(read_study_cells(project.output)) == 2


def test_cells_with_an_old_key_are_counted_and_not_reused(project: Project) -> None:
    first = project.run()
    old = [replace(cell, key=cell.key.removeprefix("v2-")) for cell in first.results.cells]
    write_archive(old, project.output / ARCHIVE)
    for path in project.output.glob("cells/*.json"):
        path.unlink()
    again = project.run()
    assert (again.ran, again.reused, again.outdated) == (2, 0, 2)
    assert len(read_study_cells(project.output)) == 4


DAMAGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "list": lambda cell: [],
    "object": lambda cell: {},
    "null": lambda cell: None,
    "text": lambda cell: "cell",
    "null test": lambda cell: {**cell, "test": None},
    "null dev": lambda cell: {**cell, "dev": None},
    "no seed": lambda cell: {k: v for k, v in cell.items() if k != "seed"},
    "steps as text": lambda cell: {**cell, "steps": "12"},
    "seconds negative": lambda cell: {**cell, "seconds": -1},
    "another key": lambda cell: {**cell, "key": "v2-" + "0" * 24},
    "unknown entry": lambda cell: {**cell, "sed": 1},
    "another score": lambda cell: {
        **cell,
        "test": {**cell["test"], "overall": {**cell["test"]["overall"], "f1": 0.123}},
    },
    "groups without items": lambda cell: {**cell, "test_groups": {"a": [1, 2]}},
    "more correct than gold": lambda cell: {**cell, "test_groups": {"a": [9, 9, 4]}},
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("finished")
    make_encoder(folder / "encoder")
    project = Project(folder / "encoder", folder / "study", regimens=("gold_only",))
    project.run()
    return project


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("archived", [False, True])
def test_a_damaged_cell_is_named(finished: Project, damage: str, archived: bool) -> None:
    [path] = finished.output.glob("cells/*.json")
    content = path.read_bytes()
    damaged = json.dumps(DAMAGES[damage](json.loads(content)))
    named = path
    if archived:
        named = finished.output / ARCHIVE
        named.write_bytes(gzip.compress(damaged.encode() + b"\n"))
        path.unlink()
    else:
        path.write_text(damaged)
    try:
        if archived and damage == "another key":
            assert finished.run().ran == 1
        else:
            with pytest.raises(DataError, match=r"delete (it|the cell) to run") as caught:
                finished.run()
            assert str(named) in str(caught.value)
    finally:
        (finished.output / ARCHIVE).unlink(missing_ok=True)
        path.write_bytes(content)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"seed": NaN}'])
def test_a_file_that_is_no_json_is_named(finished: Project, content: bytes) -> None:
    [path] = finished.output.glob("cells/*.json")
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        with pytest.raises(DataError, match=path.name):
            finished.run()
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize("cut", [0, 1, 10, 200])
def test_a_truncated_file_of_cells_is_named(finished: Project, cut: int) -> None:
    archive = finished.output / ARCHIVE
    write_archive(read_study_cells(finished.output), archive)
    archive.write_bytes(archive.read_bytes()[:-cut] if cut else b"not compressed")
    try:
        with pytest.raises(DataError, match=ARCHIVE):
            finished.run()
    finally:
        archive.unlink()
