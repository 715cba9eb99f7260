"""``vermeil plan``: from a study over data sizes to the next purchase of labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.errors import ConfigError, DataError
from vermeil.studies.config import PlanConfig
from vermeil.studies.format import f1, number, points, regimen_name
from vermeil.studies.statistics.frontier import Frontier, frontier_record, prices_of
from vermeil.studies.statistics.size_grid import read_grid


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What to buy next.

    Args:
        record: curve, sizes, frontier and purchase (see `vermeil.studies.statistics.frontier`).
        sentences: the same in words, the recommendation first.
    """

    record: dict[str, Any]
    sentences: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**self.record, "sentences": list(self.sentences)}


def plan(results: Mapping[str, Any] | Path, config: PlanConfig) -> PlanReport:
    """Say which documents to buy for a sum of money, and what F1 they are expected to bring.

    Fits learning curves over gold and silver to a study that ran over several sizes of both. The
    intervals come from other draws of test groups and seeds; that the curve goes on as it began,
    beyond what was measured, is assumed.

    Args:
        results: what a study's ``results.json`` holds, or the file.
        config: prices and budget.

    Raises:
        ConfigError: prices or budget are missing, or the budget buys nothing.
        DataError: the study is not there, or has too few sizes.
    """
    found = _read(results) if isinstance(results, Path) else results
    missing = [
        f"plan.{name}: missing; {hint}"
        for name, hint in (
            ("gold_price", "what does one gold document cost?"),
            ("silver_price", "what does one silver document cost?"),
            ("budget", "what may be spent? Give --budget"),
        )
        if getattr(config, name) is None
    ]
    if missing:
        raise ConfigError(*missing)
    prices_of(config)
    frontier = Frontier.fit(read_grid(found, config.regimen), config.resamples)
    record = frontier_record(frontier, config)
    return PlanReport(record, (*purchase_sentences(record), *curve_sentences(record)))


def purchase_sentences(record: Mapping[str, Any]) -> list[str]:
    """Say what to buy."""
    bought = record.get("purchase")
    if not bought:
        return []
    best, *others = bought["options"]
    have, money = bought["have"], f"{record['currency']}{bought['budget']:,.10g}"
    said = [
        f"For {money} buy {_documents(best)}: F1 is expected to rise by "
        f"{_gain(best)} from {f1(have['f1'])}, where {number(have['gold'])} gold and "
        f"{number(have['silver'])} silver documents are now."
    ]
    if best["interval"][0] <= 0:
        said.append("That this brings anything is not sure: the interval reaches zero.")
    said += [
        f"The same money for {other['name']} ({_documents(other)}): {_gain(other)}."
        for other in others
        if (other["gold"], other["silver"]) != (best["gold"], best["silver"])
    ]
    low, high = (round(100 * share) for share in bought["gold_share"])
    range_ = f"{low} %" if low == high else f"between {low} and {high} %"
    said.append(f"Gold’s best part of the money is {range_} (95 % of the resamples).")
    if bought["limited"]:
        left = bought["budget"] - best["cost"]
        kept = f"; {record['currency']}{left:,.2f} are left" if left >= 0.01 else ""
        said.append(
            "No more than twice what the study had is considered, for there the curve is a guess"
            f"{kept}. Study the larger sizes first, then ask again."
        )
    return said


def curve_sentences(record: Mapping[str, Any]) -> list[str]:
    """Say what the curve says."""
    worth, misses = record["worth"], record["misses"]
    low, high = worth["interval"]
    said = [
        f"With {regimen_name(record['regimen'])}, {number(worth['silver'])} silver documents are "
        f"worth about {number(worth['gold'])} gold ones (95 % interval {number(low)} to "
        f"{number(high)})."
    ]
    if misses is not None:
        said.append(
            f"Each size left out in turn is predicted from the others with a mean error of "
            f"{points(misses)} points."
        )
    return said


def _documents(option: Mapping[str, Any]) -> str:
    parts = [f"{number(option[kind])} {kind}" for kind in ("gold", "silver") if option[kind]]
    return f"{' and '.join(parts) or 'no'} documents"


def _gain(option: Mapping[str, Any]) -> str:
    low, high = (points(value, signed=True) for value in option["interval"])
    return f"{points(option['gain'], signed=True)} points (95 % interval {low} to {high})"


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DataError(
            "there is no study here; run vermeil study over a grid first", path
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(f"is not a study's results ({error})", path) from error
    if not isinstance(found, dict):
        raise DataError("is not a study's results", path)
    return found
