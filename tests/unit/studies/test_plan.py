"""Recommended purchases for studies that follow a known learning curve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.study_records import cell_record

from vermeil.errors import ConfigError, DataError
from vermeil.evaluation.learning_curve import Curves
from vermeil.studies.config import PlanConfig
from vermeil.studies.plan import PlanReport, plan
from vermeil.studies.results.frontier import Purchase
from vermeil.studies.results.load import results_from_record
from vermeil.studies.results.study import StudyResults
from vermeil.studies.statistics.fitted_frontier import Frontier
from vermeil.studies.statistics.frontier import frontier_record
from vermeil.studies.statistics.prices import DocumentPrices
from vermeil.studies.statistics.size_grid import read_grid

TRUTH = Curves(
    np.array([0.93]),
    np.array([1.8]),
    np.array([0.35]),
    np.array([700.0]),
    np.array([0.6]),
    unit=4000.0,
)
PRICED = {"gold_price": 0.5, "silver_price": 0.01, "budget": 100.0, "resamples": 100}


def cell(regimen: str, gold: int, silver: int, seed: int, groups: int = 60) -> dict[str, Any]:
    """Return a cell whose F1 lies on the curve but for the rounding of counts and a bit of luck."""
    known = 0 if regimen == "gold_only" else silver
    f1 = float(TRUTH(np.array([float(gold)]), np.array([float(known)]))[0, 0])
    rng = np.random.default_rng([seed, gold, known])
    f1 += float(rng.normal(0, 0.004))
    counts = {f"g{i}": [int(rng.binomial(40, f1)), 40, 40] for i in range(groups)}
    sizes = {"gold_documents": gold, "silver_documents": silver, "sizes": [gold, silver]}
    return cell_record(regimen, seed, counts, **sizes)


def study_over(golds: list[int], silvers: list[int], seeds: int = 3) -> StudyResults:
    cells = [
        cell(regimen, gold, silver, seed)
        for seed in range(seeds)
        for gold in golds
        for silver in silvers
        for regimen in ("gold_only", "simple_mix")
    ]
    return results_from_record({"cells": cells})


GRID = study_over([125, 250, 500, 1000], [1000, 4000])


def purchase_of(report: PlanReport) -> Purchase:
    """Return the recommended purchase."""
    assert report.record.purchase is not None
    return report.record.purchase


def test_the_curve_is_found_again() -> None:
    frontier = Frontier.fit(read_grid(GRID.cells), 200)
    assert frontier.grid.regimen == "simple_mix"
    assert len(frontier.grid.sizes) == 12
    worth, (low, high) = frontier.gold_equivalent()
    assert low <= worth <= high
    assert low < 700 < high
    f1, (low, high) = frontier.f1(2000, 4000)
    truth = float(TRUTH(np.array([2000.0]), np.array([4000.0]))[0, 0])
    assert abs(f1 - truth) < 0.02
    assert low <= truth <= high
    misses = frontier.leave_one_out_error()
    assert misses is not None
    assert misses < 0.02


def test_what_is_recommended_is_the_best_division() -> None:
    report = plan(GRID, PlanConfig.model_validate(PRICED))
    bought = purchase_of(report)
    best, gold, silver = bought.options
    assert best.cost <= 100
    assert (gold.gold, gold.silver) == (200, 0)
    assert (silver.gold, silver.silver) == (0, 4000)
    assert best.gain >= max(gold.gain, silver.gain)
    assert best.interval[0] <= best.gain <= best.interval[1]
    assert bought.have.gold == 1000
    assert "buy" in report.sentences[0]
    json.dumps(report.as_dict())


def test_prices_decide() -> None:
    cheap = plan(GRID, PlanConfig.model_validate({**PRICED, "silver_price": 1.0}))
    assert purchase_of(cheap).options[0].silver == 0
    dear = {**PRICED, "gold_price": 90.0, "silver_price": 0.01}
    best = purchase_of(plan(GRID, PlanConfig.model_validate(dear))).options[0]
    assert best.gold <= 1
    assert best.silver > 0


def test_money_never_buys_less_quality() -> None:
    record = frontier_record(
        Frontier.fit(read_grid(GRID.cells), 100), PlanConfig.model_validate(PRICED)
    )
    scores = [point.f1 for point in record.line]
    assert scores == sorted(scores)
    assert all(p.interval[0] <= p.f1 + 0.02 for p in record.line)


def test_a_split_spends_no_more_than_there_is() -> None:
    prices = DocumentPrices(0.3, 0.07)
    gold, silver = prices.splits(10.0, (0, 0), (1000, 1000))
    assert (gold * 0.3 + silver * 0.07 <= 10 + 1e-6).all()
    assert gold.min() == 0
    assert gold.max() == 33
    gold, silver = prices.splits(10.0, (5, 0), (20, 30))
    assert gold.min() == 5
    assert gold.max() == 20
    assert silver.max() == 30


def test_sizes_far_beyond_the_data_are_not_recommended() -> None:
    rich = plan(GRID, PlanConfig.model_validate({**PRICED, "budget": 10_000.0}))
    best = purchase_of(rich).options[0]
    assert (best.gold, best.silver) == (1000, 4000)
    assert "run the study over larger sizes" in " ".join(rich.sentences)
    with pytest.raises(ConfigError, match="run the study over larger sizes"):
        plan(GRID, PlanConfig.model_validate({**PRICED, "gold": 2000, "silver": 8000}))


@pytest.mark.parametrize(
    ("golds", "silvers"), [([250], [4000]), ([250, 500, 1000], [4000]), ([250, 500], [1000, 4000])]
)
def test_too_few_sizes_are_refused(golds: list[int], silvers: list[int]) -> None:
    with pytest.raises(DataError, match=r"too few sizes.*gold_documents="):
        plan(study_over(golds, silvers), PlanConfig.model_validate(PRICED))


def test_all_missing_settings_are_named_together() -> None:
    with pytest.raises(ConfigError) as caught:
        plan(GRID, PlanConfig())
    assert all(
        f"plan.{key}" in str(caught.value) for key in ("gold_price", "silver_price", "budget")
    )


def test_a_sum_that_buys_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"plan\.budget"):
        plan(GRID, PlanConfig.model_validate({**PRICED, "budget": 0.001}))


def test_without_a_study_there_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run vermeil study"):
        plan(tmp_path / "results.json", PlanConfig.model_validate(PRICED))


def test_an_unknown_regimen_is_refused() -> None:
    with pytest.raises(DataError, match="simple_mix"):
        plan(GRID, PlanConfig.model_validate({**PRICED, "regimen": "sigmoid"}))
