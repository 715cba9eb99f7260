"""Tasks: one folder each, with everything that is specific to the task."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from vermeil.data.document import Annotation, Document
from vermeil.tasks.classification.task import ClassificationTask
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.task import NerTask
from vermeil.tasks.protocol import Head, Task
from vermeil.tasks.relations.task import RelationsTask


class TaskKind(Protocol):
    """A task class: makes tasks from ``[task]`` sections."""

    @property
    def head(self) -> Head:
        """The kind of head that the student needs."""

    def __call__(self, config: TaskConfig) -> Task:
        """Return the task with the labels of a ``[task]`` section."""

    def labels_used(self, annotation: Annotation) -> Iterable[str]:
        """Return the labels of an annotation that this kind of task uses."""


TASKS: dict[str, TaskKind] = {
    "ner": NerTask,
    "classification": ClassificationTask,
    "relations": RelationsTask,
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

    If there are relations, it is the task of pairs. Otherwise, it is the first of `TASKS` for which
    any document has labels. Its label set is the sorted set of these labels. Without any label, it
    is the first task with the placeholder label ENTITY.

    Raises:
        ConfigError: two labels of the documents differ only in case.
    """
    used: dict[str, set[str]] = {name: set() for name in TASKS}
    relations: set[str] = set()
    for document in documents:
        relations.update(relation.label for relation in document.relations or ())
        for name, kind in TASKS.items():
            used[name].update(kind.labels_used(document.annotation))
    fitting = [name for name, kind in TASKS.items() if (kind.head == "pair") == bool(relations)]
    name = next((name for name in fitting if used[name]), next(iter(TASKS)))
    section: dict[str, Any] = {
        "name": name,
        "labels": {label: {} for label in sorted(used[name] - relations) or ["ENTITY"]},
        "relations": {label: {} for label in sorted(relations)},
    }
    return make_task(TaskConfig.model_validate(section))
