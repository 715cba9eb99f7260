"""One round of the loop. Each step that is finished already is skipped."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from vermeil.blending.config import RegimenName
from vermeil.blending.regimens import REGIMENS
from vermeil.config import Config
from vermeil.corpora import read_corpus
from vermeil.corpora.review_log.events import read_review_log
from vermeil.data.atomic import write_json
from vermeil.data.progress import Progress
from vermeil.data.written import read_object
from vermeil.errors import DataError
from vermeil.jobs.appraise import blend_advice
from vermeil.jobs.recommended import recommend
from vermeil.jobs.run_folder import RunFolder
from vermeil.jobs.spending import spent_in_all
from vermeil.pipeline.documents import training_job
from vermeil.pipeline.loop.advice import NextRound, advise_next
from vermeil.pipeline.loop.checks import asks_teacher
from vermeil.pipeline.loop.corpora import RoundCorpora, config_of_teacher, corpora_of, silver_of
from vermeil.pipeline.loop.folder import LoopFolder, RoundFolder
from vermeil.pipeline.loop.queues import (
    Log,
    choose_for_teacher,
    make_queue,
    pool_left,
    queue_corpus,
    reviewed_ids,
)
from vermeil.pipeline.loop.records import RoundEnding, RoundRecord
from vermeil.pipeline.loop.scores import RoundScores, score_round
from vermeil.pipeline.loop.settings import LoopHooks, LoopSettings
from vermeil.pipeline.review_files import ReviewInput, review_files
from vermeil.pipeline.run import run_or_skip
from vermeil.serving.review.open import save_gold
from vermeil.serving.review.round_end import RoundEnd, active_minutes
from vermeil.studies.plan import PlanReport, plan
from vermeil.tasks import make_task
from vermeil.teacher.limits.prices import PER_DOLLAR


def run_round(
    settings: LoopSettings, earlier: Sequence[RoundRecord], hooks: LoopHooks
) -> RoundRecord:
    """Run a round, or what is left of it, and return its record.

    Args:
        settings: the settings of the loop.
        earlier: the finished rounds.
        hooks: callbacks.
    """
    started, number = time.monotonic(), len(earlier) + 1
    folder = settings.folder
    hooks.log(f"round {number}: begins")
    corpora = corpora_of(settings.config, folder)
    over_budget = 0
    # Without gold, the labels are tried on plain text before the teacher is paid for them.
    if corpora.gold or corpora.dev_drawn or settings.review is None:
        with hooks.open_progress() as progress:
            over_budget = _request(settings, corpora.config, number, hooks.log, progress)
        corpora = corpora_of(settings.config, folder)
    else:
        hooks.log("no gold yet: the first round is the review of plain text, without the teacher")
    ended = _review(settings, corpora.config, number, hooks)
    reviewed = set(_reviewed_gold(folder.round(number)))
    corpora = corpora_of(settings.config, folder)
    with hooks.open_progress() as progress:
        regimen = _train(corpora, settings, hooks.log, progress)
        scores = None if regimen is None else _score(corpora, settings, number, progress)
    spent = spent_in_all(RunFolder(settings.config.run.output).replies)
    record = RoundRecord(
        number=number,
        gold=corpora.gold,
        reviewed=len(reviewed),
        not_gold=len(reviewed_ids([folder.round(number)]) - reviewed),
        dev=corpora.dev,
        dev_drawn=corpora.dev_drawn,
        silver=corpora.silver,
        pool_left=pool_left(settings.config, folder),
        minutes=minutes_of(folder),
        dollars=spent.charged.cost / PER_DOLLAR,
        over_budget=over_budget,
        regimen=regimen,
        f1=None if scores is None else scores.f1,
        interval=None if scores is None else scores.interval,
        gain=None if scores is None else scores.gain,
        gain_interval=None if scores is None else scores.gain_interval,
        ended=ended,
        seconds=round(time.monotonic() - started, 1),
    )
    return record.with_advice(
        advise_next([*earlier, record], settings.limits, _following(corpora, record))
    )


def minutes_of(folder: LoopFolder) -> float:
    """Return the active minutes of all annotators in all rounds."""
    return sum(map(_minutes, folder.rounds))


def _request(
    settings: LoopSettings, config: Config, number: int, log: Log, progress: Progress
) -> int:
    """Annotate and locate; return the number of requests that exceed the limit on cost."""
    if not asks_teacher(settings.config):
        return 0
    if config.loop.pool_documents is not None:
        choose_for_teacher(config, settings.folder, number, progress, log)
    own = config_of_teacher(settings.config, settings.folder, settings.limits.dollars)
    over_budget = 0
    for name in ("annotate", "locate"):
        outcome = run_or_skip(name, own, progress, log, settings.executor)
        if name == "annotate" and outcome.report is not None:
            over_budget = int(outcome.report["states"].get("over_budget", 0))
    return over_budget


def _review(settings: LoopSettings, config: Config, number: int, hooks: LoopHooks) -> RoundEnding:
    """Serve the review page until the round ends; a round that has ended is not opened again."""
    own = settings.folder.round(number)
    if own.ended.exists():
        found: RoundEnding = json.loads(own.ended.read_text("utf-8"))["ended"]
        return found
    if settings.review is None:
        if own.has_decisions:  # of an interrupted review: what was finished is gold
            save_gold(own.path, read_corpus(queue_corpus(own)))
            write_json(own.ended, {"ended": "no_review"})
        return "no_review"
    with hooks.open_progress() as progress:
        has_documents = make_queue(config, settings.folder, number, progress, hooks.log)
    if not has_documents:
        return "nothing_to_review"
    reason = _serve(settings, config, number, hooks.log)
    if reason == "interrupted" and not hooks.goes_on():
        raise KeyboardInterrupt
    write_json(own.ended, {"ended": reason})
    return reason


def _serve(settings: LoopSettings, config: Config, number: int, log: Log) -> RoundEnding:
    own, left = settings.folder.round(number), None
    if settings.limits.minutes is not None:
        earlier = [one for one in settings.folder.rounds if one != own]
        left = settings.limits.minutes - sum(map(_minutes, earlier))
        if _minutes(own) >= left:
            # The process may have been killed before it wrote gold of the last decisions.
            save_gold(own.path, read_corpus(queue_corpus(own)))
            return "minutes"
        log(f"minutes of review left: {left - _minutes(own):.1f}")
    end = RoundEnd(number, left)
    given = ReviewInput(documents=queue_corpus(own), output=own.path, round_end=end)
    assert settings.review is not None
    review_files(config, given, settings.review, log)
    return end.reason or "interrupted"


def _minutes(own: RoundFolder) -> float:
    if not own.has_decisions:
        return 0.0
    return active_minutes(read_review_log(own.decisions).texts.values())


def _train(
    corpora: RoundCorpora, settings: LoopSettings, log: Log, progress: Progress
) -> RegimenName | None:
    """Train on gold and silver; return the regimen, or None if there is nothing to train on."""
    regimen = corpora.regimen
    if regimen is None:
        log("train: skipped, there is neither gold nor silver yet")
        return None
    if regimen != corpora.config.blending.regimen:
        log(f"train: {regimen}, because gold or silver is still missing")
    if regimen == "recommended":
        regimen = _recommended(corpora, log)
    try:
        _train_with(regimen, corpora, settings, log, progress)
    except DataError as error:
        if not REGIMENS[regimen].makes_silver:
            raise
        # An error of the corpora themselves is raised again by this training.
        log(f"train: simple_mix, because {regimen} is not possible in this round: {error}")
        regimen = "simple_mix"
        _train_with(regimen, corpora, settings, log, progress)
    return regimen


def _recommended(corpora: RoundCorpora, log: Log) -> RegimenName:
    """Return the regimen that suits the teacher's F1 on gold of all rounds."""
    job = training_job(corpora.config)
    found = recommend(job.gold, job.silver, job.task)
    log(f"train: {found.regimen}. {found.reason}")
    return found.regimen


def _train_with(
    regimen: RegimenName,
    corpora: RoundCorpora,
    settings: LoopSettings,
    log: Log,
    progress: Progress,
) -> None:
    config = corpora.config
    update: dict[str, Any] = {"blending": config.blending.model_copy(update={"regimen": regimen})}
    if config.corpora.dev is None and config.student.select == "best_dev":
        update["student"] = config.student.model_copy(update={"select": "last"})
    run_or_skip("train", config.model_copy(update=update), progress, log, settings.executor)


def _score(
    corpora: RoundCorpora, settings: LoopSettings, number: int, progress: Progress
) -> RoundScores | None:
    folder = settings.folder
    before = folder.round(number - 1).scores if number > 1 else None
    return score_round(corpora.config, folder.round(number).scores, before, progress)


def _following(corpora: RoundCorpora, record: RoundRecord) -> NextRound:
    """Return what a further round would add, and what is known about it."""
    config = corpora.config
    task = make_task(config.task)
    gold = [] if config.corpora.gold is None else list(read_corpus(config.corpora.gold))
    return NextRound(
        config.loop.documents,
        min(record.pool_left, config.loop.pool_documents or 0),
        blend_advice(gold, silver_of(config), task),
        _plan(config),
        _warnings(config),
    )


def _warnings(config: Config) -> Sequence[str]:
    """Return the warnings of the training of the student."""
    record = read_object(RunFolder(config.run.output).model / "training.json") or {}
    return [str(one) for one in record.get("warnings") or ()]


def _plan(config: Config) -> PlanReport | None:
    """Return the report of `vermeil.plan`, if a study and the prices are there."""
    results = RunFolder(config.run.output).study / "results.json"
    wanted = (config.plan.gold_price, config.plan.silver_price, config.plan.budget)
    if not results.exists() or any(value is None for value in wanted):
        return None
    return plan(results, config.plan)


def _reviewed_gold(own: RoundFolder) -> list[str]:
    return [document.id for document in read_corpus(own.gold)] if own.gold.exists() else []
