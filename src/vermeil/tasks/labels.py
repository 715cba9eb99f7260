"""The label set of a task: names in order, descriptions and aliases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from vermeil.errors import ConfigError
from vermeil.tasks.config import LabelConfig, RelationConfig, TaskConfig
from vermeil.tasks.label_names import LabelNames, fold

NO_LABEL = "O"
"""The class of "no label", also in confusion matrices. No label may have this name."""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels of a task.

    Args:
        names: the labels, in the order of the prompts.
        descriptions: the definition of each label, in the same order; may be empty.
        written: the comparison of written labels with names, aliases and descriptions.
    """

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    written: LabelNames = field(repr=False, compare=False)

    @classmethod
    def from_config(cls, config: TaskConfig) -> LabelSet:
        """Return the label set of a ``[task]`` section.

        Raises:
            ConfigError: names or aliases are invalid; the error lists every problem.
        """
        return cls.from_entries(config.labels, "task.labels")

    @classmethod
    def from_entries(
        cls, entries: Mapping[str, LabelConfig] | Mapping[str, RelationConfig], key: str
    ) -> LabelSet:
        """Return the label set of the entries of a table.

        Args:
            entries: name to description and aliases.
            key: key of the table in the configuration, for errors.

        Raises:
            ConfigError: names or aliases are invalid; the error lists every problem.
        """
        folded: dict[str, str] = {}
        problems: list[str] = []
        for name, label in entries.items():
            if not name.strip() or name == NO_LABEL or name != name.strip():
                problems.append(f"{key}: {name!r} cannot be the name of a label; rename it")
            for number, alias in enumerate((name, *label.aliases)):
                owner = folded.setdefault(fold(alias), name)
                if owner != name:
                    kind = "name" if number == 0 else f"alias {alias!r}"
                    problems.append(f"{key}.{name}: the {kind} is also used by {owner}")
        if problems:
            raise ConfigError(*problems)
        descriptions = {n: " ".join(v.description.split()) for n, v in entries.items()}
        written = LabelNames(folded, descriptions)
        return cls(tuple(entries), tuple(descriptions.values()), written)

    def normalise(self, label: str) -> str | None:
        """Return the label that a reply names, or None if there is none or it is not clear.

        Case, blanks, underscores, hyphens, closing punctuation and a description of the label
        ("PER (people)") do not matter. See `vermeil.tasks.label_names`.
        """
        return self.written.find(label)

    def of_heading(self, words: str) -> str | None:
        """Return the label that a heading or key over several entities names, also in plural."""
        return self.written.find_heading(words)

    def unknown_label_message(self, label: str) -> str:
        """Return the error message for a label outside the set, with the label to use instead."""
        meant = self.normalise(label)
        hint = "" if meant is None else f"; write {meant!r} for it"
        return f"unknown label {label!r}{hint}; the task's labels are {', '.join(self.names)}"

    def listing(self) -> str:
        """Return the labels for a prompt: one line each, with the description."""
        pairs = zip(self.names, self.descriptions, strict=True)
        return "\n".join(f"- {name}: {words}" if words else f"- {name}" for name, words in pairs)

    def quoted(self) -> str:
        """Return the names for a prompt: JSON strings, separated by commas."""
        return ", ".join(json.dumps(name, ensure_ascii=False) for name in self.names)
