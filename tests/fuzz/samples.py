"""Small valid files of every format, from which the fuzz test makes malformed ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from tests.document_files import document_files

from vermeil.corpora import write_corpus
from vermeil.corpora.config import FileFormat
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import Relation

TEXT = "Ada Orne met Bo in Rom\u00e9 \U0001f600 today .\nThen Cy left ."
DOCUMENTS = (
    Document(
        "one",
        TEXT,
        "letters",
        ((0, 3), (4, 8), (9, 12), (13, 15), (16, 18), (19, 23)),
        Annotation(
            spans=(
                Span(0, 8, "PER", score=0.9, weight=0.5, status="exact", soft={"PER": 0.8}),
                Span(13, 15, "PER", origin="gold"),
                Span(19, 23, "LOC"),
            ),
            labels=("travel",),
            relations=(Relation(0, 2, "visits"),),
            abstain=((24, 25),),
        ),
        weight=0.7,
        meta={"source": "x", "n": 3},
    ),
    Document("two", "Bo left .", None, ((0, 2), (3, 7), (8, 9)), Annotation(spans=())),
    Document("three", "Cy saw Di .", None, None, Annotation(spans=(Span(0, 2, "PER"),))),
    Document("four", "No one came ."),
)

CONLLU = """\
# newdoc id = law
# sent_id = 1
# text = Im Hof saß Ada.
1-2\tIm\t_\t_\t_\t_\t_\t_\t_\t_
1\tIn\tin\tADP\t_\t_\t4\tcase\t_\tname=O
2\tdem\tder\tDET\t_\t_\t4\tdet\t_\tname=O
3\tHof\tHof\tNOUN\t_\t_\t4\tobl\t_\tname=B-LOC
4\tsaß\tsitzen\tVERB\t_\t_\t0\troot\t_\tname=O
4.1\tsaß\t_\t_\t_\t_\t_\t_\t_\t_
5\tAda\tAda\tPROPN\t_\t_\t4\tnsubj\t_\tname=B-PER|SpaceAfter=No
6\t.\t.\tPUNCT\t_\t_\t4\tpunct\t_\tname=O

# sent_id = 2
1\tBo\tBo\tPROPN\t_\t_\t0\troot\t_\tname=B-PER
2\tging\tgehen\tVERB\t_\t_\t1\tdep\t_\tname=O
"""

COLUMNS = """\
-DOCSTART- -X- -X- O

Ada NNP B-NP B-PER
Orne NNP I-NP I-PER
left VBD B-VP O
Rom NNP B-NP B-LOC
. . O O

Bo NNP B-NP B-PER
slept VBD B-VP O
"""

WEBANNO = """\
#FORMAT=WebAnno TSV 3.3
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value
#T_SP=webanno.custom.Event|kind|ROLE_webanno.custom.Event:part_webanno.custom.Link|custom.Part
#T_RL=webanno.custom.Rel|value|BT_de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity


#Text=Ada Orne met \U0001f600 Bo
1-1\t0-3\tAda\t_\tPER[1]\tgo[4]\tto[4]\t1-5\t_\t_
1-2\t4-8\tOrne\t_\tPER[1]|a\\|b\\\\[2]\t_\t_\t_\t_\t_
1-3\t9-12\tmet\t_\t_\t_\t_\t_\t_\t_
1-4\t13-15\t\U0001f600\t_\t*\t_\t_\t_\t_\t_
1-5\t16-18\tBo\tx\tPER\t_\t_\t_\tknows\t1-1[1_0]

#Text=Cy left
2-1\t20-22\tCy\t_\tPER\t_\t_\t_\t_\t_
2-1.1\t20-21\tC\t_\tLOC\t_\t_\t_\t_\t_
2-2\t23-27\tleft\t_\t_\t_\t_\t_\t_\t_
"""

BRAT = """\
T1\tPER 0 8\tAda Orne
T2\tPER 13 15\tBo
T3\tLOC 0 3;19 23\tAda Rom\u00e9
R1\tknows Arg1:T1 Arg2:T2
E1\tLOC:T3 Who:T1
A1\tDone E1
#1\tAnnotatorNotes T1\tsure?
"""

LABEL_STUDIO: list[dict[str, Any]] = [
    {
        "id": 5,
        "data": {"text": "Ada met Bo in Rom\u00e9", "note": "n"},
        "annotations": [
            {
                "id": 1,
                "completed_by": {"id": 4, "email": "a@example.org"},
                "created_at": "2026-01-02",
                "was_cancelled": False,
                "result": [
                    {"id": "a", "type": "labels"}
                    | {"value": {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}},
                    {"id": "b", "type": "labels"}
                    | {"value": {"start": 8, "end": 10, "text": "Bo", "labels": ["PER"]}},
                    {"id": "c", "type": "choices", "value": {"choices": ["travel"]}},
                    {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"}
                    | {"labels": ["met"]},
                ],
            }
        ],
        "drafts": [{"user": "x", "result": []}],
        "predictions": [{"model_version": "m", "score": 0.4, "result": []}],
    },
    {"id": 6, "data": {"text": "Bo left"}, "annotations": [], "cancelled_annotations": 2},
]

PRODIGY: list[dict[str, Any]] = [
    {
        "text": "Ada met Bo",
        "_input_hash": 7,
        "_task_hash": 8,
        "_session_id": f"s-{name}",
        "_view_id": "ner_manual",
        "answer": "accept",
        "tokens": [{"text": "Ada", "start": 0, "end": 3, "id": 0, "ws": True}],
        "spans": [{"start": 0, "end": 3, "label": "PER", "text": "Ada", "token_start": 0}],
        "relations": [],
        "meta": {"source": "x"},
    }
    for name in ("ada", "bo")
]

DOCCANO: list[dict[str, Any]] = [
    {"id": 1, "text": "Ada met Bo", "label": [[0, 3, "PER"], [8, 10, "PER"]], "Comments": []},
    {
        "id": 2,
        "text": "Bo left",
        "entities": [{"id": 9, "label": "PER", "start_offset": 0, "end_offset": 2}],
        "relations": [{"id": 1, "from_id": 9, "to_id": 9, "type": "is"}],
        "cats": ["travel"],
    },
    {"id": 3, "data": "Cy sat", "label": ["calm"], "meta": {"vermeil": {"id": "three"}}},
]

ARGILLA: list[dict[str, Any]] = [
    {
        "id": "1",
        "status": "completed",
        "_server_id": "x",
        "fields": {"text": "Ada met Bo"},
        "metadata": {"n": 1},
        "suggestions": {"spans": {"value": [{"start": 0, "end": 3, "label": "PER"}]}},
        "responses": {
            "spans": [{"value": [{"start": 8, "end": 10, "label": "PER"}], "user_id": "u"}],
            "topic": [{"value": "travel", "user_id": "u", "status": "submitted"}],
        },
        "vectors": {},
    }
]

CSV = """\
text,label,stars
"Good, I ""think"".
Two lines",praise,5
Bad.,,1
"""

TOKENS: list[dict[str, Any]] = [
    {"id": 1, "doc": "a", "tokens": ["Ada", "left", "."], "ner_tags": ["B-PER", "O", "O"]},
    {"tokens": ["Bo"], "ner_tags": ["S-PER"], "text": "Bo", "x": 1},
]

REPLIES: list[dict[str, Any]] = [
    {
        "text": "Ada met Bo",
        "reply": "[]",
        "finish_reason": "stop",
        "sample": 0,
        "prompt": "standard",
    },
    {"id": "two", "reply": "Bo", "prompt_tokens": 5, "completion_tokens": 1}
    | {"token_ends": [2], "token_logprobs": [-0.5]},
]

CONFIGURATION = """\
[run]
output = "out"
seed = 3
[task.labels]
PER = {description = "a person", aliases = ["person"]}
[corpora]
gold = "gold.jsonl"
pool = {path = "pool.txt", tag_column = 2}
[teacher]
model = "m"
requests_per_minute = 60
temperature = 0.5
max_cost_usd = 5.5
[student]
learning_rate = 1e-4
[study]
seeds = [1, 2]
gold_documents = [50, 100]
"""


def lines(records: list[dict[str, Any]]) -> str:
    """Return records as lines of JSON."""
    return "".join(json.dumps(record) + "\n" for record in records)


def write_samples(chosen: str, folder: Path) -> list[Path]:
    """Write the valid files of a format into a folder and return their paths.

    Args:
        chosen: name of the format.
        folder: an empty folder.
    """
    ending = {"label-studio": ".json", "argilla": ".json", "parquet": ".parquet"}
    ending |= {
        "csv": ".csv",
        "parquet-tokens": ".parquet",
        "docbin": ".spacy",
        "text": ".txt",
        "conll": ".conll",
    }
    ending |= dict.fromkeys(("brat", "webanno", "datasets", "datasets-tokens"), "")
    if chosen == "documents":
        return document_files(folder)
    path = folder / f"written{ending.get(chosen, '.jsonl')}"
    write_corpus(DOCUMENTS, path, cast(FileFormat, chosen))
    found = [path]
    for name, text in FOREIGN.get(chosen, {}).items():
        foreign = folder / name
        foreign.parent.mkdir(exist_ok=True)
        foreign.write_text(text, encoding="utf-8", newline="")
        found.append(foreign.parent if foreign.parent != folder else foreign)
    return list(dict.fromkeys(found))


FOREIGN: dict[str, dict[str, str]] = {
    "conll": {
        "universal.conllu": CONLLU,
        "columns.conll": COLUMNS,
        "folder/a.conll": COLUMNS,
        "folder/b.conllu": CONLLU,
    },
    "webanno": {"export.tsv": WEBANNO},
    "brat": {"brat/letter.txt": TEXT + "\n", "brat/letter.ann": BRAT},
    "label-studio": {"export.json": json.dumps(LABEL_STUDIO)},
    "prodigy": {"out.jsonl": lines(PRODIGY)},
    "doccano": {"export.jsonl": lines(DOCCANO)},
    "argilla": {"records.json": json.dumps(ARGILLA)},
    "tokens": {"tokens.jsonl": lines(TOKENS)},
    "csv": {"reviews.csv": CSV, "reviews.tsv": CSV.replace(",", "\t")},
    "text": {"letters/a.txt": TEXT, "letters/b.txt": "Bo\r\n"},
}
"""Format to the files of other programs: name and content."""
