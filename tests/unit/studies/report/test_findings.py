from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from vermeil.studies.format import f1, spread
from vermeil.studies.report.cautions import leak_cautions
from vermeil.studies.report.findings import findings
from vermeil.studies.results.load import as_record, cell_from_record, results_from_record
from vermeil.studies.results.statistics import Finding, LeakCounts
from vermeil.studies.results.study import StudyResults
from vermeil.studies.statistics.compare import compare, summarise

Results = dict[str, Any]
FLAT = dict.fromkeys(("gold_only", "silver_only", "pooled", "simple_mix", "power"), 0.9)


def found(record: Results) -> list[Finding]:
    """Return the findings of a record."""
    return findings(results_from_record({"cells": [], **record}))


def summarised(records: list[Results]) -> Results:
    """Return the record of a study of these cells, with summary and comparisons."""
    cells = [cell_from_record(one) for one in records]
    rows = compare(cells, "gold_only", 100)
    return as_record(
        StudyResults(cells=tuple(cells), summary=tuple(summarise(cells)), comparisons=tuple(rows))
    )


def texts(results: Results, kind: str) -> list[str]:
    return [f.text for f in found(results) if f.kind == kind]


def test_the_answer_comes_first_and_names_the_best_regimen(results: Results) -> None:
    first = found(results)[0]
    assert first.kind == "answer"
    best = next(row for row in results["summary"] if row["regimen"] == "simple_mix")["test"]
    score = spread(best["mean"], best["sd"])
    assert first.text.startswith(f"Simple Mix scored highest on the test set: F1 {score} over 3")
    assert "points above Gold only (significant)" in first.text
    assert first.text.endswith(" The differences to Sigmoid and Power are not significant.")


def test_a_significant_difference_has_its_interval_p_value_and_seeds(results: Results) -> None:
    (sentence,) = [t for t in texts(results, "significant") if t.startswith("Pooled scored")]
    assert re.fullmatch(
        r"Pooled scored \.8\d\d ± \.0\d\d, [78]\.\d points above Gold only "
        r"\(95 % interval [5-7]\.\d to \d\.\d; p ≤ \.0\d\d, Holm-corrected; "
        r"higher in 3 of 3 seeds\): significant\.",
        sentence,
    )


def test_the_ceiling_is_a_reference_and_no_contestant(results: Results) -> None:
    (sentence,) = [t for t in texts(results, "significant") if "ceiling" in t]
    assert re.search(
        r"the ceiling is \.90\d ± \.\d{3}; Simple Mix covers 6\d % of the gap between Gold only",
        sentence,
    )
    assert not any(t.startswith("Ceiling") for t in texts(results, "answer"))


def test_blends_without_a_significant_difference_share_one_sentence(
    results_of: Callable[..., Results],
) -> None:
    made = results_of({**FLAT, "gold_only": 0.7})
    (sentence,) = [t for t in texts(made, "not_significant") if t.startswith("Blends: ")]
    assert "Pooled, Simple Mix and Power lie within" in sentence
    assert "no difference is significant" in sentence


def test_pairs_of_blends_are_counted_by_verdict(results_of: Callable[..., Results]) -> None:
    made = results_of({"gold_only": 0.6, "pooled": 0.7, "simple_mix": 0.9, "power": 0.9})
    (sentence,) = texts(made, "note")
    assert sentence == (
        "Differences between pairs of blends: 2 significant, 0 suggestive, 1 not significant."
    )
    between = [t for t in texts(made, "significant") if t.startswith("Between blends: ")]
    assert len(between) == 1
    assert "points above Pooled (95 % interval" in between[0]


def test_an_interval_across_zero_is_not_significant(results_of: Callable[..., Results]) -> None:
    sentences = texts(results_of(FLAT), "not_significant")
    assert any(text.endswith(", includes zero): not significant.") for text in sentences)


def test_a_worse_regimen_lies_below(results_of: Callable[..., Results]) -> None:
    made = results_of({"gold_only": 0.85, "silver_only": 0.7})
    (sentence,) = texts(made, "significant")
    assert "points below Gold only (95 % interval" in sentence
    assert "lower in 3 of 3 seeds" in sentence
    assert "−" not in sentence


@pytest.mark.parametrize(("seeds", "words"), [(1, "unknown"), (2, "hardly known")])
def test_few_seeds_are_named(results_of: Callable[..., Results], seeds: int, words: str) -> None:
    made = results_of({"gold_only": 0.7, "pooled": 0.85}, seeds=seeds)
    assert any(f"the spread between trainings is {words}" in t for t in texts(made, "caution"))
    assert texts(made, "significant") == []
    assert any(t.endswith(": suggestive (fewer than 3 seeds).") for t in texts(made, "suggestive"))


def test_three_seeds_need_no_caution(results_of: Callable[..., Results]) -> None:
    made = results_of({"gold_only": 0.7, "pooled": 0.85})
    assert not any("spread" in text for text in texts(made, "caution"))


def test_a_large_p_value_after_correction_is_not_significant(results: Results) -> None:
    row = next(r for r in results["comparisons"] if r["regimen"] == "pooled")
    changed = {**row, "p_value": 0.02, "p_holm": 0.08, "verdict": "not_significant"}
    made = {**results, "comparisons": [changed]}
    (sentence,) = [t for t in texts(made, "not_significant") if t.startswith("Pooled scored")]
    assert re.search(r": not significant after correction for \d+ comparisons\.$", sentence)
    assert "p = .080, Holm-corrected" in sentence


def test_a_disagreeing_randomisation_test_is_named(results: Results) -> None:
    row = next(r for r in results["comparisons"] if r["regimen"] == "pooled")
    changed = {**row, "p_randomisation_holm": 0.2, "verdict": "suggestive"}
    (sentence,) = texts({**results, "comparisons": [changed]}, "suggestive")
    assert sentence.endswith(": suggestive (randomisation test: p = .200).")


def test_too_few_resamples_for_so_many_comparisons_are_named(results: Results) -> None:
    rows = [{**row, "family_size": 40, "resamples": 1000} for row in results["comparisons"]]
    (sentence,) = [t for t in texts({**results, "comparisons": rows}, "caution") if "resam" in t]
    assert "40 comparisons, no difference can be significant: raise" in sentence
    assert "study.resamples to about 3,200" in sentence


def test_unequal_training_is_named_with_its_budget(results_of: Callable[..., Results]) -> None:
    made = results_of({"gold_only": 0.7, "pooled": 0.85}, budgets=("epochs",))
    (sentence,) = [t for t in texts(made, "caution") if "different lengths" in t]
    assert "from 23,089 wordpieces (Gold only) to 66,379 (Pooled)" in sentence
    assert sentence.endswith("The budget “equal” fixes the length.")


def test_several_budgets_have_a_scope_each(results_of: Callable[..., Results]) -> None:
    every = found(results_of({"gold_only": 0.7, "pooled": 0.85}, budgets=("equal", "epochs")))
    answers = [f.scope for f in every if f.kind == "answer"]
    assert answers == ["Equal budget", "Epochs budget"]
    (unequal,) = [f for f in every if "different lengths" in f.text]
    assert unequal.scope == "Epochs budget"
    assert "fixes the length" not in unequal.text


def test_the_teacher_is_compared_with_the_best_student(results: Results) -> None:
    (sentence,) = texts(results, "teacher")
    best = max(results["teacher"], key=lambda row: row["counts"]["overall"]["f1"])["counts"]
    assert sentence.startswith(f"The teacher scores F1 {f1(best['overall']['f1'])} (")
    assert "standard prompt, 95 % interval .772 to .807" in sentence
    assert re.search(r"The best student \(Simple Mix\) scores \d\.\d points more", sentence)


def test_only_splits_with_leaks_are_named() -> None:
    leaks = {
        "gold/test": LeakCounts(exact=1, near=2),
        "gold/dev": LeakCounts(),
        "silver/test": LeakCounts(near=1200),
    }
    (sentence,) = leak_cautions(leaks)
    assert "gold and test (1 identical, 2 nearly identical); silver and test (0 iden" in sentence
    assert "dev" not in sentence
    assert leak_cautions({"gold/dev": leaks["gold/dev"]}) == []


def test_without_test_scores_there_is_no_comparison(cell_of: Callable[..., Results]) -> None:
    cells = [{**cell_of("pooled", 0, 0.8), "test": None, "test_groups": {}}]
    assert texts(summarised(cells), "answer") == [
        "No cell was scored on a test set; there are no comparisons."
    ]


def test_few_test_groups_make_rough_intervals(cell_of: Callable[..., Results]) -> None:
    cells = [cell_of(n, s, 0.8, groups=5) for s in range(3) for n in ("gold_only", "pooled")]
    made = summarised(cells)
    assert any("only" in t and "5 groups" in t for t in texts(made, "caution"))


def test_students_without_a_correct_prediction_are_no_winners(
    cell_of: Callable[..., Results],
) -> None:
    cells = [cell_of(n, s, 0.5) for s in range(3) for n in ("gold_only", "pooled")]
    for cell in cells:
        cell["test"]["overall"] |= {"f1": 0.0, "support": 12}
        cell["test_groups"] = {"a": [0, 0, 5], "b": [0, 0, 7]}
    made = summarised(cells)
    assert texts(made, "answer") == [
        "No student predicted anything correctly on the test set: F1 is .000 throughout."
    ]
    assert texts(made, "not_significant") == [
        "Pooled and Gold only scored the same in every seed and group."
    ]


def test_nothing_at_all_gives_no_findings() -> None:
    assert findings(StudyResults(cells=())) == []
