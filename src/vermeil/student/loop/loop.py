"""The training loop: plain PyTorch, one pass over a batch plan."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel

from vermeil.data.example import TrainingExample
from vermeil.errors import TrainingError
from vermeil.student.loop.best_state import BestState
from vermeil.student.loop.checkpoint import TrainingState
from vermeil.student.loop.distributed import SINGLE_PROCESS
from vermeil.student.loop.fit_inputs import FitInputs
from vermeil.student.loop.flat_parameters import FlatParameters
from vermeil.student.loop.hooks import TrainingHooks
from vermeil.student.loop.loss import Batch, BinaryCrossEntropy, collate
from vermeil.student.loop.optimiser import parameter_groups, rate_factor, set_rate
from vermeil.student.loop.packing import (
    first_position,
    packed_attention,
    packed_logits,
    uses_packed_rows,
)
from vermeil.student.loop.random_state import random_state, set_random_state
from vermeil.student.loop.step_record import StepRecord
from vermeil.student.loop.vocabulary import CompactVocabulary, compact_vocabulary
from vermeil.student.network.device import uses_bf16
from vermeil.student.network.rows import output_rows
from vermeil.student.network.threads import MEASUREMENTS, ThreadChoice

MEASURED_WORDPIECES = 10_000
"""Shortest training that measures its number of threads; a shorter one uses one thread."""


def fit(
    network: PreTrainedModel, criterion: nn.Module, inputs: FitInputs, hooks: TrainingHooks
) -> list[StepRecord]:
    """Train the network in place along a plan.

    Args:
        network: a token or sequence classifier of transformers.
        criterion: maps logits and batch to the sum of the losses; may have weights of its own.
        inputs: examples, plan and settings.
        hooks: progress, checkpoint and other callbacks.

    Returns:
        A record per step. Steps before an interruption are included.

    Raises:
        TrainingError: the loss is not a finite number, there is nothing to train on, or a
            checkpoint belongs to another training.
    """
    plan, config = inputs.plan, inputs.config
    if plan.steps == 0:
        raise TrainingError("the plan has no step: there is nothing to train on")
    distributed = hooks.distributed or SINGLE_PROCESS
    torch.manual_seed(inputs.seed + distributed.rank)
    used = np.unique(np.concatenate(plan.batches))
    network.train()
    occurring = (inputs.examples[i].input_ids for i in used)
    with ExitStack() as stack:
        vocabulary = stack.enter_context(compact_vocabulary(network, occurring, inputs.padding))
        if not config.train_word_embeddings:
            network.get_input_embeddings().requires_grad_(False)
        if uses_packed_rows(network, config.pack):
            stack.enter_context(packed_attention(network))
        loop = _Loop(network, criterion, inputs, hooks, vocabulary)
        try:
            loop.resume()
            loop.set_threads()
            for step in range(len(loop.records), plan.steps):
                if loop.best.should_stop:
                    break
                loop.step(step)
        finally:
            loop.flat_parameters.release()
        loop.best.restore(loop.trained)
    network.train(False)
    return loop.records


class _Loop:
    """The state that changes from step to step."""

    def __init__(
        self,
        network: PreTrainedModel,
        criterion: nn.Module,
        inputs: FitInputs,
        hooks: TrainingHooks,
        vocabulary: CompactVocabulary,
    ) -> None:
        self.network, self.criterion, self.inputs = network, criterion, inputs
        self.plan, self.config = inputs.plan, inputs.config
        self.hooks, self.vocabulary = hooks, vocabulary
        self.distributed = hooks.distributed or SINGLE_PROCESS
        self.trained = nn.ModuleList([network, criterion])
        self.flat_parameters = FlatParameters(
            parameter_groups(network, criterion, self.config),
            torch.bfloat16 if uses_bf16(self.config.precision) else torch.float32,
            [p for p in network.parameters() if not p.requires_grad],
        )
        self.best = BestState(self.plan.steps, self.config)
        self._padding_row = int(vocabulary.remap[inputs.padding])
        self._first_position = (
            first_position(network) if uses_packed_rows(network, self.config.pack) else None
        )
        self.records: list[StepRecord] = []
        self._start_time, self._earlier_seconds, self._wordpieces_seen = time.perf_counter(), 0.0, 0
        self._last_f1: float | None = None
        self._threads: ThreadChoice | None = None

    def resume(self) -> None:
        """Load the state of the checkpoint, if there is one."""
        if self.hooks.checkpoint is None:
            return
        state, self.records = self.hooks.checkpoint.open(
            self.inputs.fingerprint_inputs(self.distributed), write=self.distributed.rank == 0
        )
        if state is None:
            return
        with self.flat_parameters.full_precision():
            self.trained.load_state_dict(state["weights"])
        self.flat_parameters.optimiser.load_state_dict(state["optimiser"])
        self.best.load_state_dict(state["best"])
        set_random_state(state["random"][self.distributed.rank])
        self._earlier_seconds = self.records[-1].seconds
        self._last_f1 = state["last_f1"]
        if state.get("threads"):
            self._threads = ThreadChoice(state["threads"])
        self.hooks.progress("train", len(self.records), self.plan.steps, {})

    def set_threads(self) -> None:
        """Use the threads of the checkpoint, or else those that a few steps show to be faster.

        The number changes sums in their last digits. Nothing is measured if it is set, on a GPU, or
        if several processes share the work.
        """
        on_processor = self.network.device.type == "cpu" and self.distributed.world_size == 1
        if self.config.threads is not None or not on_processor:
            return
        size = sum(p.numel() for p in self.network.parameters())
        if self._threads is None and self.plan.total_wordpieces < MEASURED_WORDPIECES:
            self._threads = ThreadChoice(1)
        elif self._threads is None:
            random = random_state()
            self._threads = MEASUREMENTS.measure("training", size, self._trial_step)
            set_random_state(random)
        self.hooks.on_threads(self._threads.as_dict())

    def _trial_step(self) -> None:
        """Compute the gradients of the first batch and drop them."""
        batch = [self.inputs.examples[i] for i in self.plan.batches[0]]
        for part in self._micro_batches(batch):
            torch.autograd.backward(self._logits(self._collate(part)).float().sum())
        for parameter in self.network.parameters():
            parameter.grad = None

    def step(self, step: int) -> None:
        """Do one optimiser step, then score, report, write a checkpoint and call the observer.

        Args:
            step: number of the step, from 0.
        """
        batch = [self.inputs.examples[i] for i in self.plan.batches[step]]
        if self._threads is not None:  # prediction between steps may use another number
            torch.set_num_threads(self._threads.threads)
        began = time.perf_counter()
        rate = self.config.learning_rate * rate_factor(step, self.plan, self.config)
        set_rate(self.flat_parameters.optimiser, rate)
        if step in self.plan.optimiser_restarts:
            self.flat_parameters.optimiser.state.clear()
        loss = self._optimise([self._collate(part) for part in self._micro_batches(batch)])
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

    def _collate(self, examples: Sequence[TrainingExample]) -> Batch:
        return collate(examples, self.vocabulary.remap, self._padding_row, self.network.device)

    def _logits(self, batch: Batch) -> torch.Tensor:
        if (
            self._first_position is not None
            and not isinstance(self.criterion, BinaryCrossEntropy)
            # One class per wordpiece, or one per wordpiece and label.
            and batch.classes.shape[1] % batch.inputs["input_ids"].shape[1] == 0
        ):
            return packed_logits(self.network, batch.inputs, self._first_position)
        return output_rows(self.network, batch.inputs)

    def _micro_batches(
        self, batch: Sequence[TrainingExample]
    ) -> Iterator[Sequence[TrainingExample]]:
        """Yield this process's share of a batch, in parts of at most `micro_batch_wordpieces`."""
        limit, world_size = self.config.micro_batch_wordpieces, self.distributed.world_size
        if limit is None and world_size == 1:
            yield batch
            return
        own = sorted(batch, key=lambda e: e.size)[self.distributed.rank :: world_size]
        start = 0
        for end in range(1, len(own) + 1):
            full = limit is not None and end < len(own)
            if end == len(own) or (full and own[end].size * (end + 1 - start) > (limit or 0)):
                yield own[start:end]
                start = end

    def _optimise(self, batches: Sequence[Batch]) -> float:
        """Do the optimiser step over all micro-batches; return the weighted mean loss."""
        all_reduce, device = self.distributed.all_reduce, self.network.device
        weights = [batch.total_weight for batch in batches] or [torch.zeros((), device=device)]
        total = all_reduce(torch.stack(weights).sum()).clamp_min(1e-8)
        losses = [torch.zeros((), device=device)]
        for batch in batches:
            loss = self.criterion(self._logits(batch), batch) / total
            torch.autograd.backward(loss)
            losses.append(loss.detach())
        self.flat_parameters.step(self.config.clip_norm, self.distributed)
        return float(all_reduce(torch.stack(losses).sum()))

    def _dev_f1(self, step: int) -> float | None:
        """Return the F1 after a step, if it is due, and update the best state."""
        score = self.hooks.score
        if score is None or self.config.select == "last" or not self.best.is_due(step):
            return None
        random = random_state()
        with self.flat_parameters.full_precision():
            with self.vocabulary.full_vocabulary():
                f1 = float(self.distributed.broadcast(score()))
            self.best.update(f1, self.trained)
        set_random_state(random)
        self.network.train()
        self._last_f1 = f1
        return f1

    def _observe(self, step: int) -> None:
        """Call the observer, if it is due; restore random numbers, mode and time afterwards."""
        observer = self.hooks.observer
        if observer is None or self.distributed.rank > 0 or not observer.is_due(step):
            return
        began, random = time.perf_counter(), random_state()
        with self.flat_parameters.full_precision(), self.vocabulary.full_vocabulary():
            observer.observe(step)
        set_random_state(random)
        self.network.train()
        self._start_time += time.perf_counter() - began

    def _report_step(self, record: StepRecord) -> None:
        self.records.append(record)
        self._wordpieces_seen += record.wordpieces
        if self.distributed.rank > 0:
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
        if self._threads is not None:
            detail["threads"] = self._threads.threads
        if self._last_f1 is not None:
            detail["dev_f1"] = self._last_f1
        self.hooks.progress("train", record.step, self.plan.steps, detail)

    def _save_checkpoint(self) -> None:
        """Write a checkpoint, if it is due."""
        checkpoint = self.hooks.checkpoint
        if checkpoint is None or not self.distributed.broadcast(checkpoint.is_due):
            return
        random = self.distributed.all_gather(random_state())
        if self.distributed.rank == 0:
            with self.flat_parameters.full_precision():
                state: TrainingState = {
                    "step": len(self.records),
                    "weights": self.trained.state_dict(),
                    "optimiser": self.flat_parameters.optimiser.state_dict(),
                    "best": self.best.state_dict(),
                    "last_f1": self._last_f1,
                    "threads": None if self._threads is None else self._threads.threads,
                    "random": random,
                }
                checkpoint.write(state)
        checkpoint.notify_written()
