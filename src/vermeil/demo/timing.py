"""Budget that fits the demo's time: measured once per folder, then reused."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from vermeil.data.atomic import write_json
from vermeil.data.results_folder import record_results
from vermeil.data.written import read_object
from vermeil.demo.annotating import NewswireCorpus
from vermeil.demo.budget import DemoBudget, choose_budget
from vermeil.demo.calibration import calibrate
from vermeil.demo.settings import DemoSettings

BUDGET_FILE = "budget.json"
"""Chosen budget and measured speed, in the demo's folder. A second run trains the same cells."""


def fitted_budget(
    settings: DemoSettings, corpus: NewswireCorpus, output: Path, minutes: float, started: float
) -> DemoBudget:
    """Return the budget that fits the time, from the folder or after a measurement.

    Args:
        settings: settings of the full run.
        corpus: the sample corpus.
        output: the demo's folder.
        minutes: time of the whole demo.
        started: start of the demo, from `time.monotonic`.
    """
    path = output / BUDGET_FILE
    earlier = read_object(path)
    if earlier is not None and earlier.get("minutes") == minutes:
        return DemoBudget.from_record(earlier)
    measured = calibrate(settings, corpus.train, [*corpus.dev, *corpus.test])
    left = 60 * minutes - (time.monotonic() - started)
    budget = choose_budget(measured.speed, left, measured.scored, settings)
    budget = replace(budget, speed=measured.speed.training)
    record_results(output, [path])
    write_json(path, {"minutes": minutes, **budget.as_dict()})
    return budget
