"""Check of a student's settings against its task."""

from __future__ import annotations

from vermeil.errors import ConfigError
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import TEXT_HEADS, Task


def check_head(task: Task, config: StudentConfig) -> None:
    """Raise `ConfigError` unless the settings fit the head of the task and each other."""
    if config.crf and config.noise.is_on:
        raise ConfigError("student.noise: cannot be combined with student.crf; remove one of them")
    if task.head == "sequence_per_label" and config.noise.is_on:
        raise ConfigError(
            "student.noise: needs a task with one class per word or text; with task.multi_label, "
            "remove the section"
        )
    if task.head == "token_per_label" and config.crf:
        raise ConfigError(
            "student.crf: needs one class per word, but with task.nested a word has a class per "
            "label; remove the key"
        )
    if task.head not in TEXT_HEADS:
        return
    settings = {"context": config.context != "none", "crf": config.crf}
    problems = [
        f"student.{name}: needs a task that labels words, but {task.name} labels whole texts; "
        "remove the key"
        for name, is_set in settings.items()
        if is_set
    ]
    if problems:
        raise ConfigError(*problems)
