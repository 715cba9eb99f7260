"""The parts of a prompt that an optimisation changes, and the difference of two prompts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import Any

from vermeil.data.document import Document
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task


@dataclass(frozen=True, slots=True)
class Prompt:
    """The parts of a prompt that can be optimised.

    Args:
        variant: name of the prompt, one of the task's prompts.
        guidelines: annotation guidelines.
        descriptions: label to its description, for every label.
        demonstrations: gold documents that the prompt shows with their correct answers.
        steps: steps before the answer, for a variant that has some; empty: the task's own.
    """

    variant: str
    guidelines: str
    descriptions: Mapping[str, str]
    demonstrations: tuple[Document, ...] = ()
    steps: str = ""

    def make_task(self, base: Task) -> Task:
        """Return the task with guidelines, descriptions and steps of this prompt.

        Args:
            base: the task with all other settings.
        """
        settings = base.config.model_dump()
        for label, description in self.descriptions.items():
            settings["labels"][label]["description"] = description
        own = {"guidelines": self.guidelines, "steps": self.steps}
        return make_task(TaskConfig.model_validate({**settings, **own}))

    def with_rule(self, rule: str) -> Prompt:
        """Return the prompt with one more line of guidelines."""
        lines = self.guidelines.rstrip()
        return replace(self, guidelines=f"{lines}\n- {rule}" if lines else f"- {rule}")

    def lines(self) -> list[str]:
        """Return the parts as lines of text, for a diff."""
        return list(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"prompt: {self.variant}"
        for label, description in self.descriptions.items():
            yield f"label {label}: {' '.join(description.split())}"
        if self.demonstrations:
            yield f"demonstrations: {', '.join(document.id for document in self.demonstrations)}"
        if self.steps:
            yield "steps:"
            yield from self.steps.strip().splitlines()
        yield "guidelines:"
        yield from self.guidelines.strip().splitlines()

    def as_dict(self) -> dict[str, Any]:
        """Return the prompt for JSON; demonstrations by their ids."""
        return {
            "prompt": self.variant,
            "guidelines": self.guidelines,
            "descriptions": dict(self.descriptions),
            "demonstrations": [document.id for document in self.demonstrations],
            **({"steps": self.steps} if self.steps else {}),
        }


def prompt_of(task: Task, variant: str, demonstrations: tuple[Document, ...] = ()) -> Prompt:
    """Return the prompt of a task as it is configured."""
    labels = task.config.labels.items()
    descriptions = {label: settings.description for label, settings in labels}
    config = task.config
    return Prompt(variant, config.guidelines, descriptions, demonstrations, config.steps)


def prompt_diff(before: Prompt, after: Prompt) -> str:
    """Return the changed lines of a prompt as a unified diff; empty if they are equal."""
    lines = unified_diff(before.lines(), after.lines(), "before", "after", n=1, lineterm="")
    return "".join(f"{line}\n" for line in lines)
