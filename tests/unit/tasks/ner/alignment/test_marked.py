from __future__ import annotations

import re

import pytest

from vermeil.data.mention import Tier
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.marked import locate_marked
from vermeil.tasks.ner.marked_text import InlineMark, InlineMarkedText

LABELS = LabelSet.from_config(TaskConfig(labels={"PER": {}, "LOC": {}}))
TEXT = (
    "In Berlin, “Angela Merkel” met the king of Spain in Spain on Sunday — it was U.S. weather, "
    "and nobody knew why that should have been so, or how long it would last this time."
)


def marked(copy: str) -> InlineMarkedText:
    """A copy with marks written as [surface|LABEL]."""
    text, marks, last = "", [], 0
    for found in re.finditer(r"\[([^|\]]*)\|(\w+)\]", copy):
        text += copy[last : found.start()]
        marks.append(InlineMark(len(text), len(text) + len(found[1]), found[2]))
        text += found[1]
        last = found.end()
    return InlineMarkedText(text + copy[last:], tuple(marks))


def outcome(
    copy: str, text: str = TEXT, partial: bool = False
) -> list[tuple[str, tuple[int, str] | None]]:
    located = locate_marked(text, marked(copy), LABELS, partial)
    assert located is not None
    return [
        (
            one.status.value,
            (one.span.start, text[one.span.start : one.span.end]) if one.span else None,
        )
        for one in located
    ]


def test_a_mark_selects_one_of_several_occurrences() -> None:
    assert outcome(TEXT.replace("in Spain", "in [Spain|LOC]")) == [("exact", (52, "Spain"))]


def test_a_name_with_an_attached_particle_is_found_without_any_edit() -> None:
    text = "דני גר ברומא עם רות"
    located = locate_marked(text, marked("דני גר ב[רומא|LOC] עם רות"), LABELS, False)
    assert located is not None
    (one,) = located
    assert (one.tier, one.distance) == (Tier.ATTACHED, 0)
    assert one.span is not None
    assert text[one.span.start : one.span.end] == "רומא"


@pytest.mark.parametrize(
    ("old", "new", "status", "there"),
    [
        ("“Angela Merkel”", '"[Angela Merkel|PER]"', "exact", "Angela Merkel"),
        ("Angela Merkel", "[Angela  merkel|PER]", "normalised", "Angela Merkel"),
        ("Angela Merkel", "[ Angela Merkel |PER]", "normalised", "Angela Merkel"),
        ("Angela Merkel", "[Angela Mrkel|PER]", "fuzzy", "Angela Merkel"),
        ("Angela Merkel", "[Angela Merkels|PER]", "fuzzy", "Angela Merkel"),
        ("U.S.", "[US|LOC]", "normalised", "U.S."),
        ("U.S. weather", "[U.S.|LOC] whether", "exact", "U.S."),
        ("Sunday", "Sun[day|LOC]", "not_found", None),
        ("Berlin", "[Bern|LOC]", "not_found", None),
        ("Berlin", "[ |LOC]Berlin", "not_found", None),
        ("nobody", "[nobody|THING]", "off_schema", None),
    ],
)
def test_what_stands_there_decides(old: str, new: str, status: str, there: str | None) -> None:
    ((found, span),) = outcome(TEXT.replace(old, new, 1))
    assert (found, span and span[1]) == (status, there)


def test_nested_marks_leave_the_longest_and_the_same_one_twice_is_a_duplicate() -> None:
    text = "The University of Oslo stands."
    marks = (InlineMark(4, 22, "LOC"), InlineMark(4, 22, "PER"), InlineMark(18, 22, "LOC"))
    located = locate_marked(text, InlineMarkedText(text, marks), LABELS)
    assert located is not None
    assert [one.status.value for one in located] == ["exact", "duplicate", "overlap"]


@pytest.mark.parametrize(
    "copy", ["", "[Berlin|LOC] is a city.", TEXT[:100], TEXT + " That is all that I found."]
)
def test_a_copy_of_another_text_is_rejected(copy: str) -> None:
    assert locate_marked(TEXT, marked(copy), LABELS) is None


def test_a_copy_that_was_cut_off_is_one_of_the_beginning() -> None:
    copy = TEXT.replace("Berlin", "[Berlin|LOC]")[:80]
    assert outcome(copy, partial=True) == [("exact", (3, "Berlin"))]


def test_one_letter_of_a_short_text_may_be_altered() -> None:
    assert outcome("[Ann|PER] leftt", "Ann left") == [("exact", (0, "Ann"))]


def test_words_that_were_added_do_not_shift_what_follows() -> None:
    text = "x " * 300 + "Ann met Ann"
    copy = text.replace("x x", "x so x", 1)
    end = len(copy)
    located = locate_marked(
        text, InlineMarkedText(copy, (InlineMark(end - 3, end, "PER"),)), LABELS
    )
    assert located is not None
    assert located[0].span is not None
    assert located[0].span.start == text.rindex("Ann")


@pytest.mark.parametrize(
    ("text", "copy", "expected"),
    [
        ("Ann met the the Bo .", "Ann met the [Bo|PER] .", ("exact", (16, "Bo"))),
        ("So Ann Ann Lee left us .", "So [Ann Lee|PER] left us .", ("normalised", (7, "Ann Lee"))),
        ("He saw Bo Lind in Oslo.", "He saw Bo Lind in [Oslo.|LOC]", ("normalised", (18, "Oslo"))),
        ("He saw Quell Inc.", "He saw [Quell Inc.|LOC]", ("exact", (7, "Quell Inc."))),
        ("She met Ile in town", "She met [Ilse|PER] in town", ("fuzzy", (8, "Ile"))),
        ("She met Islee in town", "She met [Isle|PER] in town", ("fuzzy", (8, "Islee"))),
        ("the Korean in town", "the [Korea|LOC]n in town", ("not_found", None)),
        (
            "She met Ilse Varnbyy here",
            "She met [Ilse Varnby|PER] here",
            ("fuzzy", (8, "Ilse Varnbyy")),
        ),
        ("She met Bob in town", "She met [Rob|PER] in town", ("not_found", None)),
        ("Today Bo slept", "Today [Bo's|PER] slept", ("normalised", (6, "Bo"))),
        ("the FCVarnby won it", "the FC[Varnby|LOC] won it", ("fuzzy", (6, "Varnby"))),
    ],
)
def test_marks_of_copies_with_mends(
    text: str, copy: str, expected: tuple[str, tuple[int, str] | None]
) -> None:
    assert outcome(copy, text) == [expected]
