"""Calibration of a student's scores by temperature scaling."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.data.lock import lock_path
from vermeil.data.progress import Progress, silent
from vermeil.errors import DataError
from vermeil.evaluation.calibration import Reliability, fit_temperature, log_loss, reliability
from vermeil.evaluation.thresholds import at_temperature

if TYPE_CHECKING:
    from vermeil.student.inference.predictor import Predictor
    from vermeil.tasks.protocol import Task

MINIMUM_SPANS = 20
"""Smallest number of scored spans or labels for which a temperature is fitted."""


@dataclass(frozen=True, slots=True)
class CalibrateReport:
    """Result of `calibrate`.

    Args:
        temperature: the fitted temperature, stored in the model folder.
        before: reliability at temperature 1.
        after: reliability at the fitted temperature.
    """

    temperature: float
    before: Reliability
    after: Reliability

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "temperature": self.temperature,
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
        }


def calibrate(
    model: Path | str, dev: Sequence[Document], progress: Progress = silent
) -> CalibrateReport:
    """Fit the temperature on annotated documents, and store it in the model folder.

    The predicted spans and labels do not change, only their scores: thresholds of labels are
    adapted. The temperature minimises the log loss of the scores against whether each span, or
    label of a text, is correct.

    Args:
        model: a folder that `train` or `export` wrote.
        dev: annotated documents that the student was not trained on.
        progress: called with stage, done, total and details during prediction.

    Raises:
        ConfigError: the packages that run the model are not installed.
        DataError: the folder is not a student, or it predicts too few spans with scores.
    """
    model = Path(model)
    from vermeil.student.inference.model_settings import read_settings, write_settings
    from vermeil.student.load import load_predictor, require_model

    require_model("vermeil calibrate", model)
    settings = read_settings(model)
    predictor = load_predictor(model, "auto" if settings.onnx else "fp32")
    found = _PredictedDocuments(predictor, dev, progress)
    before = found.scores_at(1.0)
    if len(before[0]) < MINIMUM_SPANS:
        raise DataError(
            f"predicts {len(before[0])} scored spans or labels in {len(dev)} documents, but at "
            f"least {MINIMUM_SPANS} are needed; use more documents",
            model,
        )
    temperature = round(fit_temperature(lambda t: log_loss(*found.scores_at(t))), 3)
    task = settings.task.with_thresholds(
        {
            name: at_temperature(label.threshold, settings.temperature, temperature)
            for name, label in settings.task.labels.items()
            if label.threshold is not None
        }
    )
    with lock_path(model):
        changes = {"temperature": temperature, "task": task}
        write_settings(model, settings.model_copy(update=changes))
    after = found.scores_at(temperature)
    return CalibrateReport(temperature, reliability(*before), reliability(*after))


def collect_scores(
    task: Task, pairs: Iterable[tuple[Annotation, Annotation]]
) -> tuple[list[float], list[bool]]:
    """Return the scores of the predicted labels that have one, and whether each is correct.

    Args:
        task: compares annotations.
        pairs: gold and prediction of each document.
    """
    found = [scored for gold, predicted in pairs for scored in task.scored_labels(gold, predicted)]
    return [score for score, _ in found], [correct for _, correct in found]


class _PredictedDocuments:
    """Documents with scored predictions, and their class probabilities; predicted once."""

    def __init__(self, predictor: Predictor, dev: Sequence[Document], progress: Progress) -> None:
        from vermeil.student.inference.batching import apply_temperature

        self._task, self._apply_temperature = predictor.task, apply_temperature
        self._documents = []
        plain = [document.with_annotation(UNANNOTATED) for document in dev]
        rows = predictor.predict_proba(plain)
        for document, (encoded, probabilities) in zip(dev, rows, strict=True):
            decoded = self._task.decode(encoded.words, probabilities)
            if any(True for _ in self._task.scored_labels(document.annotation, decoded)):
                self._documents.append((document.annotation, encoded.words, probabilities))
        progress("calibrate", len(dev), len(dev), {})

    def scores_at(self, temperature: float) -> tuple[list[float], list[bool]]:
        """Return the scores at a temperature, and whether each span or label is correct."""
        head = self._task.head
        return collect_scores(
            self._task,
            (
                (gold, self._task.decode(words, self._apply_temperature(rows, temperature, head)))
                for gold, words, rows in self._documents
            ),
        )
