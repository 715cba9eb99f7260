from __future__ import annotations

import pytest

from vermeil.data.reply import Reply, State
from vermeil.tasks.classification.task import ClassificationTask
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.tasks.labels import LabelSet

LABELS = LabelSet.from_config(
    TaskConfig(
        labels={
            "PER": LabelConfig(
                description="people, real or not", aliases=("PERSON", "human being")
            ),
            "LOC": LabelConfig(aliases=("Location", "City")),
            "ORG": LabelConfig(),
            "GPE": LabelConfig(),
            "ship_name": LabelConfig(description="a vessel"),
        }
    )
)
CLOSE = LabelSet.from_config(
    TaskConfig(labels={name: LabelConfig() for name in ("C", "C++", "A-B", "A_B", "Rh+", "Rh-")})
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("ship name", "ship_name"),
        ("Ship-Name", "ship_name"),
        ("SHIP_NAME", "ship_name"),
        ("ShipName", "ship_name"),
        ("ship  name.", "ship_name"),
        ("**PER**", "PER"),
        ("`per`,", "PER"),
        ("[LOC]", "LOC"),
        ('"Person":', "PER"),
        ("Human-Being", "PER"),
    ],
)
def test_blanks_separators_and_marks_around_a_label_do_not_matter(
    written: str, expected: str
) -> None:
    assert LABELS.normalise(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("PER (people)", "PER"),
        ("PER (people, real or not)", "PER"),
        ("PER - people", "PER"),
        ("PER – person", "PER"),
        ("PER: people, real or not", "PER"),
        ("- PER: people, real or not", "PER"),
        ("PERSON (PER)", "PER"),
        ("Organisation (ORG)", "ORG"),
        ("Geo-political entity (GPE)", "GPE"),
        ("ORG (company)", "ORG"),
        ("ORG [a club]", "ORG"),
        ("PER (0.97)", "PER"),
        ("PER | person", "PER"),
        ("ship name (a vessel)", "ship_name"),
        ("PER: a painter", None),
        ("PER - Ada", None),
        ("Ada (PER)", None),
    ],
)
def test_a_label_may_have_its_description_or_another_name_attached(
    written: str, expected: str | None
) -> None:
    assert LABELS.normalise(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "PER/ORG",
        "PER, LOC",
        "PER or LOC",
        "PER (LOC)",
        "PER (or LOC)",
        "PER - LOC",
        "PER (not a place)",
        "PER (maybe)",
        "PER?",
        "not PER",
        "ORG (a city, so Location)",
        "DATE (day)",
        "PERX",
        "()",
        "PER (" * 500,
    ],
)
def test_doubt_and_a_second_label_leave_the_label_unknown(written: str) -> None:
    assert LABELS.normalise(written) is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("C", "C"),
        ("c.", "C"),
        ("C++", "C++"),
        ("A-B", "A-B"),
        ("a_b", "A_B"),
        ("A B", None),
        ("AB", None),
        ("Rh+", "Rh+"),
        ("rh-", "Rh-"),
        ("Rh", None),
    ],
)
def test_a_form_of_several_labels_names_none(written: str, expected: str | None) -> None:
    assert CLOSE.normalise(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Persons", "PER"),
        ("**Cities**", "LOC"),
        ("### ORG", "ORG"),
        ("PER entities", "PER"),
        ("Type: PER", "PER"),
        ("Persons (2)", "PER"),
        ("Ship names", "ship_name"),
        ("Entities of type LOC", "LOC"),
        ("Dates", None),
        ("PER: Ada", None),
        ("Note", None),
    ],
)
def test_headings_may_be_in_plural(written: str, expected: str | None) -> None:
    assert LABELS.of_heading(written) == expected


TOPICS = ClassificationTask(
    TaskConfig(labels={"world_news": LabelConfig(description="politics abroad"), "sport": {}})
)


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("World News", "world_news"),
        ("world-news.", "world_news"),
        ("world_news: politics abroad", "world_news"),
        ("Sport (football)", "sport"),
    ],
)
def test_classification_compares_labels_alike(written: str, label: str) -> None:
    reading = TOPICS.read("Ministers met.", Reply(f'{{"label": "{written}"}}'))
    assert reading.annotation.labels == (label,)


def test_classification_counts_what_is_no_label() -> None:
    reading = TOPICS.read("Ministers met.", Reply('{"label": "sport or world_news"}'))
    assert reading.state is State.UNPARSABLE
    assert reading.notes == {"off_schema": 1}
