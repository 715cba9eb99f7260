"""Checks of configuration, corpora, teacher and encoder before a run; no text is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vermeil.config import Config
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CORPUS_NAMES, CorpusConfig
from vermeil.data.document import Document
from vermeil.errors import ConsentError, VermeilError
from vermeil.jobs.appraise import blend_advice
from vermeil.jobs.recommended import recommendation_of
from vermeil.jobs.requirements import require_demonstrations
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.check_corpora import (
    check_corpus,
    check_leaks,
    check_missing_corpus,
    count_documents,
)
from vermeil.pipeline.check_report import CheckFinding, CheckReport
from vermeil.pipeline.documents import uses_silver
from vermeil.student.loop.trackers import require_tracker
from vermeil.student.network.encoder import find_encoder
from vermeil.tasks import make_task
from vermeil.tasks.protocol import Task
from vermeil.teacher.address import host_of, is_loopback
from vermeil.teacher.backends.registry import BACKENDS, list_models
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import Volume, check_consent
from vermeil.teacher.limits.price_list import price_warnings
from vermeil.teacher.limits.prices import price_of
from vermeil.teacher.requests import check_prompt


def check(config: Config) -> CheckReport:
    """Check configuration, corpora, leaks between them, teacher and encoder.

    The list of models is requested from the teacher if it runs on this machine or if
    ``allow_remote`` is set. No text is sent.

    Args:
        config: the whole configuration.
    """
    findings: list[CheckFinding] = []
    teacher = config.teacher
    try:
        task = make_task(config.task)
    except VermeilError as error:
        return CheckReport((CheckFinding.from_error("task", error),), {})
    findings.append(CheckFinding("task", "ok", _describe(task)))
    documents: dict[str, list[Document]] = {}
    for name in CORPUS_NAMES:
        corpus: CorpusConfig | None = getattr(config.corpora, name)
        if corpus is None:
            findings += check_missing_corpus(name, config)
            continue
        documents[name] = []
        parts = config.corpora.pools if name == "pool" else (corpus,)
        for part in parts:
            found: list[Document] = []
            findings += check_corpus(name, part, task, found)
            documents[name] += found
    findings += check_leaks(documents)
    if config.corpora.silver is None and uses_silver(config):
        findings += _teacher(config, task, documents.get("pool", []), documents.get("gold", []))
    findings += _regimen(config, task, documents)
    findings.append(_encoder(config))
    findings += _missing("teacher.demonstrations", require_demonstrations, teacher.demonstrations)
    findings += _missing("student.tracker", require_tracker, config.student.tracker)
    return CheckReport(
        tuple(findings), {n: count_documents(found) for n, found in documents.items()}
    )


def _describe(task: Task) -> str:
    """Return name, labels and types of relations of a task."""
    relations = ", ".join(task.config.relations)
    labels = f"{task.name}: {', '.join(task.labels)}"
    return f"{labels}; relations {relations}" if relations else labels


def _teacher(
    config: Config, task: Task, pool: list[Document], gold: list[Document]
) -> Iterator[CheckFinding]:
    teacher = config.teacher
    try:
        check_prompt(task, teacher)
    except VermeilError as error:
        yield CheckFinding.from_error("teacher.prompt", error)
    yield from _prices(teacher)
    if teacher.annotate_gold:
        known = {document.text for document in pool}
        pool = [*pool, *(document for document in gold if document.text not in known)]
    size = sum(len(document.text) for document in pool)
    try:
        host = host_of(teacher.base_url)
        check_consent(teacher, Volume(len(pool), size, len(pool) * teacher.samples))
        models = list_models(teacher)
    except VermeilError as error:
        about = "teacher.allow_remote" if isinstance(error, ConsentError) else "teacher"
        yield CheckFinding.from_error(about, error)
        return
    if models is not None and teacher.model not in models:
        message = (
            f"{host} does not list the model {teacher.model}; it lists {_first_names(models)}. "
            "Set teacher.model to one of them"
        )
        yield CheckFinding("teacher.model", "warning", message)
    where = "this machine" if is_loopback(host) else f"{host}, a remote machine (allow_remote)"
    if BACKENDS[teacher.backend].starts_server:
        message = f"{teacher.model} and an engine for it are here; "
    else:
        message = f"{teacher.model} at {teacher.base_url} responds; "
    message += f"a run would send up to {len(pool):,} documents ({size:,} characters) to {where}"
    yield CheckFinding("teacher", "ok", message)


def _regimen(
    config: Config, task: Task, documents: Mapping[str, list[Document]]
) -> Iterator[CheckFinding]:
    """Yield the advice for the regimen if silver exists and the teacher annotated gold texts."""
    if config.corpora.silver is not None:
        silver = documents.get("silver", [])
    elif (path := RunFolder(config.run.output).silver).is_file():
        silver = list(read_corpus(CorpusConfig(path=path, format="jsonl")))
    else:
        return
    advice = blend_advice(documents.get("gold", []), silver, task)
    if config.blending.regimen == "recommended":
        found = recommendation_of(advice, task)
        yield CheckFinding(
            "blending.regimen", "ok", f"recommended: {found.regimen}. {found.reason}"
        )
    elif advice is not None:
        risky = advice.is_risky(config.blending.regimen)
        yield CheckFinding("blending.regimen", "warning" if risky else "ok", advice.sentence)


def _prices(teacher: TeacherConfig) -> Iterator[CheckFinding]:
    """Yield warnings about retired models and old prices, and the error of a missing price."""
    try:
        for one in teacher.all_teachers():
            price_of(one)
        warnings = price_warnings(teacher)
    except VermeilError as error:
        yield CheckFinding.from_error("teacher.prices", error)
        return
    for warning in warnings:
        yield CheckFinding("teacher.prices", "warning", warning)


def _first_names(names: tuple[str, ...]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "") or "none"


def _missing(about: str, require: Callable[[Any], None], setting: object) -> Iterator[CheckFinding]:
    """Yield an error if a setting needs a package that is not installed."""
    try:
        require(setting)
    except VermeilError as error:
        yield CheckFinding.from_error(about, error)


def _encoder(config: Config) -> CheckFinding:
    name = config.student.encoder
    try:
        source = find_encoder(name)
    except VermeilError as error:
        return CheckFinding.from_error("student.encoder", error)
    if not Path(source).is_dir():
        message = f"{name}: not a local folder; training would load it from the Hugging Face Hub"
        return CheckFinding("student.encoder", "warning", message)
    where = name if str(source) == name else f"{name}: {source}"
    return CheckFinding("student.encoder", "ok", where)
