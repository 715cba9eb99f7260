"""Trained layers over a network of transformers: a CRF and a pair head, and the loss with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn
from transformers import PreTrainedModel

from vermeil.data.example import TrainingExample
from vermeil.student.config import StudentConfig
from vermeil.student.inference.model_settings import ModelSettings
from vermeil.student.inference.pair_predictor import PairPredictor
from vermeil.student.inference.pair_scorer import load_pair_scorer
from vermeil.student.loop.crf import Crf
from vermeil.student.loop.joint_loss import JointLoss
from vermeil.student.loop.loss import BinaryCrossEntropy, CrossEntropy, PerLabelLoss
from vermeil.student.loop.noise_losses import NoiseRobustLoss
from vermeil.student.network.pair_head import PairHead
from vermeil.student.network.rows import give_states
from vermeil.tasks.pair_task import pair_task
from vermeil.tasks.protocol import Task, decision_classes


@dataclass(frozen=True, slots=True)
class OutputLayers:
    """Trained layers of a student that are not part of its network.

    Args:
        crf: the CRF over the classes of words; None: the classes are independent.
        pair_head: the head over pairs of spans; None for tasks without relations.
    """

    crf: Crf | None = None
    pair_head: PairHead | None = None

    @property
    def transitions(self) -> list[list[float]] | None:
        """Scores of the CRF; None without a CRF."""
        return None if self.crf is None else self.crf.as_lists()

    @classmethod
    def create(cls, task: Task, config: StudentConfig, network: PreTrainedModel) -> OutputLayers:
        """Return untrained layers, and have the network give the hidden states that they need.

        Args:
            task: task of the student.
            config: settings of the student.
            network: the network below the layers.
        """
        crf = Crf(len(task.classes)) if config.crf else None
        own = pair_task(task)
        if own is None:
            return cls(crf)
        give_states(network)
        return cls(crf, PairHead(int(network.config.hidden_size), own.pair_mask, config.dropout))

    @classmethod
    def load(cls, folder: Path, task: Task, settings: ModelSettings) -> OutputLayers:
        """Return the layers of a model folder.

        Args:
            folder: the model folder.
            task: its task.
            settings: its settings.

        Raises:
            DataError: the weights of the pair head are missing or damaged.
        """
        crf = None if settings.transitions is None else Crf.from_lists(settings.transitions)
        own = pair_task(task)
        if own is None:
            return cls(crf)
        scorer = load_pair_scorer(folder, own.pair_mask)
        dropout = settings.student.dropout
        return cls(crf, PairHead.from_arrays(scorer.weights, scorer.mask, dropout))

    def save(self, folder: Path) -> None:
        """Write the pair head into a model folder; the CRF is part of ``vermeil.json``."""
        if self.pair_head is not None:
            self.pair_head.scorer().save(folder)

    def criterion(
        self, config: StudentConfig, examples: Sequence[TrainingExample], task: Task
    ) -> nn.Module:
        """Return the loss that trains network and layers.

        Args:
            config: the settings of noise-robust losses and of the loss of pairs.
            examples: all training examples; empty: without noise-robust losses.
            task: task of the student; its head decides the loss.
        """
        classes = decision_classes(task.head, len(task.classes))
        is_binary = task.head == "sequence_per_label"
        words: nn.Module = BinaryCrossEntropy() if is_binary else CrossEntropy()
        if self.crf is not None:
            words = self.crf
        elif config.noise.is_on and examples:
            words = NoiseRobustLoss(config.noise, examples, classes)
        if task.head == "token_per_label":
            return PerLabelLoss(words)
        if self.pair_head is None:
            return words
        return JointLoss(words, self.pair_head, classes, config.pair_loss_weight)

    def pair_predictor(self, task: Task, temperature: float) -> PairPredictor | None:
        """Return the predictor of relations; None without a pair head.

        Args:
            task: task of the student.
            temperature: divisor of the logits of pairs.
        """
        own = pair_task(task)
        if self.pair_head is None or own is None:
            return None
        return PairPredictor(self.pair_head.scorer(), own, temperature)


NO_LAYERS = OutputLayers()
"""A network without further layers."""
