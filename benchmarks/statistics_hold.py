"""Do the statistics of a study hold what they promise? Simulated studies with a known truth.

In each simulated study two systems are trained with some seeds and scored on some groups. What is
hard differs from group to group (for both systems alike), from group to group and system to system,
and from seed to seed. The truth is the difference in F1 over very many groups and seeds. Reported,
per number of seeds and spread between trainings:

- coverage: how often the 95 % bootstrap interval holds the truth;
- false: how often each test finds p < .05 where nothing differs: the bootstrap, the randomisation
  test, and both together, which a study asks for;
- family: how often a study with six comparisons, corrected by Holm, calls any difference
  significant that is not there;
- power: how often both tests find a true difference of about three points.

    python benchmarks/statistics_hold.py                   1,000 studies a line: some minutes
    python benchmarks/statistics_hold.py --studies 100     shorter
    python benchmarks/statistics_hold.py --save statistics.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.evaluation.arrays import micro_f1
from vermeil.evaluation.bootstrap import paired_bootstrap
from vermeil.evaluation.correction import holm
from vermeil.evaluation.randomisation import randomisation_test

GROUPS = 60
ITEMS = 12
"""Gold items of a group."""
RESAMPLES = 500
EFFECT = 0.2
"""In log-odds of finding an item: about three points of F1."""
FAMILY = 4
"""Systems of a family; each is compared with every other."""


@dataclass(frozen=True)
class World:
    """Seeds, and the spread of trainings in log-odds (0.05 is a little below one point of F1)."""

    seeds: int
    spread: float


WORLDS = [World(seeds, spread) for seeds in (3, 5, 10) for spread in (0.0, 0.05, 0.15)]


def simulate(
    rng: np.random.Generator, world: World, effects: list[float], groups: int = GROUPS
) -> list[NDArray[np.int64]]:
    """Return the counts of several systems, each of shape (seeds, groups, 3)."""
    common = 1.2 + rng.normal(0, 0.8, groups)
    found = []
    for effect in effects:
        own = rng.normal(0, 0.3, groups) + effect
        training = rng.normal(0, world.spread, world.seeds)
        rate = 1 / (1 + np.exp(-(common + own + training[:, None])))
        gold = np.full((world.seeds, groups), ITEMS)
        correct = rng.binomial(gold, rate)
        predicted = correct + rng.binomial(gold - correct, 0.9)
        found.append(np.stack([correct, predicted, gold], axis=2))
    return found


def truth(world: World) -> float:
    """Return the difference over very many groups and trainings."""
    rng = np.random.default_rng(1)
    many = World(40, world.spread)
    system, baseline = simulate(rng, many, [EFFECT, 0.0], groups=20_000)
    return float((micro_f1(system.sum(axis=1)) - micro_f1(baseline.sum(axis=1))).mean())


def measure(world: World, studies: int) -> dict[str, float]:
    rng = np.random.default_rng(2)
    real = truth(world)
    sums = dict.fromkeys(("coverage", "false_bootstrap", "false_randomisation", "false_both",
                          "family", "power"), 0)  # fmt: skip
    for number in range(studies):
        system, baseline = simulate(rng, world, [EFFECT, 0.0])
        found = paired_bootstrap(system, baseline, RESAMPLES, number)
        second = randomisation_test(system, baseline, RESAMPLES, number)
        sums["coverage"] += found.low <= real <= found.high
        sums["power"] += found.p_value < 0.05 and second.p_value < 0.05
        systems = simulate(rng, world, [0.0] * FAMILY)
        p, q = zip(*p_values(systems, number), strict=True)
        sums["false_bootstrap"] += p[0] < 0.05
        sums["false_randomisation"] += q[0] < 0.05
        sums["false_both"] += p[0] < 0.05 and q[0] < 0.05
        sums["family"] += any(a < 0.05 and b < 0.05 for a, b in zip(holm(p), holm(q), strict=True))
    return {name: count / studies for name, count in sums.items()}


def p_values(systems: list[NDArray[np.int64]], seed: int) -> Iterator[tuple[float, float]]:
    """Yield both p-values of every pair, neighbours first."""
    pairs = [*pairwise(range(FAMILY))]
    pairs += [(i, j) for i in range(FAMILY) for j in range(i + 2, FAMILY)]
    for i, j in pairs:
        yield (
            paired_bootstrap(systems[i], systems[j], RESAMPLES, seed).p_value,
            randomisation_test(systems[i], systems[j], RESAMPLES, seed).p_value,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--save", type=Path, help="write the results there as JSON, too")
    options = parser.parse_args()
    lines: list[dict[str, Any]] = []
    for world in WORLDS:
        shares = measure(world, options.studies)
        lines.append({"seeds": world.seeds, "spread": world.spread, **shares})
        text = ", ".join(f"{name} {share:.3f}" for name, share in shares.items())
        print(f"{world.seeds} seeds, spread {world.spread}: {text}", flush=True)
    coverage = min(line["coverage"] for line in lines)
    family = max(line["family"] for line in lines)
    results = [
        result("coverage of the 95 % interval, least", coverage, 0.93, coverage / 0.93),
        result("false claims in a family of six, most", family, 0.07, 0.07 / max(family, 1e-9)),
    ]
    if options.save:
        saved = {"studies": options.studies, "lines": lines, "results": results}
        options.save.write_text(json.dumps(saved, indent=1) + "\n")
    for one in results:
        print("RESULT", json.dumps(one))


def result(name: str, ours: float, goal: float, ratio: float) -> dict[str, Any]:
    return {
        "name": name,
        "ours": round(ours, 4),
        "peer": None,
        "unit": "share",
        "ratio": round(ratio, 3),
        "goal": goal,
        "met": ratio >= 1,
    }


if __name__ == "__main__":
    main()
