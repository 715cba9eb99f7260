"""``vermeil tune``: settings that do best on dev."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vermeil.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet, load
from vermeil.cli.output import console, print_json, table
from vermeil.cli.progress import shown_progress

if TYPE_CHECKING:
    from vermeil.cluster.tune import TuneReport

EXAMPLE = "Example: vermeil tune --set tune.trials=30 --set cluster.workers=4"

_SHOWN = 10


def tune(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    r"""Search learning rate, epochs and what \[tune] names, on dev only; needs vermeil\[ray]."""
    sections = load(config, overrides)
    from vermeil.cli.study_inputs import save_config
    from vermeil.cluster.config import ClusterConfig
    from vermeil.cluster.tune import Work
    from vermeil.cluster.tune import tune as job
    from vermeil.corpora import read_corpus
    from vermeil.jobs.stages import configured, training_documents
    from vermeil.tasks import make_task

    task, output = make_task(sections.task), sections.run.output / "tune"
    gold, silver, _ = training_documents(sections, task)
    dev = configured(sections, "dev", "name the annotated file to choose settings by")
    work = Work(
        gold,
        silver,
        list(read_corpus(dev, task.check)),
        task,
        sections.student,
        sections.blending,
        sections.run.seed,
    )
    cluster: ClusterConfig | None = sections.cluster.chosen("ray")
    assert cluster is not None, "it was asked for"
    save_config(sections, output)
    with shown_progress(quiet) as progress:
        report = job(work, sections.tune, cluster, output, progress)
    if as_json:
        print_json(report.as_dict())
    else:
        _print(report)


def _print(report: TuneReport) -> None:
    names = list(report.trials[0]["values"])
    rows = [
        (one["dev_f1"], one["evaluations"], *(_short(one["values"][name]) for name in names))
        for one in report.trials[:_SHOWN]
    ]
    console().print(table("best trials", ("dev F1", "scorings", *names), rows))
    if report.failed:
        print(f"trials that failed: {report.failed:,}")
    print(f"all trials: {report.folder / 'tune.json'}")
    print("train with: vermeil train " + " ".join(f"--set '{one}'" for one in report.overrides))


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
