"""The NER task: labelled spans of a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from vermeil.data.annotation_spans import spans_by_key, without_abstained
from vermeil.data.counts import Counts
from vermeil.data.document import UNANNOTATED, Annotation, Document, Range, Span
from vermeil.data.example import Target
from vermeil.data.mention import LocatedMention
from vermeil.data.region import Candidate, Region
from vermeil.data.reply import Message, Reply, State
from vermeil.errors import ConfigError, DataError
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.mistakes import Mistake
from vermeil.tasks.ner.alignment.abstention import annotation_from_mentions, has_known_position
from vermeil.tasks.ner.alignment.marked import locate_marked
from vermeil.tasks.ner.alignment.mentions import locate
from vermeil.tasks.ner.confidence import WITHOUT_CONFIDENCE, with_confidence
from vermeil.tasks.ner.decoding import decode_spans
from vermeil.tasks.ner.encoding import encode_spans, scheme_classes
from vermeil.tasks.ner.formats import parse_reply, prompt_format
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.mistakes import span_mistakes
from vermeil.tasks.ner.prompts import PROMPTS, render_prompt, steps_of
from vermeil.tasks.ner.regions import find_regions, span_keys_of
from vermeil.tasks.ner.reply_format import TRUNCATED, ParsedReply, Question
from vermeil.tasks.ner.scoring import count_spans
from vermeil.tasks.ner.verification import NerVerification
from vermeil.tasks.ner.votes import vote_spans
from vermeil.tasks.protocol import Head, ReplyResult
from vermeil.tasks.replies import (
    unreliable_empty_result,
    unusable_result,
    was_cut_after_draft,
    was_filtered,
    without_quotations,
)
from vermeil.tasks.votes import VoteResult, VotingRule

ROUNDING = 1e-4
"""Tolerance of sums of probabilities above 1."""


class NerTask:
    """Named entity recognition with the labels of one ``[task]`` section.

    Args:
        config: label set, guidelines and reply format.

    Raises:
        ConfigError: label names or aliases contradict each other, or the reply format supports one
            label only and the label set has several.
    """

    name = "ner"
    head: ClassVar[Head] = "token"
    prompts = tuple(PROMPTS)

    def __init__(self, config: TaskConfig) -> None:
        self.config = config
        self.label_set = LabelSet.from_config(config)
        self.labels = self.label_set.names
        self.classes = scheme_classes(self.labels, config.scheme)
        self._class_numbers = {name: number for number, name in enumerate(self.classes)}
        self._format = prompt_format(config.reply_format)
        if self._format.single_label and len(self.labels) > 1:
            raise ConfigError(
                f"task.reply_format: {config.reply_format} supports one label, and "
                f"task.labels has {len(self.labels)}; choose another format, or keep one label"
            )

    @staticmethod
    def labels_used(annotation: Annotation) -> Iterable[str]:
        """Return the labels of the annotation's spans."""
        return (span.label for span in annotation.spans or ())

    def check(self, document: Document) -> None:
        """Raise `DataError` if the annotation cannot be trained on or scored.

        Causes are a label outside the set, soft labels that are no probabilities, and overlapping
        spans.
        """
        spans = document.spans or ()
        for span in spans:
            for label in (span.label, *(span.soft or ())):
                if label not in self.labels:
                    unknown = self.label_set.unknown_label_message(label)
                    raise DataError(
                        f"document {document.id!r}: {describe_span(document, span)}: {unknown}"
                    )
            soft = (span.soft or {}).values()
            if not all(p >= 0 for p in soft) or sum(soft) > 1 + ROUNDING:
                raise DataError(
                    f"document {document.id!r}: {describe_span(document, span)}: soft labels "
                    f"{dict(span.soft or {})}; expected probabilities whose sum is at most 1"
                )
        self._check_overlaps(document, spans)

    def _check_overlaps(self, document: Document, spans: Sequence[Span]) -> None:
        """Raise `DataError` if spans share a character."""
        for before, after in pairwise(spans):
            if after.start < before.end:
                both = f"{describe_span(document, before)} and {describe_span(document, after)}"
                is_nested = after.end <= before.end or after.start == before.start
                kind = "nested" if is_nested else "overlapping"
                raise DataError(
                    f"document {document.id!r}: {kind} spans {both}; "
                    "expected spans that share no character; set task.nested = true to keep both"
                )

    def render(
        self, prompt: str, text: str, demonstrations: Sequence[Document] = ()
    ) -> tuple[Message, ...]:
        """Return the chat messages that request the named entities of ``text``."""
        pairs = [(d.text, self._reference_answer(d)) for d in demonstrations if d.spans is not None]
        return render_prompt(prompt, text, self.label_set, self.config, self._format, pairs)

    def steps(self, prompt: str) -> str:
        """Return the steps that a prompt requests before the answer; empty: the answer alone."""
        return steps_of(prompt, self.config.steps)

    def schema(self, prompt: str) -> Mapping[str, Any] | None:
        """Return the JSON schema of the reply; None if it reasons first or is not JSON."""
        if PROMPTS[prompt] or self._format.schema is None:
            return None
        return self._format.schema(self.label_set)

    def read(self, text: str, reply: Reply) -> ReplyResult:
        """Parse a reply and locate its mentions; EMPTY only if it states that there are none.

        UNPLACED: the reply has mentions, but none of them leaves a span or an abstention.

        If the answer was cut off, its complete items are kept, with the note ``truncated``. The
        text after them becomes an abstention.
        """
        own = without_quotations(reply.text, text) if self._format.is_json_line else reply.text
        name = self.config.reply_format
        question = Question(text, self.label_set)
        parsed = None if was_filtered(reply) else parse_reply(name, own, question)
        was_cut = was_cut_after_draft(reply)
        located = None if parsed is None else self._locate(text, parsed, was_cut)
        quoted = {} if own == reply.text else {"quoted": 1}
        if parsed is not None and parsed.problem is not None:
            return unusable_result(reply, parsed.problem, **parsed.notes, **quoted)
        if parsed is None or located is None or (not located and was_cut):
            problem = f"no complete answer in the requested format ({name})"
            return unusable_result(reply, problem, **quoted)
        if not located and (unreliable := unreliable_empty_result(reply, text)) is not None:
            return unreliable
        notes = {**parsed.notes, TRUNCATED: 1} if was_cut else parsed.notes
        if reply.logprobs is not None:
            # Removing a quotation from the reply invalidates the positions in it.
            logprobs = reply.logprobs if own == reply.text else None
            located = with_confidence(located, logprobs)
            without = sum(one.span is not None and one.span.score is None for one in located)
            notes = {**notes, WITHOUT_CONFIDENCE: without} if without else notes
        if located and not self._places_any(located):
            problem = _lost_mentions(located)
            return ReplyResult(State.UNPLACED, UNANNOTATED, located, problem, notes)
        truncated = _truncated_ranges(text, located) if TRUNCATED in notes else ()
        annotation = self._annotation(located, truncated)
        return ReplyResult(State.DONE if located else State.EMPTY, annotation, located, notes=notes)

    def _annotation(
        self, located: Sequence[LocatedMention], truncated: Sequence[Range]
    ) -> Annotation:
        """Return the annotation of located mentions; ``truncated``: ranges without an answer."""
        return annotation_from_mentions(located, self.config.unlocated, truncated)

    def _places_any(self, located: Sequence[LocatedMention]) -> bool:
        """Return whether the mentions leave a span or an abstention in the annotation."""
        if self.config.unlocated == "ignore":
            return any(one.spans for one in located)
        return any(map(has_known_position, located))

    def _locate(
        self, text: str, parsed: ParsedReply, was_cut: bool
    ) -> tuple[LocatedMention, ...] | None:
        """Return the located mentions of a reply; None if its copy is of another text."""
        if parsed.marked is None:
            repeats, nested = self.config.repeats, self.config.nested
            return locate(text, parsed.mentions, self.label_set, repeats, nested=nested)
        partial = was_cut or TRUNCATED in parsed.notes
        nested = self.config.nested
        return locate_marked(text, parsed.marked, self.label_set, partial, nested=nested)

    def vote(
        self, voter_annotations: Sequence[Annotation], keep: VotingRule, abstain: bool
    ) -> VoteResult:
        """Merge several annotations of one text by votes over their spans."""
        return vote_spans(voter_annotations, keep, abstain)

    @property
    def verification(self) -> NerVerification:
        """The verification of contested mentions."""
        return NerVerification(self.label_set, self.config.guidelines)

    def _reference_answer(self, document: Document) -> str:
        """Return the correct answer for a document, in the task's reply format."""
        return self._format.render(InlineMarkedText.from_spans(document.text, document.spans or ()))

    def encode(self, document: Document, words: Sequence[Range]) -> Target:
        """Return the target class of every word."""
        return encode_spans(document, words, self._class_numbers, self.config.scheme)

    def decode(self, words: Sequence[Range], probabilities: NDArray[np.float32]) -> Annotation:
        """Return the spans of the most probable valid sequence of classes."""
        spans = decode_spans(words, probabilities, self.labels, self.config.scheme)
        return Annotation(spans=spans)

    def span_keys(self, document: Document, words: Sequence[Range]) -> Candidate:
        """Return the document's spans as tags represent them: of whole words."""
        return span_keys_of(document, words, self.config.scheme)

    def make_annotation(
        self,
        spans: Sequence[Span],
        abstain: Sequence[Range],
        base: Annotation = UNANNOTATED,  # noqa: ARG002
    ) -> Annotation:
        """Return the spans and abstentions as an annotation."""
        return Annotation(spans=tuple(spans), abstain=tuple(abstain))

    def regions(
        self,
        document: Document,
        words: Sequence[Range],
        probabilities: NDArray[np.float32] | None,
        auxiliary_probabilities: Sequence[NDArray[np.float32]] = (),
    ) -> tuple[Region, ...]:
        """Return the regions in which the teacher or the students mark an entity."""
        return find_regions(
            document, words, probabilities, self.labels, self.config.scheme, auxiliary_probabilities
        )

    def scored_labels(
        self, gold: Annotation, predicted: Annotation
    ) -> Iterable[tuple[float, bool]]:
        """Return the score of every predicted span with a score, and whether it is in gold."""
        known = spans_by_key(gold)
        spans = without_abstained(predicted, gold.abstain_labels).spans or ()
        return [(span.score, span.key in known) for span in spans if span.score is not None]

    def mistakes(self, document: Document, predicted: Annotation) -> tuple[Mistake, ...]:
        """Return the missed, spurious and wrong spans of an annotation."""
        known = without_abstained(predicted, document.annotation.abstain_labels)
        return span_mistakes(document, known)

    def count(self, gold: Annotation, predicted: Annotation) -> Counts:
        """Score one document strictly; an absent annotation counts as no spans.

        Predicted spans with soft labels count if their probability exceeds one half. Predicted
        spans whose label gold abstains from do not count.
        """
        known = without_abstained(predicted, gold.abstain_labels)
        found = [span for span in known.spans or () if span.is_likely]
        return count_spans(gold.spans or (), found)


def _truncated_ranges(text: str, located: Sequence[LocatedMention]) -> tuple[Range, ...]:
    """Return the ranges of the text that an answer does not cover because it was cut off.

    Args:
        text: the document's text.
        located: mentions in the order of the reply. If it is the order of the text, the answer
            stopped after the last one. Otherwise, mentions may be missing anywhere between them.
    """
    spans = [one.span for one in located if one.span is not None]
    ordered = sorted(spans, key=lambda span: span.start)
    ends = [span.end for span in ordered]
    if spans == ordered:
        gaps = [(max(ends, default=0), len(text))]
    else:
        gaps = list(zip([0, *ends], [*(span.start for span in ordered), len(text)], strict=True))
    return tuple((start, end) for start, end in gaps if start < end)


def _lost_mentions(located: Sequence[LocatedMention]) -> str:
    """Return the problem of a reply whose mentions all have no position in the text."""
    counts = Counter(one.status.value for one in located)
    listed = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    return f"none of the reply's mentions could be placed in the text: {listed}"


def describe_span(document: Document, span: Span) -> str:
    """Return bounds, label and surface of a span, for an error."""
    surface = document.text[span.start : span.end]
    surface = surface if len(surface) <= 60 else surface[:59] + "…"
    return f"[{span.start}, {span.end}) {span.label} {surface!r}"
