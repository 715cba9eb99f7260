"""The student: a network, its tokenizer and its task, from creation to prediction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vermeil.data.atomic import atomic_folder
from vermeil.data.document import Annotation, Document, Range
from vermeil.data.example import BatchPlan, TrainingExample
from vermeil.data.progress import Progress, silent
from vermeil.data.written import MODEL
from vermeil.errors import ConfigError, DataError, EncoderNotFoundError
from vermeil.student.config import StudentConfig
from vermeil.student.encoding.context import make_context_windows, single_document_windows
from vermeil.student.encoding.encoding import DocumentEncoder
from vermeil.student.encoding.examples import EncodedCorpus, make_examples
from vermeil.student.encoding.wordpieces import TOKENIZER, Wordpieces
from vermeil.student.inference.model_settings import (
    SETTINGS,
    ModelSettings,
    OnnxSettings,
    Precision,
    read_settings,
)
from vermeil.student.inference.predictor import Predictor
from vermeil.student.loop.crf import Crf
from vermeil.student.loop.gradients import Gradients, gradients
from vermeil.student.loop.loop import TrainingHooks, fit
from vermeil.student.loop.loss import CrossEntropy
from vermeil.student.loop.metrics import StepRecord
from vermeil.student.loop.noise_losses import NoiseRobustLoss
from vermeil.student.network.card import model_card, onnx_card
from vermeil.student.network.device import pick_device, uses_bf16
from vermeil.student.network.dropout import speed_up_dropout
from vermeil.student.network.encoder import find_encoder
from vermeil.student.network.network import (
    CASE_KEY,
    folds_case,
    grow_token_types,
    load_network,
    load_tokenizer,
    quiet,
    supports_letter_case,
)
from vermeil.student.network.torch_runner import TorchRunner
from vermeil.tasks import make_task
from vermeil.tasks.protocol import Task

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class Student:
    """A small encoder that has learnt, or is about to learn, one task.

    Make one with `create` or `load`; `predict` is what most callers want.

    Args:
        network: a token or sequence classifier of transformers.
        tokenizer: its fast tokenizer.
        task: what it does.
        config: how it is trained and how long its windows are.
        crf: which class follows which; None: each word is decided for itself.
        temperature: divides the logits before they become scores.
        hints: what somebody else says of each document, by id, which the network reads besides the
            words (see `create`); such a student cannot be saved.

    Raises:
        ConfigError: the configuration wants what only a task that marks words can have.
    """

    def __init__(
        self,
        network: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        task: Task,
        config: StudentConfig,
        crf: Crf | None = None,
        temperature: float = 1.0,
        teacher_labels: Mapping[str, Annotation] | None = None,
    ) -> None:
        _check_head(task, config)
        self.network, self.tokenizer, self.task, self.config = network, tokenizer, task, config
        self.crf, self.temperature, self._teacher_labels = crf, temperature, teacher_labels
        longest = int(getattr(network.config, "max_position_embeddings", 0) or 10**9)
        if network.config.model_type in ("roberta", "xlm-roberta", "camembert"):
            longest -= 2  # their positions begin after the padding index
        self._encoder = DocumentEncoder(
            _wordpieces(tokenizer),
            min(config.max_wordpieces, longest),
            config.overlap,
            with_case=bool(getattr(network.config, CASE_KEY, False)),
            teacher_labels=None if teacher_labels is None else self._teacher_classes,
        )

    @classmethod
    def create(
        cls,
        task: Task,
        config: StudentConfig,
        seed: int,
        teacher_labels: Mapping[str, Annotation] | None = None,
    ) -> Student:
        """Make an untrained student: an encoder with a fresh head.

        Args:
            task: what it will do.
            config: names the encoder.
            seed: draws the head's weights.
            teacher_labels: what somebody else says of each document that it will see, by id: read beside
                the words, as an embedding of its own per class (and letter case).

        Raises:
            ConfigError: the encoder is not to be had, or cannot take letter case or hints.
            WeightsError: the encoder's weights are not the published ones.
        """
        source = find_encoder(config.encoder)
        _set_threads(config.threads)
        tokenizer = load_tokenizer(source)
        torch.manual_seed(seed)
        network = load_network(source, task.head, task.classes, config.dropout)
        if teacher_labels is not None:
            _check_teacher_labels(network, task)
            grow_token_types(network, len(task.classes))
        elif _decide_letter_case(network, tokenizer, config.letter_case):
            grow_token_types(network)
        crf = Crf(len(task.classes)) if config.crf else None
        return cls(_to_device(network), tokenizer, task, config, crf, teacher_labels=teacher_labels)

    @classmethod
    def load(cls, folder: Path | str) -> Student:
        """Load a student that `save` wrote.

        Raises:
            DataError: the folder is not there or not a student.
        """
        path = Path(folder)
        settings = read_settings(path)
        if settings.onnx is not None:
            raise DataError(
                "is exported for ONNX Runtime: vermeil.predict takes it; name the folder it was "
                "made from",
                path,
            )
        task, config = make_task(settings.task), settings.student
        _set_threads(config.threads)
        try:
            tokenizer = load_tokenizer(str(path))
            network = load_network(str(path), task.head, task.classes, config.dropout)
        except EncoderNotFoundError as error:
            raise DataError(
                f"is no model that can be loaded ({error.reason}); name a folder that vermeil "
                "train wrote, or train it again",
                path,
            ) from error
        network.train(False)
        crf = None if settings.transitions is None else Crf.from_lists(settings.transitions)
        return cls(_to_device(network), tokenizer, task, config, crf, settings.temperature)

    def encode(self, documents: Sequence[Document], origin: str) -> EncodedCorpus:
        """Return the training examples of annotated documents, with what encoding lost."""
        encoded = self._encoder.encode(documents)
        together = (
            make_context_windows(encoded, self._encoder)
            if self._group_context
            else single_document_windows(encoded)
        )
        return make_examples(together, self.task, origin, soft=self.config.soft_labels)

    def fit(
        self,
        examples: Sequence[TrainingExample],
        plan: BatchPlan,
        seed: int,
        hooks: TrainingHooks | None = None,
    ) -> list[StepRecord]:
        """Train along a plan (see `vermeil.student.loop.loop.fit`)."""
        if self.network.device.type == "cpu":
            speed_up_dropout(self.network)
        criterion = self._criterion(examples).to(self.network.device)
        return fit(
            self.network,
            criterion,
            examples,
            plan,
            self.config,
            seed,
            padding=self._encoder.wordpieces.padding,
            hooks=hooks or TrainingHooks(),
        )

    def _criterion(self, examples: Sequence[TrainingExample]) -> nn.Module:
        if self.crf is not None:
            return self.crf
        if self.config.noise.is_on:
            return NoiseRobustLoss(self.config.noise, examples, len(self.task.classes))
        return CrossEntropy()

    def gradients(self, batches: Sequence[Sequence[TrainingExample]]) -> Gradients:
        """Return how far batches agree (see `vermeil.student.loop.gradients.gradients`)."""
        return gradients(
            self.network,
            CrossEntropy() if self.crf is None else self.crf,
            batches,
            padding=self._encoder.wordpieces.padding,
            bf16=uses_bf16(self.config.precision),
        )

    def predict(
        self, documents: Iterable[Document | str], progress: Progress = silent
    ) -> Iterator[Document]:
        """Annotate documents or plain texts.

        Texts may be of any length: long ones are read in overlapping windows, nothing is cut off.
        Whatever annotation a document had is replaced; plain texts are numbered from 1. A student
        that was trained with ``student.context = "group"`` reads neighbouring documents of a group
        together here, too.

        Args:
            documents: documents (their ``tokens`` are respected) or texts; read as a stream.
            progress: told after every block.

        Yields:
            The documents in order, with spans (or labels) that carry scores.
        """
        return self.predictor("fp32").predict(documents, progress)

    def predictor(self, precision: Precision = "auto") -> Predictor:
        """Return what predicts with this student.

        Args:
            precision: fp32, bf16 or auto, which is bf16 where the device computes it natively.

        Raises:
            ConfigError: int8 is asked for, which only an exported model has.
        """
        if precision == "int8":
            raise ConfigError("int8: only an exported model has it; see vermeil export --int8")
        runner = TorchRunner(self.network, bf16=uses_bf16(precision))
        return Predictor(
            self._encoder,
            runner,
            self.task,
            self.temperature,
            group_context=self._group_context,
            transitions=self._transitions,
        )

    def save(
        self,
        folder: Path,
        record: Mapping[str, Any],
        steps: Iterable[StepRecord] = (),
        *,
        overwrite: bool = False,
    ) -> None:
        """Write the student: transformers' files, settings, training record and model card.

        Args:
            folder: the model folder. A model that is there is replaced, once the new one is
                whole. Files that Vermeil did not write stay in it.
            record: how the student was trained; kept as ``training.json``.
            steps: kept as ``training.jsonl``, a line per step.
            overwrite: replace an exported model, too.

        Raises:
            DataError: the folder cannot be written, or something else is there.
        """
        with quiet(), atomic_folder(Path(folder), MODEL, overwrite=overwrite) as partial:
            self.network.save_pretrained(partial)
            self.tokenizer.save_pretrained(partial)
            _write(partial / SETTINGS, self._settings().as_dict())
            _write(partial / "training.json", record)
            card = model_card(self.task, self.config, record, letter_case=self.uses_letter_case)
            (partial / "README.md").write_text(card, "utf-8")
            lines = "".join(step.as_line() + "\n" for step in steps)
            (partial / "training.jsonl").write_text(lines, "utf-8")

    def save_for_onnx(self, folder: Path, files: dict[Literal["fp32", "int8"], str]) -> None:
        """Write what prediction with ONNX Runtime needs beside the graphs.

        Args:
            folder: holds the graphs.
            files: precision to file.
        """
        wordpieces = self._encoder.wordpieces
        wordpieces.tokenizer.save(str(folder / TOKENIZER))
        onnx = OnnxSettings(
            files=files,
            unknown=wordpieces.unknown,
            padding=wordpieces.padding,
            longest=self._encoder.max_wordpieces,
            letter_case=self.uses_letter_case,
        )
        _write(folder / SETTINGS, self._settings(onnx).as_dict())
        card = onnx_card(self.task, letter_case=self.uses_letter_case)
        (folder / "README.md").write_text(card, "utf-8")

    def _settings(self, onnx: OnnxSettings | None = None) -> ModelSettings:
        return ModelSettings(
            task=self.task.config,
            student=self.config,
            temperature=self.temperature,
            transitions=self._transitions,
            onnx=onnx,
        )

    def _teacher_classes(self, document: Document, words: Sequence[Range]) -> NDArray[np.int64]:
        """Return the class that hints give to each word; where nobody knows, as if nothing is."""
        hinted = document.with_annotation((self._teacher_labels or {})[document.id])
        return np.maximum(self.task.encode(hinted, words).classes, 0)

    @property
    def _group_context(self) -> bool:
        return self.config.context == "group"

    @property
    def _transitions(self) -> list[list[float]] | None:
        return None if self.crf is None else self.crf.as_lists()

    @property
    def uses_letter_case(self) -> bool:
        """Whether token types carry letter case, which needs our own encoding of text."""
        return bool(getattr(self.network.config, CASE_KEY, False))


def _wordpieces(tokenizer: PreTrainedTokenizerBase) -> Wordpieces:
    padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
    unknown = tokenizer.unk_token_id if tokenizer.unk_token_id is not None else padding
    return Wordpieces(tokenizer.backend_tokenizer, int(unknown), int(padding))


def _check_head(task: Task, config: StudentConfig) -> None:
    if config.crf and config.noise.is_on:
        raise ConfigError("student.noise: not with student.crf; leave one of them out")
    if task.head == "token":
        return
    wanted = {"context": config.context != "none", "crf": config.crf}
    problems = [
        f"student.{name}: only a task that marks words can have it, {task.name} labels whole "
        "texts; leave it out"
        for name, is_wanted in wanted.items()
        if is_wanted
    ]
    if problems:
        raise ConfigError(*problems)


def _check_teacher_labels(network: PreTrainedModel, task: Task) -> None:
    if task.head != "token":
        raise ConfigError(
            f"selection.corrector: only for a task that marks words, {task.name} labels whole "
            "texts; leave it out"
        )
    if not supports_letter_case(network):
        raise ConfigError(
            "selection.corrector: only encoders of BERT's kind can read what the teacher says, "
            f"this one is {network.config.model_type}; leave it out"
        )


def _decide_letter_case(
    network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, wanted: bool | None
) -> bool:
    supported = supports_letter_case(network)
    if wanted and not supported:
        raise ConfigError(
            "student.letter_case: only encoders of BERT's kind take letter case, this one is "
            f"{network.config.model_type}; leave it out"
        )
    if wanted is None:
        return supported and folds_case(tokenizer)
    return wanted


def _to_device(network: PreTrainedModel) -> PreTrainedModel:
    nn.Module.to(network, pick_device())
    return network


def _set_threads(threads: int | None) -> None:
    if threads is not None:
        torch.set_num_threads(threads)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")
