"""The labelling configuration of Label Studio."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.tools.label_studio import write_label_studio
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.records import document_to_line
from vermeil.errors import DataError
from vermeil.pipeline.labelling import labels_for_review, write_labelling


def silver(folder: Path, annotation: Annotation) -> CorpusConfig:
    path = folder / "silver.jsonl"
    path.write_text(document_to_line(Document("a", "Ada flew.", annotation=annotation)) + "\n")
    return CorpusConfig(path=path)


def test_configured_labels_come_first_and_names_are_those_of_the_tasks(tmp_path: Path) -> None:
    toml = tmp_path / "vermeil.toml"
    toml.write_text("[task.labels.LOC]\n[task.labels.PER]\n", "utf-8")
    annotation = Annotation(spans=(Span(0, 3, "PER"), Span(4, 8, "A & <B>")))
    labels = labels_for_review(silver(tmp_path, annotation), toml)
    assert labels.names == ("LOC", "PER", "A & <B>")
    path = write_labelling(labels, tmp_path / "tasks.json")
    assert path.name == "tasks.labels.xml"
    view = fromstring(path.read_text("utf-8"))
    (group,) = view.findall("Labels")
    assert [one.get("value") for one in group] == list(labels.names)
    task = write_label_studio(Document("a", "Ada flew.", annotation=annotation))
    result = task["annotations"][0]["result"][0]
    text = view.find("Text")
    assert text is not None
    assert (group.get("name"), group.get("toName")) == (result["from_name"], result["to_name"])
    assert (text.get("name"), text.get("value")) == (result["to_name"], "$text")
    with pytest.raises(DataError, match="exists"):
        write_labelling(labels, tmp_path / "tasks.json")


def test_labels_of_whole_texts_are_choices(tmp_path: Path) -> None:
    corpus = silver(tmp_path, Annotation(labels=("sport",)))
    labels = labels_for_review(corpus, tmp_path / "none.toml")
    path = write_labelling(labels, tmp_path / "tasks.json.gz")
    (group,) = fromstring(path.read_text("utf-8")).findall("Choices")
    assert [one.get("value") for one in group] == ["sport"]


def test_invalid_configuration_leaves_the_labels_of_silver(tmp_path: Path) -> None:
    (tmp_path / "vermeil.toml").write_text("[task", "utf-8")
    corpus = silver(tmp_path, Annotation(spans=(Span(0, 3, "PER"),)))
    assert labels_for_review(corpus, tmp_path / "vermeil.toml").names == ("PER",)
