"""The ``[task]`` section."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

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
"""What is done with a mention that stands in the text more often than it was said."""

UnlocatedHandling = Literal["abstain", "ignore"]
"""What becomes of stretches of which the teacher said something that could not be placed."""


class LabelConfig(Section):
    """One label: ``[task.labels.PER]``."""

    description: str = ""
    """What the label covers, in words that teacher and annotators understand."""
    aliases: tuple[str, ...] = ()
    """Other names that a teacher may use for it; compared without regard to case."""


class TaskConfig(Section):
    """What is to be annotated."""

    name: Literal["ner", "classification"] = "ner"
    """ner marks spans; classification labels whole texts."""
    labels: dict[str, LabelConfig] = Field(min_length=1)
    """The label set, in the order in which prompts list it."""
    guidelines: str = ""
    """Annotation guidelines, put into every prompt."""
    guidelines_file: Path | None = None
    """A text file with annotation guidelines, put into every prompt after task.guidelines."""
    scheme: Literal["iob2", "bioes"] = "iob2"
    """ner: the student's classes; bioes tells the last and the only word of a span apart."""
    reply_format: ReplyFormatName = "json"
    """How the teacher is to write its answer (ner), and how its replies are read. detect asks in
    JSON and reads any format; the others read only their own, as tolerantly as possible."""
    repeats: RepeatHandling = "all"
    """ner: a name that stands in the text more often than the teacher said it. all marks every
    place, first the first ones, abstain none."""
    unlocated: UnlocatedHandling = "abstain"
    """ner: stretches that a mention may mean, but that are not marked. abstain masks them in
    training, ignore takes them for nothing."""

    def with_guidelines(self, folder: Path) -> TaskConfig:
        """Return the section with the file of guidelines read into ``guidelines``.

        Args:
            folder: what a relative path is relative to.

        Raises:
            ConfigError: the file cannot be read.
        """
        if self.guidelines_file is None:
            return self
        path = folder / self.guidelines_file.expanduser()
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "not UTF-8 text"
            raise ConfigError(f"task.guidelines_file: {path}: cannot be read ({why})") from error
        both = "\n\n".join(part for part in (self.guidelines.strip(), text.strip()) if part)
        return self.model_copy(update={"guidelines": both, "guidelines_file": None})
