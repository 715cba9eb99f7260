from __future__ import annotations

import pytest

from vermeil.data.mention import Mention
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats import REPLY_FORMATS, parse_reply
from vermeil.tasks.ner.marked_text import InlineMark, InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question

LABELS = LabelSet.from_config(TaskConfig(labels={"PER": {"aliases": ["person"]}, "LOC": {}}))
ONE_LABEL = LabelSet.from_config(TaskConfig(labels={"PER": {}}))
TEXT = "Ann Lee saw New York , and Ann Lee left ."
QUESTION = Question(TEXT, LABELS)
MARKED = InlineMarkedText(
    TEXT, (InlineMark(0, 7, "PER"), InlineMark(12, 20, "LOC"), InlineMark(27, 34, "PER"))
)
ONLY_ANN = InlineMarkedText(TEXT, (InlineMark(0, 7, "PER"), InlineMark(27, 34, "PER")))
INLINE = ("xml_tags", "html_spans", "markdown_links", "at_marks")


@pytest.mark.parametrize("name", REPLY_FORMATS)
def test_every_format_is_recognised(name: str) -> None:
    single = REPLY_FORMATS[name].single_label
    marked, labels = (ONLY_ANN, ONE_LABEL) if single else (MARKED, LABELS)
    question = Question(TEXT, labels)
    reply = REPLY_FORMATS[name].render(marked)
    as_named = parse_reply(name, reply, question)
    assert as_named is not None
    assert not as_named.is_empty
    for around in (reply, f"```\n{reply}\n```", f"<think>Paris (LOC)?</think>\n{reply}"):
        assert parse_reply("detect", around, question) == as_named


NO_OBJECT = [
    name for name in REPLY_FORMATS if name not in (*INLINE, "json_surfaces", "json_labels")
]


@pytest.mark.parametrize("name", NO_OBJECT)
def test_an_empty_answer_of_every_format_with_a_clear_one_is_recognised(name: str) -> None:
    parsed = parse_reply("detect", REPLY_FORMATS[name].render(InlineMarkedText(TEXT)), QUESTION)
    assert parsed is not None
    assert parsed.is_empty


@pytest.mark.parametrize(
    "reply", [TEXT, "", "I do not know.", "null", "{}", "{}{", "Ann Lee, New York"]
)
def test_what_is_no_answer_in_any_format(reply: str) -> None:
    assert parse_reply("detect", reply, QUESTION) is None


@pytest.mark.parametrize(
    "reply",
    [
        "No entities.",
        "None",
        "There are no named entities in this sentence.",
        "Answer: none",
        "Ann Lee may be one, but she is a ship.\n\nAnswer: none",
        "PER:\nNone\nLOC:\nNone",
    ],
)
def test_plain_words_mean_no_entities(reply: str) -> None:
    assert parse_reply("detect", reply, QUESTION) == ParsedReply()


@pytest.mark.parametrize(
    "reply",
    [
        "PER:\nAnn Lee is one\n\nLOC:\n\nNone.",
        "Ann Lee is a person.\nNone",
        "There are no PER entities.",
        "No entities, only Ann Lee",
        "No entities unless Ann Lee counts",
        "Ann Lee (no clear type, but possibly PER)",
        "Ann Lee (not LOC; PER fits)",
        "[{}]",
        '{"entities": {}}',
        '{"result": {}}',
        "Result: {}",
    ],
)
def test_words_that_hold_a_claim_do_not_mean_no_entities(reply: str) -> None:
    assert parse_reply("detect", reply, QUESTION) is None


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('{"Ann Lee": "person", "New York": "LOC"}', [("Ann Lee", "person"), ("New York", "LOC")]),
        ('{"person": ["Ann Lee"], "DATE": []}', [("Ann Lee", "person")]),
        ('[{"text": "today", "label": "DATE"}]', [("today", "DATE")]),
        ("Empty list [] or not:\nAnn Lee (PER)", [("Ann Lee", "PER")]),
        ("No entities but one:\n1. Ann Lee (PER)", [("Ann Lee", "PER")]),
    ],
)
def test_requested_labels_decide_between_formats(
    reply: str, expected: list[tuple[str, str]]
) -> None:
    parsed = parse_reply("detect", reply, QUESTION)
    assert parsed is not None
    assert parsed.mentions == tuple(Mention(*one) for one in expected)


@pytest.mark.parametrize(
    "text",
    [
        '{"entities": ' * 20_000,
        '{"entities": [' + "[" * 200_000,
        '{"entities": [' + "9" * 200_000 + "]}",
        '{"' * 100_000,
        "{" * 200_000,
        "[" * 200_000,
        "[{" * 100_000,
        "[]" * 100_000,
        '["a" ' * 50_000,
        "/*" * 100_000,
        "[/*" * 50_000,
        '["' + "'" * 200_000,
        '["' + "\\" * 200_001,
        '["' + '" ' * 100_000,
        '[""' + " " * 200_000 + '"',
        "<" * 200_000,
        "<PER>" * 40_000,
        "</PER>" * 40_000,
        "<a b" * 50_000,
        "@@" * 100_000,
        "[a](" * 50_000,
        "](PER)" * 30_000,
        "(" * 200_000,
        "a (PER) " * 25_000,
        "|" * 200_000,
        " " * 200_000 + "|",
        ("a | " + " " * 50 + "| ") * 3_000,
        "1. " * 60_000,
        ":" * 200_000,
        ":\n" * 100_000,
        "a:B-" * 50_000,
        "\n" * 200_000,
        "no " * 60_000,
        "answer:\n" * 25_000,
        "```\n" * 50_000,
        "</think>" * 25_000,
        "<think>\n" * 25_000,
        "<|channel|>" * 20_000,
        "<|channel|>final<|message|>" * 8_000,
        "<|end|>" * 30_000,
        '{"entities": []} ' * 12_000,
        'if {"entities": []} x\n' * 9_000,
        '{"entities": [{"text": "Ann", "label": "PER"}]}\n' * 4_000 + "{",
        '{"entities": [{"text": "Ann", "label": "PER"}]} and this\n' * 4_000 + "{",
        "{" + '"entities": [], ' * 12_000 + "}{",
        "{" + '"entities": [["Ann", "PER"]], ' * 7_000 + "}{",
        '{"entities": [], "a": ' * 9_000,
        '"a": ' * 40_000 + '{"entities": []}',
        '{"entities": []}' + "-&/" * 60_000 + ': {"entities": []}',
        "{" + "\\" * 200_000 + '"',
        '{\\"entities\\": [' * 12_000,
        '"' + '{\\"text\\": \\"Ann\\", \\"label\\": \\"PER\\"}, ' * 4_000,
        '["' + "a (" * 60_000 + '"]',
        '["Ann - PER"' + ", " * 60_000 + "]",
        "| " * 100_000,
        "| a | PER |\n" * 18_000,
        "| Ann | PER |\n" * 15_000,
        "|---" * 50_000,
        "a\t" * 100_000,
        "PER: " + "Ann, " * 40_000,
        "PER: " + "x, " * 60_000,
        "PER: " * 40_000,
        "PER:\n" + "- Ann\n" * 33_000,
        "PER:\n" + "- x (y)\n" * 25_000,
        "- " * 100_000,
        "- a\n" * 50_000,
        "- text: Ann\n  label: PER\n" * 8_000,
        "text: " * 40_000,
        "text:\n" * 40_000,
        "text: a\n" + "  b\n" * 50_000,
        "".join(f"{' ' * (n % 60)}a:\n" for n in range(6_000)),
        "a: {" * 50_000,
        "a: [" + "x, " * 60_000 + "]",
        "a: '" * 50_000,
        "# " * 100_000,
        "<PER>Ann</PER>\n" * 14_000,
        "<a>" * 30_000 + "</a>" * 30_000,
        "<a>" * 60_000 + "</b>",
        "".join(f"<a{n}>" for n in range(20_000)),
        "<entity " + 'a="b" ' * 30_000 + "/>",
        "&lt;PER&gt;" * 18_000 + "&lt;/PER&gt;",
        "&amp;" * 40_000 + "lt;/",
        "Ann - PER\n" * 20_000,
        "Ann" + " - PER" * 33_000,
        "Ann (PER), " * 18_000,
        "PER (" * 40_000,
        "(" * 100_000 + ")" * 100_000,
        " ".join(["Ann", "-", "and"] * 20_000),
    ],
    ids=lambda text: text[:8].encode("unicode_escape").decode() + f"…{len(text)}",
)
def test_absurd_replies_are_read_in_time_proportional_to_their_length(text: str) -> None:
    # Quadratic work on 200,000 characters would not end within the day.
    parsed = parse_reply("detect", text, Question("Ann Lee left .", ONE_LABEL))
    assert parsed is None or parsed.marked is None or parsed.marked.marks


def test_many_different_parts_are_merged_in_time_proportional_to_their_number() -> None:
    parts = [f'{{"entities": [{{"text": "N{n}", "label": "PER"}}]}}' for n in range(5_000)]
    parsed = parse_reply("detect", "\n".join(parts), Question("Ann left .", ONE_LABEL))
    assert parsed is not None
    assert len(parsed.mentions) == 5_000
