from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from vermeil.data.mention import Mention
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats import parse_reply
from vermeil.tasks.ner.reply_format import ParsedReply, Question

LABELS = LabelSet.from_config(
    TaskConfig(labels={"PER": {"aliases": ["Person"]}, "LOC": {"aliases": ["Location"]}})
)
TEXT = 'Ann Lee saw the "Big Apple" ( New York ) .'
QUESTION = Question(TEXT, LABELS)
ANN, YORK = Mention("Ann Lee", "PER"), Mention("New York", "LOC")


def read(name: str, reply: str, question: Question = QUESTION) -> Any:
    return parse_reply(name, reply, question)


@pytest.mark.parametrize(
    ("reply", "notes"),
    [
        ("Ann Lee (PER)\nNew York (LOC)", {}),
        ("- Ann Lee (PER)\n2. New York (LOC).", {}),
        ('"Ann Lee" (PER)\n**New York** (LOC)', {}),
        ("Answer:\nAnn Lee (PER)\nNew York (LOC)", {}),
        ("Answer: Ann Lee (PER)\n\nNew York (LOC) ", {}),
        ("Could be Paris (LOC).\n\nFinal answer:\nAnn Lee (PER)\nNew York (LOC)", {}),
        ("Here they are:\n```\nAnn Lee (PER)\nNew York (LOC)\n```\nDone.", {}),
        ("Here they are:\nAnn Lee (PER)\nNew York (LOC)\n\nI hope that helps.", {"other_lines": 2}),
        ("Ann Lee (PER)\nsaw (not an entity)\n, (no entities)\nNew York (LOC)", {}),
        ("Ann Lee (PER)\nsaw (no, as it is a verb, at least here)\nNew York (LOC)", {}),
    ],
)
def test_lines(reply: str, notes: dict[str, int]) -> None:
    assert read("lines", reply) == ParsedReply((ANN, YORK), notes)


def test_surfaces_keep_what_the_text_has() -> None:
    assert read("lines", '"Big Apple" (LOC)\nNew York ) (LOC)') == ParsedReply(
        (Mention('"Big Apple"', "LOC"), Mention("New York )", "LOC"))
    )


def test_other_labels_are_kept_as_written() -> None:
    apple = Mention("Apple", "FRUIT")
    assert read("lines", "Ann Lee (PER)\nApple (FRUIT)") == ParsedReply((ANN, apple))
    assert read("lines", "Apple (FRUIT)") == ParsedReply((apple,))
    assert read("lines", "Banana (FRUIT)") is None


@pytest.mark.parametrize(
    "reply",
    [
        "No entities",
        "no entities.",
        "None",
        "Answer: no entities",
        "Answer:\nno entities",
        "There are no named entities in the sentence.",
        "Here is the answer:\n\nno entities",
        "saw (no entities)",
    ],
)
def test_saying_that_nothing_is_there(reply: str) -> None:
    assert read("lines", reply) == ParsedReply()


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "Ann Lee",
        "I cannot tell.",
        "I see nothing but a sentence (perhaps a headline).",
        "No entities except Ann Lee",
        "There are no entities. Ann Lee might be one.",
        "nonesuch",
        "Ann Lee (",
        "(PER)",
        "I think (DATE)\nbut I am not sure",
        '{"entities": []}',
        "Rome (CITY)\nsaw (not an entity)",
    ],
)
def test_what_names_no_entity_is_no_answer(reply: str) -> None:
    assert read("lines", reply) is None


REASONS = """\
1. Ann Lee | True | as it is a person's name (PER)
2. saw | False | as it is a verb
3) New York | true | it is a city (in this context) (LOC)."""


@pytest.mark.parametrize(
    ("reply", "parsed"),
    [
        (REASONS, ParsedReply((ANN, YORK))),
        (f"Answer:\n{REASONS}\n\nDone.", ParsedReply((ANN, YORK))),
        (f"| {REASONS.splitlines()[0]} |", ParsedReply((ANN,))),
        (f"{REASONS}\n4. today | True | a day", ParsedReply((ANN, YORK), {"malformed": 1})),
        (
            f"{REASONS}\n4. today | True | a day (DATE)",
            ParsedReply((ANN, YORK, Mention("today", "DATE"))),
        ),
        (f"{REASONS}\n4. tod", ParsedReply((ANN, YORK))),
        ("1. Ann Lee (a singer) | True | a name (PER)", ParsedReply((ANN,))),
        ("1. Ann Lee (True) | Ann Lee is a singer (PER)", ParsedReply((ANN,))),
        ("1. Ann Lee (True): a singer (PER)\n2. saw (False): a verb", ParsedReply((ANN,))),
        ("1. saw (No) | a verb", ParsedReply()),
        ("1. saw | False | as it is a verb", ParsedReply()),
        ("No entities can be identified here, as there are only numbers.", ParsedReply()),
        ("1. today | True | a day", None),
        ("1. saw | False | a verb\n2. today | True | a day", None),
        ("1. saw", None),
        ("Ann Lee is a person.", None),
        ("| | |", None),
        ("", None),
    ],
)
def test_reasons(reply: str, parsed: ParsedReply | None) -> None:
    assert read("reasons", reply) == parsed


def test_a_single_label_need_not_be_repeated() -> None:
    one = Question(TEXT, LabelSet.from_config(TaskConfig(labels={"PER": {}})))
    assert read("reasons", "1. Ann Lee | True | a name", one) == ParsedReply((ANN,))


TOKENS = ["Ann", "Lee", "saw", "the", '"', "Big", "Apple", '"', "(", "New", "York", ")", "."]


def tagged(tags: Sequence[str], separator: str = ":", tokens: Sequence[str] = TOKENS) -> str:
    return "\n".join(f"{a}{separator}{b}" for a, b in zip(tokens, tags, strict=True))


IOB = ["B-PER", "I-PER", "O", "O", "O", "O", "O", "O", "O", "B-LOC", "I-LOC", "O", "O"]


@pytest.mark.parametrize(
    "reply",
    [
        tagged(IOB),
        tagged(IOB, ": "),
        tagged(IOB, "\t"),
        tagged(IOB, " "),
        tagged(IOB, " -> "),
        tagged([tag.replace("O", "Other", 1) if tag == "O" else tag[2:] for tag in IOB]),
        tagged([tag if tag == "O" else f"{tag[2:]}_{tag[0]}" for tag in IOB]),
        tagged(["B-Person", "I-Person", *IOB[2:9], "B-Location", "I-Location", "O", "O"]),
        tagged(["B-PER", "E-PER", *IOB[2:9], "B-LOC", "L-LOC", "O", "O"]),
        tagged(["PER"] * 2 + IOB[2:], tokens=["Ann_B", "Lee_I", *TOKENS[2:]]),
        f"```\n{tagged(IOB)}\n```",
        f"Answer:\n{tagged(IOB)}",
    ],
)
def test_token_lines(reply: str) -> None:
    parsed = read("token_lines", reply)
    assert parsed is not None
    assert parsed.marked is not None
    assert parsed.marked.text == " ".join(TOKENS)
    pairs = [
        (parsed.marked.surface(mark), LABELS.normalise(mark.label)) for mark in parsed.marked.marks
    ]
    assert pairs == [("Ann Lee", "PER"), ("New York", "LOC")]
    assert parsed.notes == {}


def test_tags_separate_adjacent_entities() -> None:
    def surfaces(*tags: str) -> list[str]:
        parsed = read("token_lines", tagged([*tags, *["O"] * 10]))
        return [parsed.marked.surface(mark) for mark in parsed.marked.marks]

    assert surfaces("B-PER", "B-PER", "O") == ["Ann", "Lee"]
    assert surfaces("S-PER", "PER", "O") == ["Ann", "Lee"]
    assert surfaces("PER", "PER", "LOC") == ["Ann Lee", "saw"]
    assert surfaces("I-PER", "I-PER", "I-PER") == ["Ann Lee saw"]


def test_only_outside_tokens_mean_no_entities() -> None:
    parsed = read("token_lines", tagged(["O"] * 13))
    assert parsed is not None
    assert parsed.is_empty


def test_tokens_that_stop_before_the_text_does() -> None:
    parsed = read("token_lines", tagged(IOB[:10], tokens=TOKENS[:10]))
    assert parsed is not None
    assert parsed.notes == {"truncated": 1}
    assert [mark.label for mark in parsed.marked.marks] == ["PER", "LOC"]


@pytest.mark.parametrize(
    "reply",
    [
        "",
        TEXT,
        "\n".join(TOKENS),
        "Person: Ann Lee\nLocation: New York",
        "Person:Ann\nLocation:New\nOrganisation:the\n" + "\n".join(TOKENS),
        tagged(["O"] * 10, tokens=TOKENS[:10]),
        tagged(["noun"] * 13),
        tagged(["O"] * 13, tokens=[token[::-1] * 2 for token in TOKENS]),
        "No entities",
    ],
)
def test_lines_that_do_not_give_the_text_back_are_no_answer(reply: str) -> None:
    assert read("token_lines", reply) is None


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("lines", "Big Apple (BA) (LOC)"),
        ("reasons", "1. Big Apple (BA) | True | a city (LOC)"),
    ],
)
def test_an_abbreviation_that_follows_in_the_text_is_named_too(name: str, reply: str) -> None:
    both = ParsedReply((Mention("Big Apple", "LOC"), Mention("BA", "LOC")))
    assert read(name, reply, Question("the Big Apple ( BA ) said", LABELS)) == both
    alone = ParsedReply((Mention("Big Apple", "LOC"),))
    assert read(name, reply, Question("the Big Apple and its BA", LABELS)) == alone
    assert read(name, reply, Question("the Big Apple (BA) said", LABELS)) == both
    spaced = reply.replace("(BA)", "( BA )")
    assert read(name, spaced, Question("the Big Apple ( BA ) said", LABELS)) == both
    assert read(name, spaced, Question("the Big Apple (BA) said", LABELS)) == both


def test_a_common_word_in_parentheses_is_no_name_of_its_own() -> None:
    one = ParsedReply((Mention("Ann Lee", "LOC"),))
    question = Question("So Ann Lee (Workers) met", LABELS)
    assert read("lines", "Ann Lee (Workers) (LOC)", question) == one
    assert read("lines", "Ann Lee ( Workers ) (LOC)", question) == one
    whole = ParsedReply((Mention("f(Ann)", "LOC"),))
    assert read("lines", "f(Ann) (LOC)", Question("the band f(Ann) met f", LABELS)) == whole


def test_punctuation_after_a_tag_is_ignored() -> None:
    lines = ["Big:LOC_B.", "Apple:LOC_I,", "met:O.", "Ann:B-PER.", ".:O"]
    parsed = read("token_lines", "\n".join(lines), Question("Big Apple met Ann.", LABELS))
    marked = parsed.marked
    assert [(marked.surface(m), m.label) for m in marked.marks] == [
        ("Big Apple", "LOC"),
        ("Ann", "PER"),
    ]
