"""The label set of a task: names in order, what they mean, and what else they may be called."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from vermeil.errors import ConfigError
from vermeil.tasks.config import TaskConfig

NO_LABEL = "O"
"""Stands for "nothing there" among classes and in confusions, so no label may have this name."""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels that a task knows.

    Args:
        names: the labels, in the order in which prompts list them.
        descriptions: what each covers, in the same order; empty where nobody said.
        folded: every name and alias, folded by `fold`, to the label that it means.
    """

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    folded: dict[str, str] = field(repr=False)

    @classmethod
    def from_config(cls, config: TaskConfig) -> LabelSet:
        """Return the label set of a ``[task]`` section.

        Raises:
            ConfigError: with every problem of names and aliases at once.
        """
        folded: dict[str, str] = {}
        problems: list[str] = []
        for name, label in config.labels.items():
            if not name.strip() or name == NO_LABEL or name != name.strip():
                problems.append(f"task.labels: {name!r} cannot be the name of a label")
            for number, alias in enumerate((name, *label.aliases)):
                owner = folded.setdefault(fold(alias), name)
                if owner != name:
                    what = "name" if number == 0 else f"alias {alias!r}"
                    problems.append(f"task.labels.{name}: the {what} also stands for {owner}")
        if problems:
            raise ConfigError(*problems)
        descriptions = tuple(" ".join(v.description.split()) for v in config.labels.values())
        return cls(tuple(config.labels), descriptions, folded)

    def normalise(self, label: str) -> str | None:
        """Return the label that a teacher's word for it means, or None if there is none."""
        return self.folded.get(fold(label))

    def unknown_label_message(self, label: str) -> str:
        """Say that a label is not in the set, which ones are, and which one may be meant."""
        meant = self.normalise(label)
        hint = "" if meant is None else f"; write {meant!r} for it"
        return f"unknown label {label!r}{hint}; the task's labels are {', '.join(self.names)}"

    def listing(self) -> str:
        """Return one line per label, with its description, for a prompt."""
        pairs = zip(self.names, self.descriptions, strict=True)
        return "\n".join(f"- {name}: {words}" if words else f"- {name}" for name, words in pairs)

    def quoted(self) -> str:
        """Return the names as JSON strings, with commas between, for a prompt."""
        return ", ".join(json.dumps(name, ensure_ascii=False) for name in self.names)


def fold(label: str) -> str:
    """Return the form in which labels are compared: no regard to case or outer white space."""
    return " ".join(label.split()).casefold()
