"""Checks of the corpora of a configuration: missing corpora, labels, annotations, leaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from vermeil.config import Config
from vermeil.corpora import LeakReport, find_leaks, read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.reading import ReadReport
from vermeil.data.annotation_spans import label_counts, relation_counts
from vermeil.data.document import Document
from vermeil.data.words import words_of
from vermeil.errors import DataError, VermeilError, did_you_mean
from vermeil.pipeline.check_report import CheckFinding, Severity
from vermeil.pipeline.documents import uses_gold, uses_silver
from vermeil.tasks.protocol import SAME_LABEL, Task

LEAKED_SHARE = 0.001
"""Share of leaked documents of a scored corpus above which `check` warns: a tenth of a percent
changes F1 by less than seeds do."""
_PAIRS = 3
"""Number of pairs in a message."""


def check_missing_corpus(name: str, config: Config) -> Iterator[CheckFinding]:
    """Yield a finding if a corpus is needed but not configured.

    Args:
        name: key of the corpus in ``[corpora]``.
        config: the whole configuration.
    """
    about = f"corpora.{name}"
    if name == "gold" and uses_gold(config):
        message = (
            f"missing; the regimen {config.blending.regimen} trains on gold: name the annotated "
            'file, or set blending.regimen = "silver_only" to begin without gold'
        )
        yield CheckFinding(about, "error", message, 2)
    elif name == "pool" and uses_silver(config) and config.corpora.silver is None:
        message = "missing; name the text that the teacher is to annotate, or set corpora.silver"
        yield CheckFinding(about, "error", message, 2)
    elif name == "test" and config.corpora.dev is None:
        message = "missing; the student will not be scored. Name an annotated file"
        yield CheckFinding(about, "warning", message)


def check_corpus(
    name: str, corpus: CorpusConfig, task: Task, documents: list[Document]
) -> Iterator[CheckFinding]:
    """Read a corpus into ``documents`` and yield the findings.

    Args:
        name: key of the corpus in ``[corpora]``.
        corpus: the configured corpus.
        task: defines the labels and checks the documents.
        documents: list to which the documents are appended.
    """
    about = f"corpora.{name}"
    invalid: list[DataError] = []

    def check_document(document: Document) -> None:
        try:
            task.check(document)
        except DataError as error:
            invalid.append(error)

    check = None if name == "pool" else check_document
    reading: list[ReadReport] = []
    try:
        documents.extend(read_corpus(corpus, check, reading.append))
    except VermeilError as error:
        yield CheckFinding.from_error(about, error)
        return
    counts = count_documents(documents)
    problems: list[CheckFinding] = []
    unknown = {k: n for k, n in counts["labels"].items() if k not in task.labels}
    if unknown and name != "pool":
        shown = ", ".join(
            f"{label} ({number:,} times{did_you_mean(label, task.labels)})"
            for label, number in unknown.items()
        )
        message = f"{corpus.path}: labels missing in [task.labels]: {shown}; add or correct them"
        problems.append(CheckFinding(about, "error", message, DataError.exit_code))
    elif invalid:
        message = (
            f"{corpus.path}: {len(invalid):,} documents cannot be used; the first error: "
            f"{invalid[0]}"
        )
        problems.append(CheckFinding(about, "error", message, DataError.exit_code))
    if name != "pool" and counts["annotated"] < len(documents):
        unannotated = len(documents) - counts["annotated"]
        message = (
            f"{corpus.path}: {unannotated:,} of {len(documents):,} documents are not annotated"
        )
        if name == "silver":
            yield CheckFinding(about, "warning", f"{message}; training skips them")
        else:
            message += "; annotate or remove them"
            problems.append(CheckFinding(about, "error", message, DataError.exit_code))
    without = sum(not d.annotation.is_empty and d.relations is None for d in documents)
    if task.head == "pair" and name != "pool" and without:
        message = f"{corpus.path}: {without:,} of {len(documents):,} documents have no annotated "
        message += 'relations; training ignores their pairs. Write "relations": [] if none is there'
        yield CheckFinding(about, "warning", message)
    if name != "pool" and (overlapping := _same_label(documents, task)):
        message = f"{corpus.path}: {_counted_spans(overlapping)} an earlier span of the same "
        message += "label; a student learns and predicts only the first of them"
        yield CheckFinding(about, "warning", message)
    yield from problems
    for warning in reading[0].warnings:
        yield CheckFinding(about, "warning", f"{corpus.path}: {warning}")
    if not problems:
        yield CheckFinding(about, "ok", _summary(reading[0], counts))


def count_documents(documents: list[Document]) -> dict[str, Any]:
    """Return numbers of documents, groups, annotated documents and annotations by label."""
    labels = label_counts(document.annotation for document in documents)
    relations = relation_counts(document.annotation for document in documents)
    return {
        "documents": len(documents),
        "groups": len({document.group_or_id for document in documents}),
        "annotated": sum(not document.annotation.is_empty for document in documents),
        "labels": dict(sorted(labels.items())),
        "relations": dict(sorted(relations.items())),
    }


def _same_label(documents: list[Document], task: Task) -> int:
    """Return the number of spans that training loses, for their label has another span there."""
    if task.head != "token_per_label":
        return 0
    targets = (task.encode(document, words_of(document)) for document in documents)
    return sum(target.encoding_losses.get(SAME_LABEL, 0) for target in targets)


def _counted_spans(number: int) -> str:
    return "1 span overlaps" if number == 1 else f"{number:,} spans overlap"


def _summary(reading: ReadReport, counts: Mapping[str, Any]) -> str:
    labels, relations = (
        ", ".join(f"{label} {number:,}" for label, number in counts[kind].items())
        for kind in ("labels", "relations")
    )
    summary = f"{counts['documents']:,} documents in {counts['groups']:,} groups"
    choices = "".join(f", {name}: {value}" for name, value in reading.choices.items())
    labels = (f"; {labels}" if labels else "") + (f"; relations {relations}" if relations else "")
    return f"{reading.path}: {summary}{labels} ({reading.format}{choices})"


def _shown_pairs(report: LeakReport, left: str, right: str) -> str:
    """Return the first leaks as pairs of ids, and where all of them are shown."""
    leaks = (*report.exact, *report.near)
    shown = ", ".join(
        f"{leak.right} in {right} is {leak.left} in {left} ({leak.similarity:.2f})"
        for leak in leaks[:_PAIRS]
    )
    return shown + ("; vermeil corpus leaks lists all" if len(leaks) > _PAIRS else "")


def check_leaks(documents: Mapping[str, list[Document]]) -> Iterator[CheckFinding]:
    """Yield a finding for each pair of a corpus for training and a corpus for scoring.

    Args:
        documents: name of each corpus to its documents.
    """
    for left, right in combinations(("gold", "silver", "pool", "dev", "test"), 2):
        scored = right in ("dev", "test")
        if not (scored and documents.get(left) and documents.get(right)):
            continue
        report = find_leaks(documents[left], documents[right])
        about = f"leaks from {left} to {right}"
        if report.leaks or report.short or report.groups:
            message = report.describe(f"corpora.{left}", f"corpora.{right}")
            if report.leaks:
                message += f"; {_shown_pairs(report, left, right)}"
            many = report.leaks > LEAKED_SHARE * report.right_documents or bool(report.groups)
            severity: Severity = "warning" if many else "ok"
            yield CheckFinding(about, severity, message)
        else:
            yield CheckFinding(about, "ok", f"none among {report.right_documents:,} documents")
