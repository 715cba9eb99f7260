"""``student.layers``: an encoder without its top layers, for every family."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.encoders import FAMILIES, make_family
from tests.toys import sentences

from vermeil.data.document import UNANNOTATED
from vermeil.errors import ConfigError
from vermeil.jobs.export import export
from vermeil.jobs.predict import predict
from vermeil.student.config import StudentConfig
from vermeil.student.network.encoder import embedded_folder
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task


def make_student(encoder: str, task: Task, layers: int | None) -> Student:
    config = StudentConfig(encoder=encoder, layers=layers, threads=1)
    return Student.create(task, config, seed=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_lowest_layers_are_kept(family: str, task: Task, tmp_path: Path) -> None:
    encoder = make_family(family, tmp_path / family)
    whole, part = (make_student(str(encoder), task, layers).network for layers in (None, 1))
    own, kept = whole.state_dict(), part.state_dict()
    assert part.config.num_hidden_layers == 1
    assert len(kept) < len(own)
    prefix = f"{part.base_model_prefix}."
    of_encoder = [name for name in kept if name.startswith(prefix)]
    assert of_encoder
    assert all(torch.equal(kept[name], own[name]) for name in of_encoder)


def test_a_shallow_student_is_saved_exported_and_predicts_the_same(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    student = make_student(str(encoder), task, 1)
    student.save(tmp_path / "model", {})
    assert Student.load(tmp_path / "model").network.config.num_hidden_layers == 1
    plain = [document.with_annotation(UNANNOTATED) for document in sentences(8)]
    export(tmp_path / "model", tmp_path / "onnx")
    own, exported = (
        [[span.key for span in d.spans or ()] for d in predict(tmp_path / name, plain)]
        for name in ("model", "onnx")
    )
    assert own == exported


def test_the_embedded_encoder_has_six_layers(task: Task) -> None:
    sizes = [
        sum(p.numel() for p in make_student("embedded", task, layers).network.parameters())
        for layers in (None, 6, 3)
    ]
    assert sizes[0] == sizes[1] > sizes[2]
    with pytest.raises(ConfigError, match=r"student.layers = 7: .* has 6 layers") as error:
        make_student(str(embedded_folder()), task, 7)
    assert error.value.exit_code == 2


def test_stored_digests_of_the_settings_stay() -> None:
    assert "layers" not in StudentConfig().model_dump()
    assert StudentConfig(layers=3).model_dump()["layers"] == 3
