"""``vermeil.toml``: composed from the sections, validated as a whole, written back losslessly."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import tomlkit
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from vermeil.blending.config import BlendingConfig, RegimenName, ScheduleName
from vermeil.corpora.config import CorporaConfig, CorpusConfig
from vermeil.errors import ConfigError
from vermeil.jobs.config import RunConfig
from vermeil.section import Section
from vermeil.student.config import StudentConfig
from vermeil.studies.config import StudyConfig
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig

NONE = "none"
"""How TOML, which has no null, says that an optional key has no value."""


class Config(Section):
    """The whole of ``vermeil.toml``."""

    run: RunConfig = RunConfig()
    """Where results go, and the seed."""
    task: TaskConfig
    """What is to be annotated."""
    corpora: CorporaConfig = CorporaConfig()
    """Which files hold what."""
    teacher: TeacherConfig = TeacherConfig()
    """Which model annotates, and how it is asked."""
    student: StudentConfig = StudentConfig()
    """Which encoder is trained, and how."""
    blending: BlendingConfig = BlendingConfig()
    """How gold and silver are mixed, and how long."""
    study: StudyConfig = StudyConfig()
    """Which regimens are compared."""

    def as_toml(self) -> str:
        """Return the configuration as TOML (see `dump_config`)."""
        return dump_config(self)


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read and validate a configuration file.

    Args:
        path: the TOML file; relative paths in it are relative to its folder.
        overrides: ``section.key=value`` each, as if written in the file; the value is TOML, or
            else a string.

    Returns:
        The configuration, with absolute paths.

    Raises:
        ConfigError: with every problem found, each by its dotted path.
    """
    raw = _read_toml(path)
    problems: list[str] = []
    for override in overrides:
        problems += _apply_override(raw, override)
    sections: dict[str, Section] = {}
    for name in raw:
        if name not in Config.model_fields:
            problems.append(_unknown(name, Config))
    for name, field in Config.model_fields.items():
        section_type = _model_of(field)
        values = _without_none(raw.get(name, {}), section_type)
        if field.is_required() and name not in raw:
            problems.append(f"{name}: missing; expected a section [{name}] ({field.description})")
            continue
        try:
            section = section_type.model_validate(values)
        except ValidationError as error:
            problems += [_describe(name, section_type, e) for e in _independent(error)]
        else:
            sections[name] = section  # type: ignore[assignment]
    problems += _cross_checks(sections)
    if problems:
        raise ConfigError(*(f"{path}: {problem}" for problem in problems))
    return _with_absolute_paths(Config.model_validate(sections), path.resolve().parent)


def dump_config(config: Config) -> str:
    """Return the configuration as TOML; `load_config` makes the same configuration of it."""
    document = tomlkit.document()
    document.add(tomlkit.comment("The resolved configuration: every value, every path absolute."))
    for name in Config.model_fields:
        document[name] = _plain(getattr(config, name))
    return tomlkit.dumps(document)


def _plain(section: BaseModel) -> dict[str, Any]:
    """Return what TOML can hold; None where it is the default is left out, else ``"none"``."""
    plain: dict[str, Any] = {}
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if value is None:
            if field.is_required() or field.default is not None:
                plain[name] = NONE
        else:
            plain[name] = _plain_value(value)
    return plain


def _plain_value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value)
    if isinstance(value, Mapping):
        return {key: _plain_value(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain_value(item) for item in value]
    return str(value) if isinstance(value, Path) else value


# Reading


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file; run `vermeil init` to write one, or name yours with --config"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax_problem(path, text, str(error))) from None


def _syntax_problem(path: Path, text: str, message: str) -> str:
    found = re.search(r" \(at line (\d+), column \d+\)$", message)
    if found is None:  # "(at end of document)"
        return f"{path}:{len(text.splitlines()) or 1}: not valid TOML: {message}"
    line = int(found[1])
    shown = text.splitlines()[line - 1].strip() if line <= len(text.splitlines()) else ""
    return f"{path}:{line}: not valid TOML: {message[: found.start()]}: {shown}"


def _apply_override(raw: dict[str, Any], override: str) -> list[str]:
    """Set one ``a.b=c`` in ``raw``; return the problems."""
    key, equals, value = override.partition("=")
    keys = _parse_key(key) if equals else None
    if keys is None:
        return [f"--set {override}: expected SECTION.KEY=VALUE, such as --set run.seed=1"]
    table = raw
    for i, part in enumerate(keys[:-1]):
        below = table.setdefault(part, {})
        if isinstance(below, str) and keys[0] == "corpora" and i == 1:
            below = table[part] = {"path": below}
        if not isinstance(below, dict):
            return [f"--set {override}: {'.'.join(keys[: i + 1])} is a value, not a section"]
        table = below
    table[keys[-1]] = _parse_value(value.strip())
    return []


def _parse_key(key: str) -> list[str] | None:
    try:
        parsed: Any = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        return None
    keys = []
    while isinstance(parsed, dict) and len(parsed) == 1:
        name, parsed = next(iter(parsed.items()))
        keys.append(name)
    return keys if parsed == 0 and len(keys) > 1 else None


def _parse_value(value: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return value
    return parsed["value"] if len(parsed) == 1 else value


# Validation


def _without_none(values: Any, model: type[BaseModel]) -> Any:
    """Replace the word "none" by None wherever the key is optional."""
    if not isinstance(values, dict):
        return values
    result = {}
    for name, value in values.items():
        field = model.model_fields.get(name)
        if field is None:
            result[name] = value
        elif value == NONE and type(None) in get_args(field.annotation):
            result[name] = None
        else:
            result[name] = _without_none(value, below) if (below := _model_in(field)) else value
    return result


def _model_in(field: FieldInfo) -> type[BaseModel] | None:
    """Return the section that a field holds, or that it holds unless None."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _model_of(field: FieldInfo) -> type[BaseModel]:
    model = _model_in(field)
    assert model is not None, "every key of Config is a section"
    return model


def _independent(error: ValidationError) -> Iterator[ErrorDetails]:
    """Yield the errors, without "too short" where only wrong items were taken away."""
    errors = error.errors()
    for one in errors:
        below = any(e is not one and e["loc"][: len(one["loc"])] == one["loc"] for e in errors)
        if not (one["type"] == "too_short" and below):
            yield one


def _describe(section: str, model: type[BaseModel], error: ErrorDetails) -> str:
    """Say where one of pydantic's errors is, what was expected and what was found."""
    where = ".".join((section, *(str(part) for part in error["loc"])))
    kind, found = error["type"], error["input"]
    if kind == "extra_forbidden":
        return _unknown(where, _owner(model, error["loc"]))
    if kind == "missing":
        return f"{where}: missing"
    expected = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    expected = expected.split(", unable to")[0]
    if kind in ("model_type", "model_attributes_type"):
        return f"{where}: expected a section, found {_show(found)}"
    if kind == "too_short":
        return f"{where}: expected at least {error['ctx']['min_length']} of them, found none"
    if kind == "path_type":
        return f"{where}: expected a path, found {_show(found)}"
    if expected == error["msg"]:
        return f"{where}: {expected[0].lower()}{expected[1:]}"
    hint = ""
    if kind == "literal_error":
        hint = _did_you_mean(str(found), re.findall(r"'([^']*)'", expected))
    return f"{where}: expected {expected}, found {_show(found)}{hint}"


def _show(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else shown[:57] + "…"


def _owner(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    """Return the section that the last part of ``loc`` is a key of."""
    for part in loc[:-1]:
        field = model.model_fields.get(str(part))
        if field is None:
            continue  # the key of a dict of sections, such as a label's name
        below = _model_in(field)
        model = below or next(
            kind for kind in get_args(field.annotation) if issubclass(kind, BaseModel)
        )
    return model


def _unknown(where: str, model: type[BaseModel]) -> str:
    name = where.rpartition(".")[2]
    known = list(model.model_fields)
    hint = _did_you_mean(name, known)
    return f"{where}: unknown key{hint or '; known: ' + ', '.join(known)}"


def _did_you_mean(word: str, known: Sequence[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _cross_checks(sections: Mapping[str, Section]) -> Iterator[str]:
    """Yield problems that only show when keys are seen together."""
    study, student = sections.get("study"), sections.get("student")
    if isinstance(study, StudyConfig):
        yield from _study_problems(study)
    if isinstance(student, StudentConfig) and student.overlap * 2 > student.max_wordpieces:
        yield (
            f"student.overlap: expected at most half of student.max_wordpieces "
            f"({student.max_wordpieces}), found {student.overlap}"
        )


def _study_problems(study: StudyConfig) -> Iterator[str]:
    regimens = [name for name in get_args(RegimenName) if name != "schedule"]
    known = [*regimens, *get_args(ScheduleName), "ceiling"]
    for i, name in enumerate(study.regimens):
        if name not in known:
            hint = _did_you_mean(name, known)
            yield f"study.regimens.{i}: expected one of {', '.join(known)}, found {name!r}{hint}"
    if study.baseline not in study.regimens:
        yield (
            f"study.baseline: expected one of study.regimens ({', '.join(study.regimens)}), "
            f"found {study.baseline!r}"
        )


# Paths


def _with_absolute_paths(config: Config, folder: Path) -> Config:
    corpora = {}
    for name in CorporaConfig.model_fields:
        corpus: CorpusConfig | None = getattr(config.corpora, name)
        if corpus is not None:
            corpora[name] = corpus.model_copy(update={"path": _absolute(corpus.path, folder)})
    output = _absolute(config.run.output, folder)
    encoder = config.student.encoder
    if encoder != "embedded" and (encoder.startswith((".", "~")) or (folder / encoder).is_dir()):
        encoder = str(_absolute(Path(encoder), folder))
    return config.model_copy(
        update={
            "run": config.run.model_copy(update={"output": output}),
            "corpora": config.corpora.model_copy(update=corpora),
            "student": config.student.model_copy(update={"encoder": encoder}),
        }
    )


def _absolute(path: Path, folder: Path) -> Path:
    return Path(folder / path.expanduser())
