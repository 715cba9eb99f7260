"""Wording of one comparison: distance, interval, p-value and verdict."""

from __future__ import annotations

from dataclasses import replace

from vermeil.studies.format import (
    VERDICT_NAMES,
    corrected_p,
    p_value,
    plural,
    points,
    regimen_name,
    spread,
)
from vermeil.studies.results.statistics import ComparisonRow, SummaryRow
from vermeil.studies.statistics.compare import MINIMUM_SEEDS


def mean_test_f1(row: SummaryRow) -> float:
    """Return the mean test F1 of a summary row, or 0 without test scores."""
    return 0.0 if row.test is None else row.test.mean


def mean_score(row: SummaryRow) -> str:
    """Return the mean test F1 of a summary row, with its spread."""
    return "–" if row.test is None else spread(row.test.mean, row.test.sd)


def distance(row: ComparisonRow) -> str:
    """Return the difference as ``2.1 points above Gold only``."""
    side = "above" if row.difference >= 0 else "below"
    return f"{points(abs(row.difference))} points {side} {regimen_name(row.baseline)}"


def interval_text(row: ComparisonRow) -> str:
    """Return the 95 % interval in the direction of `distance`: a distance below is positive."""
    low, high = row.low, row.high
    if high < 0:
        low, high = -high, -low
    signed = low < 0
    return f"95 % interval {points(low, signed=signed)} to {points(high, signed=signed)}"


def p_text(row: ComparisonRow) -> str:
    """Return the bootstrap's corrected p-value."""
    corrected = ", Holm-corrected" if row.family_size > 1 else ""
    return f"{corrected_p(row)}{corrected}"


def sign_text(row: ComparisonRow) -> str:
    """Return in how many seeds the difference has the sign of the mean difference."""
    sign = 1 if row.difference >= 0 else -1
    agreeing = sum(1 for value in row.per_seed if value * sign > 0)
    word = "higher" if sign > 0 else "lower"
    return f"{word} in {agreeing} of {plural(len(row.per_seed), 'seed')}"


def verdict_text(row: ComparisonRow) -> str:
    """Return the verdict, with the reason why a suggestive difference is not significant."""
    name = VERDICT_NAMES[row.verdict]
    if row.verdict != "suggestive":
        return name
    if len(row.seeds) < MINIMUM_SEEDS:
        return f"{name} (fewer than {MINIMUM_SEEDS} seeds)"
    return f"{name} (randomisation test: {p_value(row.p_randomisation_holm or 0.0)})"


def reversed_comparison(row: ComparisonRow) -> ComparisonRow:
    """Return the same comparison with regimen and baseline exchanged."""
    return replace(
        row,
        regimen=row.baseline,
        baseline=row.regimen,
        difference=-row.difference,
        low=-row.high,
        high=-row.low,
    )
