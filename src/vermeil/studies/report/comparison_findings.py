"""Findings of one block: best regimen, and comparisons with baseline, blends and ceiling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from vermeil.studies.format import VERDICT_NAMES, listing, plural, points, regimen_name
from vermeil.studies.report.comparison_text import (
    distance,
    interval_text,
    mean_score,
    p_text,
    reversed_comparison,
    sign_text,
    verdict_text,
)
from vermeil.studies.statistics.compare import UNBLENDED, Verdict

Row = Mapping[str, Any]
Kind = Verdict | Literal["answer", "note", "teacher", "caution"]
Statement = tuple[Kind, str]


def block_statements(rows: Sequence[Row], comparisons: Sequence[Row]) -> list[Statement]:
    """Return the statements about one block, each with its kind.

    Args:
        rows: summary rows of the block.
        comparisons: comparisons of the block.
    """
    by_regimen = {row["regimen"]: row for row in rows if row["test"]}
    if not by_regimen:
        return [("answer", "No cell was scored on a test set; there are no comparisons.")]
    against = [row for row in comparisons if row["family"] == "baseline"]
    pairs = [row for row in comparisons if row["family"] == "blends"]
    statements: list[Statement] = [("answer", _answer(by_regimen, against, pairs))]
    for row in sorted(against, key=lambda r: -r["difference"]):
        if row["regimen"] != "ceiling":
            text = _baseline_sentence(row, by_regimen[row["regimen"]])
            statements.append((row["verdict"], text))
    statements += _blend_statements(pairs, by_regimen)
    statements += _ceiling_statements(by_regimen, against)
    return statements


def _answer(by_regimen: Mapping[str, Row], against: Sequence[Row], pairs: Sequence[Row]) -> str:
    contestants = [row for name, row in by_regimen.items() if name != "ceiling"]
    best = max(contestants or list(by_regimen.values()), key=lambda row: row["test"]["mean"])
    name = best["regimen"]
    if best["test"]["mean"] == 0:
        return "No student predicted anything correctly on the test set: F1 is .000 throughout."
    text = (
        f"{regimen_name(name)} scored highest on the test set: F1 {mean_score(best)} over "
        f"{plural(len(best['seeds']), 'seed')}"
    )
    row = next((r for r in against if r["regimen"] == name), None)
    if row is not None:
        text += f", {distance(row)} ({VERDICT_NAMES[row['verdict']]})"
    tied = [regimen_name(other) for other in by_regimen if _is_tied(name, other, pairs)]
    if not tied:
        return f"{text}."
    verb = "difference to {} is" if len(tied) == 1 else "differences to {} are"
    return f"{text}. The {verb.format(listing(tied))} not significant."


def _is_tied(regimen: str, other: str, pairs: Sequence[Row]) -> bool:
    return any(
        {row["regimen"], row["baseline"]} == {regimen, other}
        and row["verdict"] == "not_significant"
        for row in pairs
    )


def _baseline_sentence(row: Row, summary: Row) -> str:
    name, base = regimen_name(row["regimen"]), regimen_name(row["baseline"])
    if row["low"] == row["high"] == 0:
        return f"{name} and {base} scored the same in every seed and group."
    if row["verdict"] == "not_significant" and row["low"] <= 0 <= row["high"]:
        return (
            f"{name} and {base} differ by {points(row['difference'], signed=True)} points "
            f"({interval_text(row)}, includes zero): not significant."
        )
    start = f"{name} scored {mean_score(summary)}, {distance(row)} ({interval_text(row)}"
    if row["verdict"] == "not_significant":
        comparisons = plural(row["family_size"], "comparison")
        return f"{start}; {p_text(row)}): not significant after correction for {comparisons}."
    return f"{start}; {p_text(row)}; {sign_text(row)}): {verdict_text(row)}."


def _blend_statements(pairs: Sequence[Row], by_regimen: Mapping[str, Row]) -> Iterator[Statement]:
    """Yield every significant or suggestive difference from the best blend, and the counts."""
    if not pairs:
        return
    names = dict.fromkeys(name for row in pairs for name in (row["regimen"], row["baseline"]))
    different = [row for row in pairs if row["verdict"] != "not_significant"]
    if not different:
        yield "not_significant", _equal_blends(list(names), pairs)
        return
    best = max(names, key=lambda name: by_regimen[name]["test"]["mean"])
    for row in sorted(different, key=lambda r: -abs(r["difference"])):
        turned = row if row["regimen"] == best else reversed_comparison(row)
        if turned["regimen"] == best:
            yield (
                turned["verdict"],
                f"Between blends: {regimen_name(best)} scored {distance(turned)} "
                f"({interval_text(turned)}; {p_text(turned)}): {verdict_text(turned)}.",
            )
    counts = Counter(row["verdict"] for row in pairs)
    listed = ", ".join(f"{counts[key]} {name}" for key, name in VERDICT_NAMES.items())
    yield "note", f"Differences between pairs of blends: {listed}."


def _equal_blends(names: Sequence[str], pairs: Sequence[Row]) -> str:
    largest = max(abs(row["difference"]) for row in pairs)
    bound = max(max(abs(row["low"]), abs(row["high"])) for row in pairs)
    text = (
        f"Blends: {listing([regimen_name(name) for name in names])} lie within {points(largest)} "
        "points of each other, and no difference is significant."
    )
    if bound:
        text += (
            f" By the 95 % intervals, a true difference above {points(bound)} points is unlikely."
        )
    return text


def _ceiling_statements(
    by_regimen: Mapping[str, Row], against: Sequence[Row]
) -> Iterator[Statement]:
    row = next((r for r in against if r["regimen"] == "ceiling"), None)
    blends = [r for name, r in by_regimen.items() if name not in UNBLENDED]
    if row is None or not blends:
        return
    best = max(blends, key=lambda r: r["test"]["mean"])
    ceiling, base = by_regimen["ceiling"], by_regimen[row["baseline"]]
    text = f"With gold labels on the silver documents too, the ceiling is {mean_score(ceiling)}"
    gap = ceiling["test"]["mean"] - base["test"]["mean"]
    if row["verdict"] == "not_significant" or gap <= 0:
        yield "not_significant", f"{text}, not significantly above {regimen_name(row['baseline'])}."
        return
    closed = (best["test"]["mean"] - base["test"]["mean"]) / gap
    yield (
        row["verdict"],
        f"{text}; {regimen_name(best['regimen'])} covers {round(100 * closed)} % of the gap "
        f"between {regimen_name(row['baseline'])} and the ceiling.",
    )
