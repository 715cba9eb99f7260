"""Students as ONNX: the same spans, without torch; int8 only where F1 stays."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.written import RECORD
from vermeil.errors import ConfigError, DataError, ExportError
from vermeil.jobs.export import export
from vermeil.jobs.int8_guard import Int8Options
from vermeil.jobs.predict import predict
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks import make_task
from vermeil.tasks.protocol import Task

pytest.importorskip("onnx")

TEXTS = ["Bo went to ROME", "", "x", "Al , Cy and Di met in Bonn today " * 4]

WITHOUT_TORCH = """
import sys
for name in ("torch", "transformers", "onnx"):
    sys.modules[name] = None  # importing it is an error
from pathlib import Path
from vermeil import predict
for document in predict(Path(sys.argv[1]), sys.argv[2:]):
    print([(s.start, s.end, s.label, round(s.score, 3)) for s in document.spans])
"""


def saved(folder: Path, task: Task, encoder: Path, **settings: object) -> Path:
    config = StudentConfig.model_validate(
        {"encoder": str(encoder), "max_wordpieces": 24, "overlap": 8, "threads": 1, **settings}
    )
    student = Student.create(task, config, seed=1)
    with torch.no_grad():
        student.network.get_parameter("classifier.weight").mul_(40)
        if student.crf is not None:
            student.crf.transitions.normal_()
        if student.uses_letter_case:  # letter case decides much
            name = "embeddings.token_type_embeddings.weight"
            student.network.base_model.get_parameter(name).normal_()
    student.save(folder / "model", {})
    return folder / "model"


@pytest.fixture
def model(tmp_path: Path, task: Task, encoder: Path) -> Path:
    return saved(tmp_path, task, encoder)


def gold(model: Path) -> list[Document]:
    """Return the student's own predictions, so that its F1 is 1."""
    return list(predict(model, [f"Bo met Al {i} in Rome" for i in range(40)]))


def test_onnx_finds_the_same_without_torch(model: Path, tmp_path: Path) -> None:
    report = export(model, tmp_path / "onnx")
    assert report.logit_difference["fp32"] < 1e-3
    assert json.loads((tmp_path / "onnx/export.json").read_text())["files"] == report.files
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(tmp_path / "onnx"), *TEXTS],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = [
        str([(s.start, s.end, s.label, round(s.score or 0, 3)) for s in d.spans or ()])
        for d in predict(model, TEXTS, precision="fp32")
    ]
    assert done.stdout.splitlines() == expected
    assert any(line != "[]" for line in expected)


def test_letter_case_counts_in_onnx(model: Path, tmp_path: Path) -> None:
    export(model, tmp_path / "onnx")
    upper, lower = predict(tmp_path / "onnx", ["BO MET AL IN ROME", "bo met al in rome"])
    assert [s.score for s in upper.spans or ()] != [s.score for s in lower.spans or ()]


def test_a_cased_encoder_and_a_sequence_head(
    tmp_path: Path, cased_encoder: Path, topics: Task
) -> None:
    folder = saved(tmp_path, topics, cased_encoder)
    export(folder, tmp_path / "onnx")
    found = [d.labels for d in predict(tmp_path / "onnx", TEXTS)]
    assert found == [d.labels for d in predict(folder, TEXTS, precision="fp32")]


@pytest.mark.parametrize(
    ("scheme", "settings"),
    [
        ("iob2", {"crf": True}),
        ("bioes", {"crf": True}),
        ("iob2", {"context": "group"}),
        ("bioes", {"crf": True, "context": "group", "soft_labels": True}),
    ],
)
def test_chains_and_context_are_part_of_what_is_exported(
    tmp_path: Path, task: Task, encoder: Path, scheme: str, settings: dict[str, object]
) -> None:
    """The same spans and scores, and others than without them."""
    marking = make_task(task.config.model_copy(update={"scheme": scheme}))
    folder = saved(tmp_path, marking, encoder, **settings)
    export(folder, tmp_path / "onnx")
    texts = ["Bo went to Rome", "Al met Di", "Cy", "Al , Cy and Di met in Bonn today", "Di"]
    documents = [Document(f"d{i}", text, f"g{i // 3}") for i, text in enumerate(texts)]
    found = _scored(predict(tmp_path / "onnx", documents))
    assert found == _scored(predict(folder, documents, precision="fp32"))
    record = json.loads((folder / "vermeil.json").read_text())
    record.pop("transitions", None)
    record["student"] |= {"crf": False, "context": "none"}
    (folder / "vermeil.json").write_text(json.dumps(record))
    (folder / RECORD).unlink()  # an intended change
    assert found != _scored(predict(folder, documents, precision="fp32"))


def _scored(documents: Iterable[Document]) -> list[list[object]]:
    return [
        [(s.start, s.end, s.label, round(s.score or 0, 3)) for s in d.spans or ()]
        for d in documents
    ]


def test_int8_is_written_where_f1_stays(model: Path, tmp_path: Path) -> None:
    report = export(
        model, tmp_path / "onnx", gold(model), int8=Int8Options(max_f1_loss=1.0, min_agreement=0)
    )
    assert report.refused is None
    assert set(report.f1) == {"student", "fp32", "int8"}
    # Gold is what the student predicts, so agreement and F1 are the same number here.
    assert report.agreement == pytest.approx(report.f1["int8"])
    assert report.compared > 0
    assert json.loads((tmp_path / "onnx/export.json").read_text()) == {
        **report.as_dict(),
        "folder": None,
    }
    assert report.f1["fp32"] == pytest.approx(report.f1["student"], abs=0.01)
    by_default, int8, fp32 = (
        list(predict(tmp_path / "onnx", TEXTS, precision=p)) for p in ("auto", "int8", "fp32")
    )
    assert by_default == int8 != fp32


def test_int8_is_refused_where_its_predictions_change_although_f1_stays(
    model: Path, tmp_path: Path
) -> None:
    """Gold that the student does not match at all: F1 is 0 with and without int8."""
    wrong = [d.with_annotation(Annotation((Span(0, 1, "PER"),))) for d in gold(model)]
    _enlarge_weights(model)
    lenient = export(model, tmp_path / "one", wrong, int8=Int8Options(False, min_agreement=0))
    assert lenient.refused is None
    strict = export(model, tmp_path / "two", wrong, int8=Int8Options(False))
    assert strict.refused is not None
    assert strict.f1["int8"] == strict.f1["student"] == 0
    assert "less than the limit 0.98" in strict.refused
    assert list(strict.files) == ["fp32"]


def test_int8_of_a_text_classifier_is_guarded_the_same(
    tmp_path: Path, cased_encoder: Path, topics: Task
) -> None:
    folder = saved(tmp_path, topics, cased_encoder)
    texts = list(predict(folder, [f"Bo met Al {i} in Rome" for i in range(40)]))
    report = export(folder, tmp_path / "onnx", texts, int8=Int8Options(True, 1.0, 0.5))
    assert report.compared == 40
    assert report.agreement is not None
    assert report.undecided is None
    report = export(folder, tmp_path / "onnx", texts, int8=Int8Options(min_agreement=0.98))
    assert report.undecided is not None
    assert "fp32 predicts 40 labels on them, and 150 are needed" in report.undecided


def test_int8_is_refused_where_f1_falls(model: Path, tmp_path: Path) -> None:
    report = export(model, tmp_path / "onnx", gold(model), int8=Int8Options(max_f1_loss=-1.0))
    assert report.refused is not None
    assert list(report.files) == ["fp32"]
    assert not (tmp_path / "onnx/model.int8.onnx").exists()
    with pytest.raises(ConfigError, match="has fp32"):
        list(predict(tmp_path / "onnx", TEXTS, precision="int8"))


def test_int8_is_refused_where_a_few_large_weights_ruin_it(model: Path, tmp_path: Path) -> None:
    _enlarge_weights(model)
    report = export(model, tmp_path / "onnx", gold(model), int8=Int8Options(per_channel=False))
    assert report.f1["student"] > 0.9
    assert report.f1["int8"] < report.f1["student"] - 0.003
    assert report.refused is not None
    assert not (tmp_path / "onnx/model.int8.onnx").exists()


def _enlarge_weights(model: Path) -> None:
    """Enlarge a few weights: one scale for a whole matrix leaves nothing of the small ones."""
    student = Student.load(model)
    with torch.no_grad():
        student.network.get_parameter("classifier.weight")[-1] = 1e6
        student.network.get_parameter("classifier.bias")[
            -1
        ] = -1e9  # the last class stays out of the way
    student.save(model, {})


def test_int8_needs_documents_to_prove_itself(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--check"):
        export(model, tmp_path / "onnx", int8=Int8Options())


def test_what_computes_something_else_is_not_written(model: Path, tmp_path: Path) -> None:
    """With huge weights, the rounding errors of the two computations are huge, too."""
    student = Student.load(model)
    with torch.no_grad():
        student.network.get_parameter("classifier.weight").mul_(1e7)
    student.save(model, {})
    with pytest.raises(ExportError, match="computes other logits"):
        export(model, tmp_path / "onnx")
    assert not (tmp_path / "onnx").exists()


def test_a_damaged_file_is_an_error(model: Path, tmp_path: Path) -> None:
    export(model, tmp_path / "onnx")
    (tmp_path / "onnx" / RECORD).unlink()
    (tmp_path / "onnx/model.onnx").write_bytes(b"no graph")
    with pytest.raises(DataError, match="cannot load"):
        list(predict(tmp_path / "onnx", TEXTS))
    (tmp_path / "onnx/model.onnx").unlink()
    with pytest.raises(DataError, match="no such file"):
        list(predict(tmp_path / "onnx", TEXTS))


def test_torch_precisions_are_distinguished(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not an exported model"):
        list(predict(model, TEXTS, precision="int8"))
    export(model, tmp_path / "onnx")
    with pytest.raises(ConfigError, match="bf16"):
        list(predict(tmp_path / "onnx", TEXTS, precision="bf16"))


def test_an_exported_folder_is_no_student_to_go_on_with(model: Path, tmp_path: Path) -> None:
    export(model, tmp_path / "onnx")
    with pytest.raises(DataError, match="exported for ONNX Runtime"):
        export(tmp_path / "onnx", tmp_path / "again")
