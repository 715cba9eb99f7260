"""Calibration of a student's scores by temperature scaling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.data.lock import lock_path
from vermeil.data.progress import Progress, silent
from vermeil.errors import DataError
from vermeil.evaluation.calibration import Reliability, fit_temperature, log_loss, reliability
from vermeil.evaluation.thresholds import at_temperature
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.pair_task import pair_task

if TYPE_CHECKING:
    from vermeil.student.inference.predictor import Predictor
    from vermeil.tasks.protocol import Task

_Scores = tuple[list[float], list[bool]]
"""Scores, and whether each is that of a correct label."""

MINIMUM_SPANS = 20
"""Smallest number of scored spans or labels for which a temperature is fitted."""


@dataclass(frozen=True, slots=True)
class CalibrateReport:
    """Result of `calibrate`.

    Args:
        temperature: the fitted temperature, stored in the model folder.
        before: reliability at temperature 1.
        after: reliability at the fitted temperature.
        relations: the same for the scores of relations, which have a temperature of their own; None
            if the model predicts no relations, or too few of them.
    """

    temperature: float
    before: Reliability
    after: Reliability
    relations: CalibrateReport | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def calibrate(
    model: Path | str, dev: Sequence[Document], progress: Progress = silent
) -> CalibrateReport:
    """Fit the temperature on annotated documents, and store it in the model folder.

    The predicted spans, labels and relations do not change, only their scores: thresholds are
    adapted. The temperature minimises the log loss of the scores against whether each span, or
    label of a text, is correct. The scores of relations have a temperature of their own, fitted in
    the same way if at least `MINIMUM_SPANS` relations are predicted.

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
    from vermeil.student.network.card_blocks import write_calibration

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
    report = _fit(found.scores_at)
    changes: dict[str, Any] = {"temperature": report.temperature}
    if len(found.relation_scores_at(1.0)[0]) >= MINIMUM_SPANS:
        report = replace(report, relations=_fit(found.relation_scores_at))
    changes["task"] = settings.task.with_thresholds(
        {
            name: at_temperature(label.threshold, settings.temperature, report.temperature)
            for name, label in settings.task.labels.items()
            if label.threshold is not None
        }
    )
    if report.relations is not None:
        after = report.relations.temperature
        changes["pair_temperature"] = after
        changes["task"] = changes["task"].with_relation_thresholds(
            _relation_thresholds(settings.task, settings.pair_temperature, after)
        )
    with lock_path(model):
        write_settings(model, settings.model_copy(update=changes))
    write_calibration(model, _card_text(report, len(dev)))
    return report


def _relation_thresholds(task: TaskConfig, before: float, after: float) -> dict[str, float]:
    """Return the thresholds that find the same relations after a change of the temperature."""
    return {
        name: at_temperature(one.used_threshold, before, after)
        for name, one in task.relations.items()
    }


def _fit(scores_at: Callable[[float], _Scores]) -> CalibrateReport:
    """Return the temperature that fits scores, with their reliability before and after."""
    temperature = round(fit_temperature(lambda t: log_loss(*scores_at(t))), 3)
    before, after = scores_at(1.0), scores_at(temperature)
    return CalibrateReport(temperature, reliability(*before), reliability(*after))


def _card_text(report: CalibrateReport, documents: int) -> str:
    """Return the statement about calibration for the model card."""
    before, after = report.before.ece, report.after.ece
    return (
        f"Temperature {report.temperature:g}, fitted on {documents:,} documents: the expected "
        f"calibration error fell from {before:.3f} to {after:.3f} on the same documents."
    )


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
        self._predictor = predictor
        self._documents = []
        plain = [document.with_annotation(UNANNOTATED) for document in dev]
        self._pairs = []
        for document, output in zip(dev, predictor.outputs(plain), strict=True):
            gold, words = document.annotation, output.encoded.words
            decoded = self._task.decode(words, output.rows)
            if any(True for _ in self._task.scored_labels(gold, decoded)):
                self._documents.append((gold, words, output.rows))
            if predictor.pairs is not None:
                found = predictor.pairs.probabilities(decoded, words, output.windows, output.states)
                self._pairs.append((gold, decoded, *found))
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

    def relation_scores_at(self, temperature: float) -> _Scores:
        """Return the scores of relations at a temperature, and whether each is correct.

        The relations are those that the model predicts, at every temperature.
        """
        if self._predictor.pairs is None:
            return [], []
        own, config = self._predictor.pairs, self._predictor.pairs.task.config
        thresholds = _relation_thresholds(config, own.temperature, temperature)
        task = pair_task(make_task(config.with_relation_thresholds(thresholds))) or own.task
        found = [
            scored
            for gold, decoded, pairs, rows in self._pairs
            for scored in task.scored_relations(
                gold, task.decode_pairs(decoded, pairs, self._apply_temperature(rows, temperature))
            )
        ]
        return [score for score, _ in found], [correct for _, correct in found]
