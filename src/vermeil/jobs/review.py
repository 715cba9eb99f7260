"""Doubtful documents out to an annotation tool, and people's corrections back as gold."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from vermeil.corpora import WriteReport, require_readable, require_writable, write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.objects import parse_object, read_object_file
from vermeil.corpora.recognise import recognise_file
from vermeil.corpora.source import add_error_location, read_lines
from vermeil.corpora.tools.answers import AnsweredText
from vermeil.corpora.tools.json_fields import text_at
from vermeil.corpora.tools.registry import TOOLS, tool_lines
from vermeil.data.atomic import atomic_file
from vermeil.data.document import Document
from vermeil.data.written import check_file
from vermeil.errors import ConfigError, DataError
from vermeil.jobs.corrections import Correction, DocumentAnswers, Reason, SpanChanges, check_answers

Order = Literal["given", "score", "abstentions"]
"""given: as they come, or as the ids say; score: those with the lowest score of a span first;
abstentions: those with the most characters that nobody is sure of first."""


@dataclass(frozen=True, slots=True)
class ReviewExportReport:
    """What `export_for_review` did.

    Args:
        documents: documents that came in.
        exported: those that are in the file.
        spans: spans in it, to be confirmed.
        unknown_ids: ids that were asked for, of which there is no document.
        hidden: what documents hold and the tool does not show, to number; it comes back.
    """

    documents: int
    exported: int
    spans: int
    unknown_ids: Sequence[str]
    hidden: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "documents": self.documents,
            "exported": self.exported,
            "spans": self.spans,
            "unknown_ids": list(self.unknown_ids),
            "carried_along": self.hidden,
        }


@dataclass(frozen=True, slots=True)
class ReviewReport:
    """What `import_review` found; documents are ``accepted`` or in one of ``not_accepted``.

    Args:
        documents: documents in the tool's file.
        accepted: those that became gold.
        not_accepted: why a document did not, to the ids.
        spans: what people did with the spans of accepted documents.
        labels: the same by label; a span that was changed counts where it was.
        annotators: name (as in the tool) to number of finished answers.
        superseded: answers after which the same person gave another one.
        not_answered: documents of the silver corpus that are not in the tool's file.
        losses: what gold's format could not hold, by name to number.
    """

    documents: int
    accepted: int
    not_accepted: dict[Reason, list[str]]
    spans: SpanChanges
    labels: dict[str, SpanChanges]
    annotators: dict[str, int]
    superseded: int
    not_answered: int
    losses: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "documents": self.documents,
            "accepted": self.accepted,
            "set_aside": {reason: len(ids) for reason, ids in self.not_accepted.items()},
            "spans": self.spans.as_dict(),
            "labels": {name: self.labels[name].as_dict() for name in sorted(self.labels)},
            "annotators": self.annotators,
            "superseded": self.superseded,
            "not_answered": self.not_answered,
            "losses": dict(self.losses),
            "ids_set_aside": self.not_accepted,
        }


@dataclass(slots=True)
class _Counts:
    """What is counted while documents stream past."""

    accepted: int = 0
    not_accepted: dict[Reason, list[str]] = field(default_factory=dict)
    changes: Counter[str] = field(default_factory=Counter)
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    annotators: Counter[str] = field(default_factory=Counter)
    superseded: int = 0


def export_for_review(
    documents: Iterable[Document],
    tool: str,
    output: Path,
    order: Order = "given",
    limit: int | None = None,
    ids: Sequence[str] | None = None,
    *,
    overwrite: bool = False,
) -> ReviewExportReport:
    """Write documents with their spans as suggestions, for people to correct in a tool.

    Args:
        documents: silver, or predictions.
        tool: label-studio, doccano, prodigy or argilla.
        output: the file; ``.gz`` is compressed.
        order: which ones come first.
        limit: how many at most.
        ids: only these, in this order.
        overwrite: replace a file that is there.

    Raises:
        ConfigError: there is no such tool, or both ``ids`` and an order are given.
        DataError: the file is there, or cannot be written.
    """
    form = TOOLS.get(tool)  # type: ignore[call-overload]
    if form is None:
        raise ConfigError(f"--to {tool}: expected one of {', '.join(TOOLS)}")
    if ids is not None and order != "given":
        raise ConfigError("--ids says the order already; leave out --order")
    check_file(output, overwrite=overwrite)
    seen, counts = Counter[str](), Counter[str]()
    chosen, unknown = _chosen(_counted(documents, seen), order, limit, ids)
    with atomic_file(output) as file:
        for chunk in tool_lines(_exported(chosen, counts), form, suggest=True):
            file.write(chunk)
    exported, spans = counts.pop("documents", 0), counts.pop("spans", 0)
    return ReviewExportReport(
        seen["documents"], exported, spans, unknown, {k: n for k, n in counts.items() if n}
    )


def read_ids(path: Path) -> list[str]:
    """Return the ids of a file: one per line, or JSON objects with an ``id``; each once.

    Raises:
        DataError: the file cannot be read, or an object has no ``id``.
    """
    ids: dict[str, None] = {}
    for line in read_lines(path):
        with add_error_location(path, line.number):
            name = line.text.strip()
            if name.startswith("{"):
                name = text_at(parse_object(name), "id")
            if name:
                ids[name] = None
    return list(ids)


def import_review(
    export: CorpusConfig,
    silver: Iterable[Document],
    output: Path,
    rest: Path,
    *,
    overwrite: bool = False,
) -> ReviewReport:
    """Read what people made of suggestions; write what they agree on as gold.

    A document is accepted where its text is unchanged, and all that have finished it say the same.
    It becomes the silver document with people's spans (origin ``gold``); ``meta.review`` says who
    did it in which tool, and what happened to the suggestions. All other documents go to ``rest``,
    with the reason: nothing is dropped. What annotators disagree on is abstained from there.

    Args:
        export: the tool's file.
        silver: what was exported: the suggestions, for comparison.
        output: where accepted documents go; its ending tells the format.
        rest: where the others go; written if there are any.
        overwrite: replace files that are there.

    Raises:
        ConfigError: ``output`` and ``rest`` are the same file, or the packages of a format are not
            installed.
        DataError: ``output`` or ``rest`` is there, or a file is not what it should be.
    """
    if output == rest:
        raise ConfigError(f"--rest {rest}: is the same file as --output; name another one")
    require_readable(export)
    for path in (output, rest):
        require_writable(path)
        check_file(path, overwrite=overwrite)
    known = {document.id: document for document in silver}
    tool, returned = _read_answers(export)
    counts = _Counts()
    aside: list[Document] = []
    everything = _accepted_documents(returned, known, tool, aside, counts)
    written = write_corpus(everything, output, overwrite=overwrite)
    if aside or rest.exists():
        write_corpus(aside, rest, overwrite=overwrite)
    documents = len(returned)
    _reconcile(documents, written, aside)
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
    )


def _read_answers(export: CorpusConfig) -> tuple[str, dict[str, DocumentAnswers]]:
    """Return the tool, and everything in its file by the document's id."""
    path = export.path
    name = export.format if export.format != "auto" else recognise_file(path)
    tool = TOOLS.get(name)
    if tool is None:
        raise DataError(
            f"is in the format {name}; expected an export of {', '.join(TOOLS)}. Write the tool "
            "before the path if it is one",
            path,
        )
    found: dict[str, DocumentAnswers] = {}
    for number, (line, record) in enumerate(read_object_file(path)):
        with add_error_location(path, line):
            answered: AnsweredText = tool.read(record)
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
    """Yield accepted documents; put the others aside."""
    for one in answers.values():
        correction: Correction = check_answers(one, known.get(one.id), tool)
        counts.superseded += correction.superseded
        counts.annotators.update(correction.annotators)
        if correction.reason is not None:
            counts.not_accepted.setdefault(correction.reason, []).append(one.id)
            not_accepted.append(correction.document)
            continue
        counts.accepted += 1
        for label, kind in correction.changes:
            counts.changes[kind] += 1
            counts.labels.setdefault(label, Counter())[kind] += 1
        yield correction.document


def _reconcile(documents: int, written: WriteReport, not_accepted: Sequence[Document]) -> None:
    if written.documents + len(not_accepted) != documents:
        raise AssertionError(
            f"{documents} documents came, {written.documents} + {len(not_accepted)} are accounted for"
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
    """Return the lowest score of a span; documents without scores come last."""
    return min((s.score for s in document.spans or () if s.score is not None), default=2.0)


def _most_abstained(document: Document) -> int:
    return -sum(end - start for start, end in document.annotation.abstain)


def _counted(documents: Iterable[Document], seen: Counter[str]) -> Iterator[Document]:
    for document in documents:
        seen["documents"] += 1
        yield document


def _exported(documents: Iterable[Document], counts: Counter[str]) -> Iterator[Document]:
    for document in documents:
        annotation = document.annotation
        counts["documents"] += 1
        counts["spans"] += len(annotation.spans or ())
        counts["abstentions"] += len(annotation.abstain)
        counts["scores"] += sum(span.score is not None for span in annotation.spans or ())
        counts["meta"] += bool(document.meta)
        yield document


def describe_ids(not_accepted: dict[Reason, list[str]], shown: int = 5) -> Iterator[str]:
    """Yield a line for each reason, with the first ids."""
    for reason, ids in not_accepted.items():
        names = ", ".join(json.dumps(name, ensure_ascii=False) for name in ids[:shown])
        more = f" and {len(ids) - shown:,} more" if len(ids) > shown else ""
        yield f"set aside, {reason.replace('_', ' ')}: {len(ids):,} ({names}{more})"
