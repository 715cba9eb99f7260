"""A student for ONNX Runtime, with proof that it is the same student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vermeil.data.atomic import atomic_folder, write_json
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.progress import Progress, silent
from vermeil.data.written import EXPORTED_MODEL, check_folder
from vermeil.errors import ConfigError, ExportError
from vermeil.evaluation.documents import evaluate
from vermeil.optional import require

if TYPE_CHECKING:
    from vermeil.student.inference.predictor import Predictor
    from vermeil.student.student import Student

LARGEST_DIFFERENCE = 1e-3
"""Logits of the float32 file that differ by more are an error of the export."""

COMPARED_DOCUMENTS = 256
"""Documents whose logits are compared."""

FILES: dict[Literal["fp32", "int8"], str] = {"fp32": "model.onnx", "int8": "model.int8.onnx"}


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What `export` wrote.

    Args:
        folder: the folder that predicts without torch.
        files: precision to file.
        logit_difference: precision to the largest difference to the student's logits.
        f1: F1 on the checked documents, of the student (``student``) and of every precision.
        refused: why int8 was not written; None where it was, or was not asked for.
    """

    folder: Path
    files: dict[str, str]
    logit_difference: dict[str, float]
    f1: dict[str, float]
    refused: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "folder": str(self.folder)}


def export(
    model: Path,
    output: Path,
    check: Sequence[Document] | None = None,
    progress: Progress = silent,
    *,
    int8: bool = False,
    per_channel: bool = True,
    limit: float = 0.003,
    overwrite: bool = False,
) -> ExportReport:
    """Write a student as ONNX, in a folder that `predict` takes and that needs no torch.

    The float32 file is written only if its logits are the student's. The int8 file is written only
    if F1 on the checked documents falls by no more than ``limit``.

    Args:
        model: a folder that `train` wrote.
        output: the folder. An exported model that is there is replaced, once the new one is
            whole. Files that Vermeil did not write stay in it.
        check: annotated documents, best the dev corpus; logits are compared on other text if None.
        progress: told where prediction of the checked documents stands.
        int8: write dynamic int8, too.
        per_channel: int8 with a scale per output channel, else one per matrix.
        limit: largest fall of F1.
        overwrite: replace a trained model, too.

    Raises:
        ConfigError: torch or onnx is not installed, or int8 is asked for without ``check``.
        DataError: the folder is not a student, or ``output`` holds something else.
        ExportError: the network cannot be written, or what was written computes something else.
    """
    require("vermeil export", "train", "export")
    if int8 and not check:
        raise ConfigError(
            "--int8: needs --check, annotated documents to prove that F1 does not fall"
        )
    check_folder(output, EXPORTED_MODEL, overwrite=overwrite)
    from vermeil.student.network.onnx_export import write_fp32, write_int8
    from vermeil.student.student import Student

    student = Student.load(model)
    with atomic_folder(output, EXPORTED_MODEL, overwrite=overwrite) as partial:
        write_fp32(student.network, partial / FILES["fp32"], letter_case=student.uses_letter_case)
        student.save_for_onnx(partial, {"fp32": FILES["fp32"]})
        proof = _ExportCheck(student, partial, check, progress)
        difference = proof.add("fp32")
        if not difference <= LARGEST_DIFFERENCE:
            raise ExportError(
                f"{model}: the exported network computes something else (logits differ by "
                f"{difference:.2g}, at most {LARGEST_DIFFERENCE} is rounding)"
            )
        refused = None
        if int8:
            write_int8(partial / FILES["fp32"], partial / FILES["int8"], per_channel=per_channel)
            student.save_for_onnx(partial, FILES)
            proof.add("int8")
            refused = _why_refused(proof.f1, limit)
        if refused is not None:
            (partial / FILES["int8"]).unlink()
            student.save_for_onnx(partial, {"fp32": FILES["fp32"]})
        kept: dict[str, str] = {p: f for p, f in FILES.items() if (partial / f).exists()}
        report = ExportReport(output, kept, proof.differences, proof.f1, refused)
        write_json(partial / "export.json", {**report.as_dict(), "folder": None})
    return report


def _why_refused(f1: dict[str, float], limit: float) -> str | None:
    fall = f1["student"] - f1["int8"]
    if fall <= limit:
        return None
    return (
        f"int8 loses {fall:.4f} F1 (from {f1['student']:.4f} to {f1['int8']:.4f}), more than "
        f"the limit {limit}; try --per-channel or --per-tensor, raise --limit, or use the fp32 file"
    )


class _ExportCheck:
    """Compares files of an exported folder with the student."""

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
        if check:
            self.f1["student"] = self._f1(self._reference)

    def add(self, precision: Literal["fp32", "int8"]) -> float:
        """Measure one file; return the largest difference of its logits."""
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
            self.f1[precision] = self._f1(predictor)
        return difference

    def _f1(self, predictor: Predictor) -> float:
        gold = list(self._gold or ())
        plain = (document.with_annotation(UNANNOTATED) for document in gold)
        predicted = predictor.predict(plain, self._progress)
        return evaluate(predicted, gold, self._task).overall.f1


_SENTENCE = "Ada met Grace (in OSLO) and wrote: iPost. "
_TEXTS = [Document(str(n), _SENTENCE * n) for n in range(1, 50)]
"""Text of many lengths, where no other is given."""
