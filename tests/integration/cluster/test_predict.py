"""Prediction over folders on a cluster: a node is killed, and the job resumes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import psutil
import pytest
from tests.integration.cluster.conftest import CONFIG, Nodes, Once
from tests.toys import blending, sentences

from vermeil.cluster.predict.job import predict_folder
from vermeil.corpora import read_corpus, write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import UNANNOTATED, Document
from vermeil.errors import DataError, TrainingError
from vermeil.jobs.export import export
from vermeil.jobs.predict import predict_file
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob

pytestmark = pytest.mark.cluster


@pytest.fixture
def model(task: Task, encoder: Path, tmp_path: Path) -> Path:
    """A toy student for ONNX Runtime."""
    documents = sentences(40)
    student = StudentConfig(encoder=str(encoder), threads=1)
    folder = tmp_path / "model"
    train(TrainJob(gold=documents, task=task, student=student, blending=blending(epochs=8)), folder)
    export(folder, tmp_path / "onnx", documents[:8])
    return tmp_path / "onnx"


def content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def plain(number: int, first: int) -> list[Document]:
    return [Document(f"{first}-{d.id}", d.text, annotation=UNANNOTATED) for d in sentences(number)]


def test_a_killed_node_changes_nothing(nodes: Nodes, model: Path, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    source, output = tmp_path / "in", tmp_path / "out"
    for i in range(12):
        ending = ".jsonl.gz" if i % 2 else ".jsonl"
        write_corpus(plain(400, i), source / f"day{i // 4}" / f"part{i}{ending}", "jsonl")
    (source / "lines.txt").write_text("Bo went to Rome\n\nAl went to Oslo\r\n", "utf-8")
    texts = [d.text for d in plain(30, 0)]
    parquet.write_table(pyarrow.table({"text": texts, "n": range(30)}), source / "t.parquet")

    killing = Once("predict", 2, nodes.kill)
    report = predict_folder(model, str(source), str(output), CONFIG, killing)
    assert killing.acted
    assert (report.partitions, report.resumed) == (14, 0)
    assert report.documents == 12 * 400 + 2 + 30
    assert not list(output.rglob("part*.part"))
    for file in sorted(source.rglob("*.jsonl*")):
        alone = tmp_path / "alone" / file.name
        predict_file(model, read_corpus(CorpusConfig(path=file)), alone)
        assert content(output / file.relative_to(source)) == content(alone)
    alone = tmp_path / "alone" / "lines.jsonl"
    predict_file(model, read_corpus(CorpusConfig(path=source / "lines.txt")), alone)
    assert (output / "lines.jsonl").read_bytes() == alone.read_bytes()
    table = parquet.read_table(output / "t.parquet")
    assert table.column_names == ["text", "n", "spans", "labels"]
    assert table["text"].to_pylist() == texts
    spans = table["spans"].to_pylist()
    assert any(spans)
    first = next(i for i, found in enumerate(spans) if found)
    assert set(spans[first][0]) == {"start", "end", "label", "score"}

    # What is there is not made again; what is not, is.
    kept = output / "day0/part0.jsonl"
    kept.write_bytes(b"kept")
    (output / "day2/part11.jsonl.gz").unlink()
    again = predict_folder(model, str(source), str(output), CONFIG)
    assert (again.partitions, again.resumed, again.documents) == (14, 13, 400)
    assert kept.read_bytes() == b"kept"

    # A file that is wrong is named with its line, and leaves nothing half-written.
    (source / "bad.jsonl").write_text(json.dumps({"id": "1"}) + "\n", "utf-8")
    with pytest.raises(DataError, match=r"bad\.jsonl:1"):
        predict_folder(model, str(source), str(output), CONFIG)
    assert not (output / "bad.jsonl").exists()


def test_a_worker_that_dies_too_often_ends_the_job(
    nodes: Nodes, model: Path, tmp_path: Path
) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    for i in range(6):
        write_corpus(plain(400, i), source / f"part{i}.jsonl", "jsonl")

    def kill_workers() -> None:
        for process in psutil.process_iter(["cmdline"]):
            if "MapWorker" in " ".join(process.info["cmdline"] or ()):
                process.kill()

    once = CONFIG.model_copy(update={"retries": 0})
    killing = Once("predict", 1, kill_workers)
    with pytest.raises(TrainingError, match=r"part\d\.jsonl: every worker .* died"):
        predict_folder(model, str(source), str(output), once, killing)
    assert killing.acted
    again = predict_folder(model, str(source), str(output), CONFIG)
    assert again.resumed >= 1
    assert again.documents == 400 * (6 - again.resumed)
