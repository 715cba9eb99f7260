"""The list of prices and retirement dates that ships with Vermeil, and warnings about its age."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from vermeil.teacher.address import host_of, is_loopback
from vermeil.teacher.config import PriceConfig, TeacherConfig

MAX_AGE = 90
"""Age of the list in days from which on its prices come with a warning."""
_NOTICE = 60
"""Days before the retirement of a model from which on it is announced."""
_DATED = re.compile(r"-(\d{4}-?\d{2}-?\d{2}|latest)$")

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Retirement:
    """Retirement of a model on its provider's own servers.

    Args:
        retires: the first day on which requests may fail.
        replacement: the model that the provider recommends; None: unknown.
        page: the provider's page with the date.
    """

    retires: date
    replacement: str | None
    page: str


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices and retirement dates of well-known models.

    Args:
        as_of: date on which the list was made.
        prices: price by model.
        retirements: retirement by model, also of models without a price.
    """

    as_of: date
    prices: Mapping[str, PriceConfig]
    retirements: Mapping[str, Retirement]

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> PriceList:
        """Return the list in the decoded content of ``prices.toml``."""
        pages, fields = content["sources"], PriceConfig.model_fields
        prices = {
            name: PriceConfig.model_validate({k: v for k, v in entry.items() if k in fields})
            for name, entry in content["models"].items()
        }
        retirements = {
            name: Retirement(entry["retires"], entry.get("replacement"), pages[entry["source"]])
            for name, entry in content["retirements"].items()
        }
        return cls(content["as_of"], prices, retirements)


@cache
def built_in_list() -> PriceList:
    """Return the list that ships with Vermeil."""
    text = Path(__file__).with_name("prices.toml").read_text(encoding="utf-8")
    return PriceList.from_dict(tomllib.loads(text))


def find_model(entries: Mapping[str, Entry], model: str) -> Entry | None:
    """Return the entry of a model; None if it is not listed.

    If a name is not listed, it is looked up without its provider prefix, then without its date
    suffix.
    """
    bare = model.rpartition("/")[2]
    for name in (model, bare, _DATED.sub("", bare)):
        if name in entries:
            return entries[name]
    return None


def price_warnings(
    config: TeacherConfig, today: date | None = None, listed: PriceList | None = None
) -> tuple[str, ...]:
    """Return warnings about retired models and old prices of all teachers.

    Teachers on this machine have neither.

    Args:
        config: the teacher and additional teachers.
        today: the current date; None: the date of this machine.
        listed: the list; None: the one that ships with Vermeil.
    """
    today, listed = today or date.today(), listed or built_in_list()
    remote = [t for t in config.all_teachers() if not is_loopback(host_of(t.base_url))]
    models = dict.fromkeys(teacher.model for teacher in remote)
    warnings = [_retirement_warning(model, listed, today) for model in models]
    age = (today - listed.as_of).days
    old = [
        model
        for model in models
        if find_model(config.prices, model) is None and find_model(listed.prices, model) is not None
    ]
    if age > MAX_AGE and old:
        warnings.append(
            f"the built-in prices of {', '.join(old)} are of {listed.as_of}, {age} days ago; "
            "compare them with the provider's, and set teacher.prices if they differ"
        )
    return tuple(warning for warning in warnings if warning is not None)


def _retirement_warning(model: str, listed: PriceList, today: date) -> str | None:
    found = find_model(listed.retirements, model)
    days = 0 if found is None else (found.retires - today).days
    if found is None or days > _NOTICE:
        return None
    verb = "retires" if days > 0 else "was due to retire"
    advice = f"; the provider recommends {found.replacement}" if found.replacement else ""
    return (
        f"teacher.model: {model} {verb} on {found.retires} on its provider's own servers "
        f"({found.page}){advice}"
    )
