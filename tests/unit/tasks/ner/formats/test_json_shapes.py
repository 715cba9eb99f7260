"""Shapes of JSON answers that teachers write instead of the requested one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vermeil.data.reply import Reply, State
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.task import NerTask
from vermeil.tasks.protocol import ReplyResult

LABELS = {"PER": {"aliases": ["Person"]}, "LOC": {"aliases": ["Place"]}}
TEXT = "Ann Lee met Bo Ek in Ulm, and Bo Ek left."
ALL = [("Ann Lee", "PER"), ("Bo Ek", "PER"), ("Ulm", "LOC"), ("Bo Ek", "PER")]


def read(reply: str, name: str = "json", text: str = TEXT) -> ReplyResult:
    task = NerTask(TaskConfig.model_validate({"labels": LABELS, "reply_format": name}))
    return task.read(text, Reply(reply))


def found(reading: ReplyResult, text: str = TEXT) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.label) for one in reading.annotation.spans or ()]


KEYS = [
    ("value", "category"),
    ("entity_text", "entity_label"),
    ("Entity Text", "Entity Type"),
    ("entityText", "entityType"),
    ("mention", "type"),
    ("name", "class"),
    ("word", "tag"),
    ("word", "entity"),
    ("word", "entity_group"),
    ("span", "category"),
    ("phrase", "ner-tag"),
    ("key", "value"),
    ("surface_form", "kind"),
    ("entity", "value"),
]


@pytest.mark.parametrize(("surface", "label"), KEYS)
@pytest.mark.parametrize("name", ["json", "json_list", "detect"])
def test_keys_have_synonyms(surface: str, label: str, name: str) -> None:
    items = [{surface: one, label: of} for one, of in ALL]
    whole = items if name == "json_list" else {"entities": items}
    assert found(read(json.dumps(whole), name)) == ALL
    reverse = [{label: of, surface: one} for one, of in ALL]
    assert found(read(json.dumps({"named-entities": reverse}), name)) == ALL


@pytest.mark.parametrize(
    "item",
    [
        {"span": [0, 7], "text": "Ann Lee", "label": "PER"},
        {"text": "Ann Lee", "labels": ["PER"]},
        {"text": TEXT, "entity": "Ann Lee", "label": "PER"},
        {"entity": "Person", "text": "Ann Lee", "label": "PER"},
        {"PER": "Ann Lee"},
        {"Ann Lee": "PER"},
        {"PER": ["Ann Lee"]},
        {"label": "PER", "entities": ["Ann Lee"]},
        {"type": "PER", "mentions": [{"text": "Ann Lee"}]},
        ["PER", "Ann Lee"],
        "Ann Lee (PER)",
        "Ann Lee - PER",
        "Ann Lee: PER",
        "PER: Ann Lee",
        "Ann Lee → Person",
        "[PER] Ann Lee",
    ],
)
def test_an_entry_may_have_another_shape(
    item: dict[str, list[dict[str, str] | int | str] | str] | list[str] | str,
) -> None:
    reading = read(json.dumps({"entities": [item]}, ensure_ascii=False))
    assert found(reading) == [("Ann Lee", "PER")]
    assert reading.notes == {}


@pytest.mark.parametrize(
    "whole",
    [
        {"entities": {"PER": [{"text": "Ann Lee"}, {"text": "Bo Ek"}], "LOC": [{"text": "Ulm"}]}},
        {"entities": {"persons": ["Ann Lee", "Bo Ek"], "places": ["Ulm"]}},
        {"entities": {"Ann Lee": "PER", "Bo Ek": "PER", "Ulm": "LOC"}},
        {"entities": [{"PER": ["Ann Lee", "Bo Ek"]}, {"LOC": ["Ulm"]}]},
        {"entities": "Ann Lee (PER), Bo Ek (PER) and Ulm (LOC)"},
        {"Persons": [{"name": "Ann Lee"}, {"name": "Bo Ek"}], "LOC": [["Ulm", 21, 24]]},
        {"PER": "Ann Lee, Bo Ek", "LOC": "Ulm"},
        {"PER": ["Ann Lee (a pilot)", "Bo Ek"], "LOC": ["Ulm"]},
        ["Ann Lee (PER)", "Bo Ek (PER)", "Ulm (LOC)"],
        [{"label": "PER", "texts": ["Ann Lee", "Bo Ek"]}, {"label": "LOC", "texts": ["Ulm"]}],
    ],
)
def test_entities_may_be_grouped(
    whole: dict[str, Any] | list[dict[str, list[str] | str] | str],
) -> None:
    assert set(found(read(json.dumps(whole), "detect"))) == set(ALL)


ANSWER = json.dumps({"entities": [{"text": one, "label": of} for one, of in ALL]})


@pytest.mark.parametrize("name", ["json", "json_occurrence", "detect"])
@pytest.mark.parametrize("levels", [1, 2, 3])
def test_an_answer_may_be_a_json_string(name: str, levels: int) -> None:
    reply = ANSWER
    for _ in range(levels):
        reply = json.dumps(reply)
    assert found(read(reply, name)) == ALL
    assert found(read(f"```json\n{reply}\n```", name)) == ALL
    assert found(read(f'{{"answer": {reply}}}', name)) == ALL
    assert found(read(reply[1:-1], name)) == ALL


def test_a_cut_off_json_string_keeps_its_complete_entries() -> None:
    reading = read(json.dumps(ANSWER)[:-70])
    assert reading.notes == {"truncated": 1}
    assert found(reading)[:2] == ALL[:2]


def test_an_empty_answer_in_a_json_string() -> None:
    assert read(json.dumps('{"entities": []}')).state is State.EMPTY
    assert read('If none: "{\\"entities\\": []}"').state is State.UNPARSABLE


def test_only_all_labels_without_entities_mean_no_entities() -> None:
    assert read('{"entities": {"PER": [], "LOC": []}}').state is State.EMPTY
    assert read('{"entities": {"PER": []}}').state is State.UNPARSABLE
    assert read('{"entities": {"PER": [], "DATE": []}}').state is State.UNPARSABLE


@pytest.mark.parametrize(
    "reply",
    [
        '{"entities": ["Ann Lee", "Ulm"]}',
        '{"entities": ["Ann Lee (DATE)"]}',
        '{"entities": [{"value": "Ann Lee"}]}',
        '{"entities": [{"category": "PER"}]}',
        '{"entities": [{"value": "...", "category": "..."}]}',
        '{"entities": {"note": "nothing"}}',
        '["PER", "LOC"]',
        '{"labels": ["PER", "LOC"]}',
        '"Ann Lee is a person."',
        "\"{'entities': [{'text': 'Ann",
    ],
)
def test_what_holds_no_entity_with_a_label_is_no_answer(reply: str) -> None:
    assert read(reply).state is State.UNPARSABLE


def test_an_entry_off_the_schema_is_counted() -> None:
    whole = [{"value": "Ann Lee", "category": "PER"}, {"value": "Ulm", "category": "TOWN"}]
    reading = read(json.dumps(whole))
    assert [one.status.value for one in reading.mentions] == ["exact", "off_schema"]
