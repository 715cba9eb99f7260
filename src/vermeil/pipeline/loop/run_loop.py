"""The loop: annotate, rank, review, train and score, round after round, until a limit."""

from __future__ import annotations

from dataclasses import replace

from vermeil.config import Config
from vermeil.data.lock import lock_folder, lock_path
from vermeil.data.results_folder import check_results, record_results
from vermeil.jobs.executor import LOCAL, Executor
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.loop.checks import check_loop
from vermeil.pipeline.loop.folder import LoopFolder
from vermeil.pipeline.loop.limits import LoopLimits
from vermeil.pipeline.loop.queues import Log
from vermeil.pipeline.loop.records import LoopReport, RoundRecord
from vermeil.pipeline.loop.round import run_round
from vermeil.pipeline.loop.settings import LoopHooks, LoopSettings
from vermeil.serving.review.address import ReviewAccess
from vermeil.serving.review.decision_log import DecisionLog


def run_loop(
    config: Config,
    limits: LoopLimits,
    review: ReviewAccess | None = None,
    hooks: LoopHooks | None = None,
    executor: Executor = LOCAL,
) -> LoopReport:
    """Annotate, rank, review, train and score on dev, round after round, until a limit is reached.

    Every decision, reply and finished stage is stored at once. A later call with the same
    configuration continues in the round and stage where the last one ended.

    Args:
        config: the whole configuration.
        limits: the values at which the loop ends. F1 is that on dev, never on test.
        review: address of the review page and annotators; None: rounds without a person, as long
            as the teacher has further documents.
        hooks: callbacks; None: no output, and Ctrl-C in a review stops the loop.
        executor: where the stages run.

    Raises:
        ConfigError: something is not configured or not installed; raised before any work.
        DataError: a file is not valid, or the folder holds a file of another origin.
        KeyboardInterrupt: Ctrl-C ended a review, and ``goes_on`` returned False.
        LockedError: another process writes the folder of the run.
        VermeilError: a stage stopped; the next call resumes with that stage.
    """
    hooks = hooks or LoopHooks()
    folder = LoopFolder(RunFolder(config.run.output).loop)
    check_loop(config, limits, review, folder)
    settings = LoopSettings(config, limits, review, folder, executor)
    with lock_folder(config.run.output):
        files = (folder.report, folder.gold, folder.dev, folder.silver, folder.order)
        check_results(folder.path, files)
        record_results(folder.path, files)
        _repair_logs(folder, hooks.log)
        return _run(settings, hooks)


def _repair_logs(folder: LoopFolder, log: Log) -> None:
    """Remove an incomplete last line that a killed process left in the log of an open review."""
    for own in folder.rounds:
        if not own.has_decisions or own.ended.exists():
            continue
        with lock_path(own.decisions):
            removed = DecisionLog(own.decisions).removed_bytes
        if removed:
            log(f"{own.decisions}: removed {removed} bytes of a last line that was not confirmed")


def _run(settings: LoopSettings, hooks: LoopHooks) -> LoopReport:
    report = replace(LoopReport.read(settings.folder.report), stopped="", is_finished=False)
    if report.rounds:
        hooks.log(f"continues after round {report.rounds[-1].number}")
    is_new = False
    while not (stopped := _why_stopped(report, settings, is_new)):
        rounds = (*report.rounds, run_round(settings, report.rounds, hooks))
        report, is_new = replace(report, rounds=rounds), True
        report.write(settings.folder.report)
        hooks.on_round(report)
    is_finished = bool(report.rounds and settings.limits.reached(report.rounds[-1]))
    report = replace(report, stopped=stopped, is_finished=is_finished)
    report.write(settings.folder.report)
    return report


def _why_stopped(report: LoopReport, settings: LoopSettings, is_new: bool) -> str:
    """Return in words why no further round begins; empty: one does.

    Args:
        report: the finished rounds.
        settings: limits and review.
        is_new: whether this call finished the last round.
    """
    if not report.rounds:
        return ""
    last = report.rounds[-1]
    if reached := settings.limits.reached(last):
        return f"reached: {reached}"
    return _without_progress(last, report.rounds[:-1]) if is_new else ""


def _without_progress(last: RoundRecord, earlier: tuple[RoundRecord, ...]) -> str:
    before = earlier[-1].silver if earlier else None
    has_new_silver = last.silver != before
    if last.ended == "nothing_to_review" and not has_new_silver:
        return "every document was reviewed or left out; add documents to the pool"
    if last.ended == "no_review" and not (last.pool_left and has_new_silver):
        return "a further round needs the review of a person"
    if last.ended in ("button", "interrupted") and not (last.reviewed or last.not_gold):
        return f"no document was reviewed in round {last.number}"
    return ""
