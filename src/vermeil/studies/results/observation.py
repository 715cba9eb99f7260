"""Measurements of a student during its training, as stored in a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vermeil.data.counts import ErrorKind
from vermeil.studies.results.values import Amount, Count, Number, Share, Tally


@dataclass(frozen=True, slots=True)
class WordLosses:
    """Mean losses over some words; None without words.

    Args:
        words: number of words.
        loss: mean −ln p of the silver class.
        gold_loss: mean −ln p of the gold class.
    """

    words: Count
    loss: Amount | None = None
    gold_loss: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharpness:
    """Entropy, confidence and accuracy over all words, and over words of gold spans (``span_``)."""

    words: Count
    span_words: Count
    entropy: Amount | None = None
    confidence: Share | None = None
    accuracy: Share | None = None
    span_entropy: Amount | None = None
    span_confidence: Share | None = None
    span_accuracy: Share | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilverWords:
    """Losses over words with correct and with wrong teacher labels, and counts of wrong ones.

    Args:
        clean: words whose silver and gold classes agree.
        clean_spans: clean words of spans.
        noisy: words whose classes differ.
        pairs: "gold label > silver label" to noisy words, predictions equal to silver, and
            predictions equal to gold.
    """

    clean: WordLosses
    clean_spans: WordLosses
    noisy: WordLosses
    pairs: Mapping[str, Tally]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationPoint:
    """One measurement during training.

    Args:
        step: optimiser step.
        planned_share: planned gold share of the step.
        per_label: items by label, on the sample of dev.
        errors: errors by label and kind.
        sharpness: sharpness of the predictions on dev.
        silver: words of silver documents with known gold; None without such documents.
        gradients: norms, losses and cosines of the gradients of the batches.
    """

    step: Count
    planned_share: Share
    per_label: Mapping[str, Tally]
    errors: Mapping[str, Mapping[ErrorKind, Count]]
    sharpness: Sharpness
    silver: SilverWords | None = None
    gradients: Mapping[str, Number] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeStrings:
    """Outcomes of single spans (see `vermeil.studies.cells.span_outcomes.SpanOutcomes`).

    Args:
        gold: gold items by label.
        found: one string per measurement, a letter per gold item.
        wrong: different wrong predictions by label.
        spurious: 1 for each wrong prediction without a gold span.
        mistakes: one string per measurement, 1 for each wrong prediction that was made.
    """

    gold: Mapping[str, Count]
    found: tuple[str, ...]
    wrong: Mapping[str, Count]
    spurious: str
    mistakes: tuple[str, ...]

    def __post_init__(self) -> None:
        gold, wrong = sum(self.gold.values()), sum(self.wrong.values())
        if any(len(one) != gold for one in self.found):
            raise ValueError("found has not one letter per gold item")
        if any(len(one) != wrong for one in (self.spurious, *self.mistakes)):
            raise ValueError("spurious and mistakes have not one character per wrong prediction")
        if set("".join(self.found)) - set(".btxm"):
            raise ValueError("found has an unknown letter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """All measurements of a cell.

    Args:
        dev_documents: documents of the sample of dev.
        silver_documents: silver documents with errors of the teacher.
        steps: steps of the training.
        seconds: time of the measurements.
        points: the measurements in order.
        spans: outcomes of single spans, one string per measurement.
    """

    dev_documents: Count
    silver_documents: Count
    steps: Count
    seconds: Amount
    points: tuple[ObservationPoint, ...]
    spans: OutcomeStrings

    def __post_init__(self) -> None:
        measured = {len(self.points), len(self.spans.found), len(self.spans.mistakes)}
        if len(measured) > 1 or not self.points:
            raise ValueError("points, found and mistakes have different lengths, or are empty")
        if not self.steps:
            raise ValueError("steps is 0")
