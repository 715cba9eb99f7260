"""``vermeil plan``: the best next purchase of labels, from a study over several data sizes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vermeil.errors import ConfigError
from vermeil.studies.config import PlanConfig
from vermeil.studies.format import f1, number, points, regimen_name
from vermeil.studies.results.frontier import FrontierRecord, PurchaseOption
from vermeil.studies.results.load import read_results
from vermeil.studies.results.study import StudyResults
from vermeil.studies.statistics.fitted_frontier import Frontier
from vermeil.studies.statistics.frontier import frontier_record
from vermeil.studies.statistics.prices import prices_of
from vermeil.studies.statistics.purchase import EXTRAPOLATION_LIMIT
from vermeil.studies.statistics.size_grid import read_grid


@dataclass(frozen=True, slots=True)
class PlanReport:
    """Recommended purchase.

    Args:
        record: curve, sizes, frontier and purchase (see `vermeil.studies.statistics.frontier`).
        sentences: the same as text, the recommendation first.
    """

    record: FrontierRecord
    sentences: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {**asdict(self.record), "sentences": list(self.sentences)}


def plan(results: StudyResults | Path | str, config: PlanConfig) -> PlanReport:
    """Return the documents to buy for the budget, with their expected gain of F1.

    Fits learning curves over gold and silver documents to a study over several sizes of both. The
    intervals come from a bootstrap over test groups and seeds. Beyond the measured sizes, the
    curves are an extrapolation.

    Args:
        results: the results of a study, or the path of its ``results.json``.
        config: prices and budget.

    Raises:
        ConfigError: prices or budget are missing, or the budget buys no document.
        DataError: the study is missing or damaged, or has too few sizes.
    """
    contents = read_results(Path(results)) if isinstance(results, Path | str) else results
    missing = [
        f"plan.{name}: missing; {hint}"
        for name, hint in (
            ("gold_price", "set the price of one gold document"),
            ("silver_price", "set the price of one silver document"),
            ("budget", "set the money to spend, or give --budget"),
        )
        if getattr(config, name) is None
    ]
    if missing:
        raise ConfigError(*missing)
    prices_of(config)
    grid = read_grid(contents.cells, config.regimen)
    frontier = Frontier.fit(grid, config.resamples)
    record = frontier_record(frontier, config)
    return PlanReport(record, (*purchase_sentences(record), *curve_sentences(record)))


def purchase_sentences(record: FrontierRecord) -> list[str]:
    """Return the recommended purchase as sentences; none if the record has no purchase."""
    bought = record.purchase
    if bought is None:
        return []
    best, *others = bought.options
    have, money = bought.have, f"{record.currency}{bought.budget:,.10g}"
    sentences = [
        f"For {money} buy {_documents(best)}: expected gain {_gain(best)}. The expected F1 with "
        f"the present {number(have.gold)} gold and {number(have.silver)} silver documents is "
        f"{f1(have.f1)}."
    ]
    if best.interval[0] <= 0:
        sentences.append("The gain is uncertain: its interval includes zero.")
    sentences += [
        f"The same money for {other.name} ({_documents(other)}): {_gain(other)}."
        for other in others
        if (other.gold, other.silver) != (best.gold, best.silver)
    ]
    low, high = (round(100 * share) for share in bought.gold_share)
    share = f"{low} %" if low == high else f"{low} to {high} %"
    sentences.append(f"Best share of the money for gold: {share} (95 % of the resamples).")
    if bought.limited:
        left = bought.budget - best.cost
        unspent = f" {record.currency}{left:,.2f} are not spent." if left >= 0.01 else ""
        sentences.append(
            f"The purchase is limited to {EXTRAPOLATION_LIMIT:g} times the study's largest sizes: "
            f"beyond them, the curve is uncertain.{unspent} For more, run the study over larger "
            "sizes, then run vermeil plan again."
        )
    return sentences


def curve_sentences(record: FrontierRecord) -> list[str]:
    """Return the learning curve as sentences: worth of silver, and prediction error."""
    worth, error = record.worth, record.leave_one_out_error
    low, high = worth.interval
    sentences = [
        f"With {regimen_name(record.regimen)}, {number(worth.silver)} silver documents are "
        f"worth about {number(worth.gold)} gold documents (95 % interval {number(low)} to "
        f"{number(high)})."
    ]
    if error is not None:
        sentences.append(
            f"Leave-one-out: each size is predicted from the others with a mean error of "
            f"{points(error)} points."
        )
    return sentences


def _documents(option: PurchaseOption) -> str:
    counts = {"gold": option.gold, "silver": option.silver}
    parts = [f"{number(count)} {kind}" for kind, count in counts.items() if count]
    return f"{' and '.join(parts) or 'no'} documents"


def _gain(option: PurchaseOption) -> str:
    low, high = (points(value, signed=True) for value in option.interval)
    return f"{points(option.gain, signed=True)} points (95 % interval {low} to {high})"
