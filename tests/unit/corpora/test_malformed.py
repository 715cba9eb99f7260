"""Malformed files of every kind are data errors that name file and line."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

import pytest

from vermeil.corpora import CorpusConfig, read_corpus
from vermeil.data.malformed import translate_malformed
from vermeil.errors import ConfigError, DataError

LONG = "7" * 4_400
DOCUMENT = {"id": "a", "text": "Ada met Bo"}


def problem_of(path: Path, content: str | bytes, chosen: str = "") -> DataError:
    if isinstance(content, str):
        content = content.encode()
    path.write_bytes(content)
    named = CorpusConfig.model_validate({"path": f"{chosen}:{path}" if chosen else path})
    with pytest.raises(DataError) as caught:
        list(read_corpus(named))
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 500 + len(str(path))
    return caught.value


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (f'{{"id": "a", "text": "b", "meta": {{"n": {LONG}}}}}', "more than 4,300 digits"),
        (f'{{"id": "a", "text": "b", "weight": {"9" * 350}}}', "expected a number"),
        (f'{{"id": "a", "text": "b", "tokens": [[0, {2**64}]]}}', "expected [start, end] pairs"),
        ('{"id": "a", "text": "b", "weight": 1e999}', "is too large"),
        ('{"id": "a", "text": "b", "meta": {"n": 2e400}}', "is too large"),
        ('{"id": "a", "text": "b", "meta": ' + "[" * 9_000, "nested too deeply"),
        (
            '{"id": "a", "text": "b", "spans": [{"start": 0, "end": %s, "label": "X"}]}' % 10**30,
            "expected a whole number",
        ),
    ],
)
def test_numbers_of_a_record(tmp_path: Path, record: str, words: str) -> None:
    error = problem_of(tmp_path / "x.jsonl", '{"id": "0", "text": "c"}\n' + record + "\n")
    assert error.line == 2
    assert words in str(error)


def extras(**values: object) -> str:
    return json.dumps([{"data": {"text": "Ada met Bo", "vermeil": values}, "annotations": []}])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"tokens": 7, "text_digest": "0"}, '"tokens" in "vermeil" is 7'),
        ({"abstain": "all", "text_digest": "0"}, '"abstain" in "vermeil"'),
        ({"relations": {"head": 0}}, '"relations" in "vermeil"'),
        ({"spans": 3}, '"spans" in "vermeil" is 3'),
        ({"spans": [{"start": 0, "end": "2"}]}, "expected a whole number"),
        ({"spans": [{"start": 0}]}, '"end" is missing'),
    ],
)
@pytest.mark.parametrize("tool", ["label-studio", "prodigy"])
def test_extras_of_annotation_tools(
    tmp_path: Path, values: dict[str, object], words: str, tool: str
) -> None:
    content = extras(**values)
    if tool == "prodigy":
        content = json.dumps({"text": "Ada met Bo", "answer": "accept", "vermeil": values})
    assert words in str(problem_of(tmp_path / "x.json", content, tool))


def test_spans_of_extras_far_beyond_the_text_allocate_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(extras(id="a", spans=[{"start": 0, "end": 2**62, "label": "PER"}]))
    [document] = read_corpus(path)
    assert document.spans is None


@pytest.mark.parametrize("number", [-1, 10**9, 2**80])
def test_number_of_skipped_annotations(tmp_path: Path, number: int) -> None:
    task = {"data": {"text": "Ada"}, "annotations": [], "cancelled_annotations": number}
    error = problem_of(tmp_path / "x.json", json.dumps([task]))
    assert '"cancelled_annotations"' in str(error)


WEBANNO = """\
#FORMAT=WebAnno TSV 3.3
#T_SP=custom.Name|value

#Text=Ada
1-1\t0-3\tAda\tPER\t

#Text=Bo
2-1\t{start}-{end}\tBo\tPER\t
"""


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ("1" + "0" * 13, "characters after the earlier text"),
        ("1" + "0" * 7, "characters after the earlier text"),
        ("1" + "0" * 4_900, "is not a range"),
    ],
)
def test_offsets_of_sentences(tmp_path: Path, start: str, words: str) -> None:
    content = WEBANNO.format(start=start, end=start[:-1] + "2")
    error = problem_of(tmp_path / "x.tsv", content)
    assert words in str(error)
    assert error.line == 8


def test_blanks_between_sentences_are_text(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text(WEBANNO.format(start=90_000, end=90_002))
    [document] = read_corpus(path)
    assert document.text == "Ada\n" + " " * (90_000 - 4) + "Bo"
    assert [document.text[s.start : s.end] for s in document.spans or ()] == ["Ada", "Bo"]


@pytest.mark.parametrize("number", ["9" * 16, "9" * 5_000])
def test_offsets_of_brat(tmp_path: Path, number: str) -> None:
    folder = tmp_path / "brat"
    folder.mkdir()
    (folder / "a.txt").write_text("Ada met Bo")
    error = problem_of(folder / "a.ann", f"T1\tPER 0 3\tAda\nT2\tPER 0 {number}\tAda\n")
    assert error.line == 2


def test_row_numbers_of_columns(tmp_path: Path) -> None:
    rows = "# global.columns = ID FORM NE\n1\tAda\tB-PER\n2\tmet\tO\n"
    error = problem_of(tmp_path / "x.conllup", rows + f"{LONG}\tCy\tB-PER\n")
    assert error.line == 4
    assert "is not the number of a row" in str(error)


@pytest.mark.parametrize("keep", [5, 30, -4])
def test_a_gzip_file_that_was_cut(tmp_path: Path, keep: int) -> None:
    whole = gzip.compress(b"".join(json.dumps({**DOCUMENT, "id": str(n)}).encode() for n in "abc"))
    assert "gzip" in str(problem_of(tmp_path / "x.jsonl.gz", whole[:keep]))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    error = problem_of(tmp_path / "x.txt", b"Ada\nBo \xe9\n")
    assert error.line == 2


@pytest.mark.parametrize("chosen", ["jsonl", "conll", "tokens", "doccano", "parquet", "docbin"])
def test_a_folder_in_place_of_a_file(tmp_path: Path, chosen: str) -> None:
    folder = tmp_path / "folder.x"
    folder.mkdir()
    with pytest.raises(DataError, match=r"folder\.x"):
        list(read_corpus(CorpusConfig.model_validate({"path": f"{chosen}:{folder}"})))


def test_a_path_that_no_file_can_have() -> None:
    with pytest.raises(DataError, match="null byte"):
        list(read_corpus(CorpusConfig.model_validate({"path": "a\0.jsonl"})))


def test_docbin_whose_content_is_damaged(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    vocab = spacy.vocab.Vocab()
    doc = spacy.tokens.Doc(vocab, words=["Ada", "met"])
    doc.cats = {"travel": "yes"}
    plain = spacy.tokens.DocBin(docs=[doc], store_user_data=True).to_bytes()
    assert "'yes'" in str(problem_of(tmp_path / "cats.spacy", plain))
    content = zlib.decompress(plain)
    assert content.count(b"Ada") == 1
    damaged = zlib.compress(content.replace(b"Ada", b"A\xffa"))
    problem_of(tmp_path / "bytes.spacy", damaged)


def test_docbin_that_expands_a_thousandfold(tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    compressor = zlib.compressobj(9)
    zeros = b"".join(compressor.compress(bytes(1 << 20)) for _ in range(300)) + compressor.flush()
    assert "hold more than" in str(problem_of(tmp_path / "x.spacy", zeros))


def test_tables_with_odd_columns(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    lists = {"start": [0, 1], "end": [2], "label": ["X"]}
    odd = {
        "text": {"tokens": [["Ada"]], "text": [5]},
        "spans": {"text": ["Ada"], "spans": [lists]},
        "q.responses": {"text": ["Ada"], "q.responses": [5]},
        "q.responses.users": {"text": ["A"], "q.responses": [["x"]], "q.responses.users": [[1, 2]]},
        "meta": {"text": ["Ada"], "meta": [{"share": float("inf")}]},
    }
    for name, columns in odd.items():
        path = tmp_path / f"{name}.parquet"
        parquet.write_table(pa.table(columns), path)
        with pytest.raises(DataError) as caught:
            list(read_corpus(path))
        assert (caught.value.path, caught.value.line) == (path, 1), name


def test_values_of_a_table_that_json_lacks_become_strings(tmp_path: Path) -> None:
    import datetime

    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    meta = [{"day": datetime.date(2026, 3, 4), "n": 2}]
    parquet.write_table(pa.table({"text": ["Ada"], "meta": meta}), tmp_path / "x.parquet")
    [document] = read_corpus(tmp_path / "x.parquet")
    assert document.meta == {"day": "2026-03-04", "n": 2}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("state.json", {"_data_files": [{"name": "x"}]}),
        ("state.json", {"_data_files": 5}),
        ("dataset_dict.json", {"splits": [3]}),
        ("dataset_dict.json", {"splits": None}),
    ],
)
def test_descriptions_of_data_sets(tmp_path: Path, name: str, content: object) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "dataset_info.json").write_text("{}")
    (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(DataError, match=name):
        list(read_corpus(tmp_path))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("start"), "KeyError: 'start'"),
        (MemoryError(), "more memory"),
        (RecursionError(), "nested too deeply"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "odd"), "UnicodeDecodeError"),
    ],
)
def test_other_errors_are_translated_with_their_cause(error: Exception, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught, translate_malformed("x.json", 3):
        raise error
    assert (caught.value.path, caught.value.line) == ("x.json", 3)
    assert caught.value.__cause__ is error


def test_errors_that_are_no_data_pass_through() -> None:
    for error in (ConfigError("x"), AssertionError("x"), OSError("x")):
        with pytest.raises(type(error)), translate_malformed("x.json"):
            raise error


def test_a_fault_of_the_caller_is_not_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps(DOCUMENT))

    def check(_: object) -> None:
        raise TypeError("a fault of the check")

    with pytest.raises(TypeError):
        list(read_corpus(tmp_path / "x.jsonl", check))
    with pytest.raises(TypeError):  # noqa: PT012
        for _ in read_corpus(tmp_path / "x.jsonl"):
            raise TypeError("a fault of the loop")
