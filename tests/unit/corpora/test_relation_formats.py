"""Relations in the formats of corpora and annotation tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import read_corpus, write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.unread import UNREAD
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import PairAbstention, Relation

TEXT = "Ann Lee of IBM met Bob in New York City .\nBob works for IBM , too ."
WORDS = tuple(
    (start, start + len(word))
    for line, at in (
        (TEXT.split("\n", maxsplit=1)[0], 0),
        (TEXT.split("\n")[1], TEXT.index("\n") + 1),
    )
    for word, start in (
        (word, at + sum(len(w) + 1 for w in line.split(" ")[:n]))
        for n, word in enumerate(line.split(" "))
    )
)
ANNOTATION = Annotation(
    tuple(
        Span(TEXT.index(surface, at), TEXT.index(surface, at) + len(surface), label)
        for surface, label, at in (
            ("Ann Lee", "PER", 0),
            ("IBM", "ORG", 0),
            ("Bob", "PER", 0),
            ("New York City", "LOC", 0),
            ("York", "LOC", 0),
            ("Bob", "PER", 40),
            ("IBM", "ORG", 40),
        )
    ),
    relations=(
        Relation(0, 1, "works_for"),
        Relation(2, 3, "in"),
        Relation(0, 3, "in"),
        Relation(4, 3, "part"),
        Relation(5, 6, "works_for"),
        Relation(6, 5, "employs"),
        Relation(1, 6, "same"),
    ),
)
RELATED = Document("a", TEXT, tokens=WORDS, annotation=ANNOTATION)
NONE_THERE = Document(
    "b", "Ann left .", tokens=((0, 3), (4, 8), (9, 10)), annotation=Annotation((), None, ())
)
PATHS = {
    "jsonl": "x.jsonl",
    "conll04": "x.json",
    "brat": "folder",
    "webanno": "folder",
    "label-studio": "x.json",
    "prodigy": "x.jsonl",
    "doccano": "x.jsonl",
    "argilla": "x.jsonl",
}


def read(path: Path, chosen: str) -> list[Document]:
    found = read_corpus(CorpusConfig(path=Path(f"{chosen}:{path}")))
    return sorted(found, key=lambda document: document.id)


@pytest.mark.parametrize("chosen", PATHS)
def test_relations_survive_a_round_trip(tmp_path: Path, chosen: Any) -> None:
    path = tmp_path / PATHS[chosen]
    report = write_corpus([RELATED, NONE_THERE], path, chosen)
    again = read(path, chosen)
    assert [one.annotation for one in again] == [ANNOTATION, NONE_THERE.annotation]
    assert set(report.losses) <= {"tokens", "relations", "odd_label"}


@pytest.mark.parametrize("chosen", ["conll04", "brat", "webanno"])
def test_what_a_format_cannot_hold_is_counted(tmp_path: Path, chosen: Any) -> None:
    scored = Annotation(
        ANNOTATION.spans,
        relations=(Relation(0, 1, "works_for", 0.5),),
        abstain_pairs=(PairAbstention(0, 2), PairAbstention(None, 3, "in")),
    )
    path = tmp_path / PATHS[chosen]
    report = write_corpus([Document("a", TEXT, annotation=scored)], path, chosen)
    assert report.losses["relation_details"] == 1
    assert report.losses["abstain_pairs"] == 1
    (again,) = read(path, chosen)
    assert again.relations == (Relation(0, 1, "works_for"),)


@pytest.mark.parametrize("chosen", ["label-studio", "prodigy", "doccano", "argilla", "jsonl"])
def test_scores_and_abstentions_of_pairs_pass_through_tools(tmp_path: Path, chosen: Any) -> None:
    annotation = Annotation(
        ANNOTATION.spans,
        relations=(Relation(0, 1, "works_for", 0.5),),
        abstain_pairs=(PairAbstention(0, 2), PairAbstention(None, 3, "in")),
    )
    path = tmp_path / PATHS[chosen]
    report = write_corpus([Document("a", TEXT, annotation=annotation)], path, chosen)
    assert report.losses == {}
    (again,) = read(path, chosen)
    assert again.annotation == annotation


def test_brat_files_without_relations_have_none_if_others_have_some(tmp_path: Path) -> None:
    other = Document("b", "Ann left .", annotation=Annotation((Span(0, 3, "PER"),)))
    report = write_corpus([RELATED, other], tmp_path / "folder", "brat")
    assert report.losses["relations_unannotated"] == 1
    assert read(tmp_path / "folder", "brat")[1].relations == ()
    write_corpus([other], tmp_path / "plain", "brat")
    assert read(tmp_path / "plain", "brat")[0].relations is None


def test_brat_counts_relations_of_a_span_with_itself(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ann met Bob\n")
    rows = "R1\tmet Arg1:T1 Arg2:T2\nR2\tmet Arg1:T1 Arg2:T1\nR3\tmet Arg1:T1 Arg2:T2\n"
    (tmp_path / "a.ann").write_text(f"T1\tPER 0 3\tAnn\nT2\tPER 8 11\tBob\n{rows}")
    (document,) = read(tmp_path, "brat")
    assert document.relations == (Relation(0, 1, "met"),)
    assert document.meta[UNREAD]["relations"] == 2


def test_prodigy_relations_of_an_accepted_task_are_read(tmp_path: Path) -> None:
    place = {"start": 0, "end": 3, "token_start": 0, "token_end": 0, "label": "PER"}
    other = {"start": 8, "end": 11, "token_start": 2, "token_end": 2, "label": "PER"}
    word = {"start": 4, "end": 7, "token_start": 1, "token_end": 1, "label": None}
    related = [
        {"head": 2, "child": 0, "head_span": other, "child_span": place, "label": "met"},
        {"head": 1, "child": 0, "head_span": word, "child_span": place, "label": "subject"},
    ]
    task: dict[str, Any] = {"text": "Ann met Bob", "spans": [place, other], "relations": related}
    task |= {"answer": "accept", "_input_hash": 1, "_task_hash": 2}
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(task) + "\n")
    (document,) = read(path, "prodigy")
    assert document.relations == (Relation(1, 0, "met"),)
    assert document.meta[UNREAD] == {"relations": 1}


def test_label_studio_answers_without_the_exported_relations_have_none(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_corpus([RELATED], path, "label-studio")
    (task,) = json.loads(path.read_text("utf-8"))
    results = task["annotations"][0]["result"]
    task["annotations"][0]["result"] = [one for one in results if one["type"] != "relation"]
    path.write_text(json.dumps([task]))
    (document,) = read(path, "label-studio")
    assert document.relations == ()


def test_webanno_relations_between_words_and_of_unknown_ends_are_counted(tmp_path: Path) -> None:
    layer = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
    path = tmp_path / "x.tsv"
    path.write_text(
        f"#FORMAT=WebAnno TSV 3.3\n#T_SP={layer}|value\n"
        f"#T_RL=custom.Rel|label|BT_{layer}\n#T_RL=dep.Dependency|type|BT_pos.POS\n\n\n"
        "#Text=Ann Lee met Bob\n"
        "1-1\t0-3\tAnn\tPER[1]\t_\t_\tsubj\t1-3\t\n"
        "1-2\t4-7\tLee\tPER[1]\t_\t_\t_\t_\t\n"
        "1-3\t8-11\tmet\t_\t_\t_\t_\t_\t\n"
        "1-4\t12-15\tBob\tPER\tmet[1]|knows[2]|*\t1-1[1_0]|1-2[1_0]|1-3\t_\t_\t\n"
    )
    (document,) = read(path, "webanno")
    assert document.relations == (Relation(0, 1, "knows"), Relation(0, 1, "met"))
    assert document.meta[UNREAD] == {"layer_Dependency": 1, "relations": 1}


def test_conll04_with_offsets_in_words(tmp_path: Path) -> None:
    sentence = {
        "tokens": ["Ann", "Lee", "of", "IBM"],
        "entities": [{"type": "Peop", "start": 0, "end": 2}, {"type": "Org", "start": 3, "end": 4}],
        "relations": [{"type": "Work_For", "head": 0, "tail": 1}],
        "orig_id": 7,
    }
    path = tmp_path / "train.json"
    path.write_text(json.dumps([sentence]))
    (document,) = read_corpus(CorpusConfig(path=path))
    assert document == Document(
        "7",
        "Ann Lee of IBM",
        tokens=((0, 3), (4, 7), (8, 10), (11, 14)),
        annotation=Annotation(
            (Span(0, 7, "Peop"), Span(11, 14, "Org")), relations=(Relation(0, 1, "Work_For"),)
        ),
    )
