"""The template of ``vermeil.toml`` for ``vermeil init``, generated from all sections."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
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

_SHORT_HEADER = """\
# Vermeil: a teacher (an LLM) annotates text; a small student is trained on it and on your gold.
# Paths are relative to the folder of this file. All other keys have defaults, see
# docs/configuration.md, `vermeil config explain SECTION`, or `vermeil init` without --short.
"""

_LABELS_HINT = """\
# The label set, in the order of the prompts. Describe each label as for a human annotator.
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
    "teacher.base_url": "http://127.0.0.1:11434/v1",
    "teacher.model": "qwen3:8b",
}
"""Keys that the template sets, because a new project has to change them."""

TEACHER_VALUES: Mapping[str, Mapping[str, Any]] = {
    "ollama": {},
    "vllm": {
        "teacher.base_url": "http://127.0.0.1:8000/v1",
        "teacher.model": "Qwen/Qwen3-8B",
        "teacher.structured": "json_schema",
    },
    "openai": {
        "teacher.base_url": "https://api.openai.com/v1",
        "teacher.model": "gpt-4o-mini",
        "teacher.structured": "json_schema",
        "teacher.max_cost_usd": 5.0,
    },
    "local": {
        "teacher.backend": "local",
        "teacher.model": f"models/{LISTED_MODELS[0].file}",
        "teacher.max_tokens": 512,
        "teacher.structured": "json_schema",
        "teacher.timeout": 600.0,
        "teacher.demonstrations.kind": "covering",
        "pilot.documents": 30,
        "pilot.prompts": ("standard",),
        "pilot.reply_formats": ("json", "lines"),
        "pilot.demonstrations": ("none", "covering"),
    },
}
"""Further keys that the template sets, by the kind of teacher.

Small models need a schema, and demonstrations. The same ones in every prompt are read once. The
pilot compares few variants on few documents, because a model on a processor is slow.
"""
_LEFT_OUT: Mapping[str, tuple[str, ...]] = {"local": ("teacher.base_url",)}
"""Keys of `REQUIRED_VALUES` that the template leaves at their default, by the kind of teacher."""

_SHORT_SECTIONS = (
    *("corpora", "teacher", "teacher.demonstrations", "pilot"),
    *("student", "blending", "blending.budget"),
)

ORDER = (
    "task",
    "corpora",
    "teacher",
    "pilot",
    "optimize",
    "run",
    "student",
    "card",
    "blending",
    "selection",
    "rank",
    "review",
    "loop",
    "study",
    "plan",
    "cluster",
    "tune",
)


def template(
    teacher: str = "ollama",
    labels: Sequence[str] = (),
    corpora: Mapping[str, Any] | None = None,
    *,
    short: bool = False,
) -> str:
    """Return the commented configuration file.

    Args:
        teacher: key of `TEACHER_VALUES`.
        labels: names of the labels; empty: three examples.
        corpora: name of a corpus to its path, or paths; empty: example names.
        short: only the keys that a new project sets, without the defaults.
    """
    values = required_values(teacher)
    if corpora:
        values = {k: v for k, v in values.items() if not k.startswith("corpora.")}
        values |= {f"corpora.{name}": path for name, path in corpora.items()}
    shown = "\n".join(f'[task.labels.{_name(one)}]\ndescription = ""\n' for one in labels)
    label_lines = f"{shown and _LABELS_HINT}{shown}" or LABELS
    if short:
        return short_template(values, label_lines)
    parts = [HEADER]
    for name in ORDER:
        field = Config.model_fields[name]
        lines = _section(name, _model(field), field.description or "", values, label_lines)
        parts.append("\n".join(lines))
    return "\n".join(parts)


def required_values(teacher: str) -> dict[str, Any]:
    """Return the dotted keys that a new project sets, with their values.

    Args:
        teacher: key of `TEACHER_VALUES`.
    """
    given = {**REQUIRED_VALUES, **TEACHER_VALUES[teacher]}
    left_out = _LEFT_OUT.get(teacher, ())
    return {key: value for key, value in given.items() if key not in left_out}


def short_template(values: Mapping[str, Any], label_lines: str, header: str = _SHORT_HEADER) -> str:
    """Return a configuration file with the given values and labels only.

    Args:
        values: dotted key of each value; ``task.name`` is one of them.
        label_lines: the tables of the labels.
        header: the comment at the top.
    """
    parts = [header, _short_section("task", values), label_lines]
    parts += [_short_section(section, values) for section in _SHORT_SECTIONS]
    return "\n".join(part for part in parts if part)


def _short_section(section: str, values: Mapping[str, Any]) -> str:
    lines = [
        f"{key.rpartition('.')[2]} = {_toml(value)}"
        for key, value in values.items()
        if key.rpartition(".")[0] == section
    ]
    return "\n".join([f"[{section}]", *lines, ""]) if lines else ""


def _name(label: str) -> str:
    """Return a label as a key of TOML, in quotes if it needs them."""
    return tomlkit.key(label).as_string()


def _model(field: FieldInfo) -> type[BaseModel]:
    kind = field.annotation
    assert isinstance(kind, type)
    assert issubclass(kind, BaseModel)
    return kind


def _section(
    path: str,
    model: type[BaseModel],
    description: str,
    values: Mapping[str, Any],
    label_lines: str,
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
        yield from label_lines.splitlines()
    for key, field in below:
        yield ""
        yield from _section(key, _model(field), field.description or "", values, label_lines)
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
            default = _toml(NONE if field.default is None else field.default)
            yield from _comment(f"{name} = {default}: {note}", indent="#   ")


def _comment(text: str, indent: str = "# ") -> Iterator[str]:
    later = indent + ("    " if indent != "# " else "")
    joined = " ".join(text.replace("``", "`").split())
    yield from textwrap.wrap(joined, 100, initial_indent=indent, subsequent_indent=later)


def _toml(value: Any) -> str:
    plain = list(value) if isinstance(value, tuple) else value
    if plain == {}:
        return "{}"
    if not isinstance(plain, bool | int | float | list):
        plain = str(plain)
    return tomlkit.item(plain).as_string()
