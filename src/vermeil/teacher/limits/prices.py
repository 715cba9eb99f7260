"""Prices of tokens: the user's prices, then a dated list that ships with Vermeil."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from vermeil.data.reply import Usage
from vermeil.errors import ConfigError
from vermeil.teacher.address import host_of, is_loopback
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.price_list import built_in_list, find_model

PER_DOLLAR = 10**12
"""Units of money in a dollar. Amounts are integers in units of 1e-12 dollars, so that sums are
exact; one dollar per million tokens is 1e6 units per token."""


@dataclass(frozen=True, slots=True)
class Price:
    """Price per token, in units of 1e-12 dollars.

    Args:
        input: a token of the prompt.
        cached_input: a token of the prompt that the server had in its cache.
        output: a token of the reply.
    """

    input: float
    cached_input: float
    output: float

    def cost(self, usage: Usage) -> int:
        """Return the cost of a request in units of 1e-12 dollars, rounded up."""
        uncached = usage.prompt_tokens - usage.cached_tokens
        return ceil(
            uncached * self.input
            + usage.cached_tokens * self.cached_input
            + usage.completion_tokens * self.output
        )


def price_of(config: TeacherConfig, batch: bool = False) -> Price | None:
    """Return the price of the teacher's model; None: unknown.

    The built-in list applies to the providers' own servers. A server on this machine has a price
    only under ``teacher.prices``. If a name is not listed, it is looked up without its provider
    prefix, then without its date suffix.

    Args:
        config: model, address, prices and limits.
        batch: whether to return the price in a batch.

    Raises:
        ConfigError: a limit on cost is set, and the price is unknown.
    """
    found = find_model(config.prices, config.model)
    if found is None and not is_loopback(host_of(config.base_url)):
        found = find_model(built_in_list().prices, config.model)
    if found is not None:
        share = found.batch if batch else 1.0
        cached = found.input if found.cached_input is None else found.cached_input
        return Price(*(value * share * 1e6 for value in (found.input, cached, found.output)))
    if config.max_cost_usd is not None:
        raise ConfigError(
            f"teacher.max_cost_usd: the price of {config.model!r} is unknown; set it, for example "
            f'teacher.prices = {{"{config.model}" = {{input = 0.15, output = 0.60}}}} (dollars per '
            "million tokens), or limit teacher.max_tokens_total instead"
        )
    return None
