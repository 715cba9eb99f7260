"""Which columns are read, and what is not read, for the kinds of files in columns."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.corpora.reading import ReadReport
from vermeil.data.document import Annotation, Document
from vermeil.errors import DataError


def read(
    tmp_path: Path, text: str, name: str = "dev.conll", **config: Any
) -> tuple[list[Document], ReadReport]:
    """Return the documents of a file and the report of reading."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    reports: list[ReadReport] = []
    documents = list(read_corpus(CorpusConfig(path=path, **config), on_read=reports.append))
    return documents, reports[0]


def surfaces(document: Document) -> list[tuple[str, str]]:
    return [(document.text[s.start : s.end], s.label) for s in document.spans or ()]


CONLLU = (
    "# newdoc id = n1\n# sent_id = 4\n# text = Kari bor i Bergen.\n"
    "1\tKari\tKari\tPROPN\t_\tGender=Fem\t2\tnsubj\t_\tname=B-PER\n"
    "2\tbor\tbo\tVERB\t_\t_\t0\troot\t_\tname=O\n"
    "3\ti\ti\tADP\t_\t_\t4\tcase\t_\tname=O\n"
    "4\tBergen\tBergen\tPROPN\t_\t_\t2\tobl\t_\tname=B-LOC|SpaceAfter=No\n"
    "5\t.\t$.\tPUNCT\t_\t_\t2\tpunct\t_\tname=O\n"
)


def test_conllu_has_words_in_the_second_column_and_tags_in_misc(tmp_path: Path) -> None:
    (document,), report = read(tmp_path, CONLLU, "x.conllu")
    assert (document.id, document.group, document.text) == ("4", "n1", "Kari bor i Bergen.")
    assert surfaces(document) == [("Kari", "PER"), ("Bergen", "LOC")]
    assert report.choices == {
        "words": "column 1 (from 0)",
        "tags": "column 9, key name",
        "scheme": "iob2",
    }


def test_space_after_makes_the_text_if_no_comment_has_it(tmp_path: Path) -> None:
    lines = [line for line in CONLLU.splitlines() if not line.startswith("# text")]
    (document,), _ = read(tmp_path, "\n".join(lines), "x.conllu")
    assert document.text == "Kari bor i Bergen."


def test_keys_only_at_entities_mean_o_elsewhere(tmp_path: Path) -> None:
    text = CONLLU.replace("name=O", "_")
    (document,), _ = read(tmp_path, text, "x.conllu")
    assert surfaces(document) == [("Kari", "PER"), ("Bergen", "LOC")]


def test_conllu_without_tags_is_not_annotated(tmp_path: Path) -> None:
    text = CONLLU.replace("name=O", "_").replace("name=B-PER", "_").replace("name=B-LOC|", "")
    (document,), report = read(tmp_path, text, "x.conllu")
    assert document.spans is None
    assert report.choices["tags"] == "none"


def test_a_missing_key_is_an_error_that_lists_the_keys(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'NE' \(tag_key\); there are name, SpaceAfter"):
        read(tmp_path, CONLLU, "x.conllu", tag_key="NE")


NUMBERED = (
    "# sent_id = a\n# text = Rita ria .\n1\tRita\tB-PER\t-\tq\n2\tria\tO\t-\tq\n3\t.\tO\t-\tq\n"
)


@pytest.mark.parametrize("config", [{}, {"tag_column": 2}, {"word_column": 1}])
def test_row_numbers_are_not_words(tmp_path: Path, config: dict[str, int]) -> None:
    (document,), _ = read(tmp_path, NUMBERED, "x.iob2", **config)
    assert (document.text, surfaces(document)) == ("Rita ria .", [("Rita", "PER")])


def test_rows_may_be_numbered_from_0(tmp_path: Path) -> None:
    documents, _ = read(tmp_path, "0 Rita B-PER\n1 ria O\n\n0 Sim O\n")
    assert [d.text for d in documents] == ["Rita ria", "Sim"]


def test_numbers_that_are_words_stay_words(tmp_path: Path) -> None:
    (document,), _ = read(tmp_path, "7 CD O\n1 CD B-N\n3 CD O\n")
    assert document.text == "7 1 3"


def test_global_columns_name_the_columns(tmp_path: Path) -> None:
    text = (
        "# global.columns = ID FORM NER MISC\n1\tRita\tB-PER\t_\n2\tNunes\tI-PER\tSpaceAfter=No\n"
        "3\t.\tO\t_\n"
    )
    (document,), report = read(tmp_path, text, "x.conllup")
    assert (document.text, surfaces(document)) == ("Rita Nunes.", [("Rita Nunes", "PER")])
    assert report.choices["tags"] == "column 2"


def test_a_multiword_token_is_one_word_with_the_tag_of_its_parts(tmp_path: Path) -> None:
    text = "1\tLe\tO\n2-3\tdu\t_\n2\tde\tB-ORG\n3\tle\tI-ORG\n4\tMans\tI-ORG\n4.1\tx\tO\n5\tva\tO\n"
    (document,), report = read(tmp_path, text)
    assert (document.text, surfaces(document)) == ("Le du Mans va", [("du Mans", "ORG")])
    assert report.skipped == {"parts_of_multiword_tokens": 2, "empty_nodes": 1}


def test_a_text_comment_without_the_words_is_counted(tmp_path: Path) -> None:
    _, report = read(tmp_path, "# text = other\n1\tRita\tB-PER\n2\tria\tO\n")
    assert report.skipped == {"text_comments_without_the_words": 1}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("He\tO\nis\tO\nRita\tNAME\nNunes\tNAME\n", "x.conll"),
        ("He\tO\nis\tO\nRita\tNAME\nNunes\tNAME\n", "x.txt"),
        ("He PRP O\nis VB O\nRita NN NAME\nNunes NN NAME\n", "x.txt"),
    ],
)
def test_tags_without_prefix_are_read_as_io(tmp_path: Path, text: str, name: str) -> None:
    (document,), report = read(tmp_path, text, name)
    assert surfaces(document) == [("Rita Nunes", "NAME")]
    assert (report.format, report.choices["scheme"]) == ("conll", "io")


def test_io_may_be_named(tmp_path: Path) -> None:
    (document,), _ = read(tmp_path, "Rita B-1\nNunes B-1\n", scheme="io")
    assert surfaces(document) == [("Rita Nunes", "B-1")]


def test_labels_without_o_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'NN' is not a tag of BIOES"):
        read(tmp_path, "Rita NN\nria VB\n")


def test_comments_are_skipped_and_counted(tmp_path: Path) -> None:
    text = (
        "# free words\nRita\tB-PER\n# within\nria\tO\n\n# id 7f-2\tdomain=dev\nSim\tO\n\n#\tO\n"
        "#tag\tB-X\n"
    )
    documents, report = read(tmp_path, text)
    assert [(d.id, d.text) for d in documents] == [
        ("dev-0", "Rita ria"),
        ("7f-2", "Sim"),
        ("dev-2", "# #tag"),
    ]
    assert report.skipped == {"comment_lines": 2}
    assert "not read: comment lines 2" in report.describe()


def test_a_header_names_the_columns(tmp_path: Path) -> None:
    text = "Token\tNE-COARSE\tNE-FINE\tMisc\nLyon\tB-loc\tB-loc.city\t_\nest\tO\tO\t_\n"
    with pytest.raises(DataError, match=r"1 ne-coarse \(loc\), 2 ne-fine \(loc.city\)"):
        read(tmp_path, text)
    (document,), report = read(tmp_path, text, tag_key="NE-FINE")
    assert surfaces(document) == [("Lyon", "loc.city")]
    assert report.skipped == {"header_rows": 1}


def test_a_header_with_unknown_names_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"dev.conll:1: 'Rolle' .* If this row is a header, remove"):
        read(tmp_path, "Wort\tRolle\nRita\tB-PER\nlacht\tO\n")


def test_the_last_column_holds_the_tags_and_others_are_named(tmp_path: Path) -> None:
    (document,), report = read(tmp_path, "Rita B-PER B-ART\nria O O\n")
    assert surfaces(document) == [("Rita", "ART")]
    assert report.choices["tags elsewhere"] == "column 1"


def test_a_last_column_of_o_only_is_ambiguous(tmp_path: Path) -> None:
    text = "Rita\tB-PER\tO\nria\tO\tO\n"
    with pytest.raises(DataError, match=r"1 \(PER\), 2 \(only O\); set tag_column \(--tag-column"):
        read(tmp_path, text)
    for column, expected in ((1, [("Rita", "PER")]), (-1, [])):
        (document,), _ = read(tmp_path, text, tag_column=column)
        assert surfaces(document) == expected


def test_chunks_are_not_entities(tmp_path: Path) -> None:
    (document,), report = read(tmp_path, "We PRP B-NP O\nsleep VB B-VP O\n")
    assert (document.spans, report.choices["tags"]) == ((), "column 3")


def test_tags_before_columns_of_other_values_are_found(tmp_path: Path) -> None:
    (document,), report = read(tmp_path, "Rita B-PER +\nria O -\n", "x.txt")
    assert surfaces(document) == [("Rita", "PER")]
    assert report.choices["tags"] == "column 1"


@pytest.mark.parametrize("end", ["\t", "\t\t", " ", "\t "])
def test_white_space_at_the_end_of_rows_is_no_column(tmp_path: Path, end: str) -> None:
    (document,), _ = read(tmp_path, f"Rita\tB-PER{end}\nria\tO{end}\n")
    assert surfaces(document) == [("Rita", "PER")]


def test_byte_order_marks_within_are_removed_and_counted(tmp_path: Path) -> None:
    documents, report = read(tmp_path, "Rita\tB-PER\n\n\ufeffBern\tB-LOC\n")
    assert [d.text for d in documents] == ["Rita", "Bern"]
    assert report.skipped == {"byte_order_marks": 1}


def test_a_word_with_a_byte_order_mark_survives(tmp_path: Path) -> None:
    documents = [
        Document(f"x-{n}", "\ufeffa b", None, ((0, 2), (3, 4)), Annotation(spans=()))
        for n in range(2)
    ]
    write_corpus(documents, tmp_path / "x.conll")
    assert list(read_corpus(tmp_path / "x.conll")) == documents


def test_an_empty_word_names_its_row(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"dev.conll:2: word 2 is empty \(column 0\)"):
        read(tmp_path, "Rita\tB-PER\n\tO\n")


def test_ids_that_restart_in_each_group_get_its_name(tmp_path: Path) -> None:
    text = "# newdoc id = q\n# sent_id = 1\nRita O\n\n# newdoc id = r\n# sent_id = 1\nBern O\n"
    documents, report = read(tmp_path, text)
    assert [(d.id, d.group) for d in documents] == [("q/1", "q"), ("r/1", "r")]
    assert report.choices["ids"] == "group and id"


def test_ids_repeated_within_a_group_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the id '1' is repeated"):
        read(tmp_path, "# sent_id = 1\nRita O\n\n# sent_id = 1\nBern O\n")


def test_errors_of_tags_name_the_column(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"column 1: another column is named with tag_column"):
        read(tmp_path, "Rita B-PER\nria O\nx PERS\n")


def test_texts_are_read_without_tags(tmp_path: Path) -> None:
    path = tmp_path / "x.conll"
    path.write_text("Rita B-PER O\nria O O\n")
    (document,) = read_corpus(path, with_tags=False)
    assert (document.text, document.spans) == ("Rita ria", None)


def test_equal_rows_of_plain_text_are_a_warning(tmp_path: Path) -> None:
    documents, report = read(tmp_path, "Rita\tx\nria\ty\n", "x.txt")
    assert (report.format, len(documents)) == ("text", 2)
    assert "2 columns each and were read as plain text" in report.describe()


def test_a_folder_of_columns_is_not_plain_text(tmp_path: Path) -> None:
    (tmp_path / "dev.txt").write_text("Rita\tB-PER\nria\tO\n")
    (document,) = read_corpus(tmp_path)
    assert (document.id, document.group, len(document.spans or ())) == ("dev-0", "dev", 1)
    (tmp_path / "notes.txt").write_text("Rita ria.\nA second line of prose, which is longer.\n")
    with pytest.raises(DataError, match=r"dev.txt holds columns with tags, but other .txt"):
        list(read_corpus(tmp_path))
    documents = list(read_corpus(f"text:{tmp_path}"))
    assert [document.id for document in documents] == ["dev", "notes"]


def test_a_bracket_is_a_word(tmp_path: Path) -> None:
    (document,), report = read(tmp_path, "[\tO\nRita\tB-PER\n", "corpus")
    assert (report.format, document.text) == ("conll", "[ Rita")


def test_the_report_is_logged_once_the_file_was_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "vermeil.corpora")
    read(tmp_path, "Rita B-PER\nria O\n")
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path}/dev.conll: conll; words: column 0 (from 0); tags: column 1; scheme: iob2; "
        "1 document"
    ]


def test_options_that_a_format_does_not_use_are_named(tmp_path: Path) -> None:
    _, report = read(tmp_path, '{"id": "a", "text": "t"}', "x.jsonl", tag_column=1)
    assert report.warnings == ("tag_column is not used by the format jsonl",)
    assert report.as_dict()["warnings"] == list(report.warnings)
