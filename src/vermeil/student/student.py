"""The student: a network, its tokenizer and its task, from creation to prediction."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vermeil.data.atomic import atomic_folder, write_json
from vermeil.data.document import Annotation, Document, Range
from vermeil.data.example import BatchPlan, TrainingExample
from vermeil.data.model_files import verify_files
from vermeil.data.progress import Progress, silent
from vermeil.data.written import MODEL
from vermeil.errors import ConfigError, DataError, EncoderNotFoundError
from vermeil.hub.models import model_folder
from vermeil.hub.upload import PushOptions, PushReport, upload
from vermeil.student.checks import check_head
from vermeil.student.config import StudentConfig
from vermeil.student.display import student_facts, student_html, student_summary
from vermeil.student.encoding.context import make_context_windows, single_document_windows
from vermeil.student.encoding.encoding import DocumentEncoder
from vermeil.student.encoding.examples import EncodedCorpus, make_examples
from vermeil.student.encoding.wordpieces import TOKENIZER
from vermeil.student.inference.model_settings import (
    SETTINGS,
    ModelSettings,
    OnnxSettings,
    Precision,
    check_complete,
    read_settings,
)
from vermeil.student.inference.output_check import check_outputs
from vermeil.student.inference.predictor import Predictor
from vermeil.student.loop.crf import Crf
from vermeil.student.loop.fit_inputs import FitInputs
from vermeil.student.loop.gradients import GradientComparison, compare_gradients
from vermeil.student.loop.hooks import TrainingHooks
from vermeil.student.loop.layers import NO_LAYERS, OutputLayers
from vermeil.student.loop.loop import fit
from vermeil.student.loop.packing import POSITIONS_AFTER_PADDING
from vermeil.student.loop.step_record import StepRecord
from vermeil.student.network.card import model_card
from vermeil.student.network.device import set_threads, to_device, uses_bf16
from vermeil.student.network.dropout import speed_up_dropout
from vermeil.student.network.encoder import find_encoder
from vermeil.student.network.letter_case import (
    check_teacher_labels,
    decide_letter_case,
    grow_token_types,
    uses_letter_case,
)
from vermeil.student.network.network import (
    load_network,
    load_saved_network,
    load_tokenizer,
    make_wordpieces,
    quiet_transformers,
)
from vermeil.student.network.torch_runner import TorchRunner
from vermeil.tasks.protocol import Task

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class Student:
    """A small encoder with a head for one task, trained or untrained.

    Use `create` for a new student, `load` for a saved one, and `predict` to annotate documents.

    Args:
        network: a token or sequence classifier of transformers.
        tokenizer: its fast tokenizer.
        task: task of the student.
        config: settings of training and windows.
        layers: trained layers over the network: a CRF, and a head for pairs of spans.
        temperature: divisor of the logits.
        teacher_labels: the teacher's annotation of each document, by id, as a further input of the
            network (see `create`). Such a student cannot be saved.

    Raises:
        ConfigError: the configuration needs a task that labels words, but the task labels texts.
    """

    def __init__(
        self,
        network: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        task: Task,
        config: StudentConfig,
        layers: OutputLayers = NO_LAYERS,
        temperature: float = 1.0,
        teacher_labels: Mapping[str, Annotation] | None = None,
    ) -> None:
        check_head(task, config)
        self.network, self.tokenizer, self.task, self.config = network, tokenizer, task, config
        self.layers, self.temperature, self._teacher_labels = layers, temperature, teacher_labels
        self.pair_temperature = 1.0
        self.threads: dict[str, Any] = {} if config.threads is None else {"used": config.threads}
        longest = int(getattr(network.config, "max_position_embeddings", 0) or 10**9)
        if network.config.model_type in POSITIONS_AFTER_PADDING:
            longest -= 2
        self._encoder = DocumentEncoder(
            make_wordpieces(tokenizer),
            min(config.max_wordpieces, longest),
            config.overlap,
            with_case=uses_letter_case(network),
            teacher_labels=None if teacher_labels is None else self._teacher_classes,
        )

    def __repr__(self) -> str:
        return student_summary(self._facts, self.task.labels)

    def _repr_html_(self) -> str:
        """Return a table that describes the student, for notebooks."""
        return student_html(self._facts)

    @property
    def _facts(self) -> dict[str, str]:
        parameters = sum(p.numel() for p in self.network.parameters())
        return student_facts(self.task, self.config, parameters, self.temperature)

    @classmethod
    def create(
        cls,
        task: Task,
        config: StudentConfig,
        seed: int,
        teacher_labels: Mapping[str, Annotation] | None = None,
    ) -> Student:
        """Create an untrained student: a pretrained encoder with a new head.

        Args:
            task: task of the student.
            config: encoder and settings of training.
            seed: seed of the head's weights.
            teacher_labels: the teacher's annotation of every document of training and prediction,
                by id. The network takes it as an embedding per class and letter case.

        Raises:
            ConfigError: the encoder cannot be loaded, or does not support letter case or teacher
                labels.
            WeightsError: the encoder's weights are not the published ones.
        """
        source = find_encoder(config.encoder)
        set_threads(config.threads)
        tokenizer = load_tokenizer(source)
        torch.manual_seed(seed)
        network = load_network(source, task.head, task.classes, config.dropout, config.layers)
        if teacher_labels is not None:
            check_teacher_labels(network, task)
            grow_token_types(network, len(task.classes))
        elif decide_letter_case(network, tokenizer, config.letter_case):
            grow_token_types(network)
        layers = OutputLayers.create(task, config, network)
        network = to_device(network)
        return cls(network, tokenizer, task, config, layers, teacher_labels=teacher_labels)

    @classmethod
    def load(cls, folder: Path | str, revision: str | None = None) -> Student:
        """Load a student that `save` wrote, and check its files, weights and outputs.

        Args:
            folder: the model folder; or, as text, ``user/name``: a model on the Hugging Face Hub.
            revision: branch, tag or commit on the Hub; None: the newest.

        Raises:
            DataError: the folder does not exist, holds no student, or is damaged.
            HubError: the model on the Hub cannot be downloaded.
        """
        path = model_folder(folder, revision) if isinstance(folder, str) else folder
        settings = read_settings(path)
        if settings.onnx is not None:
            raise DataError(
                "is exported for ONNX Runtime; use it with vermeil.predict, or give the folder of "
                "the student",
                path,
            )
        verify_files(path)
        check_complete(path)
        task, config = settings.make_task(path), settings.student
        set_threads(config.threads)
        try:
            tokenizer = load_tokenizer(str(path))
            network = load_saved_network(str(path), task.head, task.classes, config.dropout)
        except EncoderNotFoundError as error:
            raise DataError(
                f"cannot be loaded as a model ({error.reason}); give a folder that vermeil train "
                "wrote, or train the model again",
                path,
            ) from error
        network.train(False)
        layers = OutputLayers.load(path, task, settings)
        student = cls(to_device(network), tokenizer, task, config, layers, settings.temperature)
        student.pair_temperature = settings.pair_temperature
        check_outputs(student.predictor("fp32"), path)
        return student

    def encode(self, documents: Sequence[Document], origin: str) -> EncodedCorpus:
        """Return the training examples of annotated documents.

        Args:
            documents: annotated documents.
            origin: ``gold`` or ``silver``.

        Returns:
            The examples, with the losses of encoding.
        """
        encoded = self._encoder.encode(documents)
        context_windows = (
            make_context_windows(encoded, self._encoder)
            if self.config.context == "group"
            else single_document_windows(encoded)
        )
        return make_examples(context_windows, self.task, origin, soft=self.config.soft_labels)

    def fit(
        self,
        examples: Sequence[TrainingExample],
        plan: BatchPlan,
        seed: int,
        hooks: TrainingHooks | None = None,
    ) -> list[StepRecord]:
        """Train the student along a plan.

        Args:
            examples: all examples, gold first, as the plan numbers them.
            plan: the examples of every step.
            seed: seed of the dropout.
            hooks: progress, checkpoint and other callbacks.

        Returns:
            A record per step.

        Raises:
            TrainingError: the loss is not a finite number, there is nothing to train on, or a
                checkpoint belongs to another training.
        """
        criterion = self._criterion(examples)
        if self.network.device.type == "cpu":
            speed_up_dropout(self.network)
            speed_up_dropout(criterion)
        inputs = FitInputs(examples, plan, self.config, seed, self._encoder.wordpieces.padding)
        hooks = replace(hooks or TrainingHooks(), on_threads=self.threads.update)
        return fit(self.network, criterion, inputs, hooks)

    def _criterion(self, examples: Sequence[TrainingExample]) -> nn.Module:
        loss = self.layers.criterion(self.config, examples, self.task)
        return loss.to(self.network.device)

    def compare_gradients(self, batches: Sequence[Sequence[TrainingExample]]) -> GradientComparison:
        """Compare the gradients of batches (see `vermeil.student.loop.gradients`)."""
        return compare_gradients(
            self.network,
            self._criterion(()),
            batches,
            padding=self._encoder.wordpieces.padding,
            bf16=uses_bf16(self.config.precision),
        )

    def predict(
        self, documents: Iterable[Document | str], progress: Progress = silent
    ) -> Iterator[Document]:
        """Annotate documents or plain texts.

        Texts may have any length: long texts are cut into overlapping windows. An existing
        annotation of a document is replaced. The ids of plain texts are their numbers, from 1.
        With ``student.context = "group"`` neighbouring documents of a group share windows.

        Args:
            documents: documents or texts, read as a stream; ``tokens`` of a document are used.
            progress: called after every block with the number of documents and the speed.

        Yields:
            The documents in order, with scored spans and relations, or labels.
        """
        return self.predictor("fp32").predict(documents, progress)

    def predictor(self, precision: Precision = "auto") -> Predictor:
        """Return a predictor with this student's network.

        Args:
            precision: fp32, bf16, or auto: bf16 if the device computes it natively, else fp32.

        Raises:
            ConfigError: the precision is int8, which only an exported model has.
        """
        if precision == "int8":
            raise ConfigError(
                "int8: only an exported model has it; export the model with vermeil export --int8"
            )
        return Predictor(
            self._encoder,
            TorchRunner(self.network, bf16=uses_bf16(precision), threads=self.config.threads),
            self.task,
            self.temperature,
            group_context=self.config.context == "group",
            transitions=self.layers.transitions,
            pairs=self.layers.pair_predictor(self.task, self.pair_temperature),
        )

    def save(
        self,
        folder: Path,
        record: Mapping[str, Any],
        steps: Iterable[StepRecord] = (),
        *,
        overwrite: bool = False,
    ) -> None:
        """Write the student: files of transformers, settings, training record and model card.

        Args:
            folder: the model folder. An existing model is replaced when the new one is complete.
                Files that Vermeil did not write stay in the folder.
            record: the training record, written as ``training.json``.
            steps: step records, written as ``training.jsonl``, a line per step.
            overwrite: replace an exported model, too.

        Raises:
            DataError: the folder cannot be written, or holds something else.
        """
        with (
            quiet_transformers(),
            atomic_folder(Path(folder), MODEL, overwrite=overwrite) as partial,
        ):
            self.network.save_pretrained(partial)
            self.layers.save(partial)
            self.tokenizer.save_pretrained(partial)
            write_json(partial / SETTINGS, self._settings().as_dict())
            write_json(partial / "training.json", record)
            card = model_card(self.task, self.config, record, letter_case=self.uses_letter_case)
            (partial / "README.md").write_text(card, "utf-8")
            lines = "".join(step.as_line() + "\n" for step in steps)
            (partial / "training.jsonl").write_text(lines, "utf-8")

    def push_to_hub(self, repo: str, options: PushOptions | None = None) -> PushReport:
        """Send the student to the Hugging Face Hub, as `vermeil.push` does for a folder.

        Args:
            repo: ``user/name``.
            options: consent, visibility, and whether files are replaced; None: no consent.
        """
        with tempfile.TemporaryDirectory() as parent:
            self.save(folder := Path(parent, "model"), {})
            files = {path.name: path for path in sorted(folder.iterdir())}
            return upload(files, repo, "model", options or PushOptions(), "Student.push_to_hub")

    def save_for_onnx(self, folder: Path, files: dict[Literal["fp32", "int8"], str]) -> None:
        """Write tokenizer and settings for prediction with ONNX Runtime.

        Args:
            folder: the folder with the graphs.
            files: file name of each precision.
        """
        wordpieces = self._encoder.wordpieces
        wordpieces.tokenizer.save(str(folder / TOKENIZER))
        self.layers.save(folder)
        onnx = OnnxSettings(
            files=files,
            unknown=wordpieces.unknown,
            padding=wordpieces.padding,
            longest=self._encoder.max_wordpieces,
            letter_case=self.uses_letter_case,
        )
        write_json(folder / SETTINGS, self._settings(onnx).as_dict())

    def _settings(self, onnx: OnnxSettings | None = None) -> ModelSettings:
        return ModelSettings(
            task=self.task.config,
            student=self.config,
            temperature=self.temperature,
            pair_temperature=self.pair_temperature,
            transitions=self.layers.transitions,
            onnx=onnx,
        )

    def _teacher_classes(self, document: Document, words: Sequence[Range]) -> NDArray[np.int64]:
        """Return the teacher's class of each word; class 0 where the teacher abstains."""
        labelled = document.with_annotation((self._teacher_labels or {})[document.id])
        return np.maximum(self.task.encode(labelled, words).classes, 0)

    @property
    def crf(self) -> Crf | None:
        """The CRF over the network; None: the classes of words are independent."""
        return self.layers.crf

    @property
    def uses_letter_case(self) -> bool:
        """Return whether the network takes letter case as token types, which Vermeil computes."""
        return uses_letter_case(self.network)
