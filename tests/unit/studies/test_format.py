from __future__ import annotations

import pytest

from vermeil.studies import format as wording


@pytest.mark.parametrize(
    ("value", "text"), [(0.8421, ".842"), (1.0, "1.000"), (0.0, ".000"), (None, "–")]
)
def test_f1(value: float | None, text: str) -> None:
    assert wording.f1(value) == text


def test_not_a_number_is_a_dash() -> None:
    assert wording.f1(float("nan")) == "–"


@pytest.mark.parametrize(
    ("value", "plain", "signed"),
    [(0.0213, "2.1", "+2.1"), (-0.0213, "−2.1", "−2.1"), (-0.0004, "0.0", "0.0")],
)
def test_points(value: float, plain: str, signed: str) -> None:
    assert wording.points(value) == plain
    assert wording.points(value, signed=True) == signed


@pytest.mark.parametrize(
    ("value", "text"), [(0.0004, "p < .001"), (0.04, "p = .040"), (1.0, "p = 1.000")]
)
def test_p_value(value: float, text: str) -> None:
    assert wording.p_value(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (8.42, "8.4 s"),
        (59.4, "59 s"),
        (100, "1 min 40 s"),
        (7500, "2 h 05 min"),
        (59.9, "1 min 00 s"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


def test_spread_without_deviation_is_the_mean_alone() -> None:
    assert wording.spread(0.8, None) == ".800"
    assert wording.spread(0.8, 0.0061) == ".800 ± .006"


def test_numbers_and_their_nouns() -> None:
    assert wording.plural(1, "seed") == "1 seed"
    assert wording.plural(1200, "document") == "1,200 documents"


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_listing(names: list[str], text: str) -> None:
    assert wording.listing(names) == text


def test_an_unknown_regimen_keeps_its_own_name() -> None:
    assert wording.regimen_name("my_own") == "my own"
