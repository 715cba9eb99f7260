"""The training loop: plain PyTorch, one pass over a batch plan."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel

from vermeil.data.example import BatchPlan, TrainingExample
from vermeil.data.progress import Progress, silent
from vermeil.errors import TrainingError
from vermeil.student.config import RESULT_INDEPENDENT_KEYS, StudentConfig
from vermeil.student.loop.best_state import BestState, ScoreFunction
from vermeil.student.loop.checkpoint import Checkpoint, TrainingState, flatten
from vermeil.student.loop.distributed import SINGLE_PROCESS, DistributedContext
from vermeil.student.loop.flat_parameters import FlatParameters
from vermeil.student.loop.loss import Batch, collate
from vermeil.student.loop.metrics import Observer, OnStep, StepRecord
from vermeil.student.loop.optimiser import parameter_groups, rate_factor, set_rate
from vermeil.student.loop.packing import (
    first_position,
    packed_attention,
    packed_logits,
    uses_packed_rows,
)
from vermeil.student.loop.vocabulary import CompactVocabulary, compact_vocabulary
from vermeil.student.network.device import uses_bf16


@dataclass(frozen=True, slots=True)
class TrainingHooks:
    """What goes on around the steps of a training.

    Args:
        progress: told after every step: loss, gold share, wordpieces per second, F1 on dev.
        on_step: given the record of every step.
        score: scores the student; needed where the configuration selects the best state.
        checkpoint: keeps the state, and gives back that of a training that was stopped.
        distributed: the processes that share the work.
        observer: looks at the student between steps, in the first process; what it does changes
            nothing, and its time does not count.
    """

    progress: Progress = silent
    on_step: OnStep = field(default=lambda _: None)
    score: ScoreFunction | None = None
    checkpoint: Checkpoint | None = None
    distributed: DistributedContext = SINGLE_PROCESS
    observer: Observer | None = None


def fit(
    network: PreTrainedModel,
    criterion: nn.Module,
    examples: Sequence[TrainingExample],
    plan: BatchPlan,
    config: StudentConfig,
    seed: int,
    *,
    padding: int,
    hooks: TrainingHooks,
) -> list[StepRecord]:
    """Train the network in place along a plan.

    Args:
        network: a token or sequence classifier of transformers.
        criterion: logits and batch to the sum of the losses; may have weights of its own.
        examples: all examples, gold first, as the plan numbers them.
        plan: which examples each step sees.
        config: learning rate, dropout and the like.
        seed: of dropout.
        padding: id of the padding wordpiece.
        around: progress, checkpoint and the like.

    Returns:
        A record per step, those before an interruption included.

    Raises:
        TrainingError: the loss is not a number any more, there is nothing to train on, or a
            checkpoint does not fit.
    """
    if plan.steps == 0:
        raise TrainingError("the plan has no step: there is nothing to train on")
    torch.manual_seed(seed + hooks.distributed.rank)
    used = np.unique(np.concatenate(plan.batches))
    network.train()
    occurring = (examples[i].input_ids for i in used)
    with ExitStack() as stack:
        vocabulary = stack.enter_context(compact_vocabulary(network, occurring, padding))
        if not config.train_word_embeddings:
            network.get_input_embeddings().requires_grad_(False)
        if uses_packed_rows(network, config.pack):
            stack.enter_context(packed_attention(network))
        loop = _Loop(network, criterion, plan, config, hooks, vocabulary)
        try:
            loop.resume(_fingerprint_inputs(examples, plan, config, seed, hooks.distributed))
            for step in range(len(loop.records), plan.steps):
                if loop.best.should_stop:
                    break
                batch = [examples[i] for i in plan.batches[step]]
                loop.step(step, batch, int(vocabulary.remap[padding]))
        finally:
            loop.flat_parameters.release()
        loop.best.restore(loop.trained)
    network.train(False)
    return loop.records


class _Loop:
    """All that changes from step to step."""

    def __init__(
        self,
        network: PreTrainedModel,
        criterion: nn.Module,
        plan: BatchPlan,
        config: StudentConfig,
        hooks: TrainingHooks,
        vocabulary: CompactVocabulary,
    ) -> None:
        self.network, self.criterion, self.plan, self.config = network, criterion, plan, config
        self.hooks, self.vocabulary = hooks, vocabulary
        self.trained = nn.ModuleList([network, criterion])
        self.flat_parameters = FlatParameters(
            parameter_groups(network, criterion, config),
            torch.bfloat16 if uses_bf16(config.precision) else torch.float32,
            [p for p in network.parameters() if not p.requires_grad],
        )
        self.best = BestState(plan.steps, config)
        self._first_position = (
            first_position(network) if uses_packed_rows(network, config.pack) else None
        )
        self.records: list[StepRecord] = []
        self._start_time, self._earlier_seconds, self._wordpieces_seen = time.perf_counter(), 0.0, 0
        self._last_f1: float | None = None

    def resume(self, fingerprint_inputs: dict[str, Any]) -> None:
        """Go on from the checkpoint, if there is one."""
        if self.hooks.checkpoint is None:
            return
        state, self.records = self.hooks.checkpoint.open(
            fingerprint_inputs, write=self.hooks.distributed.rank == 0
        )
        if state is None:
            return
        with self.flat_parameters.full_precision():
            self.trained.load_state_dict(state["weights"])
        self.flat_parameters.optimiser.load_state_dict(state["optimiser"])
        self.best.load_state_dict(state["best"])
        _set_random_state(state["random"][self.hooks.distributed.rank])
        self._earlier_seconds = self.records[-1].seconds
        self._last_f1 = state["last_f1"]
        self.hooks.progress("train", len(self.records), self.plan.steps, {})

    def step(self, step: int, batch: Sequence[TrainingExample], padding: int) -> None:
        """Do one optimiser step, and all that follows from it."""
        began = time.perf_counter()
        rate = self.config.learning_rate * rate_factor(step, self.plan, self.config)
        set_rate(self.flat_parameters.optimiser, rate)
        if step in self.plan.optimiser_restarts:
            self.flat_parameters.optimiser.state.clear()
        loss = self._optimise([self._collate(part, padding) for part in self._micro_batches(batch)])
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} at step {step + 1} of {self.plan.steps}; "
                "lower student.learning_rate or raise student.warmup"
            )
        wordpieces = int(self.plan.wordpieces[step])
        speed = wordpieces / (time.perf_counter() - began)
        f1 = self._dev_f1(step + 1)
        seconds = self._earlier_seconds + time.perf_counter() - self._start_time
        share = float(self.plan.realised_share[step])
        self._report_step(StepRecord(step + 1, loss, share, rate, wordpieces, speed, seconds, f1))
        self._save_checkpoint()
        self._observe(step + 1)

    def _collate(self, part: Sequence[TrainingExample], padding: int) -> Batch:
        return collate(part, self.vocabulary.remap, padding, self.network.device)

    def _logits(self, part: Batch) -> torch.Tensor:
        if (
            self._first_position is not None
            and part.classes.shape == part.inputs["input_ids"].shape
        ):
            return packed_logits(self.network, part.inputs, self._first_position)
        logits: torch.Tensor = self.network(**part.inputs).logits
        return logits

    def _micro_batches(
        self, batch: Sequence[TrainingExample]
    ) -> Iterator[Sequence[TrainingExample]]:
        """Yield this process's part of a batch, in as many parts as go through at once."""
        limit, team = self.config.micro_batch_wordpieces, self.hooks.distributed
        if limit is None and team.size == 1:
            yield batch
            return
        mine = sorted(batch, key=lambda e: e.size)[team.rank :: team.size]
        start = 0
        for end in range(1, len(mine) + 1):
            full = limit is not None and end < len(mine)
            if end == len(mine) or (full and mine[end].size * (end + 1 - start) > (limit or 0)):
                yield mine[start:end]
                start = end

    def _optimise(self, parts: Sequence[Batch]) -> float:
        """Do the step; return the weighted mean loss."""
        team, device = self.hooks.distributed, self.network.device
        weights = [part.weight for part in parts] or [torch.zeros((), device=device)]
        total = team.all_reduce(torch.stack(weights).sum()).clamp_min(1e-8)
        losses = [torch.zeros((), device=device)]
        for part in parts:
            loss = self.criterion(self._logits(part), part) / total
            torch.autograd.backward(loss)
            losses.append(loss.detach())
        self.flat_parameters.step(self.config.clip_norm, team)
        return float(team.all_reduce(torch.stack(losses).sum()))

    def _dev_f1(self, step: int) -> float | None:
        score = self.hooks.score
        if score is None or self.config.select == "last" or not self.best.is_due(step):
            return None
        random = _random_state()
        with self.flat_parameters.full_precision():
            with self.vocabulary.full_vocabulary():
                f1 = float(self.hooks.distributed.broadcast(score()))
            self.best.update(f1, self.trained)
        _set_random_state(random)
        self.network.train()
        self._last_f1 = f1
        return f1

    def _observe(self, step: int) -> None:
        observer = self.hooks.observer
        if observer is None or self.hooks.distributed.rank > 0 or not observer.is_due(step):
            return
        began, random = time.perf_counter(), _random_state()
        with self.flat_parameters.full_precision(), self.vocabulary.full_vocabulary():
            observer.observe(step)
        _set_random_state(random)
        self.network.train()
        self._start_time += time.perf_counter() - began

    def _report_step(self, record: StepRecord) -> None:
        self.records.append(record)
        self._wordpieces_seen += record.wordpieces
        if self.hooks.distributed.rank > 0:
            return
        if self.hooks.checkpoint is not None:
            self.hooks.checkpoint.append_step(record)
        self.hooks.on_step(record)
        detail: dict[str, float | int | str] = {
            "loss": record.loss,
            "gold_share": record.gold_share,
            "wordpieces_per_second": self._wordpieces_seen
            / (time.perf_counter() - self._start_time),
        }
        if self._last_f1 is not None:
            detail["dev_f1"] = self._last_f1
        self.hooks.progress("train", record.step, self.plan.steps, detail)

    def _save_checkpoint(self) -> None:
        """Write a checkpoint if it is time for one."""
        checkpoint, team = self.hooks.checkpoint, self.hooks.distributed
        if checkpoint is None or not team.broadcast(checkpoint.is_due):
            return
        random = team.all_gather(_random_state())
        if team.rank == 0:
            with self.flat_parameters.full_precision():
                state: TrainingState = {
                    "step": len(self.records),
                    "weights": self.trained.state_dict(),
                    "optimiser": self.flat_parameters.optimiser.state_dict(),
                    "best": self.best.state_dict(),
                    "last_f1": self._last_f1,
                    "random": random,
                }
                checkpoint.write(state)
        checkpoint.notify_written()


def _fingerprint_inputs(
    examples: Sequence[TrainingExample],
    plan: BatchPlan,
    config: StudentConfig,
    seed: int,
    distributed: DistributedContext,
) -> dict[str, Any]:
    """Return all that decides what comes out of training, as far as `fit` knows it."""
    data, batches = hashlib.sha256(), hashlib.sha256()
    for e in examples:
        for array in (e.input_ids, e.features, e.classes, e.weights, e.positions, e.soft):
            data.update(b"|" if array is None else array.tobytes() + b"|")
    for batch in plan.batches:
        batches.update(batch.tobytes() + b"|")
    return {
        "gold examples": plan.gold_examples,
        "silver examples": len(examples) - plan.gold_examples,
        "digest of the examples": data.hexdigest()[:16],
        "steps": plan.steps,
        "wordpieces": plan.total_wordpieces,
        "digest of the plan": batches.hexdigest()[:16],
        "seed": seed,
        "processes": distributed.size,
        "torch": torch.__version__,
        **flatten(config.model_dump(mode="json", exclude=RESULT_INDEPENDENT_KEYS), "student"),
    }


def _random_state() -> dict[str, Any]:
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": devices}


def _set_random_state(state: dict[str, Any]) -> None:
    torch.set_rng_state(state["cpu"])
    if state["cuda"]:
        torch.cuda.set_rng_state_all(state["cuda"])
