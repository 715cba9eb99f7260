"""Labels that are added to a project later: their own prompts, and text that does not know them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from vermeil.data.annotation_spans import only_labels
from vermeil.data.document import Document, LabelAbstention
from vermeil.errors import ConfigError
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.hierarchy import parents_of
from vermeil.tasks.protocol import Task


def added_labels(config: TaskConfig) -> tuple[str, ...]:
    """Return the labels of a ``[task]`` section that were added later."""
    return tuple(name for name, label in config.labels.items() if label.added)


def base_section(config: TaskConfig) -> TaskConfig:
    """Return the section without the labels that were added later: its prompts are as before.

    Raises:
        ConfigError: every label was added later.
    """
    added = added_labels(config)
    if added and len(added) == len(config.labels):
        raise ConfigError(
            "task.labels: every label is marked as added; remove added from the first labels"
        )
    return _only(config, [name for name in config.labels if name not in added])


def added_section(config: TaskConfig, label: str) -> TaskConfig:
    """Return the section with one added label alone, and with the labels that it implies."""
    parents = parents_of(label) if config.multi_label else ()
    return _only(config, [name for name in config.labels if name == label or name in parents])


def chosen_labels(config: TaskConfig, names: Sequence[str]) -> tuple[str, ...]:
    """Return labels that a user names, after a check that they were added later.

    Raises:
        ConfigError: a name is not a label, or the label is not marked as added.
    """
    problems = []
    for name in names:
        if name not in config.labels:
            known = ", ".join(config.labels)
            problems.append(f"--labels {name}: is not in task.labels; there are {known}")
        elif not config.labels[name].added:
            problems.append(
                f"--labels {name}: is not marked as added; set added = true in "
                f"[task.labels.{name}], so that it gets a prompt of its own and older text "
                "counts as unknown for it"
            )
    if problems:
        raise ConfigError(*problems)
    return tuple(dict.fromkeys(names))


def _only(config: TaskConfig, names: Sequence[str]) -> TaskConfig:
    if len(names) == len(config.labels):
        return config
    return config.model_copy(update={"labels": {name: config.labels[name] for name in names}})


def for_prompt(documents: Iterable[Document], labels: Sequence[str]) -> list[Document]:
    """Return documents with the annotation of some labels only, as examples of a prompt for these.

    Documents that are not annotated for one of the labels are left out.
    """
    return [
        document.with_annotation(only_labels(document.annotation, labels))
        for document in documents
        if document.annotation.unknown_labels.isdisjoint(labels)
    ]


def with_unknown_labels(documents: Iterable[Document], task: Task) -> list[Document]:
    """Return the documents of a corpus; they abstain from added labels that the corpus never has.

    A corpus without a single annotation of an added label, and without an abstention from it, was
    annotated before the label was added.

    Args:
        documents: all documents of one corpus.
        task: the task with all labels.
    """
    known = list(documents)
    added = set(added_labels(task.config))
    for document in known:
        if not added:
            return known
        added -= set(task.labels_used(document.annotation)) | document.annotation.unknown_labels
    return [without_labels(document, sorted(added)) for document in known] if added else known


def without_labels(document: Document, labels: Sequence[str]) -> Document:
    """Return an annotated document that is unknown for some labels, in all of its text."""
    annotation = document.annotation
    if annotation.is_empty or not labels:
        return document
    kept = set(labels)
    rest = [
        replace(one, labels=left)
        for one in annotation.abstain_labels
        if (left := tuple(label for label in one.labels if label not in kept))
    ]
    others = only_labels(annotation, labels, inverse=True)
    abstain = (*rest, LabelAbstention(tuple(labels)))
    return document.with_annotation(replace(others, abstain_labels=abstain))


def never_annotated(documents: Iterable[Document]) -> frozenset[str]:
    """Return the labels that every annotated document abstains from, in all of its text."""
    found: frozenset[str] | None = None
    for document in documents:
        if not document.annotation.is_empty:
            own = {
                label
                for one in document.annotation.abstain_labels
                if one.start == 0 and (one.end is None or one.end >= len(document.text))
                for label in one.labels
            }
            found = frozenset(own) if found is None else found & own
            if not found:
                break
    return found or frozenset()


def as_absent(document: Document, labels: Collection[str]) -> Document:
    """Return a document in which labels that it abstains from count as absent."""
    rest = tuple(
        replace(one, labels=left)
        for one in document.annotation.abstain_labels
        if (left := tuple(label for label in one.labels if label not in labels))
    )
    return document.with_annotation(replace(document.annotation, abstain_labels=rest))
