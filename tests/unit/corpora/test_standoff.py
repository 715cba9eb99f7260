"""brat and WebAnno TSV: files as the tools write them, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import CorpusConfig, corpus_stats, read_corpus, write_corpus
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import Relation
from vermeil.errors import DataError

ANN = """T1\tOrganization 0 4\tSony
T2\tMerge 10 16;21 24\tjoined now
R1\tOwner Arg1:T2 Arg2:T1
E1\tMerge:T2 Org:T1
A1\tNegation E1
N1\tReference T1 Wikipedia:1 Sony
*\tAlias T1 T2
#1\tAnnotatorNotes T1\tsure
R2\tOwner Arg1:E1 Arg2:T1
"""
TEXT = "Sony \U0001f600 hasjoined-the-now."

TSV = """#FORMAT=WebAnno TSV 3.3
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value
#T_RL=webanno.custom.Rel|kind|BT_de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity


#Text=I like \U0001f60a Ms. Haag .
1-1\t0-1\tI\tPRP\t_\t_\t_\t_\t
1-2\t2-6\tlike\t_\t_\t_\t_\t_\t
1-3\t7-9\t\U0001f60a\t_\t*\tEMO\\_\\|\\[1\\]\t_\t_\t
1-4\t10-13\tMs.\tNNP\t*[1]|*[2]\tPER[1]|PER\\->part[2]\t_\t_\t
1-5\t14-18\tHaag\tNNP\t*[1]\tPER[1]\tknows\t1-3[0_1]\t
1-5.1\t14-16\tHa\t_\t*[3]\t*[3]\t_\t_\t
1-6\t19-20\t.\t_\t_\t_\t_\t_\t

#Text=Two lines\\tand \\\\
#Text=more.
2-1\t21-24\tTwo\t_\t_\t_\t_\t_\t
"""


def brat(tmp_path: Path, ann: str, text: str = TEXT) -> Path:
    (tmp_path / "b.txt").write_text(text)
    (tmp_path / "b.ann").write_text(ann)
    return tmp_path


def test_brat_spans_relations_and_what_is_counted(tmp_path: Path) -> None:
    folder = brat(tmp_path, ANN)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.txt").write_text("Not annotated\n")
    document, plain = read_corpus(CorpusConfig(path=folder))
    assert document.id == "b"
    assert [s.key for s in document.spans or ()] == [(0, 4, "Organization"), (10, 24, "Merge")]
    assert document.annotation.relations == (Relation(1, 0, "Owner"),)
    unread = {"attributes": 1, "equivalences": 1, "events": 1, "normalisations": 1, "notes": 1}
    assert document.meta["unread"] == {**unread, "relations": 1}
    assert (plain.id, plain.text, plain.spans) == ("inner/a", "Not annotated", None)
    assert corpus_stats([document, plain]).as_dict()["unread"] == {**unread, "relations": 1}


def test_brat_writes_the_pieces_of_discontinuous_spans_again(tmp_path: Path) -> None:
    (document,) = read_corpus(CorpusConfig(path=brat(tmp_path, ANN)))
    report = write_corpus([document], tmp_path / "again", "brat")
    assert report.losses == {"meta": 1}
    lines = (tmp_path / "again" / "b.ann").read_text().splitlines()
    assert lines[1] == "T2\tMerge 10 16;21 24\tjoined now"


def test_one_file_of_brat(tmp_path: Path) -> None:
    folder = brat(tmp_path, "T1\tX 0 4\tSony\n")
    (document,) = read_corpus(CorpusConfig(path=folder / "b.ann"))
    assert (document.id, document.text) == ("b", TEXT)


def test_an_ann_without_its_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text(TEXT)
    (tmp_path / "c.ann").write_text("T1\tX 0 4\tSony\n")
    for path in (tmp_path, tmp_path / "c.ann"):
        with pytest.raises(DataError, match=r"c\.ann: has no c\.txt beside it"):
            list(read_corpus(CorpusConfig(path=path)))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("T1\tX 0 4\tSony\nT1\tX 0 4\tSony", "T1 is in line 2 already"),
        ("T1\tX 0 99\tS", "T1 ends at 99; the text has 25 characters"),
        ("T1\tX 4 4\t", "T1 is empty or negative"),
        ("T1\tX a b\tS", "expected T1, a tab, a label, start and end"),
        ("T1", "expected T1, a tab, a label, start and end"),
        ("R1\tX T1 T2", "expected R1, a tab, a label, Arg1:T1 and Arg2:T2"),
        ("hello", "'hello' is not an annotation in the format of brat"),
    ],
)
def test_wrong_lines_of_brat(tmp_path: Path, line: str, message: str) -> None:
    folder = brat(tmp_path, f"\n{line}\n")
    with pytest.raises(DataError) as caught:
        list(read_corpus(CorpusConfig(path=folder)))
    assert message in str(caught.value)
    assert (caught.value.path, caught.value.line) == (folder / "b.ann", 2 + line.count("\n"))


def test_a_folder_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    write_corpus([Document("a", "x")], tmp_path / "x", "brat")
    for name in ("brat", "webanno", "datasets"):
        with pytest.raises(DataError, match="exists already; name a new folder"):
            write_corpus([Document("a", "x")], tmp_path / "x", name)
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["a.txt"]


def webanno(tmp_path: Path, text: str = TSV, **options: Any) -> Document:
    (tmp_path / "x.tsv").write_text(text)
    return next(read_corpus(CorpusConfig(path=tmp_path / "x.tsv", **options)))


def test_webanno_stacked_spans_parts_of_tokens_and_utf16(tmp_path: Path) -> None:
    document = webanno(tmp_path)
    assert document.text == "I like \U0001f60a Ms. Haag .\nTwo lines\tand \\\nmore."
    found = [(document.text[s.start : s.end], s.label) for s in document.spans or ()]
    assert found == [
        ("\U0001f60a", "EMO_|[1]"),
        ("Ms.", "PER->part"),
        ("Ms. Haag", "PER"),
        ("Ha", "NamedEntity"),
    ]
    assert len(document.tokens or ()) == 7
    assert document.meta == {"unread": {"layer_POS": 3}}
    assert document.relations == (Relation(0, 2, "knows"),)


def test_webanno_layer_may_be_chosen(tmp_path: Path) -> None:
    document = webanno(tmp_path, tag_key="POS")
    assert [s.label for s in document.spans or ()] == ["PRP", "NNP", "NNP"]


def test_a_webanno_layer_that_is_missing_is_an_error_with_all_layers(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no layer Chunk; layers: .*POS, .*NamedEntity\. Set"):
        webanno(tmp_path, tag_key="Chunk")
    plain = TSV.replace("ner.type.NamedEntity|id", "x.Morph|id")
    with pytest.raises(DataError, match=r"has no layer .*NamedEntity; layers: .*POS, .*x\.Morph\."):
        webanno(tmp_path, plain)
    spans = webanno(tmp_path, plain, tag_key="POS").spans or ()
    assert [s.label for s in spans] == ["PRP", "NNP", "NNP"]


def test_files_of_a_webanno_folder_have_one_layer(tmp_path: Path) -> None:
    header = "#FORMAT=WebAnno TSV 3.3\n#T_SP=a.type.POS|value\n\n\n"
    (tmp_path / "y.tsv").write_text(header + "#Text=Go\n1-1\t0-2\tGo\tVB\t\n")
    webanno(tmp_path)
    named, other = read_corpus(CorpusConfig(path=tmp_path))
    assert len(named.spans or ()) == 4
    assert other.spans is None
    assert other.meta == {"unread": {"files_without_the_layer": 1, "layer_POS": 1}}
    (document,) = read_corpus(CorpusConfig(path=tmp_path / "y.tsv"))
    assert [span.key for span in document.spans or ()] == [(0, 2, "VB")]


def test_webanno_offsets_are_compared_with_the_words(tmp_path: Path) -> None:
    first = TSV[: TSV.index("#Text=Two")]
    points = first
    for old, new in [("7-9", "7-8"), *((f"{n}-", f"{n - 1}-") for n in (10, 14, 19))]:
        points = points.replace(f"\t{old}", f"\t{new}")
    for old, new in [("9-13", "9-12"), ("13-18", "13-17"), ("13-16", "13-15"), ("18-20", "18-19")]:
        points = points.replace(f"\t{old}\t", f"\t{new}\t")
    document = webanno(tmp_path, points)
    assert [document.text[s.start : s.end] for s in document.spans or ()][1:] == [
        "Ms.",
        "Ms. Haag",
        "Ha",
    ]
    assert document.meta["unread"]["code_point_offsets_converted"] == 5
    document = webanno(tmp_path, first.replace("\tlike\t", "\tlove\t"))
    assert document.spans is None
    assert document.meta["unread"]["surfaces_that_differ"] == 1


def test_webanno_writes_what_inception_reads(tmp_path: Path) -> None:
    spans = (Span(0, 1, "a|b"), Span(0, 6, "X"), Span(2, 4, "Y"), Span(6, 7, "Z"))
    tokens = ((0, 1), (2, 6), (6, 7), (8, 9))
    document = Document("x", "\U0001f600 abcd.\ne ", None, tokens, Annotation(spans=spans))
    assert write_corpus([document], tmp_path / "x.tsv", "webanno").losses == {}
    assert (tmp_path / "x.tsv").read_text() == (
        "#FORMAT=WebAnno TSV 3.3\n"
        "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|value\n"
        "\n\n"
        "#Text=\U0001f600 abcd.\n"
        "1-1\t0-2\t\U0001f600\ta\\|b[1]|X[2]\t\n"
        "1-2\t3-7\tabcd\tX[2]\t\n"
        "1-2.1\t3-5\tab\tY\t\n"
        "1-3\t7-8\t.\tZ\t\n"
        "\n"
        "#Text=e \n"
        "2-1\t9-10\te\t_\t\n"
    )
    assert list(read_corpus(CorpusConfig(path=tmp_path / "x.tsv"))) == [document]


def test_a_webanno_file_holds_one_document(tmp_path: Path) -> None:
    documents = [Document("a", "x"), Document("b", "y")]
    with pytest.raises(DataError, match="holds one document; name a folder for several"):
        write_corpus(documents, tmp_path / "x.tsv", "webanno")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1-1\t0-1\tI", "the row has 3 columns; expected 8 for the declared layers"),
        ("1-1\t0+1\tI\t_\t_\t_\t_\t_\t", "'0+1' is not a range; expected start-end"),
    ],
)
def test_wrong_rows_of_webanno(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        webanno(tmp_path, TSV.replace("1-1\t0-1\tI\tPRP\t_\t_\t_\t_\t", row))
    assert message in str(caught.value)
    assert caught.value.line == 8


def test_webanno_offsets_must_be_in_the_text_and_whole(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="7-8 is not in the text, or cuts a character in two"):
        webanno(tmp_path, TSV.replace("7-9", "7-8"))
    with pytest.raises(DataError, match=r"expected #FORMAT=WebAnno TSV 3\.3 in the first line"):
        webanno(tmp_path, "#Text=x\n", format="webanno")


def test_a_value_that_ends_in_a_backslash_is_read_in_linear_time(tmp_path: Path) -> None:
    # With quadratic time, this test runs for hours.
    value = "A\\|" * 40_000 + "B\\"
    path = tmp_path / "a.tsv"
    path.write_text(
        "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Name|value\n\n\n#Text=Bo sang\n"
        f"1-1\t0-2\tBo\tPER|{value}\t\n"
    )
    [document] = read_corpus(CorpusConfig(path=path))
    assert {span.label for span in document.spans or ()} == {"PER", "A|" * 40_000 + "B\\"}
