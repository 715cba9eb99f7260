"""One folder per task, holding all that is specific to it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from vermeil.data.document import Annotation, Document
from vermeil.tasks.classification.task import ClassificationTask
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.tasks.ner.task import NerTask
from vermeil.tasks.protocol import Task


class TaskKind(Protocol):
    """A class of tasks, before anyone has named labels."""

    def __call__(self, config: TaskConfig) -> Task:
        """Return the task with the labels of a ``[task]`` section."""

    def labels_used(self, annotation: Annotation) -> Iterable[str]:
        """Return the labels by which this kind of task would read an annotation."""


TASKS: dict[str, TaskKind] = {
    "ner": NerTask,
    "classification": ClassificationTask,
}
"""Every task by the name that ``task.name`` gives it."""


def make_task(config: TaskConfig) -> Task:
    """Return the task that a ``[task]`` section describes.

    Raises:
        ConfigError: label names or aliases contradict each other, or the file of guidelines (its
            path relative to the working folder) cannot be read.
    """
    return TASKS[config.name](config.with_guidelines(Path()))


def task_for(documents: Iterable[Document]) -> Task:
    """Return the task that fits annotated documents, where no configuration says which it is.

    It is the first of `TASKS` for which any document has labels; its labels are those that occur,
    sorted. Where nothing at all is marked, it is the first task, with one made-up label.

    Raises:
        ConfigError: labels that occur differ only in case.
    """
    used: dict[str, set[str]] = {name: set() for name in TASKS}
    for document in documents:
        for name, kind in TASKS.items():
            used[name].update(kind.labels_used(document.annotation))
    name = next((name for name in TASKS if used[name]), next(iter(TASKS)))
    labels = {label: LabelConfig() for label in sorted(used[name]) or ["ENTITY"]}
    return make_task(TaskConfig.model_validate({"name": name, "labels": labels}))
