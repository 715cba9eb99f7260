"""The types of relations of a task: names, allowed ends and direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vermeil.errors import ConfigError, did_you_mean
from vermeil.tasks.config import RelationConfig, TaskConfig
from vermeil.tasks.labels import LabelSet

NO_RELATION = "none"
"""The class of a pair without a relation. No relation may have this name."""


@dataclass(frozen=True, slots=True)
class RelationTypes:
    """The types of relations of one ``[task]`` section.

    Args:
        label_set: names, descriptions and aliases of the types.
        settings: settings of each type, by name.
        entity_labels: the labels that ends can have.
    """

    label_set: LabelSet
    settings: Mapping[str, RelationConfig] = field(repr=False)
    entity_labels: tuple[str, ...]

    @classmethod
    def from_config(cls, config: TaskConfig) -> RelationTypes:
        """Return the types of a ``[task]`` section.

        Raises:
            ConfigError: there is no type, a name is invalid or used twice, or a type names an
                unknown label.
        """
        if not config.relations:
            raise ConfigError(
                "task.relations: there is no type of relation; add one, for example "
                "[task.relations.works_for] with description, head and tail"
            )
        problems = list(_problems(config))
        if problems:
            raise ConfigError(*problems)
        label_set = LabelSet.from_entries(config.relations, "task.relations")
        return cls(label_set, config.relations, tuple(config.labels))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the types, in the order of the prompts."""
        return self.label_set.names

    @property
    def pair_classes(self) -> tuple[str, ...]:
        """The classes of a pair of spans: `NO_RELATION`, then the types."""
        return (NO_RELATION, *self.names)

    def is_symmetric(self, name: str) -> bool:
        """Return whether a type has no direction."""
        return self.settings[name].symmetric

    def threshold(self, name: str) -> float:
        """Return the minimum of p / (p + p_none): the probabilities of a type and of none."""
        return self.settings[name].used_threshold

    def head_labels(self, name: str) -> tuple[str, ...]:
        """Return the labels that the first end of a type may have."""
        return self.settings[name].head or self.entity_labels

    def tail_labels(self, name: str) -> tuple[str, ...]:
        """Return the labels that the second end of a type may have."""
        return self.settings[name].tail or self.entity_labels

    def allows(self, name: str, head_label: str, tail_label: str) -> bool:
        """Return whether a type may connect two labels; a symmetric type in either direction.

        Args:
            name: name of a type.
            head_label: label of the first end.
            tail_label: label of the second end.
        """
        heads, tails = self.head_labels(name), self.tail_labels(name)
        if head_label in heads and tail_label in tails:
            return True
        return self.is_symmetric(name) and tail_label in heads and head_label in tails

    def order(self, head: int, tail: int, name: str) -> tuple[int, int, str]:
        """Return a relation as it is stored: that of a symmetric type begins at the first span.

        Args:
            head: index of the first end in the annotation's spans.
            tail: index of the second end.
            name: name of the type; an unknown one has a direction.
        """
        if name in self.settings and self.is_symmetric(name):
            head, tail = min(head, tail), max(head, tail)
        return head, tail, name


def _problems(config: TaskConfig) -> Iterator[str]:
    for name, relation in config.relations.items():
        if name == NO_RELATION:
            yield f"task.relations: {name!r} means that there is no relation; rename it"
        if name in config.labels:
            yield f"task.relations.{name}: the name is also a label; rename one of them"
        for end in ("head", "tail"):
            for label in getattr(relation, end):
                if label not in config.labels:
                    hint = did_you_mean(label, config.labels)
                    known = ", ".join(config.labels)
                    yield (
                        f"task.relations.{name}.{end}: unknown label {label!r}{hint}; task.labels "
                        f"has {known}"
                    )
