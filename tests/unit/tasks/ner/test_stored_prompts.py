"""The words of prompts are part of the keys of stored requests: they must not change."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.formats import REPLY_FORMATS
from vermeil.tasks.ner.task import NerTask

LABELS = {"PER": {"description": "people", "aliases": ["person"]}, "LOC": {}}
DEMONSTRATION = Document(
    "d", "Zoë met Léa.", annotation=Annotation(spans=(Span(0, 3, "PER"), Span(8, 11, "PER")))
)
JSON_FORMATS = {
    "json",
    "json_occurrence",
    "json_list",
    "json_surfaces",
    "json_labels",
    "token_indices",
}


def task(name: str) -> NerTask:
    labels = {"PER": LABELS["PER"]} if name == "at_marks" else LABELS
    return NerTask(TaskConfig.model_validate({"labels": labels, "reply_format": name}))


def messages(name: str) -> dict[str, Any]:
    made = task(name)
    return {p: made.render(p, "Ann is in Rome.", (DEMONSTRATION,)) for p in made.prompts}


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("json", "90b10e4bda03"),
        ("json_occurrence", "1d0f22503840"),
        ("json_list", "d0b59b1d4125"),
        ("json_surfaces", "1aad9acb3102"),
        ("json_labels", "57ddc1e3159a"),
        ("token_indices", "bd7d238a03a7"),
        ("token_lines", "0c04e43eb2ca"),
        ("lines", "a9e53ac5b998"),
        ("reasons", "626c7e2479f3"),
        ("xml_tags", "7dd3b559bc35"),
        ("html_spans", "01dc1950e968"),
        ("markdown_links", "85ea999e77e6"),
        ("at_marks", "ab96d6145f69"),
    ],
)
def test_prompts_stay_what_they_are(name: str, digest: str) -> None:
    """A changed prompt makes every stored reply worthless: the same request is paid for again."""
    found = json.dumps(messages(name), ensure_ascii=False, sort_keys=True)
    assert hashlib.sha256(found.encode()).hexdigest()[:12] == digest


@pytest.mark.parametrize("name", REPLY_FORMATS)
def test_demonstrations_keep_letters_as_they_are(name: str) -> None:
    assert all("Zoë" in m[2]["content"] for m in messages(name).values())


@pytest.mark.parametrize("name", REPLY_FORMATS)
def test_only_formats_of_one_line_of_json_request_one(name: str) -> None:
    for rendered in messages(name).values():
        assert ("one line of JSON" in rendered[0]["content"]) == (name in JSON_FORMATS)
