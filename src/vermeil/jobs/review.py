"""Export of documents to an annotation tool, and import of the corrections as gold."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from vermeil.corpora import WriteReport, require_readable, require_writable, write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.objects import parse_object, read_object_file
from vermeil.corpora.recognise import recognise_file
from vermeil.corpora.review_log.answers import TOOL, read_log_answers
from vermeil.corpora.review_log.events import is_review_log
from vermeil.corpora.source import read_lines
from vermeil.corpora.tools.answers import AnsweredText
from vermeil.corpora.tools.corrections import (
    Correction,
    DocumentAnswers,
    Reason,
    SpanChanges,
    check_answers,
)
from vermeil.corpora.tools.json_fields import text_at
from vermeil.corpora.tools.registry import TOOLS, tool_lines
from vermeil.data.annotation_spans import count_abstentions, count_spans, scores
from vermeil.data.atomic import atomic_file
from vermeil.data.document import Document
from vermeil.data.malformed import translate_malformed
from vermeil.data.written import check_file
from vermeil.errors import ConfigError, DataError
from vermeil.jobs.review_report import ReviewExportReport, ReviewReport

Order = Literal["given", "score", "abstentions"]
"""Order of the export. given: input order, or the order of the ids. score: lowest score of a span
first. abstentions: most abstained characters first."""


@dataclass(slots=True)
class _Counts:
    """Counts over the stream of documents."""

    accepted: int = 0
    not_accepted: dict[Reason, list[str]] = field(default_factory=dict)
    changes: Counter[str] = field(default_factory=Counter)
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    annotators: Counter[str] = field(default_factory=Counter)
    superseded: int = 0
    unread: Counter[str] = field(default_factory=Counter)


def export_for_review(
    documents: Iterable[Document],
    tool: str,
    output: Path | str,
    order: Order = "given",
    limit: int | None = None,
    ids: Sequence[str] | None = None,
    *,
    overwrite: bool = False,
) -> ReviewExportReport:
    """Write documents with their spans as suggestions, for correction in an annotation tool.

    Args:
        documents: silver or predicted documents.
        tool: label-studio, doccano, prodigy or argilla.
        output: the file to write; ``.gz`` is compressed.
        order: order of the documents.
        limit: largest number of documents; None for all.
        ids: ids of the documents to export, in this order; None for all.
        overwrite: replace an existing file.

    Raises:
        ConfigError: the tool is unknown, both ``ids`` and an order are given, or no document has
            the scores or abstentions that the order needs.
        DataError: the file exists or cannot be written.
    """
    output = Path(output)
    form = TOOLS.get(tool)  # type: ignore[call-overload]
    if form is None:
        raise ConfigError(f"--to {tool}: expected one of {', '.join(TOOLS)}")
    if ids is not None and order != "given":
        raise ConfigError("--order: the order is that of --ids; omit --order")
    check_file(output, overwrite=overwrite)
    seen, counts = Counter[str](), Counter[str]()
    chosen, unknown = _chosen(_counted(documents, seen), order, limit, ids)
    if order != "given" and not seen[order]:
        raise ConfigError(_ORDER_PROBLEMS[order])
    with atomic_file(output) as file:
        for chunk in tool_lines(_exported(chosen, counts), form, suggest=True):
            file.write(chunk)
    exported, spans = counts.pop("documents", 0), counts.pop("spans", 0)
    return ReviewExportReport(
        seen["documents"], exported, spans, unknown, {k: n for k, n in counts.items() if n}
    )


_ORDER_PROBLEMS = {
    "score": "--order score: no span has a score, so this order would be the given one; annotate "
    "with teacher.logprobs = true or several samples, or rank with vermeil select and export with "
    "--ids vermeil-run/ranking.jsonl",
    "abstentions": "--order abstentions: no document has an abstention, so this order would be the "
    "given one; omit --order",
}
"""Problem of an order that the documents do not support, by its name."""


def read_ids(path: Path) -> list[str]:
    """Return the ids of a file: one per line, or JSON objects with an ``id``; each once.

    Raises:
        DataError: the file cannot be read, or an object has no ``id``.
    """
    ids: dict[str, None] = {}
    for line in read_lines(path):
        with translate_malformed(path, line.number):
            name = line.text.strip()
            if name.startswith("{"):
                name = text_at(parse_object(name), "id")
            if name:
                ids[name] = None
    return list(ids)


def import_review(
    export: CorpusConfig,
    silver: Iterable[Document],
    output: Path | str,
    rest: Path | str,
    *,
    overwrite: bool = False,
) -> ReviewReport:
    """Import corrected documents; write those on which the annotators agree as gold.

    A document is accepted if its text is unchanged and all finished answers are equal. Its gold
    document is the silver document with the corrected spans (origin ``gold``). ``meta.review``
    holds tool, annotators and changes. All other documents are written to ``rest`` with the reason,
    so no document is lost. Spans on which annotators disagree are abstained from there.

    Args:
        export: the tool's file, or the decision log of `vermeil.review_open`.
        silver: the exported documents with the suggestions.
        output: corpus for the accepted documents; its suffix selects the format.
        rest: corpus for the other documents; written if there are any.
        overwrite: replace existing files.

    Raises:
        ConfigError: ``output`` and ``rest`` are the same file, or the packages of a format are not
            installed.
        DataError: ``output`` or ``rest`` exists, or a file cannot be read.
    """
    output, rest = Path(output), Path(rest)
    if output == rest:
        raise ConfigError(f"--rest {rest}: is the same file as --output; name another one")
    require_readable(export)
    for path in (output, rest):
        require_writable(path)
        check_file(path, overwrite=overwrite)
    known = {document.id: document for document in silver}
    tool, returned = _read_answers(export)
    counts = _Counts()
    not_accepted: list[Document] = []
    accepted = _accepted_documents(returned, known, tool, not_accepted, counts)
    written = write_corpus(accepted, output, overwrite=overwrite)
    if not_accepted or rest.exists():
        write_corpus(not_accepted, rest, overwrite=overwrite)
    documents = len(returned)
    _check_total(documents, written, not_accepted)
    return ReviewReport(
        documents,
        counts.accepted,
        {reason: counts.not_accepted[reason] for reason in sorted(counts.not_accepted)},
        SpanChanges.of(counts.changes),
        {label: SpanChanges.of(changes) for label, changes in counts.labels.items()},
        dict(sorted(counts.annotators.items())),
        counts.superseded,
        len(known.keys() - returned.keys()),
        written.losses,
        {name: number for name, number in sorted(counts.unread.items()) if number},
    )


def _read_answers(export: CorpusConfig) -> tuple[str, dict[str, DocumentAnswers]]:
    """Return the tool and the entries of its file by document id."""
    path = export.path
    if is_review_log(path):
        return TOOL, read_log_answers(path)
    name = export.format if export.format != "auto" else recognise_file(path)
    tool = TOOLS.get(name)
    if tool is None:
        raise DataError(
            f"is in the format {name}; expected an export of {', '.join(TOOLS)}. If it is one, "
            "write the tool before the path (TOOL:PATH)",
            path,
        )
    found: dict[str, DocumentAnswers] = {}
    for number, (line, record) in enumerate(read_object_file(path)):
        with translate_malformed(path, line):
            answered: AnsweredText = tool.read(record, export.text_key)
        key = answered.id or f"{path.name}-{number}"
        found.setdefault(key, DocumentAnswers(key)).add(answered)
    if not found:
        raise DataError("holds no task; expected at least one", path)
    return str(name), found


def _accepted_documents(
    answers: dict[str, DocumentAnswers],
    known: dict[str, Document],
    tool: str,
    not_accepted: list[Document],
    counts: _Counts,
) -> Iterator[Document]:
    """Yield the accepted documents; append the others to ``not_accepted``."""
    for one in answers.values():
        correction: Correction = check_answers(one, known.get(one.id), tool)
        counts.superseded += correction.superseded
        counts.annotators.update(correction.annotators)
        if correction.reason is not None:
            counts.not_accepted.setdefault(correction.reason, []).append(one.id)
            not_accepted.append(correction.document)
            continue
        counts.accepted += 1
        counts.unread.update(correction.unread)
        for label, kind in correction.changes:
            counts.changes[kind] += 1
            counts.labels.setdefault(label, Counter())[kind] += 1
        yield correction.document


def _check_total(documents: int, written: WriteReport, not_accepted: Sequence[Document]) -> None:
    if written.documents + len(not_accepted) != documents:
        raise AssertionError(
            f"{documents} documents read, but {written.documents} accepted and "
            f"{len(not_accepted)} not accepted"
        )


def _chosen(
    documents: Iterable[Document], order: Order, limit: int | None, ids: Sequence[str] | None
) -> tuple[Iterable[Document], list[str]]:
    if ids is not None:
        wanted = dict.fromkeys(ids)
        found = {document.id: document for document in documents if document.id in wanted}
        unknown = [name for name in wanted if name not in found]
        return [found[name] for name in wanted if name in found][:limit], unknown
    if order == "given":
        return _first(documents, limit), []
    key = _lowest_score if order == "score" else _most_abstained
    if limit is None:
        return sorted(documents, key=key), []
    return heapq.nsmallest(limit, documents, key=key), []


def _first(documents: Iterable[Document], limit: int | None) -> Iterator[Document]:
    for number, document in enumerate(documents):
        if limit is None or number < limit:
            yield document


def _lowest_score(document: Document) -> float:
    """Return the lowest score of a span; 2.0 if no span has a score, so that it is sorted last."""
    return min(scores(document.annotation), default=2.0)


def _most_abstained(document: Document) -> int:
    return -sum(end - start for start, end in document.annotation.abstain)


def _counted(documents: Iterable[Document], seen: Counter[str]) -> Iterator[Document]:
    for document in documents:
        seen["documents"] += 1
        seen["score"] += bool(scores(document.annotation))
        seen["abstentions"] += bool(document.annotation.abstain)
        yield document


def _exported(documents: Iterable[Document], counts: Counter[str]) -> Iterator[Document]:
    for document in documents:
        annotation = document.annotation
        counts["documents"] += 1
        counts["spans"] += count_spans(annotation)
        counts["abstentions"] += count_abstentions(annotation)
        counts["scores"] += len(scores(annotation))
        counts["meta"] += bool(document.meta)
        yield document
