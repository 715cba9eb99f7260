"""Documents -> the order in which a teacher or a person should annotate them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vermeil.data.document import Document
from vermeil.data.document_stream import DocumentStream
from vermeil.data.progress import Progress, silent
from vermeil.errors import ConfigError, NothingToRankError
from vermeil.jobs.ranking.costs import (
    Costs,
    TeacherCosts,
    limits_of,
    person_costs,
    teacher_costs,
)
from vermeil.jobs.ranking.repeats import annotated_positions, repeated_positions
from vermeil.jobs.ranking.report import RankEntry, RankReport
from vermeil.jobs.ranking.signals import (
    disagreement_regions,
    embeddings_of,
    judged_regions,
    student_signals,
)
from vermeil.jobs.ranking.sources import RankSources
from vermeil.selection.ranking.choice import RankSignals
from vermeil.selection.ranking.config import RankConfig, StrategyName
from vermeil.selection.ranking.limits import RankLimits
from vermeil.selection.ranking.strategies import (
    STRATEGIES,
    SignalSource,
    chosen_strategy,
    order_documents,
    sources_of,
)
from vermeil.student.network.encoder import require_encoder
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig


def rank(
    documents: Iterable[Document | str],
    task: Task,
    config: RankConfig | None = None,
    sources: RankSources | None = None,
    progress: Progress = silent,
    seed: int = 0,
) -> RankReport:
    """Return the documents to annotate next, best first, within the limits.

    Texts that are annotated already and near-duplicates are left out and counted. For the teacher,
    a document with a stored reply is left out, too. No request is sent, and nothing is trained.

    Args:
        documents: documents, or plain texts whose ids become their positions (from 1). For
            disagreement and expected_errors they have the teacher's annotation.
        task: the task of teacher and student.
        config: annotator, strategy and limits; None: the default strategy without limits.
        sources: annotated texts, student, encoder and teacher; None: none of them.
        progress: called with stage, done, total and details.
        seed: seed of the random order.

    Raises:
        ConfigError: a source that the strategy needs is missing or not installed, the student has
            other classes, or a price is unknown.
        NothingToRankError: no document is left to rank.
        DataError: a file is invalid.
    """
    config, sources = config or RankConfig(), sources or RankSources()
    require_sources(config, sources)
    strategy = _strategy(config, sources)
    needs = sources_of(strategy, config.batch)
    given = list(DocumentStream(documents))
    left_out: dict[str, int] = {}
    costs, answered, replies = _costs(given, task, config, sources)
    positions = _remaining(given, answered, config, sources, needs, left_out)
    if not positions:
        raise _nothing_left(len(given), left_out)
    remaining = [given[position] for position in positions]
    costs = {name: values[positions] for name, values in costs.items()}
    limits = limits_of(config, costs)
    asked = [given[position] for position in np.flatnonzero(answered).tolist()]
    collected = _collect(
        _Ranking(
            remaining,
            task,
            config,
            replace(sources, annotated=(*sources.annotated, *asked)),
            needs,
        ),
        RankSignals(
            costs=np.maximum(costs[_unit(config) + "s"], np.finfo(np.float64).tiny),
            unit=_unit(config),
            seed=seed,
            places=limits.places(len(remaining)),
        ),
        progress,
    )
    entries = _entries(collected, remaining, costs, limits, strategy, config.batch)
    unmarked = sum(not regions for _, regions in collected.signals.regions or ())
    if unmarked:
        left_out["without_region"] = unmarked
    if over := len(remaining) - unmarked - len(entries):
        left_out["over_limit"] = over
    totals = {name: sum(entry.costs[name] for entry in entries) for name in costs}
    return RankReport(
        config.annotator,
        strategy,
        len(given),
        entries,
        left_out,
        totals,
        replies,
        collected.warnings,
    )


def check_strategy(config: RankConfig) -> None:
    """Raise `ConfigError` if the strategy cannot rank documents for the annotator."""
    needs = () if config.strategy is None else STRATEGIES[config.strategy].needs
    if config.annotator == "teacher" and "silver" in needs:
        others = ", ".join(n for n, one in STRATEGIES.items() if "silver" not in one.needs)
        raise ConfigError(
            f"rank.strategy: {config.strategy} ranks documents that the teacher has annotated "
            f"already; use it for a person (--for person), or choose one of {others}"
        )


def require_sources(config: RankConfig, sources: RankSources) -> None:
    """Raise `ConfigError` unless the sources that a strategy needs are given and installed."""
    check_strategy(config)
    strategy = _strategy(config, sources)
    needs = sources_of(strategy, config.batch)
    name = f"rank.strategy: {strategy}"
    if "judge" in needs and sources.judge_result is None:
        raise ConfigError(
            f"{name} needs the judgements of silver; give RankSources(judge_result=…) from "
            "vermeil.select or vermeil.refine"
        )
    if "student" in needs:
        if sources.model is None:
            raise ConfigError(f"{name} needs a student; name a model folder in rank.model")
        from vermeil.student.load import require_model

        require_model("vermeil rank", Path(sources.model))
    if "encoder" in needs:
        require_encoder("vermeil rank", sources.encoder)


@dataclass(frozen=True, slots=True)
class _Ranking:
    """The documents that are left to rank, and what they are ranked by."""

    documents: Sequence[Document]
    task: Task
    config: RankConfig
    sources: RankSources
    needs: frozenset[SignalSource]


@dataclass(frozen=True, slots=True)
class _Collected:
    """The signals of the documents, and remarks on them."""

    signals: RankSignals
    warnings: tuple[str, ...] = ()


def _strategy(config: RankConfig, sources: RankSources) -> StrategyName:
    return chosen_strategy(config, has_student=sources.model is not None)


def _unit(config: RankConfig) -> str:
    return "token" if config.annotator == "teacher" else "minute"


def _costs(
    documents: Sequence[Document], task: Task, config: RankConfig, sources: RankSources
) -> tuple[Costs, np.typing.NDArray[np.bool_], int]:
    """Return the costs of the documents, whether each has all replies, and the replies used."""
    if config.annotator == "person":
        return person_costs(documents, config), np.zeros(len(documents), np.bool_), 0
    found: TeacherCosts = teacher_costs(
        documents,
        task,
        sources.teacher or TeacherConfig(),
        None if sources.store is None else Path(sources.store),
        sources.demonstrations,
    )
    return found.costs, found.answered, found.based_on_replies


def _remaining(
    documents: Sequence[Document],
    answered: np.typing.NDArray[np.bool_],
    config: RankConfig,
    sources: RankSources,
    needs: frozenset[SignalSource],
    left_out: dict[str, int],
) -> list[int]:
    """Return the positions of the documents to rank; count the others in ``left_out``."""
    reasons: dict[str, set[int]] = {"stored_reply": set(np.flatnonzero(answered).tolist())}
    if "silver" in needs:
        reasons["without_annotation"] = {
            position for position, one in enumerate(documents) if one.annotation.is_empty
        }
    known = (*sources.annotated, *sources.held_out)
    reasons["annotated"] = annotated_positions(documents, known, config.similarity)
    positions = list(range(len(documents)))
    for reason, found in reasons.items():
        positions = _without(positions, found, reason, left_out)
    repeated = repeated_positions(documents, positions, config.similarity)
    return _without(positions, repeated, "near_duplicate", left_out)


def _without(
    positions: Sequence[int], found: set[int], reason: str, left_out: dict[str, int]
) -> list[int]:
    kept = [position for position in positions if position not in found]
    if len(kept) < len(positions):
        left_out[reason] = len(positions) - len(kept)
    return kept


def _nothing_left(documents: int, left_out: dict[str, int]) -> NothingToRankError:
    listed = ", ".join(
        f"{reason.replace('_', ' ')} {number:,}" for reason, number in left_out.items()
    )
    counts = f"of {documents:,} documents, {listed}" if documents else "no documents were given"
    return NothingToRankError(f"nothing is left to rank ({counts}); add documents")


def _collect(ranking: _Ranking, signals: RankSignals, progress: Progress) -> _Collected:
    """Return the signals that the strategy needs."""
    documents, config, sources = ranking.documents, ranking.config, ranking.sources
    needs = ranking.needs
    warnings: list[str] = []
    if "encoder" in needs:
        embeddings, seen = embeddings_of(documents, sources.annotated, sources.encoder, progress)
        signals = replace(signals, embeddings=embeddings, seen_embeddings=seen)
    if "student" in needs and sources.model is not None:
        found = student_signals(
            Path(sources.model),
            documents,
            ranking.task,
            config.measure,
            progress,
            keep="silver" in needs,
        )
        signals = replace(signals, uncertainties=found.uncertainties, words=found.words)
        if "silver" in needs:
            regions = disagreement_regions(documents, ranking.task, found.probabilities)
            signals = replace(signals, regions=regions)
        if not found.is_calibrated:
            warnings.append(
                f"the student in {sources.model} is not calibrated; vermeil calibrate makes its "
                "probabilities match its accuracy"
            )
    if "judge" in needs and sources.judge_result is not None:
        regions = judged_regions(documents, sources.judge_result)
        signals = replace(signals, regions=regions)
    return _Collected(signals, tuple(warnings))


def _entries(
    collected: _Collected,
    documents: Sequence[Document],
    costs: Costs,
    limits: RankLimits,
    strategy: StrategyName,
    batch: int,
) -> tuple[RankEntry, ...]:
    """Return the documents within the limits, in the order of the strategy."""
    choices = order_documents(strategy, collected.signals, batch)
    return tuple(
        RankEntry(
            documents[choice.index].id,
            choice.value,
            choice.reason,
            {name: float(values[choice.index]) for name, values in costs.items()},
        )
        for choice in limits.take(choices)
    )
