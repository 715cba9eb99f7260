"""Mistakes of annotations, as examples with the truth."""

import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig

LABELS = {"PER": LabelConfig(), "LOC": LabelConfig()}
NER = make_task(TaskConfig(labels=LABELS))
TEXT = "Ann Lee saw New York"
GOLD = Document("d", TEXT, annotation=Annotation(spans=(Span(0, 7, "PER"), Span(12, 20, "LOC"))))


@pytest.mark.parametrize(
    ("spans", "described"),
    [
        ((Span(0, 7, "PER"), Span(12, 20, "LOC")), []),
        (
            (Span(0, 7, "PER"),),
            ['missing: correct is "New York" as LOC; the answer has nothing'],
        ),
        (
            (Span(0, 7, "LOC"), Span(16, 20, "LOC")),
            [
                'type: correct is "Ann Lee" as PER; the answer has "Ann Lee" as LOC',
                'boundary: correct is "New York" as LOC; the answer has "York" as LOC',
            ],
        ),
        (
            (Span(0, 7, "PER"), Span(8, 11, "PER"), Span(12, 15, "PER")),
            [
                'spurious: correct is "saw" as no label; the answer has "saw" as PER',
                'both: correct is "New York" as LOC; the answer has "New" as PER',
            ],
        ),
    ],
)
def test_mistakes_of_spans(spans: tuple[Span, ...], described: list[str]) -> None:
    mistakes = NER.mistakes(GOLD, Annotation(spans=spans))
    assert [mistake.describe() for mistake in mistakes] == described
    counts = NER.count(GOLD.annotation, Annotation(spans=spans))
    assert sum(counts.errors.values()) == len(mistakes)


def test_mistakes_of_labels_of_texts() -> None:
    task = make_task(TaskConfig(name="classification", labels=LABELS))
    gold = Document("d", TEXT, annotation=Annotation(labels=("PER",)))
    assert task.mistakes(gold, Annotation(labels=("PER",))) == ()
    (wrong,) = task.mistakes(gold, Annotation(labels=("LOC",)))
    assert wrong.describe() == "type: correct is PER; the answer has LOC"
    (missing,) = task.mistakes(gold, Annotation(labels=()))
    assert (missing.kind, missing.label) == ("missing", "PER")
