"""Variants of a pilot: their settings, the sample of gold, and the demonstrations."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from pydantic import ValidationError

from vermeil.data.document import Document
from vermeil.errors import ConfigError, DataError
from vermeil.jobs.config import PilotConfig
from vermeil.jobs.demonstrations import choose_demonstrations
from vermeil.jobs.piloting.report import Variant
from vermeil.jobs.requirements import require_demonstrations, require_teachers
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.demonstrations import Demonstrations
from vermeil.teacher.requests import check_prompt


@dataclass(frozen=True, slots=True)
class VariantSetup:
    """Everything that the requests of one variant depend on.

    Args:
        variant: its name and the lines of its configuration.
        task: the task with its reply format.
        teacher: one teacher with its model, prompt and demonstrations.
        demonstrations: the gold documents that its prompts show.
    """

    variant: Variant
    task: Task
    teacher: TeacherConfig
    demonstrations: Demonstrations


def set_up(
    gold: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    config: PilotConfig,
    excluded: Iterable[Document],
) -> tuple[list[Document], list[VariantSetup]]:
    """Return the sample of a pilot and the settings of each of its variants.

    Args:
        gold: annotated documents; the sample is drawn from them, demonstrations from the rest.
        task: the task of the annotation.
        teacher: the settings that all variants share.
        config: the variants, sample size and seed.
        excluded: documents that must not be shown as demonstrations.

    Raises:
        ConfigError: a package, prompt, format or demonstration is not available.
        DataError: gold holds no annotated document.
    """
    require_teachers(teacher)
    for kind in config.demonstrations:
        require_demonstrations(teacher.demonstrations.model_copy(update={"kind": kind}))
    gold = [document for document in gold if not document.annotation.is_empty]
    sample = _sample(gold, teacher, config)
    shown = _demonstrations(teacher, config, gold, [*sample, *excluded])
    choices = product(
        config.models or (teacher.model,),
        config.prompts or task.prompts,
        config.reply_formats or (None,),
        config.demonstrations,
    )
    setups = [_setup(task, teacher, shown, *choice) for choice in dict.fromkeys(choices)]
    return sample, setups


def _demonstrations(
    teacher: TeacherConfig,
    config: PilotConfig,
    gold: Sequence[Document],
    excluded: Sequence[Document],
) -> dict[str, Demonstrations]:
    """Return the demonstrations of each compared kind."""
    chosen: dict[str, Demonstrations] = {}
    for kind in config.demonstrations:
        settings = teacher.demonstrations.model_copy(update={"kind": kind})
        chosen[kind] = choose_demonstrations(settings, gold, excluded)
    return chosen


def _setup(
    task: Task,
    teacher: TeacherConfig,
    demonstrations: Mapping[str, Demonstrations],
    model: str,
    prompt: str,
    reply_format: str | None,
    kind: str,
) -> VariantSetup:
    """Return the settings of one variant; replies that a schema cannot describe have none."""
    own_task = task if reply_format is None else _with_format(task, reply_format)
    is_known = prompt in own_task.prompts
    has_schema = not is_known or own_task.schema(prompt) is not None
    structured = teacher.structured if has_schema else "off"
    one = teacher.model_copy(
        update={
            "model": model,
            "prompt": prompt,
            "demonstrations": teacher.demonstrations.model_copy(update={"kind": kind}),
            "structured": structured,
            "samples": 1,
            "additional": (),
            "verify": False,
        }
    )
    check_prompt(own_task, one)
    changed = None if structured == teacher.structured else structured
    count = teacher.demonstrations.count
    variant = Variant(model, prompt, reply_format, kind, count, changed)
    return VariantSetup(variant, own_task, one, demonstrations[kind])


def _with_format(task: Task, name: str) -> Task:
    settings = {**task.config.model_dump(), "reply_format": name}
    try:
        return make_task(TaskConfig.model_validate(settings))
    except ValidationError as error:
        raise ConfigError(f"pilot.reply_formats: {name!r}: {error.errors()[0]['msg']}") from None


def _sample(
    gold: Sequence[Document], teacher: TeacherConfig, config: PilotConfig
) -> list[Document]:
    """Draw whole groups, except those that hold a demonstration named in the configuration."""
    fixed = set(teacher.demonstrations.ids)
    fixed_groups = {d.group_or_id for d in gold if d.id in fixed}
    by_group: dict[str, list[Document]] = {}
    for document in gold:
        if document.group_or_id not in fixed_groups:
            by_group.setdefault(document.group_or_id, []).append(document)
    if not by_group:
        raise DataError("corpora.gold holds no annotated document to try the teacher on")
    groups = sorted(by_group)
    random.Random(config.seed).shuffle(groups)
    size = config.documents
    if set(config.demonstrations) != {"none"}:
        size = min(size, max(1, len(gold) * 2 // 3))
    drawn = [document for group in groups for document in by_group[group]]
    return drawn[:size]
