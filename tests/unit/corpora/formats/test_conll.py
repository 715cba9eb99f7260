from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import DataError

CLASSIC = """-DOCSTART- -X- O O

EU NNP I-NP I-ORG
rejects VBZ I-VP O
German JJ I-NP I-MISC
call NN I-NP O

Peter NNP I-NP I-PER
Blackburn NNP I-NP I-PER
-DOCSTART- -X- O O
Rome NNP I-NP I-LOC
Paris NNP I-NP B-LOC
"""


def read(tmp_path: Path, text: str, name: str = "train.conll", **config: Any) -> list[Document]:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return list(read_corpus(CorpusConfig(path=path, **config)))


def surfaces(document: Document) -> list[tuple[str, str]]:
    return [(document.text[s.start : s.end], s.label) for s in document.spans or ()]


def test_columns_docstart_and_iob1(tmp_path: Path) -> None:
    first, second, third = read(tmp_path, CLASSIC)
    assert first.text == "EU rejects German call"
    assert first.tokens == ((0, 2), (3, 10), (11, 17), (18, 22))
    assert surfaces(first) == [("EU", "ORG"), ("German", "MISC")]
    assert [d.id for d in (first, second, third)] == ["train-0", "train-1", "train-2"]
    assert [d.group for d in (first, second, third)] == ["train-0", "train-0", "train-1"]
    assert surfaces(third) == [("Rome", "LOC"), ("Paris", "LOC")]
    assert first.meta == {}


def test_docstart_ends_a_text_with_or_without_blank_lines(tmp_path: Path) -> None:
    documents = read(tmp_path, "-DOCSTART- O\na B-A\n\n-DOCSTART- O\n\nb O\n-DOCSTART- O\nc O\n")
    assert [d.group for d in documents] == ["train-0", "train-1", "train-2"]
    assert [d.text for d in documents] == ["a", "b", "c"]


def test_any_column_may_hold_the_tags(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "EU B-ORG NNP\nsays O VBZ\n", tag_column=1)
    assert surfaces(document) == [("EU", "ORG")]


def test_a_column_may_name_the_group(tmp_path: Path) -> None:
    documents = read(tmp_path, "EU 7 B-ORG\nsays 7 O\n\nHe 8 O\n", group_column=1)
    assert [d.group for d in documents] == ["train-7", "train-8"]


def test_words_may_hold_spaces_where_tabs_part_the_columns(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "New York\tB-LOC\nis\tO\n1\u00a0000\tO\n")
    assert document.text == "New York is 1\u00a0000"
    assert surfaces(document) == [("New York", "LOC")]


def test_windows_line_ends_byte_order_mark_and_missing_last_line_end(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "\ufeffEU B-ORG\r\nsays O")
    assert (document.text, surfaces(document)) == ("EU says", [("EU", "ORG")])


def test_comments_name_id_text_and_group(tmp_path: Path) -> None:
    text = (
        "# newdoc id = law 1\n# sent_id = s1\n# text = Ann's here.\n# global.columns = ID\n"
        "Ann\tB-PER\n's\tO\nhere\tO\n.\tO\n\n# id = s2\nNo\tO\n\n# newdoc id = \nMore\tO\n"
    )
    first, second, third = read(tmp_path, text)
    assert (first.id, first.group, first.text) == ("s1", "law 1", "Ann's here.")
    assert first.tokens == ((0, 3), (3, 5), (6, 10), (10, 11))
    assert (second.id, second.group) == ("s2", "law 1")
    assert (third.id, third.group) == ("train-2", None)


def test_a_text_comment_in_which_the_words_do_not_stand_is_not_used(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "# text = something else\nEU B-ORG\nsays O\n")
    assert document.text == "EU says"


def test_a_word_that_looks_like_a_comment_is_a_word(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "# NN O\n1 CD O\nhit NN B-X\n")
    assert document.text == "# 1 hit"


def test_texts_without_tags_are_not_annotated(tmp_path: Path) -> None:
    first, second = read(tmp_path, "EU _\nsays _\n\nEU O\nsays O\n")
    assert first.spans is None
    assert second.spans == ()


def test_repaired_tags_are_counted_in_the_document(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "a O\nb I-X\nc O\nd I-X\n", scheme="iob2")
    assert document.meta == {"repaired_tags": 2}
    assert surfaces(document) == [("b", "X"), ("d", "X")]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a O\nb\n", 2, "the row has 1 columns, but other rows have 2"),
        ("a\nb\n", 1, "expected a word and its tag, separated by tab or space"),
        ("a O\n\nb X O\n", 3, "the row has 3 columns, but other rows have 2"),
        ("a O\nb B-X\nc PER\n", 3, "'PER' is not a tag of BIOES; expected O, B-LABEL"),
        ("\tO\n", 1, "word 1 is empty"),
        ("a\t_\nb\tO\n", 2, "'_' (not annotated) is mixed with tags"),
        ("# id = \na O\n", 2, "document without an id"),
    ],
)
def test_wrong_rows_are_errors_with_their_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert caught.value.line == line


def test_a_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the row has 2 columns, so there is no tag_column 3"):
        read(tmp_path, "a O\n", tag_column=3)


def test_mixed_schemes_are_an_error_unless_one_is_named(tmp_path: Path) -> None:
    mixed = "a B-X\n\nb I-X\n\nc O\n"
    with pytest.raises(DataError, match="mixed tag schemes") as caught:
        read(tmp_path, mixed)
    assert caught.value.path == tmp_path / "train.conll"
    assert [d.meta for d in read(tmp_path, mixed, scheme="iob2")] == [{}, {"repaired_tags": 1}, {}]


def test_a_tag_of_another_scheme_than_the_named_one_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train.conll:2: 'E-X' is not a tag of IOB2"):
        read(tmp_path, "a B-X\nb E-X\n", scheme="iob2")


def test_plain_columns_are_written_without_comments(tmp_path: Path) -> None:
    documents = read(tmp_path, CLASSIC)
    path = tmp_path / "other" / "train.conll"
    write_corpus(documents, path)
    assert path.read_text() == (
        "-DOCSTART-\tO\n\nEU\tB-ORG\nrejects\tO\nGerman\tB-MISC\ncall\tO\n\n"
        "Peter\tB-PER\nBlackburn\tI-PER\n\n"
        "-DOCSTART-\tO\n\nRome\tB-LOC\nParis\tB-LOC\n\n"
    )
    assert list(read_corpus(CorpusConfig(path=path))) == documents


@pytest.mark.parametrize("scheme", ["iob1", "iob2", "bioes"])
def test_every_scheme_is_written(tmp_path: Path, scheme: Literal["iob1", "iob2", "bioes"]) -> None:
    spans = (Span(0, 3, "A"), Span(4, 5, "A"))
    document = Document("x-0", "a b c", None, ((0, 1), (2, 3), (4, 5)), Annotation(spans=spans))
    path = tmp_path / "x.conll"
    assert write_corpus([document], path, scheme=scheme).losses == {}
    tags = [line.split("\t")[1] for line in path.read_text().splitlines() if line]
    assert (
        tags
        == {
            "iob1": ["I-A", "I-A", "B-A"],
            "iob2": ["B-A", "I-A", "B-A"],
            "bioes": ["B-A", "E-A", "S-A"],
        }[scheme]
    )
    assert list(read_corpus(CorpusConfig(path=path))) == [document]


def test_groups_that_come_and_go_survive(tmp_path: Path) -> None:
    tokens, groups = ((0, 1),), ["A", None, "A", "x-3", "x-3", None, "B"]
    documents = [Document(f"d{n}", "w", g, tokens) for n, g in enumerate(groups)]
    path = tmp_path / "x.conll"
    assert write_corpus(documents, path).losses == {}
    assert list(read_corpus(CorpusConfig(path=path))) == documents


def test_what_columns_cannot_hold_is_counted(tmp_path: Path) -> None:
    documents = [
        Document("a", "New York", None, None, Annotation(spans=(Span(0, 2, "X"),), labels=("l",))),
        Document("b\nb", "one\ttwo", "g\n", ((0, 7),), Annotation(spans=(Span(0, 7, "x\ty"),))),
        Document("c", "  ", annotation=Annotation(abstain=((0, 1),)), weight=2.0, meta={"k": 1}),
        Document("d", "-DOCSTART- x", None, ((0, 10), (11, 12))),
        Document("e", "ab", None, ((0, 1),), Annotation(spans=(Span(0, 1, "X", score=0.5),))),
    ]
    path = tmp_path / "x.conll"
    report = write_corpus(documents, path)
    assert report.as_dict() == {
        "documents": 5,
        "written": 3,
        "losses": {
            "abstain": 1,
            "cut_token": 1,
            "group": 1,
            "id": 1,
            "labels": 1,
            "meta": 1,
            "odd_label": 1,
            "respaced": 1,
            "span_details": 1,
            "tokens_made": 2,
            "unwritable": 2,
            "weight": 1,
        },
    }
    assert [d.text for d in read_corpus(CorpusConfig(path=path))] == ["New York", "one two", "ab"]
