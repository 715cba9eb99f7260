"""The check of silver before a training."""

from typing import Any

import pytest

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import TrainingError
from vermeil.selection.config import SelectionConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob
from vermeil.training.usable_silver import check_silver

NER = make_task(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))
TOPICS = make_task(
    TaskConfig.model_validate({"name": "classification", "labels": {"sport": {}, "trade": {}}})
)
NAMED = Annotation((Span(0, 2, "PER"),))
NEGATIVE = Annotation(())
MASKED = Annotation((), abstain=((0, 2),))
SPORT = Annotation(labels=("sport",))
LOST = Annotation()


def check(
    *annotations: Any,
    task: Task = NER,
    share: Any = 0.1,
    regimen: Any = "simple_mix",
    states: Any = None,
) -> None:
    silver = [Document(f"d{i}", "Bo ran", annotation=one) for i, one in enumerate(annotations)]
    selection = SelectionConfig(min_usable_share=share)
    blending = BlendingConfig(regimen=regimen)
    check_silver(TrainJob(silver=silver, task=task, selection=selection, blending=blending), states)


def test_silver_with_labels_and_enough_annotated_documents_passes() -> None:
    check(NAMED)
    check(NAMED, NEGATIVE, MASKED, LOST)
    check(NAMED, *[LOST] * 9)
    check(NAMED, *[LOST] * 99, share=0.01)
    check(NAMED, *[LOST] * 99, share=0)
    check(SPORT, *[LOST] * 9, task=TOPICS)
    check()


@pytest.mark.parametrize("share", [0, 0.1])
@pytest.mark.parametrize("silver", [[NEGATIVE] * 3, [MASKED, NEGATIVE]])
def test_silver_without_any_span_is_refused(silver: Any, share: Any) -> None:
    with pytest.raises(TrainingError, match=r"has a label of the task \(PER, LOC\)"):
        check(*silver, share=share)


def test_too_few_annotated_documents_are_refused_with_the_key_and_the_states() -> None:
    states = {"done": 1, "unplaced": 9, "refused": 1, "failed": 0}
    with pytest.raises(TrainingError) as caught:
        check(NAMED, *[LOST] * 10, states=states)
    message = str(caught.value)
    assert "only 1 of 11 documents (9.1%)" in message
    assert "1 done, 9 unplaced, 1 refused)" in message
    assert "selection.min_usable_share requires 10.0%" in message


def test_texts_without_a_usable_label_are_refused() -> None:
    with pytest.raises(TrainingError, match=r"0 of 2 documents"):
        check(LOST, LOST, task=TOPICS)
    with pytest.raises(TrainingError, match=r"label of the task \(sport, trade\)"):
        check(LOST, LOST, task=TOPICS, share=0)


def test_silver_that_the_regimen_does_not_use_is_not_checked() -> None:
    check(LOST, regimen="gold_only")
