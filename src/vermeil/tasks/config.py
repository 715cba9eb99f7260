"""The ``[task]`` section."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from vermeil.errors import ConfigError
from vermeil.section import Section

ReplyFormatName = Literal[
    "json",
    "json_occurrence",
    "json_list",
    "json_surfaces",
    "json_labels",
    "token_indices",
    "token_lines",
    "lines",
    "reasons",
    "xml_tags",
    "html_spans",
    "markdown_links",
    "at_marks",
    "detect",
]
RepeatHandling = Literal["all", "first", "abstain"]
"""Handling of a surface that occurs in the text more often than in the reply."""

UnlocatedHandling = Literal["abstain", "ignore"]
"""Handling of text ranges that a mention may mean but that were not marked."""

DEFAULT_RELATION_THRESHOLD = 0.3
"""Threshold of a relation without one of its own.

The threshold with the highest F1 is half of that F1 (Lipton et al. 2014, see
`vermeil.evaluation.thresholds`), so 0.5 is too high for every student that makes errors. 0.3 is
that of an F1 of .6."""


_LATER_KEYS: Mapping[str, Any] = {
    "threshold": None,
    "added": False,
    "multi_label": False,
    "nested": False,
    "relations": {},
    "steps": "",
}
"""Keys that version 0.1 did not have, with their defaults."""


def _without_later_keys(values: dict[str, Any]) -> dict[str, Any]:
    """Return serialised values without later keys that are not set.

    The digests of tasks that do not use them stay those of version 0.1, and so do the keys of
    stored results.
    """
    return {k: v for k, v in values.items() if k not in _LATER_KEYS or v != _LATER_KEYS[k]}


_Decided = TypeVar("_Decided", "LabelConfig", "RelationConfig")
"""A section with a threshold."""


class LabelConfig(Section):
    """One label: ``[task.labels.PER]``."""

    description: str = ""
    """Definition of the label, for the teacher and for annotators."""
    aliases: tuple[str, ...] = ()
    """Other names of the label that replies may use. Case, blanks, underscores, hyphens and closing
    punctuation do not matter."""
    threshold: float | None = Field(default=None, gt=0, lt=1)
    """task.multi_label: minimum calibrated probability of the label. none: 0.5, or the value fitted
    on corpora.dev by vermeil train."""
    added: bool = False
    """The label was added after other labels had been annotated. It is requested with a prompt of
    its own, and text that was not annotated for it is unknown for it."""

    @model_serializer(mode="wrap")
    def _without_unused(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without_later_keys(serialise(self))


class RelationConfig(Section):
    """One type of relation between two entities: ``[task.relations.Work_For]``."""

    description: str = ""
    """Definition of the relation, for the teacher and for annotators."""
    aliases: tuple[str, ...] = ()
    """Other names of the relation that replies may use; compared like those of labels."""
    head: tuple[str, ...] = ()
    """Labels that the first entity may have. Empty: every label."""
    tail: tuple[str, ...] = ()
    """Labels that the second entity may have. Empty: every label."""
    symmetric: bool = False
    """Whether the relation has no direction, for example "married to". Of a pair that is stored or
    predicted in both directions, one relation remains: the first entity of the text is the head."""
    threshold: float | None = Field(default=None, gt=0, lt=1)
    """Minimum of p / (p + p_none) at which a student predicts the relation. p: its probability;
    p_none: that of no relation. none: fitted on corpora.dev by vermeil train or study, else 0.3."""

    @property
    def used_threshold(self) -> float:
        """The threshold, or the default one."""
        return self.threshold or DEFAULT_RELATION_THRESHOLD

    @model_serializer(mode="wrap")
    def _without_unused(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without_later_keys(serialise(self))


def _with_thresholds(
    sections: Mapping[str, _Decided], thresholds: Mapping[str, float]
) -> dict[str, _Decided]:
    return {
        name: one.model_copy(update={"threshold": thresholds.get(name, one.threshold)})
        for name, one in sections.items()
    }


class TaskConfig(Section):
    """Settings of the task: labels, guidelines and reply format."""

    name: Literal["ner", "classification", "relations"] = "ner"
    """ner: label spans of the text. classification: label whole texts. relations: label spans and
    the relations between them."""
    labels: dict[str, LabelConfig] = Field(min_length=1)
    """The label set, in the order of the prompts."""
    multi_label: bool = False
    """classification: a text has any number of labels, each with a probability of its own. A label
    "sport/football" is part of the label "sport" and implies it."""
    nested: bool = False
    """ner: spans may overlap or lie within each other. The student has a head of its own for every
    label, and the prompt requests names within names, too."""
    relations: dict[str, RelationConfig] = Field(default={})
    """relations: the types of relations, one table [task.relations.NAME] each, with description,
    aliases, head and tail (the labels that its ends may have) and symmetric."""
    guidelines: str = ""
    """Annotation guidelines, included in every prompt."""
    guidelines_file: Path | None = None
    """Text file with annotation guidelines, included in every prompt after task.guidelines."""
    steps: str = ""
    """Steps that prompts with reasoning (chain_of_thought) request before the answer. Empty: the
    task's own. Changing it sends all documents again."""
    scheme: Literal["iob2", "bioes"] = "iob2"
    """ner: tagging scheme of the student's classes. bioes has separate classes for the last word of
    a span and for spans of one word."""
    reply_format: ReplyFormatName = "json"
    """ner: format of the teacher's answers. detect requests JSON and parses any format. All other
    values parse their own format only, as tolerantly as possible."""
    repeats: RepeatHandling = "all"
    """ner: handling of a name that occurs in the text more often than in the reply. all: label
    every occurrence. first: label the first ones. abstain: label none."""
    unlocated: UnlocatedHandling = "abstain"
    """ner: handling of text ranges that a mention may mean but that were not labelled, also if its
    label is not in task.labels. abstain: mask them in training. ignore: train them as no entity,
    if another mention of the reply was labelled."""

    def with_thresholds(self, thresholds: Mapping[str, float]) -> TaskConfig:
        """Return the section with other thresholds of some labels."""
        return self.model_copy(update={"labels": _with_thresholds(self.labels, thresholds)})

    def with_relation_thresholds(self, thresholds: Mapping[str, float]) -> TaskConfig:
        """Return the section with other thresholds of some relations."""
        return self.model_copy(update={"relations": _with_thresholds(self.relations, thresholds)})

    @model_serializer(mode="wrap")
    def _without_unused(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without_later_keys(serialise(self))

    def with_guidelines(self, folder: Path) -> TaskConfig:
        """Return the section with the file of guidelines read into ``guidelines``.

        Args:
            folder: base folder of a relative path.

        Raises:
            ConfigError: the file cannot be read.
        """
        if self.guidelines_file is None:
            return self
        path = folder / self.guidelines_file
        try:
            path = folder / self.guidelines_file.expanduser()
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError, RuntimeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            why = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else why
            raise ConfigError(
                f"task.guidelines_file: {path}: cannot be read ({why}); name a UTF-8 text file"
            ) from error
        both = "\n\n".join(part for part in (self.guidelines.strip(), text.strip()) if part)
        return self.model_copy(update={"guidelines": both, "guidelines_file": None})
