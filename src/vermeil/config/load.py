"""Loading of ``vermeil.toml``: validation of all sections, absolute paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from vermeil.config.consistency import cross_checks
from vermeil.config.dump import NONE
from vermeil.config.lists import as_list
from vermeil.config.model import Config
from vermeil.config.problems import describe_errors, model_in, unknown_key
from vermeil.config.source import apply_override, huge_numbers, read_toml
from vermeil.corpora.config import CORPUS_NAMES, CorpusConfig
from vermeil.errors import ConfigError
from vermeil.selection.ranking.config import RankConfig


def load_config(path: Path | str, overrides: Sequence[str] = ()) -> Config:
    """Read and validate a configuration file.

    Args:
        path: the TOML file; relative paths in it are relative to its folder.
        overrides: ``section.key=value`` each, which replaces the value in the file. The value is
            TOML, or a string if it is not valid TOML. For a list, one value and a list of words
            without quotes are accepted, too.

    Returns:
        The configuration, with absolute paths, and task.guidelines_file read into task.guidelines.

    Raises:
        ConfigError: the file or an override is invalid; lists every problem by its dotted path.
    """
    path = Path(path)
    raw = read_toml(path)
    problems: list[str] = []
    for override in overrides:
        problems += apply_override(raw, override, as_list)
    if huge := list(huge_numbers(raw)):
        raise ConfigError(*(f"{path}: {problem}" for problem in (*problems, *huge)))
    problems += [unknown_key(name, Config) for name in raw if name not in Config.model_fields]
    sections: dict[str, Any] = {}
    for name, field in Config.model_fields.items():
        if field.is_required() and name not in raw:
            problems.append(f"{name}: missing; expected a section [{name}] ({field.description})")
            continue
        section = _model_of(field)
        try:
            sections[name] = section.model_validate(_parse_none(raw.get(name, {}), section))
        except ValidationError as error:
            problems += describe_errors(name, section, error)
    problems += cross_checks(sections)
    if problems:
        raise ConfigError(*(f"{path}: {problem}" for problem in problems))
    folder = path.resolve().parent
    try:
        sections["task"] = sections["task"].with_guidelines(folder)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return _with_absolute_paths(Config.model_validate(sections), folder)


def _parse_none(values: Any, model: type[BaseModel]) -> Any:
    """Replace the value "none" of every optional key by None."""
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
            result[name] = _parse_none(value, below) if (below := model_in(field)) else value
    return result


def _model_of(field: FieldInfo) -> type[BaseModel]:
    model = model_in(field)
    assert model is not None, "every key of Config is a section"
    return model


def _with_absolute_paths(config: Config, folder: Path) -> Config:
    corpora = {}
    for name in CORPUS_NAMES:
        corpus: CorpusConfig | None = getattr(config.corpora, name)
        if corpus is not None:
            corpora[name] = _absolute_corpus(corpus, folder)
    more_pools = tuple(_absolute_corpus(one, folder) for one in config.corpora.more_pools)
    output = _absolute(config.run.output, folder)
    encoder = _encoder(config.student.encoder, folder)
    demonstrations = config.teacher.demonstrations
    demonstrations = demonstrations.model_copy(
        update={"encoder": _encoder(demonstrations.encoder, folder)}
    )
    local, gliner = config.teacher.local, config.teacher.gliner
    used = {teacher.backend for teacher in config.teacher.all_teachers()}
    if "local" in used:
        models = folder if local.folder is None else _absolute(local.folder, folder)
        local = local.model_copy(update={"folder": models})
    if "gliner" in used:
        models = folder if gliner.folder is None else _absolute(gliner.folder, folder)
        program = None if gliner.python is None else _absolute(gliner.python, folder)
        gliner = gliner.model_copy(update={"folder": models, "python": program})
    return config.model_copy(
        update={
            "run": config.run.model_copy(update={"output": output}),
            "corpora": config.corpora.model_copy(update={**corpora, "more_pools": more_pools}),
            "teacher": config.teacher.model_copy(
                update={"demonstrations": demonstrations, "local": local, "gliner": gliner}
            ),
            "student": config.student.model_copy(update={"encoder": encoder}),
            "study": config.study.model_copy(
                update={
                    "prompts": {
                        name: _absolute(path, folder) for name, path in config.study.prompts.items()
                    }
                }
            ),
            "rank": _with_absolute_rank_paths(config.rank, folder),
        }
    )


def _absolute_corpus(corpus: CorpusConfig, folder: Path) -> CorpusConfig:
    return corpus.model_copy(update={"path": _absolute(corpus.path, folder)})


def _with_absolute_rank_paths(rank: RankConfig, folder: Path) -> RankConfig:
    encoder = None if rank.encoder is None else _encoder(rank.encoder, folder)
    paths = {"model": rank.model, "order": rank.order}
    absolute = {
        name: None if path is None else _absolute(path, folder) for name, path in paths.items()
    }
    return rank.model_copy(update={"encoder": encoder, **absolute})


def _encoder(name: str, folder: Path) -> str:
    """Return the name of an encoder; a local folder as an absolute path."""
    if name != "embedded" and (name.startswith((".", "~")) or (folder / name).is_dir()):
        return str(_absolute(Path(name), folder))
    return name


def _absolute(path: Path, folder: Path) -> Path:
    try:
        return Path(folder / path.expanduser())
    except RuntimeError as error:  # "~name" of an unknown user
        raise ConfigError(f"{path}: {error}; write the whole path") from None
