"""The list of prices: sources, dates, retirements and warnings."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from importlib.resources import files

import pytest

from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.price_list import (
    MAX_AGE,
    PriceList,
    built_in_list,
    find_model,
    price_warnings,
)

CONTENT = {
    "as_of": date(2026, 1, 1),
    "sources": {"page": "example.org/prices"},
    "models": {
        "new": {"input": 1.0, "output": 2.0, "source": "page", "dated": date(2026, 1, 1)},
        "old": {"input": 1.0, "output": 2.0, "source": "page", "dated": date(2026, 1, 1)},
    },
    "retirements": {
        "old": {"retires": date(2026, 3, 1), "replacement": "new", "source": "page"},
        "older": {"retires": date(2025, 3, 1), "source": "page"},
    },
}
LISTED = PriceList.from_dict(CONTENT)


def warnings(model: str, day: date, **settings: object) -> tuple[str, ...]:
    config = TeacherConfig.model_validate(
        {"base_url": "https://api.example.org/v1", "model": model, **settings}
    )
    return price_warnings(config, day, LISTED)


def test_every_entry_has_a_date_and_a_source() -> None:
    text = files("vermeil.teacher.limits").joinpath("prices.toml").read_text("utf-8")
    content = tomllib.loads(text)
    for table in ("models", "retirements"):
        for name, entry in content[table].items():
            assert date(2025, 1, 1) < entry["dated"] <= content["as_of"], name
            assert entry["source"] in content["sources"], name


def test_no_listed_model_had_retired_when_the_list_was_made() -> None:
    listed = built_in_list()
    for name in listed.prices:
        found = find_model(listed.retirements, name)
        assert found is None or found.retires > listed.as_of, name


@pytest.mark.parametrize("family", ["gpt-5.6", "gpt-6", "claude-opus-5-5", "claude-sonnet-5-5"])
def test_current_families_have_a_price(family: str) -> None:
    assert any(name.startswith(family) for name in built_in_list().prices)


@pytest.mark.parametrize("model", ["old", "old-2025-08-07", "provider/old"])
def test_a_retired_model_is_reported_under_all_its_names(model: str) -> None:
    (warning,) = warnings(model, date(2026, 3, 1))
    assert f"{model} was due to retire on 2026-03-01" in warning
    assert "example.org/prices" in warning
    assert "recommends new" in warning


def test_a_retirement_is_announced_some_weeks_before() -> None:
    assert warnings("old", date(2025, 12, 1)) == ()
    (warning,) = warnings("old", date(2026, 2, 1))
    assert "old retires on 2026-03-01" in warning


def test_a_retired_model_without_a_price_is_reported() -> None:
    (warning,) = warnings("older", date(2026, 1, 2))
    assert "older" in warning
    assert "recommends" not in warning


def test_an_old_list_is_reported_where_its_prices_are_used() -> None:
    day = LISTED.as_of + timedelta(days=MAX_AGE)
    assert warnings("new", day) == ()
    later = day + timedelta(days=1)
    (warning,) = warnings("new", later)
    assert "2026-01-01, 91 days ago" in warning
    assert "teacher.prices" in warning
    assert warnings("new", later, prices={"new": {"input": 1, "output": 1}}) == ()
    assert warnings("unknown", later) == ()


def test_additional_teachers_count_and_this_machine_does_not() -> None:
    day = date(2026, 3, 1)
    additional = [{"model": "old"}, {"model": "older", "base_url": "http://127.0.0.1:8000/v1"}]
    (warning,) = warnings("new", day, additional=additional)
    assert "old was due" in warning
    assert warnings("old", day, base_url="http://localhost:8000/v1") == ()
