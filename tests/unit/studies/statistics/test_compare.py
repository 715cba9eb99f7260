from __future__ import annotations

import statistics
from typing import Any

import pytest
from tests.study_records import cell_record

from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.load import cell_from_record
from vermeil.studies.statistics.compare import compare, summarise


def cell(regimen: str, seed: int, correct: int, **changes: Any) -> CellResult:
    """A cell with two test groups of ten items each."""
    groups = {"a": [correct // 2, 10, 10], "b": [correct - correct // 2, 10, 10]}
    return cell_from_record(cell_record(regimen, seed, groups, **changes))


def test_a_row_holds_mean_and_sample_deviation_over_the_seeds() -> None:
    (row,) = summarise([cell("pooled", seed, 14 + seed) for seed in range(3)])
    values = [0.70, 0.75, 0.80]
    assert row.test is not None
    assert row.test.values == pytest.approx(values)
    assert row.test.mean == pytest.approx(0.75)
    assert row.test.sd == pytest.approx(statistics.stdev(values))
    assert row.dev is None
    assert (row.seeds, row.steps, row.wordpieces) == ((0, 1, 2), 10, 5001)
    assert row.seconds == pytest.approx(3.0)


def test_one_seed_has_no_spread() -> None:
    (row,) = summarise([cell("pooled", 0, 14)])
    assert row.test is not None
    assert row.test.sd is None


def test_budgets_sizes_and_regimens_are_kept_apart_in_their_order() -> None:
    cells = [
        cell("pooled", 0, 14),
        cell("gold_only", 0, 12),
        cell("pooled", 0, 15, budget="epochs"),
        cell("pooled", 0, 16, gold_documents=250),
    ]
    keys = [(r.budget, r.gold_documents, r.regimen) for r in summarise(cells)]
    assert keys == [
        ("equal", 100, "pooled"),
        ("equal", 100, "gold_only"),
        ("epochs", 100, "pooled"),
        ("equal", 250, "pooled"),
    ]


def test_silver_only_and_ceiling_stand_beside_the_others_whatever_gold_they_count() -> None:
    cells = [
        cell("gold_only", 0, 12),
        cell("silver_only", 0, 13, gold_documents=0),
        cell("ceiling", 0, 18, gold_documents=900),
    ]
    assert {row.gold_documents for row in summarise(cells)} == {100}
    assert {row.regimen for row in compare(cells, "gold_only", 100)} == {
        "silver_only",
        "ceiling",
    }


def test_comparisons_are_paired_by_seed_and_use_common_seeds_only() -> None:
    cells = [cell("gold_only", seed, 10) for seed in (2, 0)]
    cells += [cell("pooled", seed, 14 + seed) for seed in (0, 1, 2)]
    (row,) = compare(cells, "gold_only", 200)
    assert (row.regimen, row.baseline, row.family) == ("pooled", "gold_only", "baseline")
    assert row.seeds == (0, 2)
    assert row.per_seed == pytest.approx([0.2, 0.3])
    assert row.difference == pytest.approx(0.25)


def test_a_group_that_one_side_lacks_counts_as_nothing_found() -> None:
    groups = {"a": [10, 10, 10], "b": [10, 10, 10], "c": [0, 2, 0]}
    with_more = cell_from_record(cell_record("pooled", 0, groups))
    (row,) = compare([cell("gold_only", 0, 20), with_more], "gold_only", 100)
    assert row.groups == 3
    assert row.difference == pytest.approx(40 / 42 - 1)


def over_many_groups(regimen: str, seed: int, hits: int, budget: str) -> CellResult:
    """A cell over twelve groups, for enough evidence by randomisation."""
    groups = {f"g{i}": [hits, 10, 10] for i in range(12)}
    return cell_from_record(cell_record(regimen, seed, groups, budget=budget))


def test_p_values_are_corrected_over_all_comparisons_of_the_study() -> None:
    cells = [
        over_many_groups(name, seed, hits, budget)
        for budget in ("equal", "epochs")
        for seed in range(3)
        for name, hits in [("gold_only", 4), ("silver_only", 6), ("pooled", 8), ("power", 8)]
    ]
    rows = compare(cells, "gold_only", 800)
    assert [(r.budget, r.family, r.family_size) for r in rows] == [
        *[("equal", "baseline", 8)] * 3,
        ("equal", "blends", 8),
        *[("epochs", "baseline", 8)] * 3,
        ("epochs", "blends", 8),
    ]
    against = rows[0]
    assert against.p_value == pytest.approx(2 / 801)
    assert against.p_holm == pytest.approx(8 * 2 / 801)
    assert against.p_randomisation is not None
    assert against.p_randomisation_holm == pytest.approx(8 * against.p_randomisation)
    assert against.epsilon_min == 0
    assert against.verdict == "significant"
    assert rows[3].verdict == "not_significant"


def test_shown_takes_both_tests() -> None:
    # Two groups: the bootstrap is significant, but a randomisation over two groups cannot be.
    cells = [cell(n, s, c) for s in range(3) for n, c in [("gold_only", 8), ("pooled", 16)]]
    (row,) = compare(cells, "gold_only", 400)
    assert row.p_holm < 0.05
    assert row.p_randomisation_holm == 0.5
    assert row.verdict == "suggestive"


def test_two_seeds_suggest_at_most() -> None:
    cells = [cell(n, s, c) for s in range(2) for n, c in [("gold_only", 8), ("pooled", 16)]]
    (row,) = compare(cells, "gold_only", 400)
    assert row.p_holm < 0.05
    assert row.verdict == "suggestive"
    assert row.epsilon_min is None


def test_without_test_scores_or_baseline_nothing_is_compared() -> None:
    unscored = [cell(n, 0, 10, test=None, test_groups={}) for n in ("gold_only", "pooled")]
    assert compare(unscored, "gold_only", 100) == []
    assert summarise(unscored)[0].test is None
    assert compare([cell("pooled", 0, 10)], "gold_only", 100) == []
    assert compare([], "gold_only", 100) == []
