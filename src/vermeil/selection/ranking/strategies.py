"""The table of strategies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from vermeil.selection.ranking.allabel import allabel_order
from vermeil.selection.ranking.batches import diverse_batches
from vermeil.selection.ranking.choice import RankedChoice, RankSignals
from vermeil.selection.ranking.config import RankConfig, StrategyName
from vermeil.selection.ranking.cost_aware import cost_aware_order
from vermeil.selection.ranking.disagreement import error_order
from vermeil.selection.ranking.diversity import CentreDistances, diversity_order
from vermeil.selection.ranking.random_order import random_order
from vermeil.selection.ranking.uncertainty import uncertainty_order

SignalSource = Literal["encoder", "student", "silver", "judge"]
"""Source of a signal. encoder: sentence embeddings. student: a trained model. silver: the teacher's
annotations of the documents. judge: the judge of silver."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """One strategy.

    Args:
        order: yields the documents, best first.
        needs: sources of the signals that the order needs.
        in_batches: whether its batches have to be made diverse.
    """

    order: Callable[[RankSignals], Iterator[RankedChoice]]
    needs: frozenset[SignalSource] = frozenset()
    in_batches: bool = False


STRATEGIES: Mapping[StrategyName, Strategy] = {
    "random": Strategy(random_order),
    "diversity": Strategy(diversity_order, frozenset({"encoder"})),
    "uncertainty": Strategy(uncertainty_order, frozenset({"student"}), in_batches=True),
    "cost_aware": Strategy(cost_aware_order, frozenset({"student"}), in_batches=True),
    "disagreement": Strategy(error_order, frozenset({"student", "silver"}), in_batches=True),
    "expected_errors": Strategy(error_order, frozenset({"silver", "judge"}), in_batches=True),
    "allabel": Strategy(allabel_order, frozenset({"encoder", "student"})),
}
"""Name of every strategy to its order and the signals that it needs."""


def chosen_strategy(config: RankConfig, *, has_student: bool) -> StrategyName:
    """Return the configured strategy; without one, cost_aware if there is a student, else random.

    Source: docs/results/selection.md.

    Args:
        config: the ``[rank]`` section.
        has_student: whether there is a student, and its packages are installed.
    """
    return config.strategy or ("cost_aware" if has_student else "random")


def sources_of(name: StrategyName, batch: int) -> frozenset[SignalSource]:
    """Return the sources of signals that a strategy needs, those of diverse batches included.

    Args:
        name: the strategy.
        batch: documents of a batch.
    """
    strategy = STRATEGIES[name]
    if strategy.in_batches and batch > 1:
        return strategy.needs | {"encoder"}
    return strategy.needs


def order_documents(name: StrategyName, signals: RankSignals, batch: int) -> Iterator[RankedChoice]:
    """Yield the documents in the order of a strategy, in diverse batches.

    Args:
        name: the strategy.
        signals: the signals that `sources_of` names.
        batch: documents of a batch; 1: batches are not made diverse.
    """
    strategy = STRATEGIES[name]
    choices = strategy.order(signals)
    if not strategy.in_batches or batch == 1:
        return choices
    if signals.embeddings is None:
        raise ValueError("diverse batches need embeddings")
    distances = CentreDistances(signals.embeddings, signals.seen_embeddings)
    return diverse_batches(choices, distances, batch)
