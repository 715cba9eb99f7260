"""Annotation of a pool in groups of labels: the first labels, then every label added later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vermeil.config import Config
from vermeil.data.document import Document
from vermeil.pipeline.stage import Report
from vermeil.tasks.added_labels import added_labels, added_section, base_section, chosen_labels
from vermeil.tasks.merging import merge_annotations

if TYPE_CHECKING:
    from vermeil.jobs.locate import LocateReport

ADDED = "added_labels"
"""Key of the reports of added labels in the report of a stage."""
LIMITED = "limited_to"
"""Key of the labels that a stage was limited to."""


def group_configs(config: Config, names: Sequence[str] = ()) -> dict[str, Config]:
    """Return the configuration of each group of labels, by the name of the added label.

    The first labels have the name "". Their prompts are the ones from before the others were added.

    Args:
        config: the whole configuration.
        names: added labels to limit the groups to; empty: all groups.

    Raises:
        ConfigError: a name is no added label.
    """
    chosen = chosen_labels(config.task, names)
    groups = {} if chosen else {"": _with_task(config, base_section(config.task))}
    for label in chosen or added_labels(config.task):
        groups[label] = _with_task(config, added_section(config.task, label))
    return groups


def _with_task(config: Config, section: object) -> Config:
    return config.model_copy(update={"task": section})


def run_groups(config: Config, names: Sequence[str], run: Callable[[Config], Report]) -> Report:
    """Run a function for each group of labels; return one report.

    Args:
        config: the whole configuration.
        names: added labels to limit the groups to; empty: all groups.
        run: does the work of one group.
    """
    reports = {label: run(group) for label, group in group_configs(config, names).items()}
    first = reports.pop("", None)
    if first is not None:
        return {**first, ADDED: reports} if reports else first
    (label, only), *others = reports.items()
    more = {ADDED: dict(others)} if others else {}
    return {LIMITED: [label, *dict(others)], **only, **more}


def merge_located(
    first: LocateReport, further: dict[str, LocateReport], config: Config
) -> tuple[list[Document], Report]:
    """Return the silver of all groups of labels, and the report.

    Args:
        first: the silver of the first labels.
        further: the silver of every added label, of the same documents.
        config: the whole configuration.
    """
    documents = list(first.documents)
    report = first.as_dict()
    known = list(base_section(config.task).labels)
    reports: Report = {}
    for label, located in further.items():
        disputed = unknown = 0
        for number, (one, other) in enumerate(zip(documents, located.documents, strict=True)):
            merged, conflicts = merge_annotations(
                one.annotation, other.annotation, known, [label], nested=config.task.nested
            )
            disputed += conflicts
            unknown += label in merged.unknown_labels and other.annotation.is_empty
            documents[number] = replace(one, annotation=merged)
        known.append(label)
        counts = {"disputed_ranges": disputed, "documents_without_an_answer": unknown}
        reports[label] = {**located.as_dict(), **counts}
    return documents, {**report, ADDED: reports} if reports else report
