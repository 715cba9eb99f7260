from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.mention import Status
from vermeil.data.reply import Reply, State
from vermeil.errors import ConfigError, DataError
from vermeil.tasks.config import LabelConfig, ReplyFormatName, TaskConfig
from vermeil.tasks.ner.formats import DETECT, REPLY_FORMATS
from vermeil.tasks.ner.task import NerTask
from vermeil.tasks.protocol import ReplyResult

TASK = NerTask(TaskConfig(labels={"PER": LabelConfig(aliases=("person",)), "LOC": {}}))
TEXT = "Ann Lee saw New York today"


def check(*spans: Any) -> None:
    TASK.check(Document("d7", TEXT, annotation=Annotation(spans)))


def test_sound_spans_touching_spans_and_no_annotation_pass() -> None:
    check(Span(0, 7, "PER"), Span(12, 20, "LOC"))
    check(Span(0, 3, "PER"), Span(3, 7, "PER"))
    check()
    TASK.check(Document("d7", TEXT))


def test_an_unknown_label_is_named_with_the_known_ones() -> None:
    with pytest.raises(DataError) as caught:
        check(Span(0, 7, "DATE"))
    assert str(caught.value) == (
        "document 'd7': [0, 7) DATE 'Ann Lee': unknown label 'DATE'; the task's labels are PER, LOC"
    )


def test_an_alias_in_the_data_is_unknown_and_the_error_names_the_label() -> None:
    with pytest.raises(DataError, match="unknown label 'person'; write 'PER' for it"):
        check(Span(0, 7, "person"))


@pytest.mark.parametrize(
    ("spans", "how"),
    [
        ((Span(0, 11, "PER"), Span(4, 20, "LOC")), "overlapping"),
        ((Span(0, 20, "LOC"), Span(4, 7, "PER")), "nested"),
        ((Span(0, 7, "LOC"), Span(0, 7, "PER")), "nested"),
        ((Span(0, 7, "PER"), Span(0, 20, "LOC")), "nested"),
    ],
)
def test_overlapping_and_nested_spans_are_both_shown(spans: tuple[Span, Span], how: str) -> None:
    with pytest.raises(DataError) as caught:
        check(*spans)
    message = str(caught.value)
    assert message.startswith(f"document 'd7': {how} spans ")
    for span in spans:
        shown = f"[{span.start}, {span.end}) {span.label} {TEXT[span.start : span.end]!r}"
        assert shown in message


def entities(*pairs: tuple[str, str]) -> str:
    return json.dumps({"entities": [{"text": text, "label": label} for text, label in pairs]})


def read(text: str, finish_reason: str = "stop") -> ReplyResult:
    return TASK.read(TEXT, Reply(text, finish_reason=finish_reason))


def test_an_answer_becomes_spans_and_located_mentions() -> None:
    reading = read('Two.\n{"entities": [{"text": "Ann Lee", "label": "person"}, {"text": "Rome"},'
                   ' {"text": "Rome", "label": "LOC"}]}')  # fmt: skip
    assert reading.state is State.DONE
    assert [s.key for s in reading.annotation.spans or ()] == [(0, 7, "PER")]
    assert [m.status for m in reading.mentions] == [Status.EXACT, Status.NOT_FOUND]
    assert reading.notes == {"malformed": 1}
    assert reading.problem is None


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ([("Rome", "LOC")], "1 not_found"),
        ([("Rome", "LOC"), ("Oslo", "LOC"), ("Bo", "CITY")], "2 not_found, 1 off_schema"),
        ([("<name>", "<type>")], "1 off_schema"),
        ([("n/a", "PER")], "1 not_found"),
    ],
)
def test_a_reply_whose_mentions_are_all_lost_is_unplaced(
    items: list[tuple[str, str]], problem: str
) -> None:
    reading = read(entities(*items))
    assert (reading.state, reading.annotation) == (State.UNPLACED, Annotation())
    assert reading.problem is not None
    assert problem in reading.problem
    assert len(reading.mentions) == len(items)


def test_located_mentions_with_unknown_labels_are_masked() -> None:
    reading = read(entities(("Ann Lee", "HUMAN"), ("New York", "CITY"), ("Rome", "CITY")))
    assert reading.state is State.DONE
    assert reading.annotation == Annotation((), abstain=((0, 7), (12, 20)))


def test_placed_mentions_stay_if_others_are_lost() -> None:
    reading = read(entities(("Ann Lee", "PER"), ("Rome", "LOC"), ("New York", "CITY")))
    assert reading.state is State.DONE
    assert [s.key for s in reading.annotation.spans or ()] == [(0, 7, "PER")]
    assert reading.annotation.abstain == ((12, 20),)


def test_without_masks_a_reply_of_unknown_labels_is_unplaced_but_never_negative() -> None:
    task = NerTask(TASK.config.model_copy(update={"unlocated": "ignore"}))
    lost = task.read(TEXT, Reply(entities(("Ann Lee", "HUMAN"))))
    assert (lost.state, lost.annotation) == (State.UNPLACED, Annotation())
    kept = task.read(TEXT, Reply(entities(("Ann Lee", "PER"), ("New York", "CITY"))))
    assert (kept.state, kept.annotation.abstain) == (State.DONE, ())


def test_a_cut_off_reply_whose_mentions_are_all_lost_is_unplaced() -> None:
    reading = read('{"entities": [{"text": "Rome", "label": "PER"}, {"text": "t', "length")
    assert (reading.state, reading.notes) == (State.UNPLACED, {"truncated": 1})


def test_empty_requires_an_explicit_empty_answer() -> None:
    reading = read('{"entities": []}')
    assert (reading.state, reading.annotation.spans) == (State.EMPTY, ())


@pytest.mark.parametrize(
    ("text", "finish_reason", "state"),
    [
        ("There are no entities.", "stop", State.UNPARSABLE),
        ("", "stop", State.UNPARSABLE),
        ('{"entities": [{"text": "Ann', "length", State.TRUNCATED),
        ('{"entities": [{"text": "Ann', "stop", State.UNPARSABLE),
        ('If none: {"entities": []}. Now, Ann is', "length", State.TRUNCATED),
        ("I'm sorry, but I can't help with that.", "stop", State.REFUSED),
        ('{"entities": []}', "content_filter", State.REFUSED),
    ],
)
def test_anything_else_is_named_and_leaves_the_text_unannotated(
    text: str, finish_reason: str, state: State
) -> None:
    reading = read(text, finish_reason)
    assert reading.state is state
    assert reading.annotation.is_empty
    assert reading.problem


@pytest.mark.parametrize("text", ['{"entities": []}', '```\n{"entities": []}\n```\n'])
def test_a_whole_answer_at_the_length_limit_counts(text: str) -> None:
    assert read(text, "length").state is State.EMPTY


@pytest.mark.parametrize(
    ("items", "spans", "abstain"),
    [
        (["Ann Lee"], [(0, 7)], ((7, 26),)),
        (["Ann Lee", "New York"], [(0, 7), (12, 20)], ((20, 26),)),
        (["New York", "Ann Lee"], [(0, 7), (12, 20)], ((7, 12), (20, 26))),
    ],
)
def test_text_that_a_truncated_answer_does_not_cover_is_an_abstention(
    items: list[str], spans: list[tuple[int, int]], abstain: tuple[tuple[int, int], ...]
) -> None:
    entries = "".join(f'{{"text": "{item}", "label": "PER"}}, ' for item in items)
    reading = read('{"entities": [' + entries + '{"text": "t', "length")
    assert reading.state is State.DONE
    assert reading.notes == {"truncated": 1}
    assert [(s.start, s.end) for s in reading.annotation.spans or ()] == spans
    assert reading.annotation.abstain == abstain
    Document("d", TEXT, annotation=reading.annotation)


@pytest.mark.parametrize(
    ("name", "reply", "state", "masked"),
    [
        ("xml_tags", "<HUMAN>Ann Lee</HUMAN> saw New York today", State.DONE, ["Ann Lee"]),
        ("xml_tags", "Ann <PER>L</PER>ee saw New York today", State.DONE, ["L"]),
        ("markdown_links", "Ann Lee saw [New York](CITY) today", State.DONE, ["New York"]),
        ("json_labels", '{"CITY": ["New York", "Rome"]}', State.DONE, ["New York"]),
        ("json_labels", '{"CITY": ["Rome"]}', State.UNPLACED, []),
        ("json_surfaces", '{"Rome": "PER"}', State.UNPLACED, []),
        ("reasons", "1. Ann Lee | True | a human (HUMAN)", State.DONE, ["Ann Lee"]),
        ("reasons", "1. Ann Lee | False | no name", State.EMPTY, []),
    ],
)
def test_no_format_turns_lost_mentions_into_a_negative(
    name: str, reply: str, state: State, masked: list[str]
) -> None:
    task = NerTask(TASK.config.model_copy(update={"reply_format": name}))
    reading = task.read(TEXT, Reply(reply))
    assert reading.state is state
    assert [TEXT[slice(*one)] for one in reading.annotation.abstain] == masked
    assert not reading.annotation.spans


def named(name: str, **labels: Any) -> NerTask:
    labels = labels or {"PER": {}, "LOC": {}}
    return NerTask(TaskConfig.model_validate({"labels": labels, "reply_format": name}))


def test_the_configuration_can_name_every_format_and_no_other() -> None:
    assert set(get_args(ReplyFormatName)) == {*REPLY_FORMATS, DETECT}


@pytest.mark.parametrize(
    "name", [name for name in REPLY_FORMATS if not REPLY_FORMATS[name].single_label]
)
@pytest.mark.parametrize("prompt", TASK.prompts)
def test_the_format_is_asked_for_and_the_text_stays_last(name: str, prompt: str) -> None:
    task = named(name)
    system, user = task.render(prompt, TEXT)
    assert REPLY_FORMATS[name].instruction(task.label_set) in system["content"]
    assert ("one line of JSON" in system["content"]) == REPLY_FORMATS[name].is_json_line
    assert user["content"].endswith("\n" + TEXT)


def test_detection_asks_in_json() -> None:
    assert named("detect").render("standard", TEXT) == named("json").render("standard", TEXT)


def test_marks_without_a_label_need_a_single_one() -> None:
    with pytest.raises(ConfigError, match=r"task\.reply_format: at_marks .* has 2"):
        named("at_marks")
    reading = named("at_marks", PER={}).read(TEXT, Reply("@@Ann Lee## saw New York today"))
    assert [s.key for s in reading.annotation.spans or ()] == [(0, 7, "PER")]


def test_tags_select_one_of_two_occurrences() -> None:
    reply = "Ann met <PER>Ann</PER> ."
    reading = named("xml_tags").read("Ann met Ann .", Reply(reply))
    assert [s.key for s in reading.annotation.spans or ()] == [(8, 11, "PER")]


@pytest.mark.parametrize(
    ("text", "finish_reason", "state", "abstain"),
    [
        ("Ann Lee saw New York today", "stop", State.EMPTY, ()),
        ("Ann Lee saw New York today", "length", State.TRUNCATED, ()),
        ("<PER>Ann Lee</PER> saw N", "length", State.DONE, ((7, 26),)),
        ("No entities", "stop", State.UNPARSABLE, ()),
        ("I'm sorry, but I can't help with that.", "stop", State.REFUSED, ()),
    ],
)
def test_states_of_a_copy_with_tags(
    text: str, finish_reason: str, state: State, abstain: tuple[tuple[int, int], ...]
) -> None:
    reading = named("xml_tags").read(TEXT, Reply(text, finish_reason=finish_reason))
    assert (reading.state, reading.annotation.abstain) == (state, abstain)
