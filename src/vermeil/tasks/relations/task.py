"""The task relations: labelled spans, and typed relations between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import Counts
from vermeil.data.document import UNANNOTATED, Annotation, Document, Range, Span
from vermeil.data.example import Target, WordPairs
from vermeil.data.region import Candidate, PairRegion, Region
from vermeil.data.reply import Message, Reply
from vermeil.errors import ConfigError
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.mistakes import Mistake
from vermeil.tasks.ner.task import NerTask
from vermeil.tasks.pair_task import BoundRelation
from vermeil.tasks.protocol import Head, ReplyResult
from vermeil.tasks.relations.checks import check_relations
from vermeil.tasks.relations.decoding import (
    candidate_pairs,
    decode_relations,
    scored_relations,
)
from vermeil.tasks.relations.encoding import annotated_pairs, encode_pairs
from vermeil.tasks.relations.mistakes import relation_mistakes
from vermeil.tasks.relations.prompts import PROMPTS, render_prompt, steps_of
from vermeil.tasks.relations.reading import read_reply
from vermeil.tasks.relations.regions import pair_regions
from vermeil.tasks.relations.reply_format import render_reply, schema
from vermeil.tasks.relations.schema import PairSchema
from vermeil.tasks.relations.scoring import count_relations
from vermeil.tasks.relations.types import RelationTypes
from vermeil.tasks.relations.verification import RelationVerification
from vermeil.tasks.relations.votes import add_relation_votes, carry_relations
from vermeil.tasks.votes import Verification, VoteResult, VotingRule


class RelationsTask:
    """Entities and the relations between them, with the types of one ``[task]`` section.

    Its labels and classes are those of its entities. The types of relations are in
    ``pair_classes``.

    Args:
        config: label set, types of relations and guidelines.

    Raises:
        ConfigError: names or aliases contradict each other, or a type names an unknown label.
    """

    name = "relations"
    head: ClassVar[Head] = "pair"
    prompts = tuple(PROMPTS)

    def __init__(self, config: TaskConfig) -> None:
        if config.reply_format != "json":
            raise ConfigError(
                f"task.reply_format: relations supports json only, not {config.reply_format!r}; "
                "remove the option"
            )
        self.config = config
        self.entities = NerTask(config)
        self.types = RelationTypes.from_config(config)
        self.labels = self.entities.labels
        self.classes = self.entities.classes
        self.pair_classes = self.types.pair_classes
        self._pairs = PairSchema.from_types(self.types)
        self.pair_mask = self._pairs.mask

    @staticmethod
    def labels_used(annotation: Annotation) -> Iterable[str]:
        """Return the labels of the spans and relations of an annotation with relations."""
        if annotation.relations is None:
            return ()
        spans = [span.label for span in annotation.spans or ()]
        return (*spans, *(relation.label for relation in annotation.relations))

    def allows(self, relation: str, head_label: str, tail_label: str) -> bool:
        """Return whether a type of relation may connect two labels.

        Args:
            relation: name of the type.
            head_label: label of the first end.
            tail_label: label of the second end.
        """
        return self.types.allows(relation, head_label, tail_label)

    def check(self, document: Document) -> None:
        """Raise `DataError` for wrong entities, and for relations that the types do not allow."""
        self.entities.check(document)
        check_relations(document, self.types)

    def render(
        self, prompt: str, text: str, demonstrations: Sequence[Document] = ()
    ) -> tuple[Message, ...]:
        """Return the chat messages that request the entities and relations of ``text``.

        Documents without annotated relations are no demonstrations.
        """
        pairs = [(d.text, render_reply(d)) for d in demonstrations if d.relations is not None]
        labels, config = self.entities.label_set, self.config
        return render_prompt(
            prompt, text, labels, self.types, config.guidelines, pairs, config.steps
        )

    def steps(self, prompt: str) -> str:
        """Return the steps that a prompt requests before the answer; empty: the answer alone."""
        return steps_of(prompt, self.config.steps)

    def schema(self, prompt: str) -> Mapping[str, Any] | None:
        """Return the JSON schema of the reply; None if the prompt requests reasoning first."""
        return None if PROMPTS[prompt] else schema(self.entities.label_set, self.types)

    def read(self, text: str, reply: Reply) -> ReplyResult:
        """Parse a reply, locate its entities and place its relations."""
        return read_reply(text, reply, self.entities, self.types)

    def vote(
        self, voter_annotations: Sequence[Annotation], keep: VotingRule, abstain: bool
    ) -> VoteResult:
        """Merge several annotations of one text by votes over their entities and relations."""
        vote = self.entities.vote(voter_annotations, keep, abstain)
        return add_relation_votes(vote, voter_annotations, self.types, keep, abstain)

    @property
    def verification(self) -> Verification:
        """The verification of contested entities and relations."""
        labels, guidelines = self.entities.label_set, self.config.guidelines
        return RelationVerification(self.entities.verification, self.types, labels, guidelines)

    def encode(self, document: Document, words: Sequence[Range]) -> Target:
        """Return the target classes of the words and of the pairs of spans."""
        target = self.entities.encode(document, words)
        pairs, losses = encode_pairs(document, words, self._pairs)
        return replace(target, pairs=pairs, encoding_losses={**target.encoding_losses, **losses})

    def decode(self, words: Sequence[Range], probabilities: NDArray[np.float32]) -> Annotation:
        """Return the entities for the student's class probabilities; relations are unknown."""
        return self.entities.decode(words, probabilities)

    def candidate_pairs(self, annotation: Annotation, words: Sequence[Range]) -> WordPairs:
        """Return the pairs of predicted entities whose labels allow a relation."""
        return candidate_pairs(annotation, words, self._pairs)

    def annotated_pairs(self, annotation: Annotation, words: Sequence[Range]) -> WordPairs:
        """Return the pairs of annotated entities whose labels allow a relation."""
        return annotated_pairs(annotation, words, self._pairs)

    def pair_regions(
        self,
        annotation: Annotation,
        words: Sequence[Range],
        table: NDArray[np.float32] | None,
    ) -> tuple[PairRegion, ...]:
        """Return the pairs of entities that teacher or students relate, with their candidates."""
        return pair_regions(annotation, words, table, self._pairs)

    def bound_relations(self, annotation: Annotation) -> frozenset[BoundRelation]:
        """Return the relations of an annotation by the ranges of their ends."""
        ranges = [(span.start, span.end) for span in annotation.spans or ()]
        ordered = (self.types.order(*one.key) for one in annotation.relations or ())
        return frozenset((ranges[head], ranges[tail], label) for head, tail, label in ordered)

    def decode_pairs(
        self, annotation: Annotation, words: WordPairs, probabilities: NDArray[np.float32]
    ) -> Annotation:
        """Return the annotation with the relations that reach their threshold."""
        return decode_relations(annotation, words, probabilities, self._pairs)

    def span_keys(self, document: Document, words: Sequence[Range]) -> Candidate:
        """Return the document's entities as tags represent them: of whole words."""
        return self.entities.span_keys(document, words)

    def make_annotation(
        self,
        spans: Sequence[Span],
        abstain: Sequence[Range],
        base: Annotation = UNANNOTATED,
    ) -> Annotation:
        """Return spans and abstentions, with the relations of ``base`` between these spans.

        Without relations in ``base``, those of the annotation are unknown.
        """
        annotation = self.entities.make_annotation(spans, abstain)
        if base.relations is None:
            return annotation
        return carry_relations(annotation, base, self.types)

    def regions(
        self,
        document: Document,
        words: Sequence[Range],
        probabilities: NDArray[np.float32] | None,
        auxiliary_probabilities: Sequence[NDArray[np.float32]] = (),
    ) -> tuple[Region, ...]:
        """Return the regions in which the teacher or the students mark an entity."""
        return self.entities.regions(document, words, probabilities, auxiliary_probabilities)

    def scored_labels(
        self, gold: Annotation, predicted: Annotation
    ) -> Iterable[tuple[float, bool]]:
        """Return the score of every predicted entity with a score, and whether it is in gold."""
        return self.entities.scored_labels(gold, predicted)

    def scored_relations(
        self, gold: Annotation, predicted: Annotation
    ) -> Iterable[tuple[float, bool]]:
        """Return the score of every predicted relation, and whether it is in gold."""
        return scored_relations(gold, predicted, self._pairs.symmetric)

    def mistakes(self, document: Document, predicted: Annotation) -> tuple[Mistake, ...]:
        """Return the wrong entities of an annotation, then its wrong relations."""
        wrong = self.entities.mistakes(document, predicted)
        return (*wrong, *relation_mistakes(document, predicted, self.types))

    def count(self, gold: Annotation, predicted: Annotation) -> Counts:
        """Score the relations of one document strictly; the entities are in ``parts``.

        If the relations of both annotations are unknown, the entities are scored instead.
        """
        entities = self.entities.count(gold, predicted)
        if gold.relations is None and predicted.relations is None:
            return entities
        return count_relations(gold, predicted, self.types, entities)
