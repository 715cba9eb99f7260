"""The labelling configuration that Label Studio needs beside exported tasks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vermeil.config import load_config
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.tools.label_studio import labelling_configuration
from vermeil.data.annotation_spans import is_of_whole_texts, label_counts
from vermeil.data.atomic import atomic_file
from vermeil.data.written import check_file
from vermeil.errors import ConfigError

SUFFIX = ".labels.xml"
"""End of the name of a labelling configuration."""


@dataclass(frozen=True, slots=True)
class ReviewLabels:
    """Labels that people can choose from.

    Args:
        names: the labels.
        whole_texts: whether they label whole texts, not spans.
    """

    names: tuple[str, ...]
    whole_texts: bool


def labels_for_review(silver: CorpusConfig, config: Path) -> ReviewLabels:
    """Return the labels of a configuration file, if there is one, and those of the silver file.

    Args:
        silver: the exported documents.
        config: a ``vermeil.toml``; it need not exist.
    """
    configured: list[str] = []
    if config.exists():
        try:
            configured = list(load_config(config).task.labels)
        except ConfigError:
            configured = []  # the labels of silver suffice
    annotations = [document.annotation for document in read_corpus(silver)]
    found = sorted(set(label_counts(annotations)) - set(configured))
    return ReviewLabels((*configured, *found), is_of_whole_texts(annotations))


def write_labelling(labels: ReviewLabels, tasks: Path, *, overwrite: bool = False) -> Path:
    """Write the labelling configuration beside the tasks and return its path.

    Args:
        labels: the labels.
        tasks: the exported file.
        overwrite: replace an existing file.

    Raises:
        DataError: the file exists.
    """
    path = tasks.with_name(tasks.name.partition(".")[0] + SUFFIX)
    check_file(path, overwrite=overwrite)
    with atomic_file(path) as file:
        file.write(labelling_configuration(labels.names, whole_texts=labels.whole_texts))
    return path
