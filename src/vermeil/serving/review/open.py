"""The function `review_open`, which serves the review page."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.data.lock import lock_path
from vermeil.data.results_folder import check_results, record_results
from vermeil.errors import DataError
from vermeil.jobs.review import import_review
from vermeil.jobs.review_report import ReviewReport
from vermeil.optional import require
from vermeil.serving.limits import ServiceLimits
from vermeil.serving.listener import base_address, is_loopback, open_listener
from vermeil.serving.review.address import ReviewAccess
from vermeil.serving.review.config import ReviewConfig
from vermeil.serving.review.decision_log import DecisionLog
from vermeil.serving.review.round_end import RoundEnd
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob

LOG, GOLD, REST = "decisions.jsonl", "gold.jsonl", "rest.jsonl"
"""Files in the folder of a review."""


@dataclass(frozen=True, slots=True)
class ReviewSources:
    """Student, teacher's words and training data of a review. Each may be absent.

    Args:
        model: model folder of the student whose annotation is shown.
        teacher_words: function from a document to the replies of the teacher about it.
        job: gold, silver, dev and settings of the small trainings.
        no_training: why a small training is not possible, if ``job`` is absent.
    """

    model: Path | None = None
    teacher_words: Callable[[Document], Sequence[str]] | None = None
    job: TrainJob | None = None
    no_training: str | None = "there is no configuration; run it with a vermeil.toml"


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """Everything about a review but its documents, task and folder.

    Args:
        config: settings of the review.
        access: address of the page and annotators.
        sources: student, teacher's words and training data.
        on_message: called with the addresses of the page and with remarks.
        round_end: ends the page, if the review is a round of a loop.
    """

    config: ReviewConfig
    access: ReviewAccess
    sources: ReviewSources
    on_message: Callable[[str], None]
    round_end: RoundEnd | None = None


def review_open(
    documents: Iterable[Document],
    task: Task,
    output: Path | str,
    config: ReviewConfig | None = None,
    access: ReviewAccess | None = None,
    sources: ReviewSources | None = None,
    on_message: Callable[[str], None] = print,
) -> ReviewReport | None:
    """Serve the review page until the process is stopped; Ctrl-C returns.

    Every decision is on disk before the page shows it as saved. A later call with the same
    ``output`` continues the review.

    Args:
        documents: the documents in the order of the review, with suggestions or without.
        task: labels and guidelines.
        output: folder of the review: ``decisions.jsonl`` (every decision), ``gold.jsonl`` and
            ``rest.jsonl`` (the other reviewed documents).
        config: settings of the review; None: the defaults.
        access: address and annotators (`ReviewAccess`); None: one annotator on this machine.
        sources: student, teacher's words and training data; None: none of them.
        on_message: called with the addresses of the page and with remarks.

    Returns:
        The report of the gold file; None if no document was reviewed.

    Raises:
        ConfigError: a package is not installed, or the address cannot be used.
        DataError: there is no document, two have the same id, or a file cannot be used.
        LockedError: another process reviews in the same folder.
    """
    settings = ReviewSettings(
        config or ReviewConfig(), access or ReviewAccess(), sources or ReviewSources(), on_message
    )
    return serve_review(documents, task, Path(output), settings)


def serve_review(
    documents: Iterable[Document], task: Task, folder: Path, settings: ReviewSettings
) -> ReviewReport | None:
    """Serve the review page until the process is interrupted or the round ends.

    Args:
        documents: as for `review_open`.
        task: labels and guidelines.
        folder: the folder of the review.
        settings: settings, address, sources and the end of the round.

    Returns:
        The report of the gold file; None if no document was reviewed.

    Raises:
        ConfigError: a package is not installed, or the address cannot be used.
        DataError: there is no document, two have the same id, or a file cannot be used.
        LockedError: another process reviews in the same folder.
    """
    require("vermeil review open", "serve")
    check_results(folder, [folder / name for name in (LOG, GOLD, REST)])
    with lock_path(folder / LOG):
        return _serve(list(documents), task, folder, settings)


def _serve(
    documents: list[Document], task: Task, folder: Path, settings: ReviewSettings
) -> ReviewReport | None:
    from vermeil.serving.review.access import Sessions
    from vermeil.serving.review.app import ReviewContext, make_review_app
    from vermeil.serving.review.evidence import Evidence
    from vermeil.serving.review.payload import kinds_of
    from vermeil.serving.review.queue import ReviewQueue
    from vermeil.serving.review.training import BackgroundTraining
    from vermeil.serving.server import make_server

    if not documents:
        raise DataError("there is no document to review; name a file with documents")
    config, access, sources = settings.config, settings.access, settings.sources
    on_message = settings.on_message
    evidence = Evidence(task, sources.model, config.student_suggestions, sources.teacher_words)
    log = DecisionLog(folder / LOG)
    queue = ReviewQueue(documents, log, kinds_of(task), evidence.suggest, config.overlap)
    _report_state(queue, log, folder, on_message)
    training = BackgroundTraining(
        sources.job, config.training_wordpieces, config.resamples, sources.no_training
    )
    saved: list[ReviewReport] = []

    def save() -> dict[str, Any] | None:
        report = save_gold(folder, queue.documents.values())
        if report is None:
            return None
        saved.append(report)
        return report.as_dict()

    record_results(folder, [folder / name for name in (LOG, GOLD, REST)])
    save()
    context = ReviewContext(task, config, queue, evidence, training, save, settings.round_end)
    with open_listener(access.host, access.port) as listener:
        base = base_address(access.host, listener)
        sessions = Sessions(access, base, on_message)
        hosts = _hosts(access.host, listener.getsockname()[1])
        addresses = [(name, sessions.address(name)) for name in access.annotators]
        for name, address in addresses:
            on_message(f"{name}: {address}" if len(addresses) > 1 else f"open {address}")
        if access.token is not None:
            on_message(f"with the token, others sign in at {base}")
        if not is_loopback(access.host):
            on_message("texts and tokens are not encrypted on the network; prefer an SSH tunnel")
        if access.open_browser:
            webbrowser.open(addresses[0][1])
        server = make_server(make_review_app(context, sessions, hosts), ServiceLimits())
        if settings.round_end is not None:
            settings.round_end.connect(partial(setattr, server, "should_exit", True))
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            if settings.round_end is not None:
                settings.round_end.end("interrupted")
    return saved[-1] if saved else None


def save_gold(folder: Path, documents: Iterable[Document]) -> ReviewReport | None:
    """Write gold from the decisions of a review, as `vermeil.import_review` does.

    Args:
        folder: the folder of the review.
        documents: the documents of the queue.

    Returns:
        The report; None if there is no decision.
    """
    log = folder / LOG
    if not log.exists() or not log.stat().st_size:
        return None
    return import_review(
        CorpusConfig(path=log), documents, folder / GOLD, folder / REST, overwrite=True
    )


def _report_state(
    queue: Any, log: DecisionLog, folder: Path, on_message: Callable[[str], None]
) -> None:
    counts = queue.counts()
    on_message(f"{counts['documents']:,} documents; decisions are stored in {folder / LOG}")
    if log.removed_bytes:
        on_message(
            f"removed {log.removed_bytes} bytes of an incomplete last line, which was not confirmed"
        )
    if counts["done"] or counts["skipped"]:
        on_message(f"continues: {counts['done']:,} done, {counts['skipped']:,} skipped")
    if queue.changed:
        first = ", ".join(queue.changed[:5])
        on_message(
            f"{len(queue.changed):,} reviewed texts have changed since ({first}); they are open "
            "again"
        )


def _hosts(host: str, port: int) -> frozenset[str]:
    """Return the accepted values of the header Host; empty for an address of all interfaces."""
    if host in ("0.0.0.0", "::", ""):
        return frozenset()
    names = {f"[{host}]" if ":" in host else host}
    if is_loopback(host):
        names |= {"127.0.0.1", "localhost", "[::1]"}
    return frozenset(f"{name}:{port}" for name in names)
