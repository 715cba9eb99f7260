"""``vermeil tune``: search the settings with the best F1 on dev."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from vermeil.cli.ui.announce import announce
from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet, RunOn, load
from vermeil.cli.ui.output import console, print_json, print_line, table
from vermeil.cli.ui.progress import shown_progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from vermeil.cluster.config import ClusterConfig
    from vermeil.config import Config
    from vermeil.student.config import StudentConfig
    from vermeil.training.job import TrainJob
    from vermeil.tuning.report import TuneReport

EXAMPLE = """Example: vermeil tune --set tune.trials=30
vermeil tune --on ray --set cluster.workers=4"""

_TRIALS_SHOWN = 10


def tune(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    on: RunOn = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    r"""Search learning rate, epochs and the keys of \[tune] on dev; needs the extra tune."""
    sections = load(config, overrides)
    search = _search_on(sections.cluster.resolve(on), sections.student)
    from vermeil.data.lock import lock_folder
    from vermeil.pipeline.study_files import save_config

    job, output = _read(sections), sections.run.output / "tune"
    announce("tune", sections, job.gold, job.silver, quiet)
    with lock_folder(output), shown_progress(quiet) as progress:
        save_config(sections, output)
        report = search(job, sections.tune, output=output, progress=progress)
    if as_json:
        print_json(report.as_dict())
    else:
        _print(report)


def _search_on(cluster: ClusterConfig | None, student: StudentConfig) -> Callable[..., TuneReport]:
    """Return the search on a cluster, or on this machine (None); check its packages."""
    if cluster is None:
        from vermeil.tuning.search import require_tuning as require_here
        from vermeil.tuning.search import tune as tune_here

        require_here(student)
        return tune_here
    from vermeil.cluster.tune import require_tuning
    from vermeil.cluster.tune import tune as tune_on_ray

    require_tuning(cluster, student)
    return partial(tune_on_ray, cluster=cluster)


def _read(sections: Config) -> TrainJob:
    from vermeil.corpora import read_corpus
    from vermeil.pipeline.documents import required_corpus, training_job

    job = training_job(sections)
    dev = required_corpus(sections, "dev", "name the annotated file to score trials on")
    return replace(job, dev=list(read_corpus(dev, job.task.check)))


def _print(report: TuneReport) -> None:
    names = list(report.trials[0].values)
    rows = [
        (one.dev_f1, one.evaluations, *(_short(one.values[name]) for name in names))
        for one in report.trials[:_TRIALS_SHOWN]
    ]
    console().print(table("best trials", ("dev F1", "scorings", *names), rows))
    if report.failed:
        print_line(f"failed trials: {report.failed:,}")
    print_line(f"all trials: {report.folder / 'tune.json'}")
    print_line(
        "train with: vermeil train " + " ".join(f"--set '{one}'" for one in report.overrides)
    )


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
