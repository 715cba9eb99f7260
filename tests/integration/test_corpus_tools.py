"""Files that we write, read by the tools they are for; and files of the tools, read by us.

spaCy and pyarrow are part of the development environment. The others are heavy or pin much else;
their tests run where they are installed: ``pip install datasets argilla label-studio-sdk``.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.corpora.config import FileFormat
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import Relation
from vermeil.errors import DataError
from vermeil.jobs.review import export_for_review

TEXT = "\U0001f600 Ann Lee met 東京 people.\nBob \U0001f44d left"
TOKENS = ((0, 1), (2, 5), (6, 9), (10, 13), (14, 16), (17, 23), (23, 24), (25, 28), (29, 30))
FLAT = (Span(2, 9, "PER"), Span(14, 16, "LOC"), Span(25, 28, "PER"))
NESTED = (*FLAT, Span(6, 9, "NAME"))


def documents(spans: tuple[Span, ...] = FLAT) -> list[Document]:
    return [
        Document("d-1", TEXT, "g", TOKENS, Annotation(spans=spans)),
        Document("d-2", "Nothing here", None, ((0, 7), (8, 12)), Annotation(spans=())),
        Document("d-3", "Not looked at", None, ((0, 3), (4, 10), (11, 13))),
    ]


def read(path: Path, prefix: str = "", **options: Any) -> list[Document]:
    return list(read_corpus(CorpusConfig(path=f"{prefix}{path}", **options)))


def surfaces(spans: list[tuple[int, int, str]], text: str = TEXT) -> list[tuple[str, str]]:
    return [(text[start:end], label) for start, end, label in spans]


EXPECTED = surfaces([span.key for span in FLAT])


# spaCy


def test_spacy_reads_our_docbin(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    training = pytest.importorskip("spacy.training")
    path = tmp_path / "x.spacy"
    assert write_corpus(documents(), path).losses == {}
    nlp = spacy.blank("en")
    first, second, third = (example.reference for example in training.Corpus(path)(nlp))
    assert first.text == TEXT
    assert [(ent.text, ent.label_) for ent in first.ents] == EXPECTED
    assert second.has_annotation("ENT_IOB")
    assert not third.has_annotation("ENT_IOB")


def test_spacy_finds_overlapping_spans_in_a_span_group(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    tokens = pytest.importorskip("spacy.tokens")
    path = tmp_path / "x.spacy"
    write_corpus(documents(NESTED), path)
    doc = next(tokens.DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))
    assert [(ent.text, ent.label_) for ent in doc.ents] == EXPECTED
    assert len(doc.spans["sc"]) == len(NESTED)
    assert read(path) == documents(NESTED)


def test_we_read_what_spacy_wrote(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    tokens = pytest.importorskip("spacy.tokens")
    nlp = spacy.blank("en")
    doc = nlp("Ann  met \U0001f600 Bob in Rome.")
    doc.set_ents([tokens.Span(doc, 0, 1, "PER"), doc.char_span(11, 14, "PER")], missing=[doc[6:7]])
    doc.cats = {"travel": 1.0, "sport": 0.0}
    plain = nlp("Nobody looked.")
    tokens.DocBin(docs=[doc, plain]).to_disk(tmp_path / "x.spacy")
    with_cats = tokens.DocBin(docs=[doc, plain])
    assert with_cats.cats == [doc.cats, {}]
    first, second = read(tmp_path / "x.spacy")
    assert first.id == "x-0"
    assert surfaces([s.key for s in first.spans or ()], first.text) == [
        ("Ann", "PER"),
        ("Bob", "PER"),
    ]
    assert [first.text[start:end] for start, end in first.annotation.abstain] == ["Rome"]
    assert first.labels == ("travel",)
    assert second.spans is None
    assert second.tokens == ((0, 6), (7, 13), (13, 14))


def test_a_damaged_docbin_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    (tmp_path / "x.spacy").write_bytes(b"no DocBin")
    with pytest.raises(DataError, match=r"x.spacy: is not a DocBin of spaCy"):
        read(tmp_path / "x.spacy")


# Hugging Face datasets


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return pytest.importorskip("datasets", reason="datasets is not installed")


@pytest.mark.parametrize("table", ["datasets", "parquet"])
def test_datasets_reads_texts_and_spans(tmp_path: Path, datasets: Any, table: FileFormat) -> None:
    path = tmp_path / "x.parquet"
    write_corpus(documents(), path, table)
    found = load(datasets, path, table, tmp_path)
    assert found["id"][:] == ["d-1", "d-2", "d-3"]
    spans = [(s["start"], s["end"], s["label"]) for s in found[0]["spans"]]
    assert surfaces(spans) == EXPECTED
    assert found[1]["spans"] == []
    assert found[2]["spans"] is None


@pytest.mark.parametrize("table", ["datasets-tokens", "parquet-tokens"])
def test_datasets_reads_words_and_class_labels(
    tmp_path: Path, datasets: Any, table: FileFormat
) -> None:
    path = tmp_path / "x.parquet"
    assert write_corpus(documents(), path, table).losses == {}
    found = load(datasets, path, table, tmp_path)
    names = found.features["ner_tags"].feature.names
    assert names == ["O", "B-PER", "I-PER", "B-LOC"]
    tags = [names[number] for number in found[0]["ner_tags"]]
    assert tags == ["O", "B-PER", "I-PER", "O", "B-LOC", "O", "O", "B-PER", "O"]
    assert read(path, f"{table}:") == documents()


def load(datasets: Any, path: Path, table: str, tmp_path: Path) -> Any:
    if table.startswith("datasets"):
        return datasets.load_from_disk(str(path))
    return datasets.Dataset.from_parquet(str(path), cache_dir=str(tmp_path / "cache"))


@pytest.mark.parametrize("layout", ["list of objects", "object of lists"])
def test_we_read_spans_that_datasets_wrote(tmp_path: Path, datasets: Any, layout: str) -> None:
    label = datasets.ClassLabel(names=["PER", "LOC"])
    whole = datasets.Value("int32")
    keys = ("start", "end", "label")
    rows = [(2, 9, 0), (14, 16, 1), (25, 28, 0)]
    if layout == "list of objects":
        feature: Any = [{"start": whole, "end": whole, "label": label}]
        value: Any = [dict(zip(keys, row, strict=True)) for row in rows]
    else:
        feature = {key: datasets.Sequence(label if key == "label" else whole) for key in keys}
        value = {key: [row[n] for row in rows] for n, key in enumerate(keys)}
    features = datasets.Features({"text": datasets.Value("string"), "entities": feature})
    made = datasets.Dataset.from_list([{"text": TEXT, "entities": value}], features=features)
    made.save_to_disk(str(tmp_path / "folder"))
    made.to_parquet(str(tmp_path / "x.parquet"))
    for path in (tmp_path / "folder", tmp_path / "x.parquet"):
        (document,) = read(path)
        assert surfaces([s.key for s in document.spans or ()]) == EXPECTED


def test_we_read_words_that_datasets_wrote_and_ask_which_split(
    tmp_path: Path, datasets: Any
) -> None:
    names = ["O", "B-PER", "I-PER"]
    features = datasets.Features(
        {
            "id": datasets.Value("string"),
            "tokens": datasets.Sequence(datasets.Value("string")),
            "ner_tags": datasets.Sequence(datasets.ClassLabel(names=names)),
        }
    )
    rows = [{"id": "7", "tokens": ["Ann", "Lee", "left"], "ner_tags": [1, 2, 0]}]
    made = datasets.Dataset.from_list(rows, features=features)
    datasets.DatasetDict(train=made, test=made).save_to_disk(str(tmp_path / "both"))
    with pytest.raises(DataError, match="holds the splits train, test; name the folder of one"):
        read(tmp_path / "both")
    (document,) = read(tmp_path / "both" / "train")
    assert (document.id, document.text) == ("7", "Ann Lee left")
    assert [s.key for s in document.spans or ()] == [(0, 7, "PER")]


# Label Studio


CONFIG = (
    '<View><Labels name="label" toName="text"><Label value="PER"/><Label value="LOC"/>'
    '<Label value="NAME"/></Labels><Text name="text" value="$text"/></View>'
)


def test_label_studio_accepts_our_tasks(tmp_path: Path) -> None:
    interface = pytest.importorskip(
        "label_studio_sdk.label_interface", reason="label-studio-sdk is not installed"
    ).LabelInterface(CONFIG)
    path = tmp_path / "x.json"
    assert write_corpus(documents(NESTED), path, "label-studio").losses == {}
    tasks = json.loads(path.read_text())
    for task in tasks:
        # Its check of whole annotations does not run (version 2.1); that of predictions does.
        assert interface.validate_task({"data": task["data"]})
        for annotation in task.get("annotations", ()):
            prediction = {**annotation, "model_version": "v"}
            assert interface.validate_prediction(prediction, return_errors=True) == []
    export_for_review(documents(NESTED), "label-studio", path)
    for task in json.loads(path.read_text()):
        for prediction in task.get("predictions", ()):
            assert interface.validate_prediction(prediction, return_errors=True) == []
    wrong = {"result": [{**tasks[0]["annotations"][0]["result"][0], "from_name": "other"}]}
    assert interface.validate_prediction({**wrong, "model_version": "v"}, return_errors=True)


def test_label_studio_converts_our_tasks_to_the_same_tags(tmp_path: Path) -> None:
    converter = pytest.importorskip(
        "label_studio_sdk.converter", reason="label-studio-sdk is not installed"
    ).Converter(CONFIG, str(tmp_path))
    path = tmp_path / "x.json"
    write_corpus(documents()[:2], path, "label-studio")
    tasks = [{"id": n, **task} for n, task in enumerate(json.loads(path.read_text()))]
    path.write_text(json.dumps(tasks))
    converter.convert_to_conll2003(str(path), str(tmp_path / "out"), is_dir=False)
    first, _ = read(tmp_path / "out" / "result.conll")
    assert surfaces([s.key for s in first.spans or ()], first.text) == EXPECTED


# Argilla


@pytest.mark.filterwarnings("ignore")
def test_argilla_reads_our_records_and_we_read_its(tmp_path: Path) -> None:
    argilla = pytest.importorskip("argilla", reason="argilla is not installed")
    io = pytest.importorskip("argilla.records._io")
    path = tmp_path / "x.json"
    assert write_corpus(documents(NESTED), path, "argilla").losses == {}
    records = io.JsonIO._records_from_json(path)
    first = records[0]
    assert first.fields["text"] == TEXT
    assert [(s["start"], s["end"], s["label"]) for s in first.suggestions["spans"].value] == [
        span.key for span in documents(NESTED)[0].spans or ()
    ]
    first.responses.add(
        argilla.Response("spans", [{"start": 2, "end": 5, "label": "PER"}], uuid.UUID(int=1))
    )
    io.JsonIO.to_json(records, tmp_path / "back.json")
    again = read(tmp_path / "back.json")
    assert again[1:] == documents()[1:]
    assert [s.key for s in again[0].spans or ()] == [(2, 5, "PER")]
    assert again[0].meta == {"unread": {"doubtful_offsets": 1}}


@pytest.mark.filterwarnings("ignore")
def test_we_read_argillas_records_as_a_dataset(tmp_path: Path, datasets: Any) -> None:
    argilla = pytest.importorskip("argilla", reason="argilla is not installed")
    io = pytest.importorskip("argilla.records._io")
    spans = [{"start": 4, "end": 7, "label": "PER"}]
    answer = {"user_id": uuid.UUID(int=1), "status": "submitted"}
    records = [
        argilla.Record(
            id="a",
            fields={"text": "Hi, Bob"},
            metadata={"source": "x"},
            suggestions=[argilla.Suggestion("spans", [{"start": 0, "end": 2, "label": "PER"}])],
            responses=[argilla.Response("spans", spans, **answer)],
        ),
        argilla.Record(
            id="b",
            fields={"text": "Bob"},
            metadata={"source": "y"},
            suggestions=[argilla.Suggestion("spans", [{"start": 0, "end": 3, "label": "PER"}])],
        ),
    ]
    rows = io.GenericIO.to_list(records, flatten=True)
    datasets.Dataset.from_list(rows).save_to_disk(str(tmp_path / "folder"))
    first, second = read(tmp_path / "folder")
    assert [s.key for s in first.spans or ()] == [(4, 7, "PER")]
    assert (first.id, first.meta) == ("a", {"source": "x"})
    assert [s.key for s in second.spans or ()] == [(0, 3, "PER")]


def test_relations_come_back_from_the_tools_that_show_them(tmp_path: Path) -> None:
    related = Annotation(spans=FLAT, relations=(Relation(2, 0, "knows"),))
    document = Document("d", TEXT, annotation=related)
    for name in ("label-studio", "doccano"):
        write_corpus([document], tmp_path / f"{name}.json", name)
        assert read(tmp_path / f"{name}.json", f"{name}:") == [document]
