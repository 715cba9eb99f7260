"""Answers in shapes of Markdown, YAML and XML, and claims in words, read by ``detect``."""

from __future__ import annotations

from typing import Any

import pytest

from vermeil.data.reply import Reply, State
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.task import NerTask
from vermeil.tasks.protocol import ReplyResult

LABELS = {
    "PER": {"aliases": ["Person"], "description": "people"},
    "LOC": {"aliases": ["Location"]},
    "ORG": {},
}
TEXT = "Ann Lee met Bo Ek of Oak, Inc. in Ulm ."
ALL = [("Ann Lee", "PER"), ("Bo Ek", "PER"), ("Oak, Inc.", "ORG"), ("Ulm", "LOC")]


def read(reply: str, name: str = "detect", text: str = TEXT) -> ReplyResult:
    task = NerTask(TaskConfig.model_validate({"labels": LABELS, "reply_format": name}))
    return task.read(text, Reply(reply))


def found(reading: ReplyResult, text: str = TEXT) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.label) for one in reading.annotation.spans or ()]


GROUPS = [
    "PER: Ann Lee, Bo Ek\nORG: Oak, Inc.\nLOC: Ulm",
    "PER:\n- Ann Lee\n- Bo Ek\n\nORG:\n- Oak, Inc.\n\nLOC:\n- Ulm",
    "**Persons**\n* Ann Lee\n* Bo Ek\n\n**ORG**\n* Oak, Inc.\n\n**Locations**\n* Ulm",
    "### PER\n1. Ann Lee\n2. Bo Ek\n### ORG\n1. Oak, Inc.\n### LOC\n1. Ulm",
    "- **PER**: Ann Lee; Bo Ek\n- **ORG**: Oak, Inc.\n- **LOC**: Ulm",
    "**Persons:** Ann Lee and Bo Ek\n**ORG:** Oak, Inc.\n**Locations:** Ulm",
    "## People (PER)\n- Ann Lee (a pilot)\n- Bo Ek: her friend\n"
    "## ORG\n- Oak, Inc.\n## Towns (LOC)\n- Ulm",
    'PER: ["Ann Lee", "Bo Ek"]\nORG: ["Oak, Inc."]\nLOC: ["Ulm"]',
    "PER = Ann Lee, Bo Ek\nORG = Oak, Inc.\nLOC = Ulm",
    "PER: Ann Lee, Bo Ek; ORG: Oak, Inc.; LOC: Ulm",
    "PER\n- Ann Lee\n- Bo Ek\nORG\n- Oak, Inc.\nLOC\n- Ulm",
    "1. PER (people):\n   - Ann Lee\n   - Bo Ek\n2. ORG:\n   - Oak, Inc.\n3. LOC:\n   - Ulm",
    "Here they are:\n\nPER: Ann Lee, Bo Ek\nORG: Oak, Inc.\nLOC: Ulm\n\nLet me know if I can help!",
    "PER: Ann Lee\nPER: Bo Ek\nORG: Oak, Inc.\nLOC: Ulm",
]
TABLES = [
    "| Entity | Label |\n|---|---|\n| Ann Lee | PER |\n| Bo Ek | PER |\n"
    "| Oak, Inc. | ORG |\n| Ulm | LOC |",
    "| Type | Name |\n|:--|--:|\n| PER | Ann Lee |\n| PER | Bo Ek |\n"
    "| ORG | Oak, Inc. |\n| LOC | Ulm |",
    "| Ann Lee | PER |\n| Bo Ek | PER |\n| Oak, Inc. | ORG |\n| Ulm | LOC |",
    "Entity | Label\n--- | ---\nAnn Lee | PER\nBo Ek | PER\nOak, Inc. | ORG\nUlm | LOC",
    "Entity\tLabel\nAnn Lee\tPER\nBo Ek\tPER\nOak, Inc.\tORG\nUlm\tLOC",
    "| # | Sentence | What | Kind |\n|---|---|---|---|\n"
    + "".join(f"| {n} | {TEXT} | **{s}** | {of} |\n" for n, (s, of) in enumerate(ALL)),
    "| Label | Entities |\n|---|---|\n| PER | Ann Lee, Bo Ek |\n| ORG | Oak, Inc. |\n| LOC | Ulm |",
    "| PER | ORG | LOC |\n|---|---|---|\n| Ann Lee, Bo Ek | Oak, Inc. | Ulm |",
    "Here is the table:\n\n|Label|Text|\n|-|-|\n|PER|Ann Lee|\n|PER|Bo Ek|\n"
    "|ORG|Oak, Inc.|\n|LOC|Ulm|",
]
YAML = [
    "entities:\n" + "".join(f"  - text: {s}\n    label: {of}\n" for s, of in ALL),
    "- " + "\n- ".join(f"label: '{of}'\n  text: \"{s}\"  # a name" for s, of in ALL),
    "```yaml\nentities:\n" + "".join(f"- {{text: '{s}', label: {of}}}\n" for s, of in ALL) + "```",
    "\n\n".join(f"**Entity:** {s}\n**Label:** {of}" for s, of in ALL),
    "\n".join(f"{n}. Text: {s}\n   Label: {of}" for n, (s, of) in enumerate(ALL, 1)),
    "PER:\n  - text: Ann Lee\n  - text: Bo Ek\nORG:\n  - text: Oak, Inc.\nLOC:\n  - text: Ulm",
    "entities:\n  PER:\n    - Ann Lee\n    - Bo Ek\n  ORG:\n    - Oak, Inc.\n  LOC:\n    - Ulm",
    "- label: PER\n  entities:\n    - Ann Lee\n    - Bo Ek\n- label: ORG\n"
    "  entities: ['Oak, Inc.']\n"
    "- label: LOC\n  entities:\n    - Ulm",
    "- text: Ann\n    Lee\n  label: PER\n- text: Bo Ek\n  label: PER\n- text: >-\n    Oak, Inc.\n"
    "  label: ORG\n- text: Ulm\n  label: LOC",
]
ELEMENTS = [
    "".join(f"<entity><text>{s}</text><label>{of}</label></entity>\n" for s, of in ALL),
    "<entities>\n"
    + "".join(f'  <entity type="{of}">{s}</entity>\n' for s, of in ALL)
    + "</entities>",
    "".join(f"<{of}>{s}</{of}>\n" for s, of in ALL),
    "".join(f'<entity text="{s}" label="{of}"/>\n' for s, of in ALL),
    "<?xml version='1.0'?>\n<PER>\n  <name>Ann Lee</name>\n  <name>Bo Ek</name>\n</PER>\n"
    "<ORG><name>Oak, Inc.</name></ORG><LOC>\nUlm\n</LOC>",
    "The list:\n" + ", ".join(f"<ner class='{of}'>{s}</ner>" for s, of in ALL),
    "".join(f"&lt;entity type=&quot;{of}&quot;&gt;{s}&lt;/entity&gt;\n" for s, of in ALL),
]
CLAIMS = [
    "\n".join(f"{s} - {of}" for s, of in ALL),
    "\n".join(f"* {s}: {of}" for s, of in ALL),
    "\n".join(f"{n}. {s} → {of}" for n, (s, of) in enumerate(ALL, 1)),
    "\n".join(f"{s} [{of}]" for s, of in ALL),
    "\n".join(f"{of} - {s}" for s, of in ALL),
    "\n".join(f'"{s}": {of}' for s, of in ALL),
    "\n".join(f"{s} ({of} (a comment))" for s, of in ALL),
    "Entities: " + ", ".join(f"{s} ({of})" for s, of in ALL),
    "text,label\n" + "\n".join(f"{s},{of}" for s, of in ALL),
]


@pytest.mark.parametrize("reply", [*GROUPS, *TABLES, *YAML, *ELEMENTS, *CLAIMS])
def test_the_entities_of_many_shapes_are_read(reply: str) -> None:
    reading = read(reply)
    assert found(reading) == ALL
    assert set(reading.notes) <= {"other_lines"}


@pytest.mark.parametrize("reply", [GROUPS[0], GROUPS[1], *CLAIMS])
def test_lines_may_have_another_notation(reply: str) -> None:
    assert found(read(reply, "lines")) == ALL


@pytest.mark.parametrize("reply", ELEMENTS)
@pytest.mark.parametrize("name", ["xml_tags", "html_spans"])
def test_a_list_of_elements_may_replace_the_copy(reply: str, name: str) -> None:
    assert found(read(reply, name)) == ALL


TAGGED = "<PER>Ann Lee</PER> met <PER>Bo Ek</PER> of <ORG>Oak, Inc.</ORG> in <LOC>Ulm</LOC> ."


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("&lt;", "&gt;"),
        ("&amp;lt;", "&amp;gt;"),
        ("\\u003c", "\\u003e"),
        ("\\<", "\\>"),
        ("&#60;", "&#62;"),
    ],
)
@pytest.mark.parametrize("name", ["xml_tags", "detect"])
def test_tags_may_be_escaped(opening: str, closing: str, name: str) -> None:
    escaped = TAGGED.replace("<", opening).replace(">", closing)
    assert found(read(escaped, name)) == ALL


def test_escaped_tags_of_the_text_itself_are_no_marks() -> None:
    text = "He wrote &lt;PER&gt;Ann&lt;/PER&gt; there."
    assert read(text, "xml_tags", text).state is State.EMPTY
    marked = text.replace("He", "<PER>He</PER>")
    assert found(read(marked, "xml_tags", text), text) == [("He", "PER")]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("1. Ann Lee | True | PER | a person's name\n2. met | False | ==NONE== | a verb", ALL[:1]),
        ("- Ann Lee | True | Person | is a name (of a pilot)", ALL[:1]),
        ("1. Ann Lee | True | she is a person (PER) who travels", ALL[:1]),
        ("1. Ulm | True | (LOC), as it is a town", ALL[3:]),
        ("1. Ulm | True | a town, i.e. LOC | really", None),
        ("1. Ulm | True | a town (LOC) or a club (ORG) it seems", None),
    ],
)
@pytest.mark.parametrize("name", ["reasons", "detect"])
def test_the_label_of_a_reason(reply: str, expected: Any, name: str) -> None:
    reading = read(reply, name)
    assert found(reading) == (expected or [])
    assert (reading.state is State.DONE) == (expected is not None)


@pytest.mark.parametrize(
    "reply",
    [
        "For example:\nPER: Ann Lee\nLOC: Ulm",
        "If there were any, I would write:\n| Ann Lee | PER |",
        "The format is:\n- text: Ann Lee\n  label: PER",
        "Draft:\n<LOC>Ulm</LOC>",
        "PER: people\nLOC: places\nORG: firms",
        "| Label | Meaning |\n|---|---|\n| PER | people |\n| LOC | places |",
        "PER: [name]\nLOC: [name]",
        "PER: ...\nLOC: ...",
        "PER: PER\nLOC: LOC\nORG: ORG",
        "PER:\nLOC:\nORG:",
        "PER: none",
        "| Entity | Label |\n|---|---|",
        "| Entity | Label |\n|---|---|\n| ... | ... |",
        "| Entity | Label |\n|---|---|\n| None | None |",
        "<entity><text>...</text><label>...</label></entity>",
        "<PER></PER>",
        "I read\nthe text\nand I see\nthese names:\n" + ELEMENTS[2],
        "Then <PER>Ann Lee</PER> came and <LOC>Ulm</LOC> was far away from all that she knew.",
        "entities:\n- text:\n  label:",
        "text: Ann Lee",
        "PER:\nName: Ann Lee is one\n\nLOC:\n\nNone.",
        "PER: Ann Lee is a pilot: brave!\nLOC: where? in Ulm!",
        "Ann Lee: not PER\nUlm: perhaps LOC",
        "Ann Lee is a person and Ulm is a town.",
        "Location\nAnn\nLee\nmet\nBo\nEk\nof\nOak\nin\nUlm",
        "Location:\nAnn\nLee\nmet\nBo\nEk\nof\nOak\nin\nUlm",
        "Ann:PER\nmet:O\nBo:PER",
        "Labels: PER, LOC, ORG",
        "I am sorry, but I cannot do this.\n\nPER: Ann Lee",
    ],
)
def test_quotations_templates_and_prose_are_no_answer(reply: str) -> None:
    reading = read(reply)
    assert reading.state in (State.UNPARSABLE, State.REFUSED)


@pytest.mark.parametrize(
    "reply",
    [
        "PER: None\nLOC: none\nORG: N/A",
        "**PER**\n- None\n**LOC**\n- None\n**ORG**\nNo entities found.",
    ],
)
def test_all_labels_without_entities_mean_no_entities(reply: str) -> None:
    assert read(reply).state is State.EMPTY


def test_rejected_entries_are_left_out() -> None:
    assert found(read("PER:\n- Ann Lee\n- Bo Ek (not a person)\nLOC:\n- Ulm")) == [ALL[0], ALL[3]]
    table = (
        "| Entity | Label |\n|---|---|\n| Ann Lee | PER |\n| met | none |\n| in | not an entity |"
    )
    assert found(read(table)) == ALL[:1]


def test_a_label_off_the_schema_is_counted() -> None:
    for reply in (
        "PER: Ann Lee\nTOWN: Ulm",
        "| Entity | Label |\n|---|---|\n| Ann Lee | PER |\n| Ulm | TOWN |",
        "- text: Ann Lee\n  label: PER\n- text: Ulm\n  label: TOWN",
        "<entity type='PER'>Ann Lee</entity><entity type='TOWN'>Ulm</entity>",
    ):
        reading = read(reply)
        assert [one.status.value for one in reading.mentions] == ["exact", "off_schema"]


def test_a_gloss_with_another_label_is_malformed() -> None:
    reading = read("PER:\n- Ann Lee\n- Bo Ek\n- Ulm (LOC)")
    assert found(reading) == ALL[:2]
    assert reading.notes == {"malformed": 1}


@pytest.mark.parametrize(
    "reply",
    [
        "| Entity | Label |\n|---|---|\n| Ann Lee | PER |\n| Ulm | L",
        "- text: Ann Lee\n  label: PER\n- text: Bo",
        "<list><entity><text>Ann Lee</text><label>PER</label></entity><entity><text>Bo",
    ],
)
def test_an_answer_that_was_cut_off_keeps_its_complete_entries(reply: str) -> None:
    reading = read(reply)
    assert found(reading) == ALL[:1]
    assert reading.notes == {"truncated": 1}
