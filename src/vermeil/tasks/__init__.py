"""Tasks: one folder each, with everything that is specific to the task."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from vermeil.data.annotation_spans import has_overlaps
from vermeil.data.document import Annotation, Document
from vermeil.errors import ConfigError
from vermeil.tasks.classification.multi_label import MultiLabelTask
from vermeil.tasks.classification.task import ClassificationTask
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.hierarchy import with_parents
from vermeil.tasks.ner.nested.task import NestedNerTask
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

TaskMaker = Callable[[TaskConfig], Task]
"""A task class, as a function of the section."""

MULTI_LABEL_TASKS: dict[str, Callable[[TaskConfig], Task]] = {"classification": MultiLabelTask}
"""The task class for ``task.multi_label``, by the same name."""

NESTED_TASKS: dict[str, Callable[[TaskConfig], Task]] = {"ner": NestedNerTask}
"""The task class for ``task.nested``, by the same name."""

_FORMS = {"multi_label": MULTI_LABEL_TASKS, "nested": NESTED_TASKS}
"""The tables of task classes for keys of the section."""


def make_task(config: TaskConfig) -> Task:
    """Return the task of a ``[task]`` section.

    Args:
        config: the section. A relative ``guidelines_file`` is read from the working folder.

    Raises:
        ConfigError: label names or aliases contradict each other, or the guidelines file cannot be
            read, or the task has no form with several labels per text or with nested spans.
    """
    config = config.with_guidelines(Path())
    for key, is_set in (("multi_label", config.multi_label), ("nested", config.nested)):
        table = _FORMS[key]
        if is_set and config.name not in table:
            raise ConfigError(
                f"task.{key}: supported by {', '.join(table)}, not by {config.name}; remove the "
                "key or change task.name"
            )
    kind = task_class(config)
    assert kind is not None, "task.name is a key of TASKS"
    return kind(config)


def task_class(config: TaskConfig) -> TaskMaker | None:
    """Return the class that `make_task` uses for a section; None if there is none."""
    if config.multi_label:
        return MULTI_LABEL_TASKS.get(config.name)
    return NESTED_TASKS.get(config.name) if config.nested else TASKS.get(config.name)


def task_for(documents: Iterable[Document]) -> Task:
    """Return the task that fits annotated documents, for use without a configuration.

    If there are relations, it is the task of pairs. Otherwise, it is the first of `TASKS` for which
    any document has labels. If a text has several labels, or none, it is the task's form for
    several labels per text. If spans overlap, it is the form for nested spans. Its label set is the
    sorted set of these labels. Without any label, it is the first task with the placeholder label
    ENTITY.

    Raises:
        ConfigError: two labels of the documents differ only in case.
    """
    used: dict[str, set[str]] = {name: set() for name in TASKS}
    relations: set[str] = set()
    several = overlapping = False
    for document in documents:
        overlapping |= has_overlaps(document.spans or ())
        several |= document.labels is not None and len(document.labels) != 1
        relations.update(relation.label for relation in document.relations or ())
        for name, kind in TASKS.items():
            used[name].update(kind.labels_used(document.annotation))
    fitting = [name for name, kind in TASKS.items() if (kind.head == "pair") == bool(relations)]
    name = next((name for name in fitting if used[name]), next(iter(TASKS)))
    is_multi = several and name in MULTI_LABEL_TASKS
    found = with_parents(used[name]) if is_multi else used[name]
    section: dict[str, Any] = {
        "name": name,
        "labels": {label: {} for label in sorted(found - relations) or ["ENTITY"]},
        "multi_label": is_multi,
        "nested": overlapping and name in NESTED_TASKS,
        "relations": {label: {} for label in sorted(relations)},
    }
    return make_task(TaskConfig.model_validate(section))
