from __future__ import annotations

from typing import Any

import pytest

from vermeil.data.reply import Reply, State
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats import REPLY_FORMATS, parse_reply
from vermeil.tasks.ner.marked_text import InlineMark, InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question
from vermeil.tasks.ner.task import NerTask

LABELS = LabelSet.from_config(TaskConfig(labels={"PER": {"aliases": ["person"]}, "LOC": {}}))
TEXT = "Ann Lee of the Bank of England saw New York & <b>left</b> before noon ."
QUESTION = Question(TEXT, LABELS)


def marks(
    reply: str, name: str = "xml_tags", question: Question = QUESTION
) -> tuple[str, list[tuple[str, str]], dict[str, int]]:
    parsed = parse_reply(name, reply, question)
    assert parsed is not None
    assert parsed.mentions == ()
    marked = parsed.marked
    assert marked is not None
    pairs = [(marked.surface(mark), mark.label) for mark in marked.marks]
    return marked.text, pairs, dict(parsed.notes)


ANN = [("Ann Lee", "PER")]


@pytest.mark.parametrize(
    "reply",
    [
        TEXT.replace("Ann Lee", "<PER>Ann Lee</PER>"),
        TEXT.replace("Ann Lee", '<span class="PER">Ann Lee</span>'),
        TEXT.replace("Ann Lee", "<mark type=PER id='1'>Ann Lee</mark>"),
        f"<text>{TEXT.replace('Ann Lee', '<PER>Ann Lee</PER>')}</text>",
        TEXT.replace("&", "&amp;").replace("Ann Lee", "<PER>Ann Lee</PER>"),
        "Here is the text with its tags:\n\n" + TEXT.replace("Ann Lee", "<PER>Ann Lee</PER>"),
        "```xml\n" + TEXT.replace("Ann Lee", "<PER>Ann Lee</PER>") + "\n```\nI hope that helps.",
        "Ann is a person.\nSo:\n1\n2\n3\nAnswer:\n" + TEXT.replace("Ann Lee", "<PER>Ann Lee</PER>"),
    ],
)
def test_tags_are_taken_out_and_the_copy_is_the_text(reply: str) -> None:
    assert marks(reply) == (TEXT, ANN, {})
    assert marks(reply, "html_spans") == (TEXT, ANN, {})


def test_nested_and_unknown_labels_are_kept_as_written() -> None:
    reply = TEXT.replace("England", "<LOC>England</LOC>").replace("Bank of", "<ORG>Bank of")
    reply = reply.replace("</LOC>", "</LOC></ORG>")
    assert marks(reply) == (TEXT, [("Bank of England", "ORG"), ("England", "LOC")], {})


def test_names_close_what_means_the_same() -> None:
    assert marks(TEXT.replace("Ann Lee", "<PER>Ann Lee</Person>"))[1:] == (ANN, {})


@pytest.mark.parametrize(
    ("reply", "notes"),
    [
        (TEXT.replace("New York", "<LOC>New York"), {"unclosed_tags": 1}),
        (TEXT.replace("New York", "New York</LOC>"), {"stray_tags": 1}),
        (TEXT.replace("New York", "<LOC></LOC>New York"), {"stray_tags": 1}),
        (TEXT.replace("New York", "<LOC>New York</PER>"), {"stray_tags": 1, "unclosed_tags": 1}),
    ],
)
def test_tags_without_a_partner_mark_nothing_and_are_counted(
    reply: str, notes: dict[str, int]
) -> None:
    assert marks(reply.replace("Ann Lee", "<PER>Ann Lee</PER>")) == (TEXT, ANN, notes)


@pytest.mark.parametrize("name", ["xml_tags", "html_spans", "markdown_links"])
def test_the_unchanged_text_means_no_entities(name: str) -> None:
    assert marks(TEXT, name) == (TEXT, [], {})
    for reply in (
        "No entities",
        "",
        "The text has no entity.",
        TEXT[:40],
        TEXT + TEXT,
        "<LOC>" + TEXT,
    ):
        assert parse_reply(name, reply, QUESTION) is None


def test_another_text_is_no_answer() -> None:
    assert parse_reply("xml_tags", "<PER>Bob</PER> stayed at home all day long .", QUESTION) is None


def test_a_copy_that_stops_keeps_its_marks_and_is_noted() -> None:
    cut = TEXT[:40].replace("Ann Lee", "<PER>Ann Lee</PER>")
    assert marks(cut) == (TEXT[:40], ANN, {"truncated": 1})


def test_links_and_links_of_the_text_itself() -> None:
    text = "Ann [1] wrote [this](http://x) about New York ."
    reply = text.replace("Ann", "[Ann](PER)").replace("New York", "[New York](LOC)")
    assert marks(reply, "markdown_links", Question(text, LABELS)) == (
        text,
        [("Ann", "PER"), ("New York", "LOC")],
        {},
    )


def test_at_marks_are_of_the_only_label() -> None:
    one = Question(TEXT, LabelSet.from_config(TaskConfig(labels={"PER": {}})))
    assert marks(TEXT.replace("Ann Lee", "@@Ann Lee##"), "at_marks", one) == (TEXT, ANN, {})
    reply = TEXT.replace("Ann Lee", "@@Ann Lee##").replace("New", "@@New")
    assert marks(reply, "at_marks", one) == (TEXT, ANN, {"unclosed_tags": 1})


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("xml_tags", "a &lt;PER&gt; <PER>Ann</PER> &amp; &amp;amp; [x](PER) @@ \\"),
        ("html_spans", 'a &lt;PER&gt; <span class="PER">Ann</span> &amp; &amp;amp; [x](PER) @@ \\'),
        ("markdown_links", "a <PER> [Ann](PER) & &amp; \\[x\\](PER) @@ \\\\"),
        ("at_marks", "a <PER> @@Ann## & &amp; [x](PER) \\@\\@ \\\\"),
    ],
)
def test_what_looks_like_a_tag_in_the_text_is_escaped(name: str, reply: str) -> None:
    marked = InlineMarkedText("a <PER> Ann & &amp; [x](PER) @@ \\", (InlineMark(8, 11, "PER"),))
    assert REPLY_FORMATS[name].render(marked) == reply
    one = LabelSet.from_config(TaskConfig(labels={"PER": {}}))
    question = Question(marked.text, one)
    assert parse_reply(name, reply, question) == ParsedReply(marked=marked)


MENDED = [
    ("Grip stength of Ann .", "Grip strength of @@Ann## ."),
    ("She met the the mayor Ann in town .", "She met the mayor @@Ann## in town ."),
    ("She met teh mayor Ann in in town .", "She met the mayor @@Ann## in town ."),
    ("So “Ann” left  the town .", 'So "@@Ann##" left the town.'),
    ("In to the town came Ann", "Into the town came @@Ann##."),
]


@pytest.mark.parametrize(("text", "copy"), MENDED)
@pytest.mark.parametrize("name", ["xml_tags", "html_spans", "markdown_links", "at_marks", "detect"])
def test_a_copy_that_mends_the_text_is_read(text: str, copy: str, name: str) -> None:
    tags = {
        "html_spans": ('<span class="PER">', "</span>"),
        "markdown_links": ("[", "](PER)"),
        "at_marks": ("@@", "##"),
    }
    opening, closing = tags.get(name, ("<PER>", "</PER>"))
    reply = copy.replace("@@", opening).replace("##", closing)
    labels: dict[str, Any] = {"PER": {}} if name == "at_marks" else {"PER": {}, "LOC": {}}
    task = NerTask(TaskConfig.model_validate({"labels": labels, "reply_format": name}))
    reading = task.read(text, Reply(reply))
    assert [text[span.start : span.end] for span in reading.annotation.spans or ()] == ["Ann"]


@pytest.mark.parametrize(("text", "copy"), MENDED)
def test_a_mended_copy_without_tags_means_no_entities(text: str, copy: str) -> None:
    task = NerTask(TaskConfig.model_validate({"labels": {"PER": {}}, "reply_format": "xml_tags"}))
    reply = copy.replace("@@", "").replace("##", "")
    assert task.read(text, Reply(reply)).state is State.EMPTY


def test_one_word_per_line_may_mend_the_text() -> None:
    config = {"labels": {"PER": {}}, "reply_format": "token_lines"}
    task = NerTask(TaskConfig.model_validate(config))
    text = "Grip stength of Ann ."
    reply = "Grip:O\nstrength:O\nof:O\nAnn:B-PER\n.:O"
    [span] = task.read(text, Reply(reply)).annotation.spans or ()
    assert text[span.start : span.end] == "Ann"


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("markdown_links", "[Bell &amp; Lee](ORG) opened."),
        ("xml_tags", "<ORG>Bell &amp;amp; Lee</ORG> opened."),
        ("xml_tags", "<ORG>Bell &amp; Lee</ORG> opened."),
    ],
)
def test_entities_of_html_in_a_copy_are_decoded(name: str, reply: str) -> None:
    task = NerTask(TaskConfig.model_validate({"labels": {"ORG": {}}, "reply_format": name}))
    [span] = task.read("Bell & Lee opened.", Reply(reply)).annotation.spans or ()
    assert (span.start, span.end) == (0, 10)
