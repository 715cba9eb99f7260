"""One folder per task, holding all that is specific to it."""

from __future__ import annotations

from collections.abc import Callable

from vermeil.tasks.classification.task import ClassificationTask
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.task import NerTask
from vermeil.tasks.protocol import Task

TASKS: dict[str, Callable[[TaskConfig], Task]] = {
    "ner": NerTask,
    "classification": ClassificationTask,
}
"""Every task by the name that ``task.name`` gives it."""


def make_task(config: TaskConfig) -> Task:
    """Return the task that a ``[task]`` section describes.

    Raises:
        ConfigError: label names or aliases contradict each other.
    """
    return TASKS[config.name](config)
