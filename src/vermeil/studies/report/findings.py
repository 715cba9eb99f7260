"""What a study shows, and what it does not, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from vermeil.studies.format import (
    corrected_p,
    f1,
    listing,
    number,
    p_value,
    plural,
    points,
    regimen_name,
    spread,
)
from vermeil.studies.report.cautions import budget_caution, leak_cautions, seed_cautions
from vermeil.studies.report.sections.teacher import interval_of
from vermeil.studies.statistics.compare import MINIMUM_SEEDS, UNBLENDED, Block, block_of

Row = Mapping[str, Any]
Kind = Literal["answer", "shown", "suggested", "open", "teacher", "caution"]


class Finding(TypedDict):
    """A sentence or two.

    Args:
        kind: what kind of statement it is.
        scope: the budget and size that it holds for, where the study has several; else empty.
        text: the statement.
    """

    kind: Kind
    scope: str
    text: str


def findings(results: Mapping[str, Any]) -> list[Finding]:
    """Return the findings of a study: the answers first, the cautions last.

    Args:
        results: ``summary`` and ``comparisons`` (see `vermeil.studies.statistics.compare`);
            ``teacher`` and ``leaks`` where there are any.
    """
    summary: Sequence[Row] = results.get("summary") or ()
    comparisons: Sequence[Row] = results.get("comparisons") or ()
    blocks: dict[Block, list[Row]] = {}
    for row in summary:
        blocks.setdefault(block_of(row), []).append(row)
    found: list[Finding] = []
    cautions: list[Finding] = []
    for block, rows in blocks.items():
        scope = scope_of(block, list(blocks))
        here = [row for row in comparisons if block_of(row) == block]
        found += _block_findings(rows, here, scope)
        equal_too = "equal" in {other.budget for other in blocks}
        if caution := budget_caution(rows, has_equal_budget=equal_too):
            cautions.append({"kind": "caution", "scope": scope, "text": caution})
    found += _teacher_finding(results.get("teacher") or (), summary)
    general = [*seed_cautions(summary, comparisons), *leak_cautions(results.get("leaks") or {})]
    cautions += [{"kind": "caution", "scope": "", "text": text} for text in general]
    return sorted(found, key=lambda finding: finding["kind"] != "answer") + cautions


def scope_of(block: Block, blocks: Sequence[Block]) -> str:
    """Say which budget and numbers of documents are meant, as far as there are several."""
    parts = []
    if len({other.budget for other in blocks}) > 1:
        parts.append(f"{block.budget.capitalize()} budget")
    if len({other.gold_documents for other in blocks}) > 1:
        parts.append(f"{number(block.gold_documents)} gold documents")
    if len({other.silver_documents for other in blocks}) > 1:
        parts.append(f"{number(block.silver_documents)} silver documents")
    return ", ".join(parts)


def _block_findings(rows: list[Row], comparisons: list[Row], scope: str) -> list[Finding]:
    by_regimen = {row["regimen"]: row for row in rows if row["test"]}
    if not by_regimen:
        text = "No cell was scored on a test set, so nothing is shown."
        return [{"kind": "answer", "scope": scope, "text": text}]
    against = [row for row in comparisons if row["family"] == "baseline"]
    pairs = [row for row in comparisons if row["family"] == "blends"]
    said: list[tuple[Kind, str]] = [("answer", _answer(by_regimen, against, pairs))]
    for row in sorted(against, key=lambda r: -r["difference"]):
        if row["regimen"] != "ceiling":
            said.append((row["verdict"], _baseline_sentence(row, by_regimen[row["regimen"]])))
    said += _blend_findings(pairs, by_regimen)
    said += _ceiling_finding(by_regimen, against)
    return [{"kind": kind, "scope": scope, "text": text} for kind, text in said]


def _answer(by_regimen: Mapping[str, Row], against: list[Row], pairs: list[Row]) -> str:
    contestants = [row for name, row in by_regimen.items() if name != "ceiling"]
    best = max(contestants or list(by_regimen.values()), key=lambda row: row["test"]["mean"])
    name = best["regimen"]
    if best["test"]["mean"] == 0:
        return "No student got anything right on the test set: F1 is .000 for every regimen."
    text = (
        f"{regimen_name(name)} scored highest on the test set: F1 {_score(best)} over "
        f"{plural(len(best['seeds']), 'seed')}"
    )
    row = next((r for r in against if r["regimen"] == name), None)
    if row is not None:
        base = regimen_name(row["baseline"])
        text += {
            "shown": f", {_distance(row)} {base}; the difference is shown",
            "suggested": f", {_distance(row)} {base}; the difference is suggested, not shown",
            "open": f", but these runs do not tell it apart from {base}",
        }[row["verdict"]]
    tied = [
        regimen_name(other)
        for other in by_regimen
        if any(
            {r["regimen"], r["baseline"]} == {name, other} and r["verdict"] == "open" for r in pairs
        )
    ]
    return text + (f". It is not told apart from {listing(tied)}." if tied else ".")


def _baseline_sentence(row: Row, summary: Row) -> str:
    name, base = regimen_name(row["regimen"]), regimen_name(row["baseline"])
    if row["low"] == row["high"] == 0:
        return f"{name} and {base} scored the same, in every seed and group."
    if row["verdict"] == "open" and row["low"] <= 0 <= row["high"]:
        return (
            f"{name} and {base} differ by {points(row['difference'], signed=True)} points; the "
            f"95 % interval, {_range(row)}, spans zero: these runs do not tell them apart."
        )
    start = f"{name} scored {_score(summary)}, {_distance(row)} {base} (95 % interval {_range(row)}"
    if row["verdict"] == "open":
        return (
            f"{start}; {_p(row)}). Among {plural(row['family_size'], 'comparison')}, one like this "
            f"may come about by chance: not shown."
        )
    return f"{start}; {_p(row)}; {_same_sign(row)}): {_verdict_text(row)}."


def _verdict_text(row: Row) -> str:
    if row["verdict"] == "shown":
        return "shown"
    if len(row["seeds"]) < MINIMUM_SEEDS:
        return "suggested, with too few seeds to be shown"
    second = p_value(row["p_randomisation_holm"])
    return f"suggested, not shown, for the randomisation test disagrees ({second})"


def _blend_findings(pairs: list[Row], by_regimen: Mapping[str, Row]) -> list[tuple[Kind, str]]:
    """Say how the blends compare: each clear difference from the best one, and the rest counted."""
    if not pairs:
        return []
    names = dict.fromkeys(name for row in pairs for name in (row["regimen"], row["baseline"]))
    told = [row for row in pairs if row["verdict"] != "open"]
    if not told:
        largest = max(abs(row["difference"]) for row in pairs)
        reach = max(max(abs(row["low"]), abs(row["high"])) for row in pairs)
        listed = listing([regimen_name(name) for name in names])
        text = (
            f"The ways to blend do not differ measurably here: {listed} lie within "
            f"{points(largest)} points of each other and no pair is told apart."
        )
        if reach:
            text += (
                f" By the 95 % intervals, a true difference above {points(reach)} points is "
                f"unlikely."
            )
        return [("open", text)]
    best = max(names, key=lambda name: by_regimen[name]["test"]["mean"])
    said: list[tuple[Kind, str]] = []
    for row in sorted(told, key=lambda r: -abs(r["difference"])):
        turned = row if row["regimen"] == best else _reversed(row)
        if turned["regimen"] == best:
            text = (
                f"Between blends: {regimen_name(best)} lies {_distance(turned)} "
                f"{regimen_name(turned['baseline'])} (95 % interval {_range(turned)}; "
                f"{_p(turned)}): {_verdict_text(turned)}."
            )
            said.append((turned["verdict"], text))
    text = f"Of {plural(len(pairs), 'pair')} of blends, {len(told)} told apart"
    rest = len(pairs) - len(told)
    said.append(("open" if rest else "shown", f"{text}, {rest} not."))
    return said


def _reversed(row: Row) -> Row:
    """Return the same comparison with its sides exchanged."""
    return {
        **row,
        "regimen": row["baseline"],
        "baseline": row["regimen"],
        "difference": -row["difference"],
        "low": -row["high"],
        "high": -row["low"],
    }


def _ceiling_finding(by_regimen: Mapping[str, Row], against: list[Row]) -> list[tuple[Kind, str]]:
    row = next((r for r in against if r["regimen"] == "ceiling"), None)
    blends = [r for name, r in by_regimen.items() if name not in UNBLENDED]
    if row is None or not blends:
        return []
    best = max(blends, key=lambda r: r["test"]["mean"])
    top, base = by_regimen["ceiling"], by_regimen[row["baseline"]]
    text = f"With people’s labels on the silver documents too, the ceiling is {_score(top)}"
    way = top["test"]["mean"] - base["test"]["mean"]
    if row["verdict"] == "open" or way <= 0:
        return [("open", f"{text}, not clearly above {regimen_name(row['baseline'])}.")]
    closed = (best["test"]["mean"] - base["test"]["mean"]) / way
    text += (
        f"; {regimen_name(best['regimen'])} covers {round(100 * closed)} % of the way to it from "
        f"{regimen_name(row['baseline'])}."
    )
    return [(row["verdict"], text)]


def _teacher_finding(teacher: Sequence[Row], summary: Sequence[Row]) -> list[Finding]:
    if not teacher:
        return []
    ranked = sorted(teacher, key=lambda row: -row["counts"]["overall"]["f1"])
    scores = listing([_teacher_score(row) for row in ranked])
    documents = plural(ranked[0]["counts"]["documents"], "document")
    text = f"The teacher itself scores F1 {scores} on {documents} that people labelled too."
    students = [row for row in summary if row["test"] and row["regimen"] != "ceiling"]
    if students:
        student = max(students, key=lambda row: row["test"]["mean"])
        gap = ranked[0]["counts"]["overall"]["f1"] - student["test"]["mean"]
        text += (
            f" The best student ({regimen_name(student['regimen'])}) reaches {points(abs(gap))} "
            f"points {'less' if gap > 0 else 'more'} on the test set; where these are other "
            f"documents, that is a rough guide only."
        )
    return [{"kind": "teacher", "scope": "", "text": text}]


def _teacher_score(row: Row) -> str:
    prompt = str(row["prompt"]).replace("_", " ")
    interval = interval_of(row)
    sure = f", 95 % interval {f1(interval[0])} to {f1(interval[1])}" if interval else ""
    return f"{f1(row['counts']['overall']['f1'])} ({prompt} prompt{sure})"


def _score(row: Row) -> str:
    return spread(row["test"]["mean"], row["test"]["sd"])


def _distance(row: Row) -> str:
    side = "above" if row["difference"] >= 0 else "below"
    return f"{points(abs(row['difference']))} points {side}"


def _range(row: Row) -> str:
    """Return the interval in the direction of the sentence: below counts positive, too."""
    low, high = row["low"], row["high"]
    if high < 0:
        low, high = -high, -low
    signed = low < 0
    return f"{points(low, signed=signed)} to {points(high, signed=signed)}"


def _p(row: Row) -> str:
    corrected = ", Holm-corrected" if row["family_size"] > 1 else ""
    return f"{corrected_p(row)}{corrected}"


def _same_sign(row: Row) -> str:
    sign = 1 if row["difference"] >= 0 else -1
    agreeing = sum(1 for value in row["per_seed"] if value * sign > 0)
    word = "higher" if sign > 0 else "lower"
    return f"{word} in {agreeing} of {plural(len(row['per_seed']), 'seed')}"
