"""Made-up results of a study, plausible in every part."""

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from vermeil.data.counts import Counts, MatchCounts
from vermeil.studies.report.findings import findings
from vermeil.studies.results.load import as_record, cell_from_record, results_from_record
from vermeil.studies.results.study import StudyResults
from vermeil.studies.statistics.compare import compare, summarise

LABELS = {"PER": 0.05, "LOC": 0.03, "ORG": -0.06, "MISC": -0.14}
SHARES = {"PER": 0.32, "LOC": 0.31, "ORG": 0.24, "MISC": 0.13}
TEXT = (
    "Morocco and Cape Verde on Tuesday signed a treaty sharing tuna quotas in the eastern "
    "Atlantic, said Nadia Benslimane of the Rabat Fisheries Institute, ending nine years of talks."
)


def score(f1: float, rng: np.random.Generator, groups: int) -> tuple[Counts, dict[str, list[int]]]:
    """Return counts whose F1 is about ``f1``, whole and by group."""
    per_label = {label: [0, 0, 0] for label in LABELS}
    by_group = {}
    for number in range(groups):
        row = [0, 0, 0]
        for label, shift in LABELS.items():
            gold = int(rng.poisson(8 * SHARES[label]))
            correct = int(rng.binomial(gold, min(0.99, f1 + shift)))
            predicted = correct + int(rng.binomial(gold, max(0.01, 1 - f1 - shift)))
            for i, value in enumerate((correct, predicted, gold)):
                row[i] += value
                per_label[label][i] += value
        by_group[f"news-{number:03d}"] = row
    tallies = {label: MatchCounts(*values) for label, values in per_label.items()}
    spans = sum(tallies.values(), MatchCounts())
    ends = min(spans.predicted, spans.gold, spans.correct + 20)
    span_only = MatchCounts(ends, spans.predicted, spans.gold)
    return Counts(tallies, span_only, {}, documents=groups * 6), by_group


def share(regimen: str, t: float) -> float:
    """Return the planned gold share at progress ``t``."""
    shares: dict[str, float] = {
        "gold_only": 1.0,
        "ceiling": 1.0,
        "silver_only": 0.0,
        "pooled": 0.3,
        "simple_mix": float(t >= 0.7),
        "reverse_mix": float(t < 0.3),
        "sigmoid": 1 / (1 + math.exp(-10 * (t - 0.7))),
        "power": float(t**2.33),
    }
    return shares[regimen]


def make_cell(
    regimen: str, seed: int, f1: float, budget: str = "equal", groups: int = 60
) -> dict[str, Any]:
    """Return one cell; its gold is the same for every regimen, its hits depend on ``f1``."""
    rng = np.random.default_rng(seed + 1)
    test, by_group = score(f1, rng, groups)
    dev, _ = score(f1 + 0.01, rng, 25)
    steps = 104 if budget == "equal" else {"gold_only": 48, "silver_only": 90}.get(regimen, 138)
    progress = [i / 49 for i in range(50)]
    planned = [share(regimen, t) for t in progress]
    noise = rng.normal(0, 0.04, 50)
    realised = [
        p if p in (0.0, 1.0) else float(min(1, max(0, p + e)))
        for p, e in zip(planned, noise, strict=True)
    ]
    curve = [
        {
            "step": round(t * steps),
            "loss": 1.9 * math.exp(-4 * t) + 0.16 - 0.1 * f1 + float(abs(rng.normal(0, 0.03))),
            "gold_share": r,
            "learning_rate": 3e-4 * min(t / 0.1, (1 - t) / 0.9),
        }
        for t, r in zip(progress, realised, strict=True)
    ]
    return {
        "regimen": regimen,
        "seed": seed,
        "budget": budget,
        "gold_documents": 100,
        "silver_documents": 0 if regimen == "gold_only" else 883,
        "steps": steps,
        "wordpieces": steps * 481 + seed,
        "dev": dev.as_dict(),
        "test": test.as_dict(),
        "seconds": steps * 0.19 + seed,
        "key": f"{regimen}-{seed}",
        "losses": {"spans cut by a word": 2 + seed, "documents in windows": 3},
        "exposure": {
            "gold": {"examples": 100, "mean": 7.5, "least": 7, "most": 8},
            "silver": {"examples": 883, "mean": 3.0, "least": 3, "most": 3},
        },
        "plan": {"progress": progress, "planned": planned, "realised": realised},
        "curve": curve,
        "dev_curve": [
            {"step": round(t * steps), "f1": max(0.0, f1 * (1 - math.exp(-6 * t)))}
            for t in (0.2, 0.4, 0.6, 0.8, 1.0)
        ],
        "test_groups": by_group,
    }


MEANS = {
    "gold_only": 0.742,
    "silver_only": 0.801,
    "pooled": 0.818,
    "simple_mix": 0.846,
    "sigmoid": 0.838,
    "power": 0.829,
    "ceiling": 0.902,
}


def make_results(
    means: dict[str, float], seeds: int = 3, budgets: tuple[str, ...] = ("equal",)
) -> dict[str, Any]:
    """Return the record of whole results, with everything that a report can show."""
    jitter = np.random.default_rng(5).normal(0, 0.007, (len(means), 10))
    cells = [
        make_cell(regimen, seed, mean + float(jitter[i, seed]), budget)
        for budget in budgets
        for i, (regimen, mean) in enumerate(means.items())
        for seed in range(seeds)
    ]
    known = [cell_from_record(cell) for cell in cells]
    statistics = StudyResults(
        cells=(),
        summary=tuple(summarise(known)),
        comparisons=tuple(compare(known, "gold_only", resamples=500)),
    )
    results: dict[str, Any] = {
        **as_record(statistics),
        "cells": cells,
        "teacher": [make_teacher("standard", 0.79), make_teacher("chain_of_thought", 0.82)],
        "agreement": [
            {"prompts": ["standard", "chain_of_thought"], "documents": 360, "same": 301, "f1": 0.91}
        ],
        "examples": make_examples(),
        "leaks": {"train/test": {"exact": 1, "near": 2}, "train/dev": {"exact": 0, "near": 0}},
        "corpora": {
            "gold": {"documents": 100, "groups": 16, "words": 2104, "labels": {"PER": 61}},
            "test": {"documents": 373, "groups": 60, "words": 7800, "labels": {"PER": 240}},
        },
        "environment": {"vermeil": "0.1.0", "python": "3.11.9", "torch": "2.13.0", "cores": 2},
        "configuration": {
            "study": {"seeds": [0, 1, 2], "baseline": "gold_only"},
            "student": {"encoder": "embedded", "learning_rate": 3e-4},
        },
    }
    results["findings"] = [asdict(one) for one in findings(results_from_record(results))]
    return results


def make_teacher(prompt: str, f1: float) -> dict[str, Any]:
    """Return how a prompt fared against the gold."""
    counts, _ = score(f1, np.random.default_rng(len(prompt)), 60)
    kinds = [*LABELS, "O"]
    confusion = []
    for gold in kinds:
        support = counts.per_label[gold].gold if gold in LABELS else 0
        for predicted in kinds:
            if gold == predicted == "O":
                continue
            rate = f1 + LABELS.get(gold, 0) if gold == predicted else (1 - f1) / 4
            number = round(rate * support) if gold in LABELS else 9 + len(predicted)
            confusion.append([gold, predicted, number])
    kinds_of_error = {"boundary": 7, "type": 4, "both": 1, "missing": 9, "spurious": 0}
    scores = {"precision": [0.7, 0.8], "recall": [0.7, 0.8], "f1": [0.71, 0.79]}
    appraised = {
        **counts.as_dict(),
        "errors": dict.fromkeys(LABELS, kinds_of_error),
        "views": {
            name: {"precision": f1 + i / 50, "recall": f1 + i / 50, "f1": f1 + i / 50}
            for i, name in enumerate(("strict", "exact", "partial", "type"))
        },
        "intervals": dict.fromkeys(["overall", *LABELS], scores),
        "hardest": [
            {"id": "news-001.03", "gold": 5, "missed": 3, "wrong": 1, "answered": True},
            {"id": "news-004.01", "gold": 2, "missed": 2, "wrong": 0, "answered": False},
        ],
    }
    return {
        "prompt": prompt,
        "counts": appraised,
        "mentions": {"exact": 1900, "fuzzy": 12, "not_found": 31},
        "confusion": confusion,
        "states": {"done": 812, "empty": 66, "unparsable": 4, "refused": 1},
        "interval": [f1 - 0.018, f1 + 0.017],
    }


def spans(*found: tuple[str, str]) -> list[dict[str, Any]]:
    """Return spans of `TEXT` by their surfaces."""
    return [
        {"start": TEXT.index(surface), "end": TEXT.index(surface) + len(surface), "label": label}
        for surface, label in found
    ]


def make_examples() -> list[dict[str, Any]]:
    """Return one sentence as gold, teacher and two students have it."""
    gold = spans(
        ("Morocco", "LOC"),
        ("Cape Verde", "LOC"),
        ("Atlantic", "LOC"),
        ("Nadia Benslimane", "PER"),
        ("Rabat Fisheries Institute", "ORG"),
    )
    teacher = [*gold[:2], *spans(("eastern Atlantic", "LOC")), *gold[3:]]
    gold_only = [*gold[:1], *gold[3:4], *spans(("Rabat", "LOC"), ("Tuesday", "MISC"))]
    return [
        {
            "id": "news-001.03",
            "text": TEXT,
            "gold": gold,
            "teacher": teacher,
            "students": {"gold_only": gold_only, "simple_mix": gold},
        }
    ]


@pytest.fixture(scope="session")
def results() -> dict[str, Any]:
    """A study in which blends differ from gold only."""
    return make_results(MEANS)


@pytest.fixture
def cell_of() -> Callable[..., dict[str, Any]]:
    """Makes a cell: ``(regimen, seed, f1, budget="equal", groups=60)``."""
    return make_cell


@pytest.fixture
def results_of() -> Callable[..., dict[str, Any]]:
    """Makes whole results: ``(means, seeds=3, budgets=("equal",))``."""
    return make_results


def make_observation(regimen: str, seed: int) -> dict[str, Any]:
    """Return what was observed of a cell: silver errors are learnt, then gold repairs them."""
    rng = np.random.default_rng([seed, len(regimen)])
    points, found = [], []
    for number, t in enumerate((0.25, 0.5, 0.75, 1.0)):
        planned = share(regimen, t - 0.01)
        right = round(100 * (0.5 + 0.3 * t))
        taught = round(100 * (0.4 + 0.4 * t * (1 - planned)))
        points.append(
            {
                "step": round(104 * t),
                "planned_share": planned,
                "per_label": {"LOC": [right // 2, 50, 50], "PER": [right // 2, 50, 50]},
                "errors": {
                    "LOC": {"boundary": 5, "type": 10 - number, "missing": 4, "spurious": 3},
                    "PER": {"boundary": 2, "both": 1, "missing": 6, "spurious": 1},
                },
                "sharpness": {
                    "words": 900,
                    "entropy": 0.1,
                    "confidence": 0.95,
                    "accuracy": 0.93,
                    "span_words": 130,
                    "span_entropy": 0.9 - 0.6 * t,
                    "span_confidence": 0.9,
                    "span_accuracy": 0.8,
                },
                "silver": {
                    "clean": {"words": 700, "loss": 0.05, "gold_loss": 0.05},
                    "clean_spans": {"words": 90, "loss": 0.2, "gold_loss": 0.2},
                    "noisy": {"words": 100, "loss": 1.2, "gold_loss": 2.1},
                    "pairs": {"LOC>O": [100, taught, 90 - taught]},
                },
                "gradients": {"gold_silver": 0.2 - t / 4, "gold_dev": 0.3, "silver_dev": 0.1},
            }
        )
        found.append("".join(rng.choice(list("...bt.m"), 100)))
    spans = {
        "gold": {"LOC": 50, "PER": 50},
        "found": found,
        "wrong": {"LOC": 4, "PER": 4},
        "spurious": "01010101",
        "mistakes": ["11110000", "11110000", "01100110", "01100110"],
    }
    return {
        "dev_documents": 60,
        "silver_documents": 60,
        "steps": 104,
        "seconds": 3.1,
        "points": points,
        "spans": spans,
    }


@pytest.fixture
def observation_of() -> Callable[[str, int], dict[str, Any]]:
    """Makes an observation: ``(regimen, seed)``."""
    return make_observation
