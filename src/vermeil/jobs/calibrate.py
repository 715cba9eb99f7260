"""Making a student's scores say how often it is right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.data.progress import Progress, silent
from vermeil.errors import DataError
from vermeil.evaluation.calibration import Reliability, fit_temperature, log_loss, reliability

if TYPE_CHECKING:
    from vermeil.student.inference.predictor import Predictor

MINIMUM_SPANS = 20
"""Spans without which no temperature is fitted."""


@dataclass(frozen=True, slots=True)
class CalibrateReport:
    """What `calibrate` found.

    Args:
        temperature: what the model folder now says.
        before: reliability at temperature 1.
        after: reliability at that temperature.
    """

    temperature: float
    before: Reliability
    after: Reliability

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "temperature": self.temperature,
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
        }


def calibrate(model: Path, dev: Sequence[Document], progress: Progress = silent) -> CalibrateReport:
    """Fit the temperature on annotated documents, and store it in the model folder.

    The spans stay as they are, only their scores change: at the temperature's scores, what is right
    and wrong among the spans is most likely.

    Args:
        model: a folder that `train` or `export` wrote.
        dev: annotated documents that the student was not trained on.
        progress: told where prediction stands.

    Raises:
        ConfigError: what computes the model is not installed.
        DataError: the folder is not a student, or too few spans with scores are found.
    """
    from vermeil.student.inference.model_settings import read_settings, write_settings
    from vermeil.student.load import load_predictor, require_model

    require_model("vermeil calibrate", model)
    settings = read_settings(model)
    predictor = load_predictor(model, "auto" if settings.onnx else "fp32")
    found = _PredictedDocuments(predictor, dev, progress)
    before = found.scores_at(1.0)
    if len(before[0]) < MINIMUM_SPANS:
        raise DataError(
            f"{len(before[0])} spans with scores are found in {len(dev)} documents, at least "
            f"{MINIMUM_SPANS} are needed; give more documents, of a task that marks spans",
            model,
        )
    temperature = round(fit_temperature(lambda t: log_loss(*found.scores_at(t))), 3)
    write_settings(model, settings.model_copy(update={"temperature": temperature}))
    after = found.scores_at(temperature)
    return CalibrateReport(temperature, reliability(*before), reliability(*after))


def collect_span_scores(
    pairs: Iterable[tuple[Annotation, Annotation]],
) -> tuple[list[float], list[bool]]:
    """Return the score of every predicted span that has one, and whether gold has the span.

    Args:
        pairs: gold and prediction of each document.
    """
    scores: list[float] = []
    correct: list[bool] = []
    for gold, predicted in pairs:
        known = {span.key for span in gold.spans or ()}
        for span in predicted.spans or ():
            if span.score is not None:
                scores.append(span.score)
                correct.append(span.key in known)
    return scores, correct


class _PredictedDocuments:
    """Documents in which the student finds something, with its probabilities: computed once."""

    def __init__(self, predictor: Predictor, dev: Sequence[Document], progress: Progress) -> None:
        from vermeil.student.inference.batching import apply_temperature

        self._decode, self._apply_temperature = predictor.task.decode, apply_temperature
        self._documents = []
        plain = [document.with_annotation(UNANNOTATED) for document in dev]
        rows = predictor.predict_proba(plain)
        for document, (encoded, probabilities) in zip(dev, rows, strict=True):
            if self._decode(encoded.words, probabilities).spans:
                self._documents.append((document.annotation, encoded.words, probabilities))
        progress("calibrate", len(dev), len(dev), {})

    def scores_at(self, temperature: float) -> tuple[list[float], list[bool]]:
        """Return scores at a temperature, and whether they are right."""
        return collect_span_scores(
            (gold, self._decode(words, self._apply_temperature(rows, temperature)))
            for gold, words, rows in self._documents
        )
