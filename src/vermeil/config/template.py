"""The template of ``vermeil.toml`` for ``vermeil init``, generated from all sections."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vermeil.config import Config
from vermeil.config.dump import NONE
from vermeil.corpora.config import CorpusConfig
from vermeil.teacher.backends.local.listed_models import LISTED_MODELS

HEADER = """\
# Vermeil: a teacher (an LLM) annotates text; a small student is trained on it and on your gold.
#
# Fill in [task], [corpora] and [teacher]. The other sections are optional. A line like "#seed = 0"
# shows a default value; remove the "#" to change it. "none" means no value. Paths are relative to
# the folder of this file. Then run `vermeil check` and `vermeil run`.
"""

LABELS = """\
# The label set, in the order of the prompts. Describe each label as for a human annotator.
[task.labels.PER]
description = "people, real or invented"
aliases = ["PERSON"]

[task.labels.ORG]
description = "companies, institutions, teams"

[task.labels.LOC]
description = "places: countries, towns, rivers, buildings"
"""

REQUIRED_VALUES: Mapping[str, Any] = {
    "task.name": "ner",
    "corpora.gold": "gold.jsonl",
    "corpora.pool": "pool.txt",
    "corpora.test": "test.jsonl",
    "teacher.base_url": "http://127.0.0.1:8000/v1",
    "teacher.model": "gpt-4o-mini",
}
"""Keys that the template sets, because a new project has to change them."""

TEACHER_VALUES: Mapping[str, Mapping[str, Any]] = {
    "openai": {},
    "local": {
        "teacher.backend": "local",
        "teacher.model": f"models/{LISTED_MODELS[0].file}",
        "teacher.max_tokens": 512,
        "teacher.structured": "json_schema",
        "teacher.timeout": 600.0,
        "teacher.demonstrations.kind": "fixed",
    },
}
"""Further keys that the template sets, by the kind of teacher.

Small models need a schema, and demonstrations. The same ones in every prompt are read once.
"""
_LEFT_OUT: Mapping[str, tuple[str, ...]] = {"openai": (), "local": ("teacher.base_url",)}
"""Keys of `REQUIRED_VALUES` that the template leaves at their default, by the kind of teacher."""

ORDER = (
    "task",
    "corpora",
    "teacher",
    "pilot",
    "optimize",
    "run",
    "student",
    "blending",
    "selection",
    "rank",
    "review",
    "study",
    "plan",
    "cluster",
    "tune",
)


def template(teacher: str = "openai") -> str:
    """Return the commented configuration file.

    Args:
        teacher: key of `TEACHER_VALUES`.
    """
    given = {**REQUIRED_VALUES, **TEACHER_VALUES[teacher]}
    values = {key: value for key, value in given.items() if key not in _LEFT_OUT[teacher]}
    parts = [HEADER]
    for name in ORDER:
        field = Config.model_fields[name]
        parts.append("\n".join(_section(name, _model(field), field.description or "", values)))
    return "\n".join(parts)


def _model(field: FieldInfo) -> type[BaseModel]:
    kind = field.annotation
    assert isinstance(kind, type)
    assert issubclass(kind, BaseModel)
    return kind


def _section(
    path: str, model: type[BaseModel], description: str, values: Mapping[str, Any]
) -> Iterator[str]:
    yield from _comment(description)
    yield f"[{path}]"
    below: list[tuple[str, FieldInfo]] = []
    for name, field in model.model_fields.items():
        key = f"{path}.{name}"
        if isinstance(field.default, BaseModel):
            below.append((key, field))
        elif key != "task.labels":
            yield from _comment(field.description or "")
            yield _assignment(key, name, field, values)
    if path == "corpora":
        yield from _corpus_help()
    if path == "task":
        yield ""
        yield from LABELS.splitlines()
    for key, field in below:
        yield ""
        yield from _section(key, _model(field), field.description or "", values)
    yield ""


def _assignment(key: str, name: str, field: FieldInfo, values: Mapping[str, Any]) -> str:
    if key in values:
        return f"{name} = {_toml(values[key])}"
    return f"#{name} = {_toml(NONE if field.default is None else field.default)}"


def _corpus_help() -> Iterator[str]:
    yield "#"
    yield '# gold = "gold.jsonl" is short for gold = {path = "gold.jsonl"}. Keys of such a table:'
    for name, field in CorpusConfig.model_fields.items():
        if not field.is_required():
            note = " ".join((field.description or "").split())
            yield from _comment(f"{name} = {_toml(field.default)}: {note}", indent="#   ")


def _comment(text: str, indent: str = "# ") -> Iterator[str]:
    later = indent + ("    " if indent != "# " else "")
    joined = " ".join(text.split())
    yield from textwrap.wrap(joined, 100, initial_indent=indent, subsequent_indent=later)


def _toml(value: Any) -> str:
    plain = list(value) if isinstance(value, tuple) else value
    if plain == {}:
        return "{}"
    if not isinstance(plain, bool | int | float | list):
        plain = str(plain)
    return tomlkit.item(plain).as_string()
