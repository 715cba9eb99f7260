"""Tasks: one folder each, with everything that is specific to the task."""

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
    """A task class: makes tasks from ``[task]`` sections."""

    def __call__(self, config: TaskConfig) -> Task:
        """Return the task with the labels of a ``[task]`` section."""

    def labels_used(self, annotation: Annotation) -> Iterable[str]:
        """Return the labels of an annotation that this kind of task uses."""


TASKS: dict[str, TaskKind] = {
    "ner": NerTask,
    "classification": ClassificationTask,
}
"""Every task class by its name in ``task.name``."""


def make_task(config: TaskConfig) -> Task:
    """Return the task of a ``[task]`` section.

    Args:
        config: the section. A relative ``guidelines_file`` is read from the working folder.

    Raises:
        ConfigError: label names or aliases contradict each other, or the guidelines file cannot be
            read.
    """
    return TASKS[config.name](config.with_guidelines(Path()))


def task_for(documents: Iterable[Document]) -> Task:
    """Return the task that fits annotated documents, for use without a configuration.

    It is the first of `TASKS` for which any document has labels. Its label set is the sorted set
    of these labels. Without any label, it is the first task with the placeholder label ENTITY.

    Raises:
        ConfigError: two labels of the documents differ only in case.
    """
    used: dict[str, set[str]] = {name: set() for name in TASKS}
    for document in documents:
        for name, kind in TASKS.items():
            used[name].update(kind.labels_used(document.annotation))
    name = next((name for name in TASKS if used[name]), next(iter(TASKS)))
    labels = {label: LabelConfig() for label in sorted(used[name]) or ["ENTITY"]}
    return make_task(TaskConfig.model_validate({"name": name, "labels": labels}))
