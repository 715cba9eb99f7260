"""Scoring of prompts and requests to the coach, over the engine, the store and its limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Message, Request, State
from vermeil.errors import TeacherError, TeacherStoppedError
from vermeil.evaluation.documents import score_documents
from vermeil.jobs.annotate import AnnotateJob, annotate_job
from vermeil.jobs.appraise import with_empty_annotation
from vermeil.jobs.locate import locate
from vermeil.pipeline.optimize.spending import OptimizeLimits, amount_of
from vermeil.prompting.allowance import Allowance, Amount
from vermeil.prompting.prompt import Prompt
from vermeil.prompting.score import PromptScore
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import DemonstrationsConfig, TeacherConfig
from vermeil.teacher.consent import check_consent
from vermeil.teacher.demonstrations import NO_DEMONSTRATIONS, Demonstrations
from vermeil.teacher.engine import NO_OPTIONS, Read, SendOptions, send_requests
from vermeil.teacher.limits.calls import CallCounter
from vermeil.teacher.limits.prices import price_of
from vermeil.teacher.report import RequestReport
from vermeil.teacher.requests import coach_request, make_requests, read_coach
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import actual_usage, max_usage

_NO_FIT = "a request did not fit the limits of [optimize]"


class LimitReachedError(TeacherError):
    """A request did not fit the limits of the optimisation."""


class PromptClient:
    """Sends the requests of an optimisation, and counts what its replies cost.

    Args:
        task: the task with the configured guidelines.
        teacher: the teacher, with the limits of the optimisation.
        coach: the model that writes guidelines, with the same limits.
        store: the file of replies.
        allowance: receives the amount of every reply that is used for the first time.
        calls: number of attempts that may still be sent.
    """

    def __init__(
        self,
        task: Task,
        teacher: TeacherConfig,
        coach: TeacherConfig,
        store: Path,
        allowance: Allowance,
        calls: CallCounter,
    ) -> None:
        self._task, self._teacher, self._coach = task, teacher, coach
        self._store, self._allowance, self._calls = store, allowance, calls
        self._counted: set[str] = set()
        self._has_usable = False
        self._stage, self._stage_calls, self._progress = "", 0.0, silent

    def start_stage(self, name: str, progress: Progress) -> None:
        """Set the stage whose progress is reported from now on."""
        self._stage, self._progress = name, progress
        self._stage_calls = self._allowance.used.calls
        self._report()

    def score(self, prompt: Prompt, documents: Sequence[Document]) -> PromptScore:
        """Send the missing requests of a prompt about documents, and score the replies.

        A document without a usable reply counts as annotated with nothing.

        Raises:
            LimitReachedError: a request did not fit the limits.
            TeacherError: the teacher cannot be used.
        """
        task, teacher = prompt.make_task(self._task), self._settings(prompt)
        shown = prompt.demonstrations
        demonstrations = Demonstrations(shown, len(shown)) if shown else NO_DEMONSTRATIONS
        try:
            job = AnnotateJob(documents, task, teacher, self._store, demonstrations)
            report = annotate_job(job, sender=self._send)
        except TeacherStoppedError as error:
            if error.failures.get(State.OVER_BUDGET.value):
                raise LimitReachedError(_NO_FIT) from None
            # A candidate whose replies are all unusable is a bad candidate, not an error.
            if not self._has_usable:
                raise
        else:
            if report.states.get(State.OVER_BUDGET):
                raise LimitReachedError(_NO_FIT)
        requests = make_requests(documents, task, teacher, demonstrations=demonstrations)
        prompt_tokens = self._count(requests, teacher)
        located = locate(documents, task, teacher, self._store, silent, demonstrations)
        self._has_usable = self._has_usable or located.usability.usable > 0
        annotated = [with_empty_annotation(document, task) for document in located.documents]
        counts = [found for _, found in score_documents(annotated, documents, task)]
        unusable = sum(document.annotation.is_empty for document in located.documents)
        self._report()
        return PromptScore(
            tuple(documents),
            tuple(document.annotation for document in annotated),
            tuple(counts),
            prompt_tokens,
            unusable,
        )

    def send_to_coach(self, messages: Sequence[Message]) -> str | None:
        """Send messages to the coach; return its reply, None if there is no usable one.

        Raises:
            TeacherError: the coach cannot be used.
        """
        request = coach_request(messages, self._coach)
        check_consent(self._coach)
        with ReplyStore(self._store) as store:
            if store.get(request.key) is None:
                try:
                    report = self._send([request], self._coach, store, read_coach)
                    refused = report.states.get(State.OVER_BUDGET, 0)
                except TeacherStoppedError as error:
                    refused = error.failures.get(State.OVER_BUDGET.value, 0)
                if refused:
                    self._allowance.was_exceeded = True
            reply = store.get(request.key)
        self._count([request], self._coach)
        self._report()
        if reply is None or read_coach(request.text, reply).state is not State.DONE:
            return None
        return reply.text

    def _settings(self, prompt: Prompt) -> TeacherConfig:
        """Return the teacher with one reply per document, to the prompt's variant."""
        return self._teacher.model_copy(
            update={"prompt": prompt.variant, "demonstrations": DemonstrationsConfig()}
        )

    def _send(
        self,
        requests: Iterable[Request],
        config: TeacherConfig,
        store: ReplyStore,
        read: Read,
        progress: Progress = silent,
        options: SendOptions = NO_OPTIONS,
    ) -> RequestReport:
        return send_requests(
            requests, config, store, read, progress, options, self._calls.admission
        )

    def _count(self, requests: Iterable[Request], config: TeacherConfig) -> int:
        """Record the amount of replies that are used for the first time; return prompt tokens."""
        price, prompt_tokens = price_of(config), 0
        with ReplyStore(self._store) as store:
            for request in requests:
                key = request.key
                reply = store.get(key)
                if reply is None:
                    continue
                usage = actual_usage(request, reply)
                prompt_tokens += usage.prompt_tokens
                if key not in self._counted:
                    self._counted.add(key)
                    cost = 0 if price is None else price.cost(usage)
                    self._allowance.record(amount_of(usage, cost))
        return prompt_tokens

    def _report(self) -> None:
        used = self._allowance.used
        detail = {"requests": int(used.calls), "tokens": int(used.tokens)}
        self._progress(self._stage, int(used.calls - self._stage_calls), None, detail)


def settings_of_teacher(teacher: TeacherConfig, limits: OptimizeLimits) -> TeacherConfig:
    """Return the settings that all prompts share: one reply per document, sent online."""
    one = {"samples": 1, "additional": (), "verify": False, "mode": "online"}
    return limits.apply_to(teacher).model_copy(update=one)


def settings_of_coach(teacher: TeacherConfig, limits: OptimizeLimits) -> TeacherConfig:
    """Return the settings of the coach: the teacher's, or those of its own section."""
    coach = limits.config.coach
    if coach is not None:
        teacher = teacher.model_copy(update={"additional": (coach,)}).all_teachers()[1]
    own = {
        "max_tokens": limits.config.coach_max_tokens,
        "structured": "off",
        "logprobs": False,
        "documents_per_request": 1,
    }
    return settings_of_teacher(teacher, limits).model_copy(update=own)


def most_of_request(request: Request, config: TeacherConfig) -> Amount:
    """Return the largest amount of one request, which is reserved before it is sent."""
    usage, price = max_usage(request), price_of(config)
    return amount_of(usage, 0 if price is None else price.cost(usage))
