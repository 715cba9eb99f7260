"""Renamed configuration keys, options and modules, each with its new name.

An old name raises an error that contains the new name. Files of earlier versions are still read:
`with_new_keys` translates a stored section. `with_old_keys` translates a section to the names that
existing digests contain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from typing import Any

KEYS = {
    "blending.budget.gold_part": "blending.budget.gold_fraction",
    "task.uncertain": "task.unlocated",
    "teacher.also": "teacher.additional",
    "teacher.votes.losers": "teacher.votes.minority",
}
"""Renamed keys of ``vermeil.toml``."""

OPTIONS = {
    "evaluate --also": "--agreement-with",
    "init --force": "--overwrite",
    "replies batches --give-up": "--abandon",
}
"""Renamed options of the command line, each with its verb."""

MODULES = {
    "cli.appraisal": "cli.ui.appraisal",
    "cli.highlight": "cli.ui.highlight",
    "cli.inputs": "cli.ui.inputs",
    "cli.options": "cli.ui.options",
    "cli.output": "cli.ui.output",
    "cli.progress": "cli.ui.progress",
    "cli.reports": "cli.ui.reports",
    "cli.selections": "cli.ui.refine_report",
    "cli.stage": "cli.ui.stage",
    "cli.study_inputs": "pipeline.study_files",
    "cli.template": "config.template",
    "cluster.board": "cluster.progress_relay",
    "cluster.flow": "cluster.work_pool",
    "cluster.gates": "cluster.annotate.admission",
    "cluster.means": "cluster.executor",
    "cluster.parcels": "cluster.archive",
    "cluster.partitions": "cluster.predict.partitions",
    "cluster.treasury": "cluster.annotate.coordinator",
    "cluster.tuning": "tuning.config",
    "corpora.answers": "corpora.tools.answers",
    "corpora.argilla": "corpora.tools.argilla",
    "corpora.arrow": "corpora.formats.arrow",
    "corpora.brat": "corpora.formats.brat",
    "corpora.conll": "corpora.formats.conll",
    "corpora.docbin": "corpora.formats.docbin",
    "corpora.doccano": "corpora.tools.doccano",
    "corpora.extras": "corpora.tools.extras",
    "corpora.jsonl": "corpora.formats.jsonl",
    "corpora.label_studio": "corpora.tools.label_studio",
    "corpora.leaks": "corpora.analysis.leaks",
    "corpora.marking": "corpora.tools.json_fields",
    "corpora.prodigy": "corpora.tools.prodigy",
    "corpora.seen": "corpora.id_index",
    "corpora.split": "corpora.analysis.split",
    "corpora.stats": "corpora.analysis.stats",
    "corpora.tables": "corpora.formats.tables",
    "corpora.text": "corpora.formats.text",
    "corpora.tokens": "corpora.formats.tokens",
    "corpora.webanno": "corpora.formats.webanno.reader",
    "corpora.webanno_escapes": "corpora.formats.webanno.escapes",
    "corpora.webanno_write": "corpora.formats.webanno.writer",
    "corpora.words": "corpora.tokenised",
    "demo.story": "demo.console",
    "demo.telling": "demo.narration",
    "evaluation.views": "evaluation.matching",
    "jobs.check": "pipeline.check",
    "jobs.corrector": "refinement.scorers.corrector",
    "jobs.demonstrating": "pipeline.demonstration_files",
    "jobs.dynamics": "refinement.scorers.dynamics",
    "jobs.judging": "refinement.judging",
    "jobs.kept_rows": "refinement.cache",
    "jobs.learning": "refinement.scorers.student_trainer",
    "jobs.needed": "jobs.requirements",
    "jobs.out_of_fold": "refinement.scorers.out_of_fold",
    "jobs.pilot": "jobs.piloting.pilot",
    "jobs.pilot_report": "jobs.piloting.report",
    "jobs.places": "jobs.run_folder",
    "jobs.recipe": "refinement.recipe",
    "jobs.refine": "refinement.refine",
    "jobs.rounds": "refinement.rounds",
    "jobs.ruling": "refinement.policy",
    "jobs.run": "pipeline.run",
    "jobs.sections": "config.model",
    "jobs.select": "refinement.select",
    "jobs.selecting": "refinement.curate",
    "jobs.selecting_files": "pipeline.refine_files",
    "jobs.self_training": "refinement.self_training",
    "jobs.show": "pipeline.show",
    "jobs.signal_report": "refinement.signal_quality",
    "jobs.stages": "pipeline.stages",
    "student.best": "student.loop.best_state",
    "student.card": "student.network.card",
    "student.checkpoint": "student.loop.checkpoint",
    "student.context": "student.encoding.context",
    "student.crf": "student.loop.crf",
    "student.device": "student.network.device",
    "student.dropout": "student.network.dropout",
    "student.embedding": "student.network.embedding",
    "student.encoder": "student.network.encoder",
    "student.examples": "student.encoding.examples",
    "student.features": "student.encoding.features",
    "student.gradients": "student.loop.gradients",
    "student.loss": "student.loop.loss",
    "student.marginals": "student.inference.crf_marginals",
    "student.metrics": "student.loop.trackers",
    "student.noise": "student.loop.noise_losses",
    "student.onnx_export": "student.network.onnx_export",
    "student.onnx_runner": "student.inference.onnx_runner",
    "student.optimiser": "student.loop.optimiser",
    "student.packing": "student.loop.packing",
    "student.prediction": "student.inference.batching",
    "student.predictor": "student.inference.predictor",
    "student.settings": "student.inference.model_settings",
    "student.team": "student.loop.distributed",
    "student.torch_runner": "student.network.torch_runner",
    "student.training": "student.loop.loop",
    "student.vocabulary": "student.loop.vocabulary",
    "student.weights": "student.loop.flat_parameters",
    "student.windows": "student.encoding.windows",
    "student.wordpieces": "student.encoding.wordpieces",
    "studies.appendix": "studies.report.sections.record",
    "studies.cautions": "studies.report.cautions",
    "studies.cell": "studies.cells.cell",
    "studies.charts": "studies.report.charts",
    "studies.draw": "studies.cells.sampling",
    "studies.examples": "studies.report.sections.examples",
    "studies.findings": "studies.report.findings",
    "studies.frontier": "studies.statistics.frontier",
    "studies.frontier_view": "studies.report.sections.frontier",
    "studies.markdown": "studies.report.markdown",
    "studies.marks": "studies.report.highlighted_text",
    "studies.mechanism": "studies.statistics.mechanism",
    "studies.mechanism_view": "studies.report.sections.mechanism",
    "studies.observation_charts": "studies.report.observation_charts",
    "studies.observer": "studies.cells.observer",
    "studies.outcomes": "studies.cells.span_outcomes",
    "studies.probes": "studies.cells.observation_set",
    "studies.refinement_view": "studies.report.sections.refinement",
    "studies.regimens": "studies.cells.regimens",
    "studies.sizes": "studies.statistics.size_grid",
    "studies.spreadsheet": "studies.report.csv",
    "studies.summary": "studies.statistics.compare",
    "studies.svg": "studies.report.svg",
    "studies.table": "studies.report.terminal",
    "studies.teacher_view": "studies.report.sections.teacher",
    "studies.view": "studies.report.page",
    "studies.wording": "studies.format",
    "studies.words": "studies.cells.word_metrics",
    "tasks.ner.location": "tasks.ner.alignment.mentions",
    "tasks.ner.marked_location": "tasks.ner.alignment.marked",
    "tasks.ner.nearly": "tasks.ner.alignment.fuzzy",
    "tasks.ner.places": "tasks.ner.alignment.occurrences",
    "tasks.ner.scheduling": "tasks.ner.alignment.intervals",
    "tasks.ner.tiers": "tasks.ner.alignment.tiers",
    "tasks.ner.uncertainty": "tasks.ner.alignment.abstention",
    "tasks.ner.views": "tasks.ner.alignment.normalise",
    "teacher.answered": "teacher.store.reply_index",
    "teacher.anthropic_backend": "teacher.backends.anthropic.online",
    "teacher.anthropic_batch": "teacher.backends.anthropic.batches",
    "teacher.anthropic_wire": "teacher.backends.anthropic.wire",
    "teacher.backend": "teacher.backends.base",
    "teacher.batch": "teacher.batches.run",
    "teacher.batch_backend": "teacher.backends.batch_base",
    "teacher.batch_calls": "teacher.backends.batch_calls",
    "teacher.batch_harvest": "teacher.batches.collect",
    "teacher.batch_pack": "teacher.batches.batch_file",
    "teacher.batch_purse": "teacher.batches.spending",
    "teacher.batch_store": "teacher.batches.store",
    "teacher.commits": "teacher.store.group_commit",
    "teacher.complaints": "teacher.backends.error_patterns",
    "teacher.faults": "teacher.backends.http_status",
    "teacher.gates": "teacher.limits.admission",
    "teacher.headers": "teacher.backends.rate_headers",
    "teacher.logprob_blob": "teacher.store.logprobs",
    "teacher.loop": "teacher.event_loop",
    "teacher.merging": "teacher.store.merge",
    "teacher.openai_backend": "teacher.backends.openai.online",
    "teacher.openai_batch": "teacher.backends.openai.batches",
    "teacher.openai_logprobs": "teacher.backends.openai.logprobs",
    "teacher.openai_wire": "teacher.backends.openai.wire",
    "teacher.pace": "teacher.limits.rate_limit",
    "teacher.packing_backend": "teacher.backends.multi_document",
    "teacher.packs": "teacher.backends.multi_document_prompt",
    "teacher.prices": "teacher.limits.prices",
    "teacher.purse": "teacher.limits.spending",
    "teacher.reach": "teacher.backends.models",
    "teacher.recorded_logprobs": "teacher.replay.logprobs",
    "teacher.recording": "teacher.replay.recording",
    "teacher.replay_handler": "teacher.replay.handler",
    "teacher.schema": "teacher.store.schema",
    "teacher.sdk": "teacher.backends.sdk",
    "teacher.spending": "teacher.store.charges",
    "teacher.stored": "teacher.store.records",
    "teacher.structured": "teacher.backends.structured_output",
}
"""Moved modules, without the leading ``vermeil.``."""


def new_key(where: str) -> str | None:
    """Return the new name of a configuration key; None if it was not renamed.

    Args:
        where: dotted path of the key. A section may be nested in another one, for example
            ``study.variants.NAME.budget.gold_part``.
    """
    for old, new in KEYS.items():
        section, _, key = old.partition(".")
        if where == old:
            return new
        if "." in key and where.endswith(f".{key}"):
            return where.removesuffix(key) + new.removeprefix(f"{section}.")
    return None


def new_option(arguments: Sequence[str]) -> tuple[str, str] | None:
    """Return the first renamed option among the arguments of ``vermeil``, and its new name.

    Args:
        arguments: the verb, its options and its other arguments.
    """
    for old, new in OPTIONS.items():
        *verb, option = old.split()
        given = (argument.partition("=")[0] for argument in arguments[len(verb) :])
        if list(arguments[: len(verb)]) == verb and option in given:
            return option, new
    return None


class MovedModules(MetaPathFinder):
    """Import hook that raises an error with the new name of a moved module."""

    def find_spec(self, fullname: str, *_: Any) -> None:
        """Raise `ModuleNotFoundError` if the module was moved; otherwise return None."""
        new = MODULES.get(fullname.removeprefix("vermeil."))
        if new is not None and fullname.startswith("vermeil."):
            raise ModuleNotFoundError(f"{fullname} is now vermeil.{new}", name=fullname)


def with_new_keys(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored section with its renamed keys under their new names.

    Args:
        section: name of the section, for example ``task``.
        values: the section, possibly written by an earlier version.
    """
    return _translate(section, values, KEYS)


def with_old_keys(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section with its renamed keys under their old names, which digests contain."""
    return _translate(section, values, {new: old for old, new in KEYS.items()})


def _translate(section: str, values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        names.get(f"{section}.{key}", key).rpartition(".")[2]: (
            _translate(f"{section}.{key}", value, names) if isinstance(value, Mapping) else value
        )
        for key, value in values.items()
    }
