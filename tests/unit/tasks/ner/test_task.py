from typing import get_args

import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.mention import Status
from vermeil.data.reply import Reply, State
from vermeil.errors import ConfigError, DataError
from vermeil.tasks.config import LabelConfig, ReplyFormatName, TaskConfig
from vermeil.tasks.ner.formats import DETECT, REPLY_FORMATS
from vermeil.tasks.ner.task import NerTask

TASK = NerTask(TaskConfig(labels={"PER": LabelConfig(aliases=("person",)), "LOC": {}}))
TEXT = "Ann Lee saw New York today"


def check(*spans):
    TASK.check(Document("d7", TEXT, annotation=Annotation(spans)))


def test_sound_spans_touching_spans_and_no_annotation_pass():
    check(Span(0, 7, "PER"), Span(12, 20, "LOC"))
    check(Span(0, 3, "PER"), Span(3, 7, "PER"))
    check()
    TASK.check(Document("d7", TEXT))


def test_an_unknown_label_is_named_with_the_known_ones():
    with pytest.raises(DataError) as caught:
        check(Span(0, 7, "DATE"))
    assert str(caught.value) == (
        "document 'd7': [0, 7) DATE 'Ann Lee': unknown label 'DATE'; the task's labels are PER, LOC"
    )


def test_an_alias_in_the_data_is_unknown_and_the_error_names_the_label():
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
def test_overlapping_and_nested_spans_are_both_shown(spans, how):
    with pytest.raises(DataError) as caught:
        check(*spans)
    message = str(caught.value)
    assert message.startswith(f"document 'd7': {how} spans ")
    for span in spans:
        shown = f"[{span.start}, {span.end}) {span.label} {TEXT[span.start : span.end]!r}"
        assert shown in message


def read(text, finish_reason="stop"):
    return TASK.read(TEXT, Reply(text, finish_reason=finish_reason))


def test_an_answer_becomes_spans_and_located_mentions():
    reading = read('Two.\n{"entities": [{"text": "Ann Lee", "label": "person"}, {"text": "Rome"},'
                   ' {"text": "Rome", "label": "LOC"}]}')  # fmt: skip
    assert reading.state is State.DONE
    assert [s.key for s in reading.annotation.spans or ()] == [(0, 7, "PER")]
    assert [m.status for m in reading.mentions] == [Status.EXACT, Status.NOT_FOUND]
    assert reading.notes == {"malformed": 1}
    assert reading.problem is None


def test_a_reply_with_mentions_is_done_even_if_none_was_located():
    reading = read('{"entities": [{"text": "Rome", "label": "LOC"}]}')
    assert (reading.state, reading.annotation.spans) == (State.DONE, ())


def test_empty_requires_an_explicit_empty_answer():
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
def test_anything_else_is_named_and_leaves_the_text_unannotated(text, finish_reason, state):
    reading = read(text, finish_reason)
    assert reading.state is state
    assert reading.annotation.is_empty
    assert reading.problem


@pytest.mark.parametrize("text", ['{"entities": []}', '```\n{"entities": []}\n```\n'])
def test_a_whole_answer_at_the_length_limit_counts(text):
    assert read(text, "length").state is State.EMPTY


@pytest.mark.parametrize(
    ("items", "spans", "abstain"),
    [
        (["Ann Lee"], [(0, 7)], ((7, 26),)),
        (["Ann Lee", "New York"], [(0, 7), (12, 20)], ((20, 26),)),
        (["New York", "Ann Lee"], [(0, 7), (12, 20)], ((7, 12), (20, 26))),
        (["Rome"], [], ((0, 26),)),
    ],
)
def test_text_that_a_truncated_answer_does_not_cover_is_an_abstention(items, spans, abstain):
    entries = "".join(f'{{"text": "{item}", "label": "PER"}}, ' for item in items)
    reading = read('{"entities": [' + entries + '{"text": "t', "length")
    assert reading.state is State.DONE
    assert reading.notes == {"truncated": 1}
    assert [(s.start, s.end) for s in reading.annotation.spans or ()] == spans
    assert reading.annotation.abstain == abstain
    Document("d", TEXT, annotation=reading.annotation)


def named(name, **labels):
    labels = labels or {"PER": {}, "LOC": {}}
    return NerTask(TaskConfig.model_validate({"labels": labels, "reply_format": name}))


def test_the_configuration_can_name_every_format_and_no_other():
    assert set(get_args(ReplyFormatName)) == {*REPLY_FORMATS, DETECT}


@pytest.mark.parametrize(
    "name", [name for name in REPLY_FORMATS if not REPLY_FORMATS[name].single_label]
)
@pytest.mark.parametrize("prompt", TASK.prompts)
def test_the_format_is_asked_for_and_the_text_stays_last(name, prompt):
    task = named(name)
    system, user = task.render(prompt, TEXT)
    assert REPLY_FORMATS[name].instruction(task.label_set) in system["content"]
    assert ("one line of JSON" in system["content"]) == REPLY_FORMATS[name].is_json_line
    assert user["content"].endswith("\n" + TEXT)


def test_detection_asks_in_json():
    assert named("detect").render("standard", TEXT) == named("json").render("standard", TEXT)


def test_marks_without_a_label_need_a_single_one():
    with pytest.raises(ConfigError, match=r"task\.reply_format: at_marks .* has 2"):
        named("at_marks")
    reading = named("at_marks", PER={}).read(TEXT, Reply("@@Ann Lee## saw New York today"))
    assert [s.key for s in reading.annotation.spans or ()] == [(0, 7, "PER")]


def test_tags_select_one_of_two_occurrences():
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
def test_states_of_a_copy_with_tags(text, finish_reason, state, abstain):
    reading = named("xml_tags").read(TEXT, Reply(text, finish_reason=finish_reason))
    assert (reading.state, reading.annotation.abstain) == (state, abstain)
