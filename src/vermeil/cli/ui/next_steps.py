"""The last lines of a verb: the files that it wrote, and the commands that follow."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vermeil.cli.ui.options import DEFAULT_CONFIG
from vermeil.cli.ui.output import print_status

if TYPE_CHECKING:
    from vermeil.config import Config


def print_end(
    written: Iterable[Path | str] = (), steps: Sequence[str] = (), *, quiet: bool = False
) -> None:
    """Write what a verb wrote and what comes next to standard error.

    Args:
        written: files and folders.
        steps: commands, or sentences about what to do.
        quiet: write nothing.
    """
    if quiet:
        return
    for path in written:
        print_status(f"wrote: {relative(path)}")
    for i, step in enumerate(steps):
        print_status(f"next: {step}" if i == 0 else f"  or: {step}")


def command(verb: str, *arguments: str | Path, config: Path = DEFAULT_CONFIG) -> str:
    """Return a command that can be pasted into a shell.

    Args:
        verb: the verb, and a subcommand if it has one.
        arguments: the arguments; paths are relative to the current folder where possible.
        config: configuration file; named only if it is not the default.
    """
    shown = [relative(one) if isinstance(one, Path) else one for one in arguments]
    if config != DEFAULT_CONFIG:
        shown += ["--config", relative(config)]
    return " ".join(["vermeil", verb, *(shlex.quote(one) for one in shown)])


def relative(path: Path | str) -> str:
    """Return a path relative to the current folder if it is within it."""
    try:
        return str(Path(path).absolute().relative_to(Path.cwd()))
    except (ValueError, FileNotFoundError):
        return str(path)


def print_stage_end(stage: str, sections: Config, config: Path, report: Mapping[str, Any]) -> None:
    """Write the end of the stage annotate, locate or train.

    Args:
        stage: name of the stage.
        sections: its configuration.
        config: the configuration file.
        report: the report of the stage.
    """
    from vermeil.jobs.run_folder import RunFolder

    folder = RunFolder(sections.run.output)
    if stage == "annotate":
        print_end([folder.replies], _after_annotate(config, report))
    elif stage == "locate":
        steps = _after_locate(sections, config, folder.silver)
        print_end([folder.silver, folder.locate_report], steps)
        _print_unparsable(config, report)
    elif stage == "train":
        scored = sections.corpora.test or sections.corpora.dev
        steps = [command("predict", folder.model, "FILE")]
        if scored is not None:
            steps.insert(0, command("evaluate", folder.model, scored.path))
        print_end([folder.model], steps)


def _after_annotate(config: Path, report: Mapping[str, Any]) -> list[str]:
    states = report["states"]
    left = sum(states.get(name, 0) for name in ("failed", "pending", "over_budget"))
    if left:
        return [f"{command('annotate', config=config)} (sends the {left:,} missing requests)"]
    return [command("locate", config=config)]


def _after_locate(sections: Config, config: Path, silver: Path) -> list[str]:
    if sections.corpora.gold is None:
        arguments = ("--to", "label-studio", "--output", "tasks.json")
        return [
            f"{command('review export', silver, *arguments)} (people correct silver into gold)",
            command("train", "--regimen", "silver_only", config=config),
        ]
    return [command("train", config=config)]


def _print_unparsable(config: Path, report: Mapping[str, Any]) -> None:
    lost = sum(report["states"].get(name, 0) for name in ("unparsable", "truncated"))
    if lost:
        again = command("annotate", "--again", "unparsable,truncated", config=config)
        print_status(
            f"{lost:,} replies have no usable answer; request them again with changed settings, "
            f"for example a higher teacher.temperature: {again}; add --repeat 2 for unchanged ones"
        )
