"""Annotating new text with a student: as a stream, or into a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vermeil.corpora import document_to_line, write_corpus
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.data.written import check_file
from vermeil.errors import DataError
from vermeil.jobs.fingerprints import digest_file
from vermeil.jobs.partial import PartialFile

if TYPE_CHECKING:
    from vermeil.student.inference.model_settings import Precision


@dataclass(frozen=True, slots=True)
class PredictReport:
    """What `predict_file` did.

    Args:
        documents: predictions in the file.
        resumed: how many of them an earlier attempt had made.
    """

    documents: int
    resumed: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def predict(
    model: Path,
    documents: Iterable[Document | str],
    progress: Progress = silent,
    precision: Precision = "auto",
) -> Iterator[Document]:
    """Annotate documents or plain texts with the student in a model folder.

    Args:
        model: a folder that `train` or `export` wrote.
        documents: read as a stream; texts of any length.
        progress: told after every block of documents.
        precision: fp32, bf16, int8 (an exported model), or auto: the fastest of those that there
            are. What is not fp32 differs from it in the scores' third digit, seldom in a span.

    Returns:
        The documents in order, with spans (or labels) that carry scores.

    Raises:
        ConfigError: what computes the model is not installed; raised at once.
        DataError: the folder is not a student.
    """
    from vermeil.student.load import require_model

    require_model("vermeil predict", model)
    return _predictions(model, documents, progress, precision)


def _predictions(
    model: Path, documents: Iterable[Document | str], progress: Progress, precision: Precision
) -> Iterator[Document]:
    from vermeil.student.load import load_predictor

    yield from load_predictor(model, precision).predict(documents, progress)


def predict_file(
    model: Path,
    documents: Iterable[Document],
    output: Path,
    progress: Progress = silent,
    precision: Precision = "auto",
    *,
    resume: bool = False,
    overwrite: bool = False,
) -> PredictReport:
    """Annotate documents into a JSONL file, which appears when it is whole.

    Until then, with ``resume``, what is done stands beside it, in a hidden file whose name tells
    model and precision; the same call takes it up, after an interruption of any kind.

    Args:
        model: a folder that `train` or `export` wrote.
        documents: read as a stream; when resuming, the same ones in the same order.
        output: the file; ``.gz`` is compressed.
        progress: told after every block of documents.
        precision: as for `predict`.
        resume: keep what is done, and take up what an earlier attempt has left.
        overwrite: replace a file that is there.

    Raises:
        ConfigError: what computes the model is not installed.
        DataError: ``output`` is there; raised before prediction.
        DataError: the documents are others than those of the attempt that is to be resumed.
    """
    from vermeil.student.load import require_model

    require_model("vermeil predict", model)
    check_file(output, overwrite=overwrite)
    if not resume:
        predicted = predict(model, documents, progress, precision)
        written = write_corpus(predicted, output, "jsonl", overwrite=overwrite)
        return PredictReport(written.written, 0)
    part = PartialFile(output, digest_file(model)[:12] + f".{precision}")
    with part:
        stream = iter(documents)
        for kept in part.read_records():
            _check_same(kept, next(stream, None), part.path)
        resumed = part.lines
        first = next(stream, None)
        if first is not None:
            left = chain([first], stream)
            for document in predict(model, left, _offset(progress, resumed), precision):
                part.write(document_to_line(document))
        part.finish()
    return PredictReport(part.lines, resumed)


def _check_same(kept: dict[str, Any], document: Document | None, path: Path) -> None:
    if document is None or (kept["id"], kept["text"]) != (document.id, document.text):
        found = "nothing" if document is None else f"document {document.id!r}"
        raise DataError(
            f"an earlier attempt has document {kept['id']!r} where the input now has {found} or "
            "another text; give the same input, or delete this file to start anew",
            path,
        )


def _offset(progress: Progress, before: int) -> Progress:
    def told(
        stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
    ) -> None:
        progress(stage, before + done, total, detail)

    return told
