"""Prices of tokens."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from importlib.resources import files

import pytest

from vermeil.data.reply import Request, Usage
from vermeil.errors import ConfigError
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.prices import PER_DOLLAR, price_of
from vermeil.teacher.tokens import UsageEstimate, max_usage

REMOTE = "https://api.openai.com/v1"


def teacher(**settings: object) -> TeacherConfig:
    return TeacherConfig.model_validate({"base_url": REMOTE, **settings})


@pytest.mark.parametrize(
    "model", ["gpt-4o-mini", "gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini", "gpt-4o-mini-latest"]
)
def test_a_model_is_found_under_its_names(model: str) -> None:
    price = price_of(teacher(model=model))
    assert price is not None
    assert price.cost(Usage(1_000_000, 0)) == 0.15 * PER_DOLLAR
    assert price.cost(Usage(0, 1_000_000)) == 0.60 * PER_DOLLAR
    assert price.cost(Usage(1_000_000, 0, 1_000_000)) == 0.075 * PER_DOLLAR


def test_a_batch_costs_its_share() -> None:
    price = price_of(teacher(model="gpt-4o-mini"), batch=True)
    assert price is not None
    assert price.cost(Usage(1_000_000, 1_000_000)) == 0.375 * PER_DOLLAR


def test_own_prices_go_first_and_hold_on_this_machine_too() -> None:
    own = {"gpt-4o": {"input": 1, "output": 2}}
    for settings in ({}, {"base_url": "http://127.0.0.1:1/v1"}):
        price = price_of(teacher(model="gpt-4o", prices=own, **settings))
        assert price is not None
        assert price.cost(Usage(3, 5, 2)) == 13_000_000


def test_a_server_on_this_machine_has_no_price_of_its_own() -> None:
    assert price_of(TeacherConfig(model="gpt-4o")) is None
    assert price_of(teacher(model="my-model")) is None


def test_a_limit_without_a_price_is_an_error_with_advice() -> None:
    for settings in ({"model": "my-model"}, {"base_url": "http://127.0.0.1:1/v1"}):
        with pytest.raises(ConfigError, match=r"teacher\.prices = "):
            price_of(teacher(max_cost_usd=1.0, **settings))


def test_the_list_is_dated_and_sensible() -> None:
    listed = tomllib.loads(
        files("vermeil.teacher.limits").joinpath("prices.toml").read_text("utf-8")
    )
    assert isinstance(listed["as_of"], date)
    for name, price in listed["models"].items():
        assert 0 < price["cached_input"] <= price["input"] < price["output"], name
        assert price_of(teacher(model=name)) is not None


def test_the_bound_is_above_one_token_a_byte() -> None:
    text = "Ærøskøbing 🦊 " * 40
    request = Request("d", text, "p", ({"role": "user", "content": text},), "m", {"max_tokens": 7})
    assert max_usage(request).prompt_tokens > len(text.encode())
    assert max_usage(request).completion_tokens == 7
    assert max_usage(request).prompt_tokens < len(json.dumps(text).encode()) + 500


def test_expectation_is_learned_from_usage() -> None:
    guess = UsageEstimate.from_usage(0, 0, Usage(), 1000)
    assert guess.estimate(400, 2) == Usage(100, 500)
    learned = UsageEstimate.from_usage(10, 3000, Usage(1000, 200), 1000)
    assert learned.estimate(300, 2) == Usage(100, 40)
    assert learned.replies == 10
