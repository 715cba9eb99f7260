"""The model card: metadata of the Hub, statements of the user, and parts that later verbs fill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from vermeil.student.config import StudentConfig
from vermeil.student.network.card import model_card, onnx_card
from vermeil.student.network.card_blocks import (
    CardResult,
    card_result,
    write_calibration,
    write_results,
)
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.tasks.protocol import Task

LABELS = {"PER": LabelConfig(description="people | and *names*"), "LOC": LabelConfig()}
RECORD: dict[str, Any] = {
    "vermeil": "0.2.0",
    "gold_documents": 100,
    "silver_documents": 1200,
    "dev_f1": 0.81234,
    "teachers": [
        {
            "model": "gpt-4o",
            "documents": 1200,
            "spans": 3456,
            "first": "2026-11-01",
            "last": "2026-11-03",
        }
    ],
    "card": {
        "license": "apache-2.0",
        "language": ["en"],
        "datasets": ["user/letters"],
        "data": "Letters of 2020 to 2024.",
        "intended_use": "Find drugs in letters.",
        "teacher_terms": "https://example.org/terms",
    },
}


@pytest.fixture
def ner() -> Task:
    return make_task(TaskConfig(labels=LABELS))


def metadata(card: str) -> dict[str, Any]:
    found = yaml.safe_load(card.split("---\n")[1])
    assert isinstance(found, dict)
    return found


def card_of(task: Task, record: dict[str, Any], **student: Any) -> str:
    return model_card(task, StudentConfig(**student), record, letter_case=True)


def test_the_metadata_has_the_form_of_the_hub(ner: Task) -> None:
    hub = pytest.importorskip("huggingface_hub")
    card = hub.ModelCard(card_of(ner, RECORD))
    assert card.data.license == "apache-2.0"
    assert card.data.language == ["en"]
    assert card.data.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    assert card.data.datasets == ["user/letters"]
    assert card.data.library_name == "transformers"
    assert card.data.pipeline_tag == "token-classification"
    (result,) = card.data.eval_results
    assert (result.metric_type, result.metric_value) == ("f1", 0.8123)
    assert result.dataset_split == "dev"


def test_the_statements_of_the_user_and_the_ledger_are_shown(ner: Task) -> None:
    card = card_of(ner, RECORD)
    for text in (
        "Letters of 2020 to 2024.",
        "Find drugs in letters.",
        "https://example.org/terms",
        "`gpt-4o`, 1,200 documents and 3,456 spans, replies of 2026-11-01 to 2026-11-03",
        'aggregation_strategy="first"',
        "### Letter case",
        'nlp.add_pipe("vermeil"',
        "vermeil export",
    ):
        assert text in card
    assert "pypi" not in card
    assert "embedded" not in card.partition("## Training")[0]


def test_what_is_not_stated_is_not_claimed(ner: Task) -> None:
    card = card_of(ner, {"gold_documents": 5})
    assert metadata(card).keys() == {"library_name", "pipeline_tag", "tags", "base_model"}
    assert "Terms of the teacher: not stated." in card
    assert "Not evaluated yet" in card


def test_a_local_encoder_is_no_base_model_of_the_hub(ner: Task) -> None:
    card = card_of(ner, {}, encoder="/models/own")
    assert "base_model" not in metadata(card)
    assert metadata(card_of(ner, {}, encoder="bert-base-cased"))["base_model"] == "bert-base-cased"


def test_evaluation_and_calibration_fill_their_parts_only(ner: Task, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(card_of(ner, RECORD).replace("# A Vermeil student for ner", "# My model"))
    report = {
        "overall": {"f1": 0.9, "precision": 0.8, "recall": 1.0, "support": 10},
        "documents": 40,
        "intervals": {"overall": {"f1": [0.85, 0.94]}},
    }
    result = card_result("test", "test.conll", report)
    assert result.interval == (0.85, 0.94)
    for _ in range(2):
        assert write_results(tmp_path, "token-classification", result)
        assert write_calibration(tmp_path, "Temperature 1.2.")
    card = path.read_text()
    assert "# My model" in card
    assert "| test (`test.conll`) | 40 | 0.900 | 0.850 to 0.940 | 0.800 | 1.000 |" in card
    assert "Temperature 1.2." in card
    assert "not calibrated" not in card
    (entry,) = metadata(card)["model-index"][0]["results"]
    assert entry["dataset"]["split"] == "test"
    assert {one["type"]: one["value"] for one in entry["metrics"]}["f1"] == 0.9


def test_a_card_without_the_comment_lines_stays(tmp_path: Path) -> None:
    result = CardResult("test", "test.conll", 4, {"f1": 0.5})
    assert not write_results(tmp_path, "token-classification", result)
    (tmp_path / "README.md").write_text("# All my own text\n")
    assert not write_results(tmp_path, "token-classification", result)
    assert (tmp_path / "README.md").read_text() == "# All my own text\n"


def test_classification_has_its_own_pipeline() -> None:
    task = make_task(TaskConfig(name="classification", labels=LABELS))
    card = card_of(task, {})
    assert metadata(card)["pipeline_tag"] == "text-classification"
    assert "aggregation_strategy" not in card
    assert "spaCy" not in card
    exported = onnx_card(task, StudentConfig(), {}, letter_case=False)
    assert metadata(exported)["pipeline_tag"] == "text-classification"


def test_the_card_of_an_exported_model_has_the_statements_of_the_student(ner: Task) -> None:
    own = {"license": "mit", "language": ["en"], "intended_use": "Dates in *letters*."}
    record = {"card": {**own, "teacher_terms": "Replies may train models."}}
    card = onnx_card(ner, StudentConfig(encoder="own/encoder"), record, letter_case=True)
    found = metadata(card)
    assert (found["library_name"], found["license"], found["language"]) == ("onnx", "mit", ["en"])
    assert found["base_model"] == "own/encoder"
    trained = card_of(ner, record)
    for title in ("## Labels", "## Intended use and limits", "## Data"):
        section = trained.partition(title)[2].partition("\n## ")[0].strip()
        assert section
        assert section in card


@pytest.mark.parametrize("text", ['a "quoted": [list] #', "line\nbreak", "ünïcode"])
def test_any_statement_is_valid_metadata(ner: Task, text: str) -> None:
    card = card_of(ner, {"card": {"license": text, "language": [text]}})
    assert metadata(card)["license"] == text
    assert metadata(card)["language"] == [text]
