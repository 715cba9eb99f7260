from __future__ import annotations

import pytest

from vermeil.errors import ConfigError
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.tasks.labels import LabelSet


def label_set(**labels: LabelConfig) -> LabelSet:
    return LabelSet.from_config(TaskConfig(labels=labels))


PLACES = label_set(
    PER=LabelConfig(description="people,\n  real or not", aliases=("person", "human being")),
    LOC=LabelConfig(),
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("PER", "PER"),
        ("per", "PER"),
        (" Person ", "PER"),
        ("HUMAN  being", "PER"),
        ("Loc", "LOC"),
        ("DATE", None),
        ("", None),
        ("PERSONS", None),
    ],
)
def test_normalise_knows_names_and_aliases_whatever_their_case(
    written: str, expected: str | None
) -> None:
    assert PLACES.normalise(written) == expected


def test_listing_keeps_the_order_and_puts_each_label_on_one_line() -> None:
    assert PLACES.listing() == "- PER: people, real or not\n- LOC"


def test_names_are_quoted_as_json_strings() -> None:
    assert label_set(**{'a "b", c': LabelConfig(), "Ö": LabelConfig()}).quoted() == (
        r'"a \"b\", c", "Ö"'
    )


def test_every_contradiction_is_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        label_set(
            PER=LabelConfig(aliases=("name",)),
            ORG=LabelConfig(aliases=("Name", "person")),
            Per=LabelConfig(),
            O=LabelConfig(),
        )
    assert caught.value.problems == (
        "task.labels.ORG: the alias 'Name' is also used by PER",
        "task.labels.Per: the name is also used by PER",
        "task.labels: 'O' cannot be the name of a label; rename it",
    )


@pytest.mark.parametrize("name", ["", "  ", " PER"])
def test_blank_names_are_rejected(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be the name of a label"):
        label_set(**{name: LabelConfig()})


def test_an_alias_may_repeat_the_labels_own_name() -> None:
    assert label_set(PER=LabelConfig(aliases=("per", "PER"))).normalise("pEr") == "PER"


def test_unknown_label_names_the_known_ones_and_the_one_that_may_be_meant() -> None:
    assert (
        PLACES.unknown_label_message("DATE")
        == "unknown label 'DATE'; the task's labels are PER, LOC"
    )
    assert "write 'PER' for it" in PLACES.unknown_label_message("person")
