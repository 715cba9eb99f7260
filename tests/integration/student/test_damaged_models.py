"""Damaged model folders: each damage is one data error, never other spans and never a traceback."""

from __future__ import annotations

import contextlib
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.damages import (
    ONNX_DAMAGE,
    TORCH_DAMAGE,
    Damage,
    change_json,
    change_weights,
    replace_bytes,
    without,
)

from vermeil.data.document import Document
from vermeil.data.written import RECORD
from vermeil.errors import DataError, EncoderNotFoundError
from vermeil.jobs.calibrate import calibrate
from vermeil.jobs.evaluate_files import evaluate_files
from vermeil.jobs.export import export
from vermeil.jobs.predict import predict
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task

pytest.importorskip("onnx")

TEXTS = ["Bo went to ROME", "Al , Cy and Di met in Bonn today " * 4]


def make_student(task: Task, encoder: Path, **settings: Any) -> Student:
    config = StudentConfig.model_validate(
        {"encoder": str(encoder), "max_wordpieces": 24, "overlap": 8, "threads": 1, **settings}
    )
    student = Student.create(task, config, seed=1)
    with torch.no_grad():
        student.network.get_parameter("classifier.weight").mul_(40)
    return student


@pytest.fixture(scope="module")
def trained(task: Task, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model, and next to it ``onnx``, its export."""
    folder = tmp_path_factory.mktemp("models")
    make_student(task, encoder).save(folder / "model", {"seed": 1})
    export(folder / "model", folder / "onnx")
    return folder


def found(folder: Path) -> list[Document]:
    return list(predict(folder, TEXTS, precision="fp32"))


CASES = [
    *(pytest.param("model", name, id=f"torch: {name}") for name in TORCH_DAMAGE),
    *(pytest.param("onnx", name, id=f"ONNX: {name}") for name in ONNX_DAMAGE),
]


@pytest.mark.parametrize("record", ["with a record", "without a record"])
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_damage_is_one_clear_error(
    trained: Path, tmp_path: Path, kind: str, name: str, record: str
) -> None:
    folder = Path(shutil.copytree(trained / kind, tmp_path / kind))
    if record == "without a record":
        (folder / RECORD).unlink()
    damages = TORCH_DAMAGE if kind == "model" else ONNX_DAMAGE
    damages[name](folder)
    with pytest.raises(DataError) as caught:
        found(folder)
    assert str(folder) in str(caught.value)
    assert any(word in str(caught.value) for word in ("restore", "again", "give a folder"))
    assert len(str(caught.value)) < 800


@pytest.mark.parametrize("kind", ["model", "onnx"])
def test_every_use_of_a_model_checks_it(trained: Path, tmp_path: Path, kind: str) -> None:
    import spacy

    from vermeil.corpora.config import CorpusConfig
    from vermeil.serving.spacy_component import make_component

    folder = Path(shutil.copytree(trained / kind, tmp_path / kind))
    weights = folder / ("model.safetensors" if kind == "model" else "model.onnx")
    data = bytearray(weights.read_bytes())
    data[-5] ^= 1
    weights.write_bytes(data)
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "1", "text": "Bo met Al", "spans": []}\n')
    uses: dict[str, Callable[[], object]] = {
        "predict": lambda: found(folder),
        "evaluate": lambda: evaluate_files(folder, CorpusConfig(path=gold)),
        "calibrate": lambda: calibrate(folder, [Document("1", "Bo met Al")]),
        "spaCy": lambda: make_component(spacy.blank("xx"), "vermeil", str(folder), "fp32"),
    }
    if kind == "model":
        uses["export"] = lambda: export(folder, tmp_path / "exported")
        uses["load"] = lambda: Student.load(folder)
    for name, use in uses.items():
        with pytest.raises(DataError, match="differs from the file that Vermeil wrote") as caught:
            use()
        assert weights.name in str(caught.value), name
    assert not (tmp_path / "exported").exists()


def test_a_damaged_model_is_no_encoder(trained: Path, task: Task, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(trained / "model", tmp_path / "model"))
    config = StudentConfig(encoder=str(folder))
    Student.create(task, config, seed=1)
    without("classifier.bias")(folder)
    with pytest.raises(DataError, match=r"model\.safetensors: differs"):
        Student.create(task, config, seed=1)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (without("layer.1."), "lacks encoder.layer.1"),
        (without("embeddings."), "lacks embeddings"),
        (
            change_json("config.json", lambda r: r.update(num_hidden_layers=4)),
            "lacks encoder.layer",
        ),
        (change_json("config.json", lambda r: r.update(hidden_size=32)), "another shape"),
        (replace_bytes("model.safetensors", lambda data: data[:-9]), "cannot be loaded"),
        (
            change_weights(lambda w: w["embeddings.LayerNorm.bias"].fill_(math.nan)),
            "not finite numbers.*LayerNorm.bias",
        ),
    ],
)
def test_a_damaged_encoder_is_refused(
    encoder: Path, task: Task, tmp_path: Path, damage: Damage, message: str
) -> None:
    folder = Path(shutil.copytree(encoder, tmp_path / "encoder"))
    damage(folder)
    message = message.replace("lacks ", r"lacks (bert\.)?")
    with pytest.raises(EncoderNotFoundError, match=message):
        Student.create(task, StudentConfig(encoder=str(folder)), seed=1)


def test_an_encoder_may_have_a_head_for_other_classes(
    trained: Path, topics: Task, task: Task, tmp_path: Path
) -> None:
    """A new head replaces one of another size, as transformers does on request."""
    folder = Path(shutil.copytree(trained / "model", tmp_path / "model"))
    config = TaskConfig.model_validate({**task.config.model_dump(), "scheme": "bioes"})
    other = make_task(config)
    student = Student.create(other, StudentConfig(encoder=str(folder)), seed=1)
    assert (
        student.network.get_parameter("classifier.weight").shape[0]
        == len(other.classes)
        != len(task.classes)
    )


def test_calibration_updates_the_record(trained: Path, tmp_path: Path) -> None:
    for kind in ("model", "onnx"):
        folder = Path(shutil.copytree(trained / kind, tmp_path / kind))
        before = json.loads((folder / RECORD).read_text())
        texts = [f"Bo met Al {i} in Rome" for i in range(40)]
        gold = list(predict(folder, texts, precision="fp32"))
        report = calibrate(folder, gold)
        after = json.loads((folder / RECORD).read_text())
        assert report.temperature != 1
        assert found(folder) != found(trained / kind)
        changed = {
            name for name, value in before["sha256"].items() if after["sha256"][name] != value
        }
        assert changed == {"vermeil.json"}
        assert {**after, "sha256": None} == {**before, "sha256": None}


def test_an_intended_change_needs_no_record(trained: Path, tmp_path: Path) -> None:
    """Weights of another training: refused with a record, used without."""
    folder = Path(shutil.copytree(trained / "model", tmp_path / "model"))
    change_weights(lambda w: w["classifier.weight"].mul_(-1))(folder)
    with pytest.raises(DataError, match=r"delete \.vermeil-files\.json"):
        found(folder)
    (folder / RECORD).unlink()
    assert found(folder) != found(trained / "model")


def test_a_record_of_an_earlier_version_has_no_hashes(trained: Path, tmp_path: Path) -> None:
    for kind in ("model", "onnx"):
        folder = Path(shutil.copytree(trained / kind, tmp_path / kind))
        change_json(RECORD, lambda r: r.pop("sha256"))(folder)
        assert found(folder) == found(trained / kind)


def test_text_and_history_may_change_or_go(trained: Path, tmp_path: Path) -> None:
    for kind, history in (("model", "training.json"), ("onnx", "export.json")):
        folder = Path(shutil.copytree(trained / kind, tmp_path / kind))
        (folder / "README.md").write_text("Our model.")
        (folder / "notes.txt").touch()
        (folder / history).unlink()
        assert found(folder) == found(trained / kind)


def test_weights_that_overflow_are_an_error_while_predicting(task: Task, encoder: Path) -> None:
    """A damage that only some texts meet: the embedding of one character."""
    student = make_student(task, encoder)
    number = student.tokenizer.convert_tokens_to_ids("£")
    assert isinstance(number, int)
    name = "embeddings.word_embeddings.weight"
    with torch.no_grad():
        student.network.base_model.get_parameter(name)[number] = math.nan
    assert len(list(student.predict(["Bo met Al"]))) == 1
    with pytest.raises(DataError, match="document '2': the network computes NaN"):
        list(student.predict(["Bo met Al", "for £ 5"]))


def test_a_wordpiece_without_an_embedding_is_an_error(trained: Path, tmp_path: Path) -> None:
    """A damage of the tokenizer that only some texts meet; the hash of the file is deleted."""
    for kind in ("model", "onnx"):
        folder = Path(shutil.copytree(trained / kind, tmp_path / kind))
        (folder / RECORD).unlink()
        change_json("tokenizer.json", lambda r: r["model"]["vocab"].update({"£": 700}))(folder)
        assert len(list(predict(folder, ["Bo met Al"], precision="fp32"))) == 1
        with pytest.raises(DataError, match=r"wordpiece 700.*restore|cannot compute.*restore"):
            list(predict(folder, ["for £ 5"], precision="fp32"))


def test_a_broken_graph_prints_nothing(
    trained: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """ONNX Runtime prints about some broken files, to standard output."""
    folder = Path(shutil.copytree(trained / "onnx", tmp_path / "onnx"))
    (folder / RECORD).unlink()
    content = (folder / "model.onnx").read_bytes()
    for place in range(0, 300, 7):
        damaged = content[:place] + b"\xf5" + content[place + 1 :]
        (folder / "model.onnx").write_bytes(damaged)
        with contextlib.suppress(DataError):
            found(folder)
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.parametrize("record", [True, False])
@pytest.mark.parametrize("kind", ["model", "onnx"])
@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_random_damage_is_an_error_or_harmless(
    trained: Path,
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    record: bool,
    data: st.DataObject,
) -> None:
    """Flipped bits and cut files: an error, or (with hashes) exactly the undamaged prediction."""
    source = trained / kind
    folder = tmp_path_factory.mktemp("damaged") / kind
    shutil.copytree(source, folder)
    names = sorted(p.name for p in source.iterdir() if p.stat().st_size)
    if not record:
        (folder / RECORD).unlink()
        names.remove(RECORD)
    path = folder / data.draw(st.sampled_from(names))
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        for _ in range(data.draw(st.integers(1, 3))):
            content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(
                st.integers(0, 7)
            )
    path.write_bytes(content)
    try:
        result = found(folder)
    except DataError:
        return  # any other error fails the test
    finally:
        shutil.rmtree(folder.parent)
    if record:
        assert result == found(source)
