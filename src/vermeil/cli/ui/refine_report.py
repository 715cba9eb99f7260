"""Shared code of the verbs select and refine: run them and print the report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from rich.console import RenderableType
from rich.text import Text

from vermeil.cli.ui.announce import announce
from vermeil.cli.ui.next_steps import command, print_end, relative
from vermeil.cli.ui.options import load
from vermeil.cli.ui.output import console, print_json, print_line, table
from vermeil.cli.ui.progress import shown_progress

CHANGES_SHOWN = 12
"""Largest number of kinds of changes in the table; the report file has all."""


def run_curation(
    verb: Literal["select", "refine"],
    config: Path,
    overrides: list[str] | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run select or refine on the files of a configuration, and print the report."""
    sections = load(config, overrides)
    from vermeil.jobs.run_folder import RunFolder
    from vermeil.pipeline.refine_files import curate_files

    with shown_progress(quiet) as progress:
        report = curate_files(
            sections,
            verb,
            progress,
            lambda job: announce(verb, sections, job.gold, job.silver, quiet),
        )
    if as_json:
        print_json(report)
    else:
        _print(report)
        beside = config.parent == Path()  # paths in --set are relative to the configuration
        silver = relative(report["output"]) if beside else str(report["output"])
        chosen = f"corpora.silver={json.dumps(silver, ensure_ascii=False)}"
        steps = [command("train", "--set", chosen, config=config)]
        if "ranking" in report:
            ranked = ("--to", "doccano", "--output", "tasks.jsonl", "--ids")
            source = RunFolder(sections.run.output).silver
            steps.append(command("review export", source, *ranked, Path(report["ranking"])))
        print_end(steps=steps, quiet=quiet)


def _print(report: Mapping[str, Any]) -> None:
    """Print a report of `vermeil.pipeline.refine_files.select_files`."""
    out = console()
    for part in selection_parts(report):
        out.print(part)
    for name in ("output", "report_file", "ranking"):
        if name in report:
            print_line(f"{name}: {report[name]}")


def silver_gain_parts(report: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield the gain of silver on gold, and the decision."""
    gain = report["gain"]
    yield Text(
        f"F1 on gold, out of fold: {report['gold_only']:.3f} with gold only, "
        f"{report['with_silver']:.3f} with gold and silver: {gain['difference']:+.3f} "
        f"[{gain['low']:+.3f}, {gain['high']:+.3f}]"
    )
    yield Text(
        "silver is used"
        if report["silver_used"]
        else "silver is left out: the model is trained on gold only"
    )


def selection_parts(report: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield the tables of a report of `vermeil.select` or `vermeil.refine`."""
    documents, gold, gain = report["documents"], report["gold"], report["gain"]
    rows = [
        (name, *(gold[name]["overall"][key] for key in ("precision", "recall", "f1")))
        for name in gold
    ]
    title = f"on {documents['doubly_labelled']:,} gold documents, out of fold"
    yield table(title, ("", "precision", "recall", "F1"), rows)
    better = report["better_than_teacher"]
    verdict = "better than the teacher" if better else "no better than the teacher"
    yield Text(
        f"the judge is {verdict}: {gain['difference']:+.3f} F1 "
        f"[{gain['low']:+.3f}, {gain['high']:+.3f}], p = {gain['p_value']:.3f}"
    )
    if relations := report.get("relation_judge"):
        yield Text(_relation_verdict(relations))
    for kind, signals in report["signals"].items():
        measured = [
            (name, *(signal[key] for key in ("auroc", "auarc", "ece")))
            for name, signal in signals.items()
        ]
        if measured:
            first = next(iter(signals.values()))
            title = f"{kind}: {first['items']:,} regions, {first['share']:.1%}"
            yield table(title, ("signal", "AUROC", "AUARC", "ECE"), measured)
    changes = list(report["changes"].items())
    if changes:
        listed = [(name, f"{number:,}") for name, number in changes[:CHANGES_SHOWN]]
        if changes[CHANGES_SHOWN:]:
            listed.append(("others", f"{sum(n for _, n in changes[CHANGES_SHOWN:]):,}"))
        yield table(f"changes, policy {report['policy']}", ("change", "regions"), listed)
    else:
        yield Text(f"policy {report['policy']}: no label was changed")
    counts = [(name.replace("_", " "), f"{number:,}") for name, number in documents.items()]
    yield table("documents", ("", ""), counts, ("",))


def _relation_verdict(relations: Mapping[str, Any]) -> str:
    """Return the statement about the judge of relations."""
    if "gain" not in relations:
        return (
            f"relations are not judged: {relations['pairs']} pairs of gold are known, "
            f"{relations['minimum_pairs']} are needed"
        )
    gain = relations["gain"]
    verdict = "better" if relations["better_than_teacher"] else "no better"
    return (
        f"the judge of relations is {verdict} than the teacher: {gain['difference']:+.3f} F1 "
        f"[{gain['low']:+.3f}, {gain['high']:+.3f}], p = {gain['p_value']:.3f}, "
        f"{relations['pairs']:,} pairs of gold"
    )
