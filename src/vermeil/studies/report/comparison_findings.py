"""Findings of one block: best regimen, and comparisons with baseline, blends and ceiling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from vermeil.evaluation.convergence import MINIMUM_DEV_F1
from vermeil.studies.format import VERDICT_NAMES, listing, plural, points, regimen_name
from vermeil.studies.report.comparison_text import (
    distance,
    interval_text,
    mean_score,
    mean_test_f1,
    p_text,
    reversed_comparison,
    sign_text,
    verdict_text,
)
from vermeil.studies.results.statistics import ComparisonRow, FindingKind, SummaryRow
from vermeil.studies.statistics.compare import UNBLENDED

Statement = tuple[FindingKind, str]
Comparisons = Sequence[ComparisonRow]
Summaries = Mapping[str, SummaryRow]


def block_statements(
    rows: Sequence[SummaryRow], comparisons: Comparisons, unfinished: Collection[str] = ()
) -> list[Statement]:
    """Return the statements about one block, each with its kind.

    Args:
        rows: summary rows of the block.
        comparisons: comparisons of the block.
        unfinished: regimens of the block whose students have not finished learning.
    """
    by_regimen = {row.regimen: row for row in rows if row.test}
    if not by_regimen:
        return [("answer", "No cell was scored on a test set; there are no comparisons.")]
    against = [row for row in comparisons if row.family == "baseline"]
    pairs = [row for row in comparisons if row.family == "blends"]
    statements: list[Statement] = [("answer", _answer(by_regimen, comparisons, unfinished))]
    for row in sorted(against, key=lambda r: -r.difference):
        if row.regimen != "ceiling":
            text = _baseline_sentence(row, by_regimen[row.regimen])
            statements.append((row.verdict, text))
    statements += _blend_statements(pairs, by_regimen)
    statements += _ceiling_statements(by_regimen, against)
    return statements


def _answer(by_regimen: Summaries, comparisons: Comparisons, unfinished: Collection[str]) -> str:
    contestants = [row for name, row in by_regimen.items() if name != "ceiling"]
    best = max(contestants or list(by_regimen.values()), key=mean_test_f1)
    name = best.regimen
    if mean_test_f1(best) == 0:
        return "No student predicted anything correctly on the test set: F1 is .000 throughout."
    if mean_test_f1(best) < MINIMUM_DEV_F1:
        return (
            f"No regimen has learned the task: the highest mean F1 on the test set is "
            f"{mean_score(best)} ({regimen_name(name)})."
        )
    text = (
        f"{regimen_name(name)} scored highest on the test set: F1 {mean_score(best)} over "
        f"{plural(len(best.seeds), 'seed')}"
    )
    row = next((r for r in comparisons if r.family == "baseline" and r.regimen == name), None)
    if row is not None:
        text += f", {distance(row)} ({VERDICT_NAMES[row.verdict]})"
    text += "."
    tied = [regimen_name(other) for other in by_regimen if _is_tied(name, other, comparisons)]
    if tied:
        verb = "difference to {} is" if len(tied) == 1 else "differences to {} are"
        text += f" The {verb.format(listing(tied))} not significant."
    if unfinished:
        names = listing([regimen_name(other) for other in by_regimen if other in unfinished])
        text += f" The order can change: students of {names} have not finished learning."
    return text


def _is_tied(regimen: str, other: str, comparisons: Comparisons) -> bool:
    return any(
        {row.regimen, row.baseline} == {regimen, other} and row.verdict == "not_significant"
        for row in comparisons
        if row.family == "blends"
    )


def _baseline_sentence(row: ComparisonRow, summary: SummaryRow) -> str:
    name, base = regimen_name(row.regimen), regimen_name(row.baseline)
    if row.low == row.high == 0:
        return f"{name} and {base} scored the same in every seed and group."
    if row.verdict == "not_significant" and row.low <= 0 <= row.high:
        return (
            f"{name} and {base} differ by {points(row.difference, signed=True)} points "
            f"({interval_text(row)}, includes zero): not significant."
        )
    start = f"{name} scored {mean_score(summary)}, {distance(row)} ({interval_text(row)}"
    if row.verdict == "not_significant":
        comparisons = plural(row.family_size, "comparison")
        return f"{start}; {p_text(row)}): not significant after correction for {comparisons}."
    return f"{start}; {p_text(row)}; {sign_text(row)}): {verdict_text(row)}."


def _blend_statements(pairs: Comparisons, by_regimen: Summaries) -> Iterator[Statement]:
    """Yield every significant or suggestive difference from the best blend, and the counts."""
    if not pairs:
        return
    names = dict.fromkeys(name for row in pairs for name in (row.regimen, row.baseline))
    different = [row for row in pairs if row.verdict != "not_significant"]
    if not different:
        yield "not_significant", _equal_blends(list(names), pairs)
        return
    best = max(names, key=lambda name: mean_test_f1(by_regimen[name]))
    for row in sorted(different, key=lambda r: -abs(r.difference)):
        turned = row if row.regimen == best else reversed_comparison(row)
        if turned.regimen == best:
            yield (
                turned.verdict,
                f"Between blends: {regimen_name(best)} scored {distance(turned)} "
                f"({interval_text(turned)}; {p_text(turned)}): {verdict_text(turned)}.",
            )
    counts = Counter[str](row.verdict for row in pairs)
    listed = ", ".join(f"{counts[key]} {name}" for key, name in VERDICT_NAMES.items())
    yield "note", f"Differences between pairs of blends: {listed}."


def _equal_blends(names: Sequence[str], pairs: Comparisons) -> str:
    largest = max(abs(row.difference) for row in pairs)
    bound = max(max(abs(row.low), abs(row.high)) for row in pairs)
    text = (
        f"Blends: {listing([regimen_name(name) for name in names])} lie within {points(largest)} "
        "points of each other, and no difference is significant."
    )
    if bound:
        text += (
            f" By the 95 % intervals, a true difference above {points(bound)} points is unlikely."
        )
    return text


def _ceiling_statements(by_regimen: Summaries, against: Comparisons) -> Iterator[Statement]:
    row = next((r for r in against if r.regimen == "ceiling"), None)
    blends = [r for name, r in by_regimen.items() if name not in UNBLENDED]
    if row is None or not blends:
        return
    best = max(blends, key=mean_test_f1)
    ceiling, base = by_regimen["ceiling"], by_regimen[row.baseline]
    text = f"With gold labels on the silver documents too, the ceiling is {mean_score(ceiling)}"
    gap = mean_test_f1(ceiling) - mean_test_f1(base)
    if row.verdict == "not_significant" or gap <= 0:
        yield "not_significant", f"{text}, not significantly above {regimen_name(row.baseline)}."
        return
    closed = (mean_test_f1(best) - mean_test_f1(base)) / gap
    yield (
        row.verdict,
        f"{text}; {regimen_name(best.regimen)} covers {round(100 * closed)} % of the gap "
        f"between {regimen_name(row.baseline)} and the ceiling.",
    )
