"""GLiNER as a teacher: a tiny, randomly initialised one, through its own package.

The package limits transformers to older versions. It is tested where it is installed nevertheless.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from vermeil.cli.app import app
from vermeil.corpora import read_corpus, write_corpus
from vermeil.data.document import Annotation, Document, Span

gliner = pytest.importorskip("gliner")
pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # of the package gliner
]

LABELS = ["person", "place"]
TEXTS = [f"{name} went to {place}" for name in ("Bo", "Al") for place in ("Rome", "Oslo", "Lima")]


def document(number: int, text: str) -> Document:
    words = text.split()
    name, place = words[0], words[-1]
    spans = (
        Span(0, len(name), "person"),
        Span(len(text) - len(place), len(text), "place"),
    )
    return Document(str(number), text, annotation=Annotation(spans=spans))


DOCUMENTS = [document(number, text) for number, text in enumerate(TEXTS)]


@pytest.fixture(scope="module")
def model(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    config = gliner.GLiNERConfig(
        model_name=str(encoder), hidden_size=16, max_width=4, max_len=64, num_rnn_layers=0
    )
    model = gliner.GLiNER.from_config(config)
    folder = tmp_path_factory.mktemp("gliner") / "model"
    model.save_pretrained(str(folder))
    return model, folder


def test_gliner_reads_the_training_records(model: tuple[Any, Path], tmp_path: Path) -> None:
    negative = Document("n", "Nothing here", annotation=Annotation(spans=()))
    write_corpus([*DOCUMENTS[:2], negative], tmp_path / "x.jsonl", "gliner")
    records = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    batch = model[0].data_processor.collate_raw_batch(records)
    assert batch["tokens"] == [record["tokenized_text"] for record in records]
    assert [set(one) for one in batch["classes_to_id"]] == [set(LABELS)] * 3
    for i, record in enumerate(records):
        places = batch["span_idx"][i].tolist()
        names = batch["id_to_classes"][i]
        given = {
            (*places[j], names[number])
            for j, number in enumerate(batch["span_label"][i].tolist())
            if number > 0
        }
        assert given == {tuple(one) for one in record["ner"]}


def test_its_predictions_train_a_student_and_the_loss_is_reported(
    model: tuple[Any, Path], tmp_path: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    monkeypatch.chdir(tmp_path)
    write_corpus(DOCUMENTS, tmp_path / "gold.jsonl")
    script = importlib.import_module("examples.gliner_predictions")
    script.main(
        [
            *("gold.jsonl", "silver.jsonl", "--model", str(model[1])),
            *("--labels", *LABELS, "--threshold", "0.1"),
        ]
    )
    silver = list(read_corpus("gliner:silver.jsonl"))
    spans = [span for one in silver for span in one.spans or ()]
    assert spans
    assert all(span.soft and sum(span.soft.values()) <= 1 + 1e-9 for span in spans)
    (tmp_path / "vermeil.toml").write_text(
        "[task.labels.person]\n[task.labels.place]\n"
        '[corpora]\nsilver = "gliner:silver.jsonl"\ngold = "gold.jsonl"\n'
        f'[student]\nencoder = "{encoder}"\nthreads = 1\n'
        '[blending]\nregimen = "silver_only"\n'
        "[blending.budget]\nsilver_epochs = 2\n",
        "utf-8",
    )
    run = CliRunner()
    done = run.invoke(app, ["train", "-q"])
    assert done.exit_code == 0, done.output
    scores = {}
    for name, predicted in (("gliner", "gliner:silver.jsonl"), ("student", "vermeil-run/model")):
        done = run.invoke(app, ["evaluate", predicted, "gold.jsonl", "--json", "-q"])
        assert done.exit_code == 0, done.output
        scores[name] = json.loads(done.stdout)
    assert scores["gliner"].keys() == scores["student"].keys()
