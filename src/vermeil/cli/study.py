"""``vermeil study``: train and compare regimens over several seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vermeil.cli.ui.announce import announce
from vermeil.cli.ui.next_steps import command, print_end, relative
from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet, RunOn, load
from vermeil.cli.ui.output import console, print_json, print_line
from vermeil.cli.ui.progress import shown_progress

if TYPE_CHECKING:
    from vermeil.cluster.config import ClusterConfig
    from vermeil.studies.execution import RunCells
    from vermeil.studies.study import StudyReport

EXAMPLE = "Example: vermeil study --set 'study.seeds=[0,1]'"


def study(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    preset: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Predefined settings: quick or paper (docs/paper.md)."),
    ] = None,
    on: RunOn = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train and compare regimens on the same data; writes statistics and a report page."""
    from vermeil.studies.presets import preset_overrides

    ready = preset_overrides(preset) if preset else ()
    sections = load(config, [*ready, *(overrides or ())])
    from vermeil.data.lock import lock_folder
    from vermeil.jobs.run_folder import RunFolder
    from vermeil.pipeline.study_files import read_context, read_documents, save_config
    from vermeil.student.network.encoder import require_encoder
    from vermeil.studies.settings import StudySettings
    from vermeil.studies.study import study as job
    from vermeil.tasks import make_task

    task, output = make_task(sections.task), RunFolder(sections.run.output).study
    cluster = sections.cluster.resolve(on)
    further = () if cluster is None else ("ray",)
    require_encoder("vermeil study", sections.student.encoder, *further)
    cells = _cells_on(cluster) if cluster else None
    corpora = read_documents(sections, task)
    announce("study", sections, corpora.gold, corpora.silver, quiet)
    with lock_folder(output), shown_progress(quiet) as progress:
        save_config(sections, output)
        report = job(
            corpora,
            StudySettings(
                task=task,
                study=sections.study,
                student=sections.student,
                blending=sections.blending,
                selection=sections.selection,
                plan=sections.plan,
            ),
            output,
            progress,
            context=read_context(sections),
            run_cells=cells,
        )
    if as_json:
        print_json(report.as_dict())
    else:
        _print(report)
        steps = [f"open {relative(report.folder / 'report.html')} in a browser"]
        if report.model is not None:
            steps.append(command("predict", report.model, "FILE"))
        print_end(steps=steps, quiet=quiet)


def _cells_on(cluster: ClusterConfig) -> RunCells:
    from vermeil.cluster.cells import cell_runner_for

    return cell_runner_for(cluster)


def _print(report: StudyReport) -> None:
    from vermeil.optional import install_command, is_installed
    from vermeil.studies.report.figures import FIGURES, PDF_MODULE
    from vermeil.studies.report.terminal import findings_table, study_table

    out = console()
    out.print(study_table(report.results))
    out.print(findings_table(report.results.findings))
    outdated = f", {report.outdated:,} of another version not reused" if report.outdated else ""
    print_line(f"cells: {report.ran:,} trained, {report.reused:,} reused{outdated}")
    if report.retrained:
        print_line("the best cell was trained again, because its model had not been kept")
    print_line(f"report: {report.folder / 'report.html'}")
    print_line(f"results: {report.folder / 'results.json'}")
    print_line(f"tables: {report.folder / 'tables.tex'}")
    print_line(f"tables: {report.folder / 'tables.csv'}")
    pdf = " and PDF" if is_installed(PDF_MODULE) else f"; for PDF: {install_command('figures')}"
    print_line(f"figures: {report.folder / FIGURES} (SVG{pdf})")
    if report.model is not None:
        print_line(f"model (best on dev): {report.model}")
