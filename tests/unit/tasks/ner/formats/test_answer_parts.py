"""Replies with several JSON answers: quotations, parts, drafts and contradictions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vermeil.data.reply import Reply, State
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.task import NerTask
from vermeil.tasks.protocol import ReplyResult

TEXT = "Ines Falk met Timo Rau in Velm. Falk left Velm at noon."
LABELS = {"PER": {}, "LOC": {"aliases": ["place"]}, "ORG": {}}


def answer(**labels: Any) -> str:
    return json.dumps({"entities": [{"text": t.replace("_", " "), "label": n}
                                    for t, n in labels.items()]})  # fmt: skip


FIRST = answer(Ines_Falk="PER", Timo_Rau="PER", Velm="LOC")
SECOND = answer(Falk="PER", Velm="LOC")
WHOLE = json.dumps({"entities": json.loads(FIRST)["entities"] + json.loads(SECOND)["entities"]})
WRONG = answer(Ines_Falk="ORG", Timo_Rau="PER")
NONE = '{"entities": []}'
ALL = [("Ines Falk", "PER"), ("Timo Rau", "PER"), ("Velm", "LOC"), ("Falk", "PER"), ("Velm", "LOC")]


def read(reply: str, name: str = "json", finish_reason: str = "stop") -> ReplyResult:
    task = NerTask(TaskConfig.model_validate({"labels": LABELS, "reply_format": name}))
    return task.read(TEXT, Reply(reply, finish_reason=finish_reason))


def spans(result: ReplyResult) -> list[tuple[str, str]]:
    return [(TEXT[s.start : s.end], s.label) for s in result.annotation.spans or ()]


@pytest.mark.parametrize(
    "reply",
    [
        f"{WHOLE}\n\n(If the text had no names, the answer would be:\n{NONE})",
        f"{WHOLE}\nRemark: otherwise `{NONE}`.",
        f"```json\n{WHOLE}\n```\nWithout any name the output is:\n```json\n{NONE}\n```",
        f"{WHOLE}\nAn empty result looks like {NONE}",
        f"{WHOLE}\nOhne Namen wäre die Antwort:\n{NONE}",
        f'{WHOLE}\nThe format was {{"entities": [{{"text": "...", "label": "..."}}]}}',
        f"For example: {answer(Paris='LOC')}\n\nAnswer:\n{WHOLE}",
        f"<think>If there is none: {NONE}</think>{WHOLE}",
        f"[THINK]Maybe {NONE}[/THINK]{WHOLE}",
        f"{WHOLE}\n<think>Should it be {NONE}",
        f"<|channel|>analysis<|message|>If none: {NONE}<|end|><|start|>assistant"
        f"<|channel|>final<|message|>{WHOLE}<|return|>",
        f"analysisThe list may be {NONE}.assistantfinal{WHOLE}",
    ],
)
def test_a_quoted_answer_is_ignored(reply: str) -> None:
    assert spans(read(reply)) == ALL


@pytest.mark.parametrize(
    "reply",
    [
        f"I would write {NONE} if there were none",
        f"If there is none: {NONE}",
        f"The required format is {NONE}",
        f"The instructions mention {NONE}.",
        f"Example output:\n```json\n{NONE}\n```",
        f"Wenn es keine gibt:\n{NONE}",
        f"{NONE} but Falk may be one",
        f"{NONE}\nHowever, Falk is a person.",
        f"Draft: {NONE}\nNow the names.",
        f"<|channel|>analysis<|message|>{NONE}<|end|>",
        f"<|channel|>commentary<|message|>{NONE}",
        f"analysisThere is a list. {NONE}",
        f"<think>{NONE}",
        '{"entities": [...]}',
        '{"entities": [Ines Falk, Velm]}',
        '{"entities": [{"text": "...", "label": "..."}]}',
        '{"entities": [], "PER": ["Ines Falk"]}',
        '{"entities": [], "people": ["Ines Falk"]}',
        '{"entities": [], "further": [{"text": "Velm", "label": "LOC"}]}',
        '{"entities": [], "results": {"LOC": ["Velm"]}}',
        '{"entities": [], "found": {"Velm": "LOC"}}',
    ],
)
@pytest.mark.parametrize("name", ["json", "detect"])
def test_an_empty_answer_that_is_not_the_answer_does_not_count(reply: str, name: str) -> None:
    result = read(reply, name)
    assert result.state is State.UNPARSABLE
    assert result.annotation.is_empty


@pytest.mark.parametrize(
    "reply",
    [
        f"There are no names, so the answer is {NONE}.",
        f"There are no names.\n\n{NONE}",
        f"Here is the output in the requested format: {NONE}",
        f"Antwort: {NONE}",
        f"**Answer:**\n{NONE}",
        f"{NONE}\n\nThe text has no names.",
        f"```json\n{NONE}\n```",
        f'{{"answer": {NONE}}}',
        '{"entities": [], "note": "none found"}',
        '{"entities": [], "rejected": [{"text": "Velm", "label": "LOC"}]}',
        '{"entities": [], "tokens": ["Falk", "left"]}',
        f"Draft: {WHOLE}\nFinal answer: {NONE}",
        f"{answer(Velm='LOC')}\nVelm is a river, which has no label:\n{NONE}",
        f"Sentence 1: {NONE}\nSentence 2: {NONE}",
        f"<|channel|>analysis<|message|>Names?<|end|><|start|>assistant"
        f"<|channel|>final <|constrain|>json<|message|>{NONE}<|return|>",
    ],
)
def test_an_empty_answer_that_is_the_answer_counts(reply: str) -> None:
    result = read(reply)
    assert (result.state, result.annotation.spans) == (State.EMPTY, ())


@pytest.mark.parametrize(
    ("reply", "finish_reason", "state"),
    [
        (f"I'm sorry, but I can't assist with that. {NONE}", "stop", State.REFUSED),
        (NONE, "abort", State.UNPARSABLE),
        (NONE, "SAFETY", State.REFUSED),
        (NONE, "eos", State.EMPTY),
        (WHOLE, "abort", State.DONE),
        (WHOLE[:-20], "abort", State.DONE),
    ],
)
def test_refusals_and_finish_reasons_beside_an_answer(
    reply: str, finish_reason: str, state: State
) -> None:
    assert read(reply, finish_reason=finish_reason).state is state


def test_a_reply_that_was_aborted_leaves_the_rest_of_the_text_unknown() -> None:
    result = read(WHOLE[: WHOLE.index(', {"text": "Velm"')], finish_reason="abort")
    assert result.notes == {"truncated": 1}
    assert result.annotation.abstain


@pytest.mark.parametrize(
    "reply",
    [
        FIRST + SECOND,
        f"{FIRST}\n\n{SECOND}",
        f"[{FIRST}, {SECOND}]",
        f"```json\n{FIRST}\n```\n```json\n{SECOND}\n```",
        f"1. {FIRST}\n2. {SECOND}",
        f"Sentence 1: {FIRST}\nSentence 2: {SECOND}",
        f"In the first sentence: {FIRST}\nAnd in the second one: {SECOND}",
        f"Ines Falk met Timo Rau in Velm.\n{FIRST}\nFalk left Velm at noon.\n{SECOND}",
        f'{{"sentences": [{FIRST}, {SECOND}]}}',
        f'{{"s1": {FIRST}, "s2": {SECOND}}}',
        f'[{{"sentence": "Ines Falk met Timo Rau in Velm.", {FIRST[1:]}, {SECOND}]',
        f"Sentence 1: {FIRST}\nSentence 2: {SECOND}\nAltogether: {WHOLE}",
        f'{FIRST[:-1]}, {SECOND[1:-1]}, "entities": []}}',
        f'{FIRST[:-1]}, "mentions": {SECOND[SECOND.index("[") :]}',
        f'{{"draft": {FIRST}, "final": {WHOLE}}}',
        f"{WHOLE}\n{WHOLE}",
        f"{WHOLE}\n{NONE}",
        f"Draft: {WRONG}\nFinal: {WHOLE}",
        f"{WRONG}\nWait, Ines Falk is a person.\n{WHOLE}",
        f"{FIRST}\nThe list lacks two names.\n{WHOLE}",
        f'{FIRST}\n{{"text": "Falk", "label": "PER"}}\n{{"text": "Velm", "label": "LOC"}}',
    ],
)
def test_parts_are_merged_and_drafts_are_replaced(reply: str) -> None:
    result = read(reply)
    assert result.state is State.DONE
    assert spans(result) == ALL
    assert result.notes == {}


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("json_labels", '{"PER": ["Ines Falk", "Timo Rau", "Falk"]}\n{"LOC": ["Velm"]}'),
        ("json_labels", '{"PER": ["Ines Falk"], "PER": ["Timo Rau", "Falk"], "LOC": ["Velm"]}'),
        (
            "json_surfaces",
            '{"Ines Falk": "PER", "Timo Rau": "PER"}\n{"Falk": "PER", "Velm": "LOC"}',
        ),
        (
            "json_list",
            '[["Ines Falk", "PER"], ["Timo Rau", "PER"]]\n[["Falk", "PER"], ["Velm", "LOC"]]',
        ),
        (
            "json_list",
            '[["Ines Falk", "PER"], ["Timo Rau", "PER"], ["Falk", "PER"], ["Velm", "LOC"]]\n[]',
        ),
    ],
)
def test_parts_are_merged_in_every_json_format(name: str, reply: str) -> None:
    assert spans(read(reply, name)) == ALL


def test_one_object_per_label_is_one_answer() -> None:
    people = answer(Ines_Falk="PER", Timo_Rau="PER", Falk="PER")
    reply = f"PER:\n{people}\nPlaces:\n{answer(Velm='LOC')}"
    assert spans(read(reply)) == ALL


@pytest.mark.parametrize(
    "reply",
    [
        f"{WRONG}\n{WHOLE}",
        f"{WHOLE}\nThe weather is fine.\n{answer(Velm='LOC')}",
        f"{WHOLE}\nThe weather is fine.\n{NONE}",
        f'{WHOLE}\nCorrection: {{"text": "noon", "label": "ORG"}}',
    ],
)
@pytest.mark.parametrize("name", ["json", "detect"])
def test_answers_that_contradict_each_other_are_rejected_and_counted(reply: str, name: str) -> None:
    result = read(reply, name)
    assert result.state is State.UNPARSABLE
    assert result.notes == {"contradictory": 1}
    assert "contradict" in (result.problem or "")
    assert result.annotation.is_empty


def test_mentions_that_a_final_answer_leaves_out_are_counted() -> None:
    draft = answer(Ines_Falk="PER", noon="ORG", Velm="LOC")
    result = read(f"Draft: {draft}\nFinal: {WHOLE}")
    assert spans(result) == ALL
    assert result.notes == {"superseded": 1}


def test_entries_under_a_key_that_was_not_requested_are_counted() -> None:
    reply = (
        '{"entities": [["Ines Falk", "PER"]], "further": [["Velm", "LOC"], ["Ines Falk", "PER"]]}'
    )
    assert read(reply).notes == {"malformed": 1}


def test_an_answer_of_the_text_itself_is_no_part() -> None:
    own = answer(Velm="LOC")
    task = NerTask(TaskConfig.model_validate({"labels": LABELS}))
    text = f"Falk wrote {own} into Velm."
    result = task.read(text, Reply(f"{own}\n{answer(Falk='PER')}"))
    assert [(text[s.start : s.end], s.label) for s in result.annotation.spans or ()] == [
        ("Falk", "PER")
    ]
