"""Checks of configuration, corpora, teacher and encoder before a run; no text is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

from vermeil.config import Config
from vermeil.corpora import find_leaks, read_corpus
from vermeil.corpora.config import CorporaConfig, CorpusConfig
from vermeil.data.document import Document
from vermeil.errors import ConsentError, DataError, VermeilError
from vermeil.jobs.requirements import require_demonstrations
from vermeil.pipeline.documents import uses_gold, uses_silver
from vermeil.student.loop.trackers import require_tracker
from vermeil.student.network.encoder import find_encoder
from vermeil.tasks import make_task
from vermeil.tasks.protocol import Task
from vermeil.teacher.address import host_of, is_loopback
from vermeil.teacher.backends.models import list_models
from vermeil.teacher.consent import Volume, check_consent
from vermeil.teacher.requests import check_prompt

Severity = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """Result of one check.

    Args:
        about: what was checked: ``corpora.gold``, ``teacher``, ….
        severity: ok, warning (a run works, but its results may suffer) or error (a run would stop).
        message: the finding and, unless ok, what to do.
        exit_code: the exit code that a run would stop with; 0 unless an error.
    """

    about: str
    severity: Severity
    message: str
    exit_code: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the finding for JSON."""
        return {"about": self.about, "severity": self.severity, "message": self.message}


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Results of all checks, and counts of each corpus.

    Args:
        findings: the result of every check.
        corpora: name to documents, groups, annotated documents and annotations by label.
    """

    findings: tuple[CheckFinding, ...]
    corpora: Mapping[str, Mapping[str, Any]]

    @property
    def exit_code(self) -> int:
        """Highest exit code of an error; 0 if there is no error."""
        return max((finding.exit_code for finding in self.findings), default=0)

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "ok": self.exit_code == 0,
            "findings": [finding.as_dict() for finding in self.findings],
            "corpora": {name: dict(counts) for name, counts in self.corpora.items()},
        }


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
        return CheckReport((_error("task", error),), {})
    findings.append(CheckFinding("task", "ok", f"{task.name}: {', '.join(task.labels)}"))
    documents: dict[str, list[Document]] = {}
    for name in CorporaConfig.model_fields:
        corpus: CorpusConfig | None = getattr(config.corpora, name)
        if corpus is None:
            findings += _missing_corpus(name, config)
            continue
        documents[name] = []
        findings += _corpus(name, corpus, task, documents[name])
    findings += _leaks(documents)
    if config.corpora.silver is None and uses_silver(config):
        findings += _teacher(config, task, documents.get("pool", []))
    findings.append(_encoder(config))
    findings += _missing("teacher.demonstrations", require_demonstrations, teacher.demonstrations)
    findings += _missing("student.tracker", require_tracker, config.student.tracker)
    return CheckReport(tuple(findings), {n: _counts(found) for n, found in documents.items()})


def _error(about: str, error: VermeilError) -> CheckFinding:
    return CheckFinding(about, "error", str(error).replace("\n", "; "), error.exit_code)


def _missing_corpus(name: str, config: Config) -> Iterator[CheckFinding]:
    """Yield a finding if a corpus is needed but not configured."""
    about = f"corpora.{name}"
    if name == "gold" and uses_gold(config):
        message = (
            f"missing; the regimen {config.blending.regimen} trains on gold: name the annotated "
            "file"
        )
        yield CheckFinding(about, "error", message, 2)
    elif name == "pool" and uses_silver(config) and config.corpora.silver is None:
        message = "missing; name the text that the teacher is to annotate, or set corpora.silver"
        yield CheckFinding(about, "error", message, 2)
    elif name == "test" and config.corpora.dev is None:
        message = "missing; the student will not be scored. Name an annotated file"
        yield CheckFinding(about, "warning", message)


def _corpus(
    name: str, corpus: CorpusConfig, task: Task, documents: list[Document]
) -> Iterator[CheckFinding]:
    """Read a corpus into ``documents`` and yield what was found."""
    about = f"corpora.{name}"
    invalid: list[DataError] = []

    def check_document(document: Document) -> None:
        try:
            task.check(document)
        except DataError as error:
            invalid.append(error)

    try:
        documents.extend(read_corpus(corpus, None if name == "pool" else check_document))
    except VermeilError as error:
        yield _error(about, error)
        return
    counts = _counts(documents)
    unknown = {k: n for k, n in counts["labels"].items() if k not in task.labels}
    if unknown and name != "pool":
        shown = ", ".join(f"{label} ({number:,} times)" for label, number in unknown.items())
        message = f"{corpus.path}: labels missing in [task.labels]: {shown}; add or correct them"
        yield CheckFinding(about, "error", message, DataError.exit_code)
    elif invalid:
        message = (
            f"{corpus.path}: {len(invalid):,} documents cannot be used; the first error: "
            f"{invalid[0]}"
        )
        yield CheckFinding(about, "error", message, DataError.exit_code)
    if name != "pool" and counts["annotated"] < len(documents):
        unannotated = len(documents) - counts["annotated"]
        message = (
            f"{corpus.path}: {unannotated:,} of {len(documents):,} documents are not annotated"
        )
        message += "; training skips them" if name == "silver" else "; annotate or remove them"
        yield CheckFinding(
            about, "warning" if name == "silver" else "error", message, _unannotated_exit_code(name)
        )
    yield CheckFinding(about, "ok", _summary(corpus, counts))


def _unannotated_exit_code(name: str) -> int:
    return 0 if name == "silver" else DataError.exit_code


def _counts(documents: list[Document]) -> dict[str, Any]:
    labels: Counter[str] = Counter()
    for document in documents:
        labels.update(span.label for span in document.spans or ())
        labels.update(document.labels or ())
    return {
        "documents": len(documents),
        "groups": len({document.group_or_id for document in documents}),
        "annotated": sum(not document.annotation.is_empty for document in documents),
        "labels": dict(sorted(labels.items())),
    }


def _summary(corpus: CorpusConfig, counts: Mapping[str, Any]) -> str:
    labels = ", ".join(f"{label} {number:,}" for label, number in counts["labels"].items())
    summary = f"{counts['documents']:,} documents in {counts['groups']:,} groups"
    return f"{corpus.path}: {summary}" + (f"; {labels}" if labels else "")


def _leaks(documents: Mapping[str, list[Document]]) -> Iterator[CheckFinding]:
    """Yield the texts that occur both in a corpus for training and in one for scoring."""
    for left, right in combinations(("gold", "silver", "pool", "dev", "test"), 2):
        scored = right in ("dev", "test")
        if not (scored and documents.get(left) and documents.get(right)):
            continue
        report = find_leaks(documents[left], documents[right])
        about = f"leaks from {left} to {right}"
        if report.leaks or report.short or report.groups:
            message = report.describe(f"corpora.{left}", f"corpora.{right}")
            severity: Severity = "warning" if report.leaks or report.groups else "ok"
            yield CheckFinding(about, severity, message)
        else:
            yield CheckFinding(about, "ok", f"none among {report.right_documents:,} documents")


def _teacher(config: Config, task: Task, pool: list[Document]) -> Iterator[CheckFinding]:
    teacher = config.teacher
    try:
        check_prompt(task, teacher)
    except VermeilError as error:
        yield _error("teacher.prompt", error)
    size = sum(len(document.text) for document in pool)
    try:
        host = host_of(teacher.base_url)
        check_consent(teacher, Volume(len(pool), size, len(pool) * teacher.samples))
        models = list_models(teacher)
    except VermeilError as error:
        about = "teacher.allow_remote" if isinstance(error, ConsentError) else "teacher"
        yield _error(about, error)
        return
    if models is not None and teacher.model not in models:
        message = (
            f"{host} does not list the model {teacher.model}; it lists {_first_names(models)}. "
            "Set teacher.model to one of them"
        )
        yield CheckFinding("teacher.model", "warning", message)
    where = "this machine" if is_loopback(host) else f"{host}, a remote machine (allow_remote)"
    message = f"{teacher.model} at {teacher.base_url} responds; "
    message += f"a run would send up to {len(pool):,} documents ({size:,} characters) to {where}"
    yield CheckFinding("teacher", "ok", message)


def _first_names(names: tuple[str, ...]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "") or "none"


def _missing(about: str, require: Callable[[Any], None], setting: object) -> Iterator[CheckFinding]:
    """Yield an error if a setting needs a package that is not installed."""
    try:
        require(setting)
    except VermeilError as error:
        yield _error(about, error)


def _encoder(config: Config) -> CheckFinding:
    name = config.student.encoder
    try:
        source = find_encoder(name)
    except VermeilError as error:
        return _error("student.encoder", error)
    if not Path(source).is_dir():
        message = f"{name}: not a local folder; training would load it from the Hugging Face Hub"
        return CheckFinding("student.encoder", "warning", message)
    return CheckFinding("student.encoder", "ok", f"{name}: {source}")
