"""Corpora through annotation tools' formats, on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RECORD = {
    "id": "a",
    "text": "Ann met Bob.",
    "spans": [{"start": 0, "end": 3, "label": "PER", "score": 0.9}],
}


def written(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_a_corpus_goes_through_formats_and_losses_are_told(vermeil: Any, tmp_path: Path) -> None:
    written(tmp_path / "gold.jsonl", RECORD)
    done = vermeil("corpus", "convert", "gold.jsonl", "brat:folder")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "gold.jsonl: jsonl; 1 document",
        "wrote 1 of 1 documents to folder",
        "lost: span details 1",
        "next: vermeil corpus stats brat:folder",
    ]
    (tmp_path / "folder" / "a.ann").write_text("T1\tPER 0 3\tAnn\nA1\tSure T1\n")
    done = vermeil("corpus", "convert", "folder", "x.parquet", "--json")
    assert json.loads(done.stdout) == {
        "documents": 1,
        "written": 1,
        "losses": {},
        "unread": {"attributes": 1},
        "reading": {
            "path": "folder",
            "format": "brat",
            "choices": {},
            "documents": 1,
            "annotated": 1,
            "not_read": {"attributes": 1},
            "warnings": [],
        },
    }
    done = vermeil("corpus", "stats", "x.parquet", "--json")
    assert json.loads(done.stdout)["unread"] == {"attributes": 1}
    done = vermeil("evaluate", "label-studio:none.json", "gold.jsonl")
    assert done.returncode == 3
    assert "none.json: no such model folder or file of predictions" in done.stderr
    done = vermeil("evaluate", "brat:folder", "gold.jsonl", "--json")
    assert json.loads(done.stdout)["overall"]["f1"] == 1.0


def test_how_files_are_read_is_printed_and_can_be_chosen(vermeil: Any, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text("1\tRita\tB-PER\tB-ART\n2\tria\tO\tO\n")
    line = "x.conll: conll; words: column 1 (from 0); tags: column 3; tags elsewhere: column 2"
    done = vermeil("corpus", "stats", "x.conll", "--json")
    assert done.stderr == f"{line}; scheme: iob2; 1 document\n"
    assert json.loads(done.stdout)["reading"]["choices"]["tags elsewhere"] == "column 2"
    options = ("--tag-column", "2", "--word-column", "0", "--scheme", "iob2")
    done = vermeil("corpus", "convert", "x.conll", "x.jsonl", *options)
    assert json.loads((tmp_path / "x.jsonl").read_text())["text"] == "1 2"
    done = vermeil("corpus", "stats", "x.conll", "--tag-key", "other")
    assert (done.returncode, "no column or key has the name 'other'" in done.stderr) == (3, True)
    done = vermeil("evaluate", "x.conll", "x.conll", "--quiet", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)["reading"]) == 2
    (tmp_path / "bad.conll").write_text("Rita\tB-PER\tO\nria\tO\tO\n")
    done = vermeil("corpus", "leaks", "bad.conll", "x.conll", "--json")
    assert [one["choices"] for one in json.loads(done.stdout)["reading"]] == [
        {"words": "column 0 (from 0)"},
        {"words": "column 1 (from 0)"},
    ]
    done = vermeil("corpus", "convert", "x.conll", "y.conll", "--to-scheme", "io")
    assert (done.returncode, "io is read but not written" in done.stderr) == (2, True)


def test_formats_that_contradict_each_other_are_an_error(vermeil: Any) -> None:
    done = vermeil("corpus", "stats", "brat:folder", "--format", "conll")
    assert done.returncode == 2
    expected = "--format: expected one format, but the path names brat and the key format is conll"
    assert expected in done.stderr


def test_silver_goes_to_people_and_comes_back_as_gold(vermeil: Any, tmp_path: Path) -> None:
    second = {"id": "b", "text": "Nobody.", "spans": []}
    written(tmp_path / "silver.jsonl", RECORD, second)
    (tmp_path / "ids").write_text("b\na\nz\n")
    done = vermeil(
        *("review", "export", "silver.jsonl", "--to", "label-studio"),
        *("--output", "tasks.json", "--ids", "ids"),
    )
    assert done.returncode == 0, done.stderr
    assert "wrote 2 of 2 documents with 1 suggested spans to tasks.json" in done.stderr
    assert "not in silver.jsonl: 1 ids (z)" in done.stderr
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    assert [task["data"]["vermeil"]["id"] for task in tasks] == ["b", "a"]
    tasks[1]["annotations"] = [
        {"result": tasks[1]["predictions"][0]["result"], "completed_by": {"email": "eve"}}
    ]
    (tmp_path / "back.json").write_text(json.dumps(tasks))
    command = ("review", "import", "back.json", "--silver", "silver.jsonl", "-o", "gold.jsonl")
    done = vermeil(*command)
    assert done.returncode == 0, done.stderr
    assert 'not accepted, unfinished: 1 ("b")' in done.stderr
    assert "these documents are in gold.rest.jsonl" in done.stderr
    report = json.loads(vermeil(*command, "--overwrite", "--json").stdout)
    assert (report["accepted"], report["not_accepted"]) == (1, {"unfinished": 1})
    gold = json.loads((tmp_path / "gold.jsonl").read_text())
    assert gold["spans"] == [{"start": 0, "end": 3, "label": "PER", "origin": "gold"}]
    assert gold["meta"]["review"]["annotators"] == ["eve"]


def test_documents_from_before_a_label_are_marked(vermeil: Any, tmp_path: Path) -> None:
    expo = {"id": "b", "text": "Expo", "spans": [{"start": 0, "end": 4, "label": "EVENT"}]}
    written(tmp_path / "old.jsonl", RECORD, expo, {"id": "c", "text": "x"})
    done = vermeil("corpus", "abstain", "old.jsonl", "marked.jsonl", "--labels", "EVENT")
    assert done.returncode == 0, done.stderr
    assert "wrote 3 documents to marked.jsonl; 1 are unknown for EVENT" in done.stderr
    lines = (tmp_path / "marked.jsonl").read_text().splitlines()
    assert [json.loads(line).get("abstain") for line in lines] == [
        [{"labels": ["EVENT"]}],
        None,
        None,
    ]
