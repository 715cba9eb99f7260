"""Export of a student to ONNX, checked against the original network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vermeil.data.atomic import atomic_folder, write_json
from vermeil.data.counts import MatchCounts
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.leftovers import remove_leftovers
from vermeil.data.lock import lock_path
from vermeil.data.progress import Progress, silent
from vermeil.data.written import EXPORTED_MODEL, check_folder, read_object
from vermeil.errors import ConfigError, ExportError
from vermeil.evaluation.documents import evaluate
from vermeil.jobs.int8_guard import Int8Options, judge_int8
from vermeil.optional import require

if TYPE_CHECKING:
    from vermeil.student.inference.predictor import Predictor
    from vermeil.student.student import Student

LARGEST_DIFFERENCE = 1e-3
"""Largest accepted difference of the logits of the float32 file; more is an export error."""

COMPARED_DOCUMENTS = 256
"""Number of documents whose logits are compared."""

FILES: dict[Literal["fp32", "int8"], str] = {"fp32": "model.onnx", "int8": "model.int8.onnx"}


@dataclass(frozen=True, slots=True)
class ExportReport:
    """Result of `export`.

    Args:
        folder: the exported model, which predicts without torch.
        files: precision to file name.
        logit_difference: precision to the largest difference from the student's logits.
        f1: F1 on the checked documents, of the student (``student``) and of every precision.
        refused: why int8 was not written; None if it was written or not requested.
        agreement: F1 between the predictions of int8 and of fp32 on the checked documents; None
            if int8 was not requested, or nothing was predicted.
        compared: number of predictions of fp32 in this comparison.
        undecided: why the checked documents are too few to decide about int8; None if they are
            enough, or int8 was not requested.
    """

    folder: Path
    files: dict[str, str]
    logit_difference: dict[str, float]
    f1: dict[str, float]
    refused: str | None = None
    agreement: float | None = None
    compared: int = 0
    undecided: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {**asdict(self), "folder": str(self.folder)}


def export(
    model: Path | str,
    output: Path | str,
    check: Sequence[Document] | None = None,
    progress: Progress = silent,
    *,
    int8: Int8Options | None = None,
    overwrite: bool = False,
) -> ExportReport:
    """Write a student as an ONNX model folder, which `predict` loads without torch.

    The float32 file is written only if its logits equal the student's. The int8 file is written
    only if F1 on the checked documents falls by no more than ``int8.max_f1_loss``, and if its
    predictions agree with those of float32 (``int8.min_agreement``).

    Args:
        model: a folder that `train` wrote.
        output: the new model folder. An existing exported model is replaced after the new one is
            complete. Files that Vermeil did not write are kept.
        check: annotated documents, preferably dev. If None, the logits are compared on built-in
            text.
        progress: called with stage, done, total and details during prediction.
        int8: settings of an additional dynamic int8 file; None writes float32 only.
        overwrite: replace a trained model, too.

    Raises:
        ConfigError: torch or onnx is not installed, or int8 is requested without ``check``.
        DataError: ``model`` is not a student, or ``output`` holds other files.
        LockedError: another process exports into ``output``.
        ExportError: the network cannot be exported, or the exported network computes other logits.
    """
    model, output = Path(model), Path(output)
    require("vermeil export", "train", "export")
    if int8 is not None and not check:
        raise ConfigError("--int8: needs --check, the annotated documents on which F1 is compared")
    check_folder(output, EXPORTED_MODEL, overwrite=overwrite)
    from vermeil.student.network.onnx_export import write_fp32, write_int8
    from vermeil.student.student import Student

    student = Student.load(model)
    with _locked_folder(output, overwrite=overwrite) as partial:
        write_fp32(student.network, partial / FILES["fp32"], letter_case=student.uses_letter_case)
        student.save_for_onnx(partial, {"fp32": FILES["fp32"]})
        comparison = _ExportCheck(student, partial, check, progress)
        difference = comparison.add("fp32")
        if not difference <= LARGEST_DIFFERENCE:
            raise ExportError(
                f"{model}: the exported network computes other logits (they differ by "
                f"{difference:.2g}; rounding explains at most {LARGEST_DIFFERENCE})"
            )
        verdict = None
        if int8 is not None:
            write_int8(
                partial / FILES["fp32"], partial / FILES["int8"], per_channel=int8.per_channel
            )
            student.save_for_onnx(partial, FILES)
            comparison.add("int8")
            verdict = judge_int8(comparison.f1, comparison.agreement("int8"), int8)
        if verdict is not None and verdict.refused is not None:
            (partial / FILES["int8"]).unlink()
            student.save_for_onnx(partial, {"fp32": FILES["fp32"]})
        kept: dict[str, str] = {p: f for p, f in FILES.items() if (partial / f).exists()}
        report = ExportReport(output, kept, comparison.differences, comparison.f1)
        if verdict is not None:
            report = replace(report, **asdict(verdict))
        _write_card(student, model, partial)
        write_json(partial / "export.json", {**report.as_dict(), "folder": None})
    return report


def _write_card(student: Student, model: Path, output: Path) -> None:
    """Write the model card of the exported model, with the statements of the trained one."""
    from vermeil.student.network.card import onnx_card

    record = read_object(model / "training.json") or {}
    case = student.uses_letter_case
    card = onnx_card(student.task, student.config, record, letter_case=case)
    (output / "README.md").write_text(card, "utf-8")


@contextmanager
def _locked_folder(output: Path, *, overwrite: bool) -> Iterator[Path]:
    """Lock the new model folder, delete partial folders of killed processes, and yield it."""
    with lock_path(output):
        remove_leftovers(output)
        with atomic_folder(output, EXPORTED_MODEL, overwrite=overwrite) as partial:
            yield partial


class _ExportCheck:
    """Comparison of the files of an exported folder with the student.

    Args:
        student: the original student.
        folder: the exported folder.
        check: annotated documents; None compares logits on built-in text.
        progress: called with stage, done, total and details during prediction.
    """

    def __init__(
        self,
        student: Student,
        folder: Path,
        check: Sequence[Document] | None,
        progress: Progress,
    ) -> None:
        self._folder, self._progress = folder, progress
        self._task = student.task
        self._gold = check
        self._reference = student.predictor("fp32")
        self.differences: dict[str, float] = {}
        self.f1: dict[str, float] = {}
        self._predicted: dict[str, list[Document]] = {}
        if check:
            self._score("student", self._reference)

    def add(self, precision: Literal["fp32", "int8"]) -> float:
        """Compare one file with the student; return the largest difference of the logits."""
        from vermeil.student.inference.batching import logit_difference
        from vermeil.student.load import load_predictor

        predictor = load_predictor(self._folder, precision)
        texts = [
            d.with_annotation(UNANNOTATED) for d in (self._gold or _TEXTS)[:COMPARED_DOCUMENTS]
        ]
        windows = [w for d in predictor.encoder.encode(texts) for w in d.windows]
        padding = predictor.encoder.wordpieces.padding
        difference = logit_difference(self._reference.runner, predictor.runner, windows, padding)
        self.differences[precision] = difference
        if self._gold:
            self._score(precision, predictor)
        return difference

    def agreement(self, precision: Literal["int8"]) -> MatchCounts:
        """Return the matches of the predictions of a precision, with those of fp32 as gold."""
        predicted, reference = self._predicted[precision], self._predicted["fp32"]
        return evaluate(predicted, reference, self._task).overall

    def _score(self, name: str, predictor: Predictor) -> None:
        gold = list(self._gold or ())
        plain = (document.with_annotation(UNANNOTATED) for document in gold)
        predicted = list(predictor.predict(plain, self._progress))
        self._predicted[name] = predicted
        self.f1[name] = evaluate(predicted, gold, self._task).overall.f1


_SENTENCE = "Ada met Grace (in OSLO) and wrote: iPost. "
_TEXTS = [Document(str(n), _SENTENCE * n) for n in range(1, 50)]
"""Texts of many lengths, compared if no documents are given."""
