"""Files of `vermeil optimize`: inputs of a run, results, and the change of the configuration."""

from __future__ import annotations

import shutil
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import tomlkit

from vermeil.config import Config, load_config
from vermeil.corpora import read_corpus
from vermeil.data.atomic import atomic_file, atomic_path, write_json
from vermeil.data.lock import lock_folder
from vermeil.data.progress import Progress, silent
from vermeil.data.results_folder import check_results, record_results
from vermeil.errors import ConfigError
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.documents import required_corpus
from vermeil.pipeline.optimize.optimize import optimize
from vermeil.prompting.prompt import Prompt
from vermeil.prompting.report import OptimizeReport
from vermeil.tasks import make_task

GUIDELINES = "guidelines.md"


def run_optimize(config: Config, progress: Progress = silent) -> OptimizeReport:
    """Optimise the prompt of a configuration, and write the results into its run folder.

    Args:
        config: the whole configuration.
        progress: called with stage, done, total and details.

    Raises:
        ConfigError: corpora.gold is missing; otherwise as for `optimize`.
    """
    task = make_task(config.task)
    gold = required_corpus(config, "gold", "name the annotated file to optimise the prompt on")
    run_folder = RunFolder(config.run.output)
    folder = run_folder.optimize
    files = [folder / name for name in ("optimize.json", GUIDELINES, "prompt.diff")]
    scored = (config.corpora.dev, config.corpora.test)
    with lock_folder(folder):
        check_results(folder, files)
        report = optimize(
            read_corpus(gold, task.check),
            task,
            config.teacher,
            config.optimize,
            run_folder.replies,
            progress,
            excluded=[d for corpus in scored if corpus is not None for d in read_corpus(corpus)],
        )
        record_results(folder, files)
        write_json(files[0], report.as_dict())
        for file, text in zip(files[1:], (report.prompt.guidelines, report.diff), strict=True):
            with atomic_file(file) as stream:
                stream.write(text if text.endswith("\n") or not text else f"{text}\n")
    return report


def apply_prompt(start: Prompt, prompt: Prompt, path: Path) -> tuple[Path, ...]:
    """Write an optimised prompt into a configuration file; the file before is kept beside it.

    Only what differs is changed. New guidelines become a file of their own, named in
    ``task.guidelines_file``. No existing file is replaced but the configuration.

    Args:
        start: the prompt before.
        prompt: the optimised prompt.
        path: the configuration file.

    Returns:
        The copy of the configuration before, and the new file of guidelines, if there is one.

    Raises:
        ConfigError: the configuration cannot be changed.
        DataError: a file cannot be written.
    """
    path = path.resolve()
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be changed ({error})") from None
    written: list[Path] = []
    task = _table(document, "task")
    if prompt.guidelines != start.guidelines:
        file = _free_name(path.parent / GUIDELINES, lambda n: f"guidelines-{n}.md")
        with atomic_file(file) as stream:
            stream.write(f"{prompt.guidelines.strip()}\n")
        task.pop("guidelines", None)
        task["guidelines_file"] = file.name
        written.append(file)
    for label, description in prompt.descriptions.items():
        if description != start.descriptions[label]:
            _table(_table(task, "labels"), label)["description"] = description
    if prompt.steps != start.steps:
        task["steps"] = prompt.steps
    if prompt.variant != start.variant:
        _table(document, "teacher")["prompt"] = prompt.variant
    if prompt.demonstrations != start.demonstrations:
        shown = _table(_table(document, "teacher"), "demonstrations")
        ids = [one.id for one in prompt.demonstrations]
        shown.update({"kind": "fixed", "count": len(ids), "ids": ids})
    old = _free_name(path.with_name(f"{path.name}.old"), lambda n: f"{path.name}.old-{n}")
    with atomic_path(path) as partial:
        partial.write_text(tomlkit.dumps(document), encoding="utf-8")
        load_config(partial)
        shutil.copymode(path, partial)
        shutil.copy2(path, old)
    return (old, *written)


def _table(parent: MutableMapping[str, Any], name: str) -> MutableMapping[str, Any]:
    """Return a table of a TOML document; a missing one is added."""
    if name not in parent:
        parent[name] = tomlkit.table()
    table: MutableMapping[str, Any] = parent[name]
    return table


def _free_name(path: Path, other: Callable[[int], str]) -> Path:
    """Return the path, or the first of its numbered names under which nothing exists."""
    number = 2
    found = path
    while found.exists() or found.is_symlink():
        found = path.with_name(other(number))
        number += 1
    return found
