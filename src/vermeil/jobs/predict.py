"""Prediction with a student, as a stream or into a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vermeil import tracing
from vermeil.corpora import document_to_line, write_corpus
from vermeil.corpora.source import read_lines
from vermeil.data.document import Document
from vermeil.data.document_stream import DocumentStream
from vermeil.data.progress import Progress, silent
from vermeil.data.written import check_file
from vermeil.errors import DataError
from vermeil.jobs.fingerprints import digest_file
from vermeil.jobs.partial import FinishedFile, PartialFile

if TYPE_CHECKING:
    from vermeil.student.inference.model_settings import Precision


@dataclass(frozen=True, slots=True)
class PredictReport:
    """Result of `predict_file`.

    Args:
        documents: number of predictions in the file.
        resumed: number of predictions that an earlier call had made.
    """

    documents: int
    resumed: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return asdict(self)


def predict(
    model: Path | str,
    documents: Iterable[Document | str],
    progress: Progress = silent,
    precision: Precision = "auto",
) -> Iterator[Document]:
    """Annotate documents or plain texts with the student in a model folder.

    Args:
        model: a folder that `train` or `export` wrote.
        documents: documents or plain texts of any length, read as a stream. The id of a plain text
            is its position, from 1.
        progress: called after every block of documents with stage, done, total and details.
        precision: fp32, bf16, int8 (of an exported model) or auto, the fastest available. Scores of
            other precisions differ from fp32 in the third digit; spans seldom differ.

    Returns:
        The documents in order, with predicted spans or labels and their scores.

    Raises:
        ConfigError: the packages that run the model are not installed; raised before the first
            document is read.
        DataError: the folder is not a student.
    """
    model = Path(model)
    from vermeil.student.load import require_model

    require_model("vermeil predict", model)
    return _predictions(model, documents, progress, precision)


def _predictions(
    model: Path, documents: Iterable[Document | str], progress: Progress, precision: Precision
) -> Iterator[Document]:
    from vermeil.student.load import load_predictor

    number = 0
    with tracing.span("vermeil predict", {"vermeil.precision": precision}) as results:
        try:
            for document in load_predictor(model, precision).predict(documents, progress):
                number += 1
                yield document
        finally:
            results["vermeil.documents"] = number


def predict_file(
    model: Path,
    documents: Iterable[Document | str],
    output: Path,
    progress: Progress = silent,
    precision: Precision = "auto",
    *,
    resume: bool = False,
    overwrite: bool = False,
) -> PredictReport:
    """Annotate documents into a JSONL file, which is created when it is complete.

    With ``resume``, finished predictions are kept beside it in a hidden file, whose name depends on
    model and precision. The same call resumes them after any interruption. A finished file is
    checked against the documents, and nothing is predicted again; a hidden file beside it holds
    its checksum.

    Args:
        model: a folder that `train` or `export` wrote.
        documents: documents or plain texts, read as a stream; to resume, the same ones in the same
            order.
        output: the JSONL file; ``.gz`` is compressed.
        progress: called after every block of documents with stage, done, total and details.
        precision: as for `predict`.
        resume: keep finished predictions, and reuse those of an interrupted call.
        overwrite: replace an existing file.

    Raises:
        ConfigError: the packages that run the model are not installed.
        DataError: ``output`` exists (raised before prediction), or the documents differ from those
            of the interrupted call.
    """
    from vermeil.student.load import require_model

    require_model("vermeil predict", model)
    fingerprint = digest_file(model)[:12] + f".{precision}" if resume else ""
    finished = FinishedFile(output, fingerprint)
    if resume and not overwrite and finished.is_unchanged():
        return _check_finished(output, documents)
    check_file(output, overwrite=overwrite)
    if not resume:
        predicted = predict(model, documents, progress, precision)
        written = write_corpus(predicted, output, "jsonl", overwrite=overwrite)
        return PredictReport(written.written, 0)
    part = PartialFile(output, fingerprint)
    with part:
        stream = iter(DocumentStream(documents))
        for record in part.read_records():
            _check_same(record, next(stream, None), part.path)
        resumed = part.lines
        first = next(stream, None)
        if first is not None:
            rest = chain([first], stream)
            for document in predict(model, rest, _offset(progress, resumed), precision):
                part.write(document_to_line(document))
        part.finish()
        finished.record()
    return PredictReport(part.lines, resumed)


def _check_finished(output: Path, documents: Iterable[Document | str]) -> PredictReport:
    """Return the report of a finished file; raise `DataError` if it is of other documents."""
    stream, number = iter(DocumentStream(documents)), 0
    for line in read_lines(output):
        document, record = next(stream, None), json.loads(line.text)
        if document is None or (record["id"], record["text"]) != (document.id, document.text):
            raise _other_documents(output)
        number += 1
    if next(stream, None) is not None:
        raise _other_documents(output)
    return PredictReport(number, number)


def _other_documents(output: Path) -> DataError:
    return DataError(
        "is finished, but holds predictions for other documents than the input now has; name "
        "another file, or replace it with --overwrite (in Python: overwrite=True)",
        output,
    )


def _check_same(record: dict[str, Any], document: Document | None, path: Path) -> None:
    if document is None or (record["id"], record["text"]) != (document.id, document.text):
        found = "no document" if document is None else f"document {document.id!r}"
        raise DataError(
            f"the interrupted run has document {record['id']!r} where the input now has {found} or "
            "another text; use the same input, or delete this file to start again",
            path,
        )


def _offset(progress: Progress, before: int) -> Progress:
    def shifted(
        stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
    ) -> None:
        progress(stage, before + done, total, detail)

    return shifted
