"""Contents of the report page: a study's results as texts, formatted numbers and charts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from vermeil.studies.earlier_records import with_current_names
from vermeil.studies.format import (
    BUDGET_NAMES,
    REGIMEN_MEANINGS,
    VERDICT_NAMES,
    corrected_p,
    duration,
    f1,
    listing,
    number,
    p_value,
    plural,
    points,
    regimen_name,
    spread,
)
from vermeil.studies.report import charts
from vermeil.studies.report.block_panels import block_panels
from vermeil.studies.report.findings import findings, scope_of
from vermeil.studies.report.sections.examples import example_views
from vermeil.studies.report.sections.frontier import frontier_view
from vermeil.studies.report.sections.mechanism import mechanism_views
from vermeil.studies.report.sections.record import record_view
from vermeil.studies.report.sections.refinement import refinement_views
from vermeil.studies.report.sections.teacher import agreement_sentences, teacher_view
from vermeil.studies.statistics.compare import (
    Block,
    Cell,
    Row,
    block_of,
    group_by_regimen,
    summarise,
)

Results = Mapping[str, Any]
View = dict[str, Any]


def page_view(results: Results) -> View:
    """Return the whole page as plain values and finished charts.

    Args:
        results: contents of ``results.json``, also of an earlier version; every part except
            ``cells`` can be absent.
    """
    results = with_current_names(results)
    cells: Sequence[Cell] = results.get("cells") or ()
    summary: Sequence[Row] = results.get("summary") or summarise(cells)
    comparisons: Sequence[Row] = results.get("comparisons") or ()
    teacher: Sequence[Row] = results.get("teacher") or ()
    known = {**results, "summary": summary, "comparisons": comparisons}
    observations = mechanism_views(results.get("mechanism") or ())
    keys = list(dict.fromkeys(block_of(row) for row in summary))
    blocks = [_block(key, scope_of(key, keys), summary, comparisons, cells) for key in keys]
    return {
        "subtitle": _subtitle(summary, comparisons, cells),
        "tiles": _tiles(blocks, teacher),
        "findings": _findings(results.get("findings") or findings(known)),
        "blocks": blocks,
        "mechanism": [{**view, "scope": scope_of(view["block"], keys)} for view in observations],
        "refinement": [
            {**view, "scope": scope_of(view["block"], keys)} for view in refinement_views(cells)
        ],
        "frontier": frontier_view(results.get("frontier")),
        "teacher": [teacher_view(row) for row in teacher],
        "agreement": agreement_sentences(results.get("agreement") or ()),
        "comparisons": [_comparison(row, keys) for row in comparisons],
        "examples": example_views(results.get("examples") or ()),
        **record_view(results, cells),
    }


def _subtitle(summary: Sequence[Row], comparisons: Sequence[Row], cells: Sequence[Cell]) -> str:
    if not summary:
        return "No cells were run."
    regimens = len({row["regimen"] for row in summary})
    parts = [
        f"{plural(regimens, 'regimen')} × {plural(max(len(r['seeds']) for r in summary), 'seed')}"
    ]
    golds = listing([number(n) for n in sorted({row["gold_documents"] for row in summary})])
    silvers = max(row["silver_documents"] for row in summary)
    parts.append(f"{golds} gold and {number(silvers)} silver documents")
    tested = max((cell["test"]["documents"] for cell in cells if cell.get("test")), default=0)
    groups = max((row["groups"] for row in comparisons), default=0)
    if tested:
        within = f" in {plural(groups, 'group')}" if groups else ""
        parts.append(f"tested on {plural(tested, 'document')}{within}")
    return " · ".join(parts)


def _tiles(blocks: Sequence[View], teacher: Sequence[Row]) -> list[View]:
    """Return the key figures: best student, gain over the baseline, and teacher."""
    tiles: list[View] = []
    for block in blocks[:3]:
        best = next((row for row in block["rows"] if not row["is_ceiling"]), None)
        if best is None or best["score"] == "–":
            continue
        title = f"Best student{', ' + block['scope'] if block['scope'] else ''}"
        tiles.append({"title": title, "value": best["score"], "note": best["name"]})
        if not best["difference"]:
            continue
        if len(blocks) > 1:
            gain = f"{best['difference']} points over {block['baseline']}, {best['verdict_text']}"
            tiles[-1]["note"] += f": {gain}"
            continue
        tiles.append(
            {
                "title": f"Gain over {block['baseline']}",
                "value": best["difference"],
                "unit": "points",
                "note": f"95 % interval {best['range']}: {best['verdict_text']}",
            }
        )
    if teacher:
        best_prompt = max(teacher, key=lambda row: row["counts"]["overall"]["f1"])
        prompt = str(best_prompt["prompt"]).replace("_", " ")
        value = f1(best_prompt["counts"]["overall"]["f1"])
        tiles.append({"title": "Teacher", "value": value, "note": f"{prompt} prompt, against gold"})
    return tiles


def _findings(found: Sequence[Any]) -> View:
    """Return the findings as answers, statements by scope, and cautions."""
    view: View = {"answers": [], "statements": {}, "cautions": []}
    for one in found:
        finding = {"kind": "note", "scope": "", "text": one} if isinstance(one, str) else {**one}
        finding["text"] = _with_no_break_spaces(finding["text"])
        if finding["kind"] == "answer":
            view["answers"].append(finding)
        elif finding["kind"] == "caution":
            view["cautions"].append(finding)
        else:
            view["statements"].setdefault(finding.get("scope", ""), []).append(finding)
    return view


def _with_no_break_spaces(text: str) -> str:
    """Return the text with no-break spaces between numbers and their signs."""
    return re.sub(
        r" (?=%)| ?[±=<≤] ", lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text
    )


def _block(
    key: Block,
    scope: str,
    summary: Sequence[Row],
    comparisons: Sequence[Row],
    cells: Sequence[Cell],
) -> View:
    """Return one block (a budget and data sizes): table, plots, schedules and curves."""
    rows = [row for row in summary if block_of(row) == key]
    against = [row for row in comparisons if block_of(row) == key and row["family"] == "baseline"]
    score = "test" if any(row["test"] for row in rows) else "dev"
    scored = sorted((row for row in rows if row[score]), key=lambda row: _rank(row, score))
    unscored = [row for row in rows if not row[score]]
    regimens = [row["regimen"] for row in scored]
    compared = [row for row in against if row["regimen"] != "ceiling"]
    contestants = [name for name in regimens if name != "ceiling"]
    members_of = {
        name: members for (block, name), members in group_by_regimen(cells).items() if block == key
    }
    counts = [cell.get(score) or {} for members in members_of.values() for cell in members]
    comparison = {row["regimen"]: row for row in against}
    return {
        "scope": scope,
        "budget": BUDGET_NAMES.get(key.budget, f"{key.budget} budget"),
        "score": score,
        "baseline": regimen_name(against[0]["baseline"]) if against else "",
        "uneven_seeds": len({len(row["seeds"]) for row in rows}) > 1,
        "has_spans": any(one.get("span_only") for one in counts),
        "has_dev": score == "test" and any(row["dev"] for row in rows),
        "rows": [_table_row(row, score, comparison) for row in [*scored, *unscored]],
        "scores": charts.score_chart(scored, score) if scored else None,
        "differences": charts.difference_chart(contestants, compared) if compared else None,
        **block_panels(regimens, members_of, score),
    }


def _rank(row: Row, score: str) -> tuple[bool, float]:
    return row["regimen"] == "ceiling", -row[score]["mean"]


def _table_row(row: Row, score: str, against: Mapping[str, Row]) -> View:
    comparison = against.get(row["regimen"])
    values, other = row[score], row["dev"]
    view: View = {
        "name": regimen_name(row["regimen"]),
        "meaning": REGIMEN_MEANINGS.get(row["regimen"], ""),
        "is_ceiling": row["regimen"] == "ceiling",
        "score": spread(values["mean"], values["sd"]) if values else "–",
        "dev": spread(other["mean"], other["sd"]) if other else "–",
        "seeds": len(row["seeds"]),
        "steps": number(row["steps"]),
        "wordpieces": number(row["wordpieces"]),
        "time": duration(row["seconds"]),
        "difference": "",
        "verdict": "",
    }
    if comparison is None:
        return view
    low, high = (points(comparison[end], signed=True) for end in ("low", "high"))
    return view | {
        "difference": points(comparison["difference"], signed=True),
        "range": f"{low} to {high}",
        "p": _without_prefix(corrected_p(comparison)),
        "verdict": comparison["verdict"],
        "verdict_text": VERDICT_NAMES[comparison["verdict"]],
    }


def _comparison(row: Row, keys: Sequence[Block]) -> View:
    """Return one row of the table of all comparisons."""
    epsilon, second = row.get("epsilon_min"), row.get("p_randomisation_holm")
    return {
        "scope": scope_of(block_of(row), keys),
        "names": f"{regimen_name(row['regimen'])} − {regimen_name(row['baseline'])}",
        "difference": points(row["difference"], signed=True),
        "range": f"{points(row['low'], signed=True)} to {points(row['high'], signed=True)}",
        "seeds": " ".join(points(value, signed=True) for value in row["per_seed"]),
        "bootstrap": _without_prefix(corrected_p(row)),
        "randomisation": "–" if second is None else _without_prefix(p_value(second)),
        "epsilon": "–" if epsilon is None else f"{epsilon:.2f}",
        "verdict": row["verdict"],
        "verdict_text": VERDICT_NAMES[row["verdict"]],
    }


def _without_prefix(p: str) -> str:
    return p.removeprefix("p = ").removeprefix("p ")
