"""What tokens cost: a dated list that ships with Vermeil, and the user's own prices first."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path

from vermeil.data.reply import Usage
from vermeil.errors import ConfigError
from vermeil.teacher.address import host_of, is_loopback
from vermeil.teacher.config import PriceConfig, TeacherConfig

PER_DOLLAR = 10**12
"""Money is counted in whole millionths of a millionth of a dollar, so that sums are exact; a dollar
for a million tokens is a million of them for one."""

_DATED = re.compile(r"-(\d{4}-?\d{2}-?\d{2}|latest)$")


@dataclass(frozen=True, slots=True)
class Price:
    """What a token costs, in millionths of a millionth of a dollar.

    Args:
        input: one of the prompt.
        cached_input: one of the prompt that the server had in its cache.
        output: one of the reply.
    """

    input: float
    cached_input: float
    output: float

    def cost(self, usage: Usage) -> int:
        """Return what a request cost, rounded up."""
        fresh = usage.prompt_tokens - usage.cached_tokens
        return ceil(
            fresh * self.input
            + usage.cached_tokens * self.cached_input
            + usage.completion_tokens * self.output
        )


def price_of(config: TeacherConfig, batch: bool = False) -> Price | None:
    """Return the price of the teacher's model; None: it is not known.

    The list holds for the makers' own servers: for a server on this machine there is a price only
    under ``teacher.prices``. A date at the end of a model's name, and a maker before it, are passed
    over where the list has only the bare name.

    Raises:
        ConfigError: a limit on cost is set, and the price is not known.
    """
    found = _find(config.prices, config.model)
    if found is None and not is_loopback(host_of(config.base_url)):
        found = _find(_built_in_prices(), config.model)
    if found is not None:
        part = found.batch if batch else 1.0
        cached = found.input if found.cached_input is None else found.cached_input
        return Price(*(value * part * 1e6 for value in (found.input, cached, found.output)))
    if config.max_cost_usd is not None:
        raise ConfigError(
            f"teacher.max_cost_usd: the price of {config.model!r} is not known; set it, e.g. "
            f'teacher.prices = {{"{config.model}" = {{input = 0.15, output = 0.60}}}} (dollars for '
            "a million tokens), or limit teacher.max_tokens_total"
        )
    return None


@cache
def _built_in_prices() -> dict[str, PriceConfig]:
    text = Path(__file__).with_name("prices.toml").read_text(encoding="utf-8")
    models = tomllib.loads(text)["models"]
    return {name: PriceConfig.model_validate(value) for name, value in models.items()}


def _find(prices: dict[str, PriceConfig], model: str) -> PriceConfig | None:
    bare = model.rpartition("/")[2]
    for name in (model, bare, _DATED.sub("", bare)):
        if name in prices:
            return prices[name]
    return None
