from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.corpora.config import FileFormat
from vermeil.corpora.reading import ReadReport
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import DataError


def read(tmp_path: Path, *rows: dict[str, Any], **config: Any) -> list[Document]:
    path = tmp_path / "dev.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return list(read_corpus(CorpusConfig(path=path, **config)))


ROW = {"id": "s", "doc": 3, "tokens": ["EU", "says"], "gold": ["B-ORG", "O"]}


def test_tokens_tags_and_group(tmp_path: Path) -> None:
    (document,) = read(tmp_path, ROW)
    assert document == Document(
        "s", "EU says", "dev-3", ((0, 2), (3, 7)), Annotation(spans=(Span(0, 2, "ORG"),))
    )


def test_the_keys_of_tags_and_group_are_chosen(tmp_path: Path) -> None:
    row = ROW | {"teacher": ["O", "O"], "article": "x"}
    (document,) = read(tmp_path, row, tag_key="teacher", group_key="article")
    assert (document.spans, document.group) == ((), "dev-x")


def test_rows_without_the_tag_key_are_not_annotated(tmp_path: Path) -> None:
    documents = read(tmp_path, ROW | {"gold": None}, {"tokens": ["a"]}, {"id": 7, "tokens": ["b"]})
    assert [d.spans for d in documents] == [None, None, None]
    assert [(d.id, d.group) for d in documents] == [("s", "dev-3"), ("dev-1", None), ("7", None)]


def test_text_is_taken_where_it_is_there(tmp_path: Path) -> None:
    (document,) = read(tmp_path, ROW | {"text": "EU  says!"})
    assert (document.text, document.tokens) == ("EU  says!", ((0, 2), (4, 8)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tokens": "EU says"}, '"tokens" is "EU says"; expected a list of strings'),
        ({"tokens": ["EU", 1]}, "expected a list of strings"),
        ({"tokens": None}, '"tokens" is missing; expected a list of strings'),
        ({"tokens": ["EU", ""]}, "word 2 is empty"),
        ({"gold": ["O"]}, "1 tags for 2 tokens; expected one tag per token"),
        ({"gold": [0, 0]}, '"gold" is [0, 0]; expected a list of strings'),
        ({"gold": ["O", "X"]}, "'X' is not a tag of BIOES"),
        ({"doc": 1.5}, '"doc" is 1.5; expected a string or a whole number'),
        ({"text": "says EU"}, '"text" is not the tokens in order'),
    ],
)
def test_wrong_rows_are_errors_with_their_line(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, ROW | {"id": "first"}, ROW | changes, format="tokens")
    assert message in str(caught.value)
    assert caught.value.line == 2


def test_mixed_schemes_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"dev.jsonl: mixed tag schemes"):
        read(tmp_path, ROW, {"id": "t", "tokens": ["a"], "gold": ["S-X"]})


def test_groups_keep_their_names(tmp_path: Path) -> None:
    documents = [Document("a", "x", "dev-3", ((0, 1),)), Document("b", "x", "other", ((0, 1),))]
    path = tmp_path / "dev.jsonl"
    assert write_corpus(documents, path, "tokens").losses == {}
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"id": "a", "doc": "3", "tokens": ["x"]},
        {"id": "b", "group": "other", "tokens": ["x"]},
    ]
    assert list(read_corpus(CorpusConfig(path=path))) == documents


@pytest.mark.parametrize("key", ["ner_tags", "tags", "ner", "labels"])
def test_common_keys_of_tags_are_read(tmp_path: Path, key: str) -> None:
    (document,) = read(tmp_path, {"tokens": ["EU", "says"], key: ["B-ORG", "O"]})
    assert document.spans == (Span(0, 2, "ORG"),)


def test_labels_of_the_text_are_not_tags(tmp_path: Path) -> None:
    (document,) = read(tmp_path, {"tokens": ["EU", "says"], "labels": ["politics"]})
    assert document.spans is None


def test_labels_without_prefix_are_read_as_io(tmp_path: Path) -> None:
    (document,) = read(tmp_path, {"tokens": ["a", "EU", "X"], "ner": ["O", "ORG", "ORG"]})
    assert document.spans == (Span(2, 6, "ORG"),)


def test_numbers_as_tags_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"A JSON file does not name the tags of numbers"):
        read(tmp_path, {"tokens": ["EU", "says"], "ner_tags": [3, 0]})


def test_a_named_key_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'ner' \(tag_key\); the rows have id, doc, tokens, gold"):
        read(tmp_path, ROW, tag_key="ner")


def test_tags_under_an_unknown_key_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"tags are in mine; set tag_key"):
        read(tmp_path, {"tokens": ["EU", "says"], "pos": ["NN", "VB"], "mine": ["B-ORG", "O"]})


def test_all_keys_may_be_named_and_others_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    row = {"key": "7", "words": ["EU", "says"], "raw": "EU  says", "mine": ["B-ORG", "O"], "pos": 1}
    path.write_text(json.dumps(row))
    keys = {"token_key": "words", "tag_key": "mine", "text_key": "raw", "id_key": "key"}
    reports: list[ReadReport] = []
    config = CorpusConfig(path=path, format="tokens", **keys)
    (document,) = read_corpus(config, on_read=reports.append)
    assert (document.id, document.text, document.spans) == ("7", "EU  says", (Span(0, 2, "ORG"),))
    assert reports[0].skipped == {"key pos": 1}


def test_words_of_scripts_without_spaces_keep_spans(tmp_path: Path) -> None:
    thai = "\u0e01\u0e34\u0e19\u0e02\u0e49\u0e32\u0e27"
    documents = [
        Document("a", "李明在Zürich工作。", annotation=Annotation(spans=(Span(0, 2, "PER"),))),
        Document(
            "b", "東京タワー", annotation=Annotation(spans=(Span(1, 3, "X"), Span(3, 5, "Y")))
        ),
        Document("c", thai, annotation=Annotation(spans=(Span(1, 3, "X"),))),
    ]
    files: dict[str, FileFormat] = {"x.conll": "conll", "x.jsonl": "tokens"}
    for name, chosen in files.items():
        report = write_corpus(documents, tmp_path / name, chosen)
        assert report.losses == {"tokens_made": 3}
        again = list(read_corpus(CorpusConfig(path=tmp_path / name)))
        assert [(d.text, d.spans) for d in again] == [(d.text, d.spans) for d in documents]
