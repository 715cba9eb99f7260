"""Verification of contested entities and relations: one request per document."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vermeil.data.document import Annotation, Range
from vermeil.data.relation import PairAbstention, Relation
from vermeil.data.reply import Message, Reply, State
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.messages import guidelines_part, messages
from vermeil.tasks.ner.verification import NerVerification
from vermeil.tasks.relations.prompts import listing
from vermeil.tasks.relations.types import RelationTypes
from vermeil.tasks.relations.votes import carry_relations
from vermeil.tasks.replies import answer_objects, unusable_result, was_filtered, without_quotations
from vermeil.tasks.votes import (
    Contested,
    Verdicts,
    VotedRelation,
    VotedSpan,
    VoteResult,
)

_KEY = "relations"

_TASK = """\
You check relations between named entities that others marked in a text, where they did not agree \
or were not sure.

Types of relations, each with the types of its head and of its tail:
{relations}"""

_RELATIONS = """\
The user's message lists the relations after the line "Relations:", one per line as JSON: its \
number, head and tail as they stand in the text, the type that was proposed and, where a name \
stands there more than once, which occurrence is meant. Decide for each whether the text states a \
relation from exactly this head to exactly this tail, and of which type."""

_ANSWER = """\
Answer with one line of JSON; your whole reply is that line.
Format: {FORMAT}
One entry per item of a list. The "label" of a relation is the right one of TYPES, or null if the \
text states no relation from this head to this tail."""

_RELATION_FORMAT = '"relations": [{"number": 1, "label": "..."}]'
_MENTION_FORMAT = '"checks": [{"number": 1, "label": "..."}], '


@dataclass(frozen=True, slots=True)
class RelationVerification:
    """The verification of contested entities and of contested relations.

    A document without contested relations has the request of its entities alone. Relations of
    entities that the verification rejects are lost and counted. It is unknown whether an entity
    that only the verification confirms has relations.

    Args:
        entities: the verification of the entities.
        types: the types of relations.
        labels: the entity labels.
        guidelines: the user's annotation guidelines; may be empty.
    """

    entities: NerVerification
    types: RelationTypes
    labels: LabelSet
    guidelines: str

    def render(self, text: str, contested: Sequence[Contested]) -> tuple[Message, ...]:
        """Return the chat messages about the contested entities and relations."""
        mentions = [one for one in contested if isinstance(one, VotedSpan)]
        relations = [one for one in contested if isinstance(one, VotedRelation)]
        if not relations:
            return self.entities.render(text, mentions)
        lines = [_line(number, one, text) for number, one in enumerate(relations, start=1)]
        listed = "Check these relations.\n\nRelations:\n" + "\n".join(lines)
        task = _TASK.replace("{relations}", listing(self.types))
        before: tuple[str, ...] = ()
        if mentions:
            before = self.entities.instruction
            listed = f"{self.entities.introduction(text, mentions)}\n\n{listed}"
        form = "{" + (_MENTION_FORMAT if mentions else "") + _RELATION_FORMAT + "}"
        answer = _ANSWER.replace("{FORMAT}", form).replace("TYPES", self.types.label_set.quoted())
        if mentions:
            answer += (
                f' The "label" of a mention is the right one of {self.labels.quoted()}, or null if '
                "this stretch is no entity."
            )
        own = guidelines_part(self.guidelines) if not mentions else ""
        return messages((*before, task, own, _RELATIONS, answer), listed, text)

    def read(self, text: str, reply: Reply) -> Verdicts:
        """Parse a reply; the note ``off_schema`` counts unknown labels and types."""
        own = without_quotations(reply.text, text)
        parts = [] if was_filtered(reply) else answer_objects(own, _KEY, text)
        lists = [part[_KEY] for part in parts if isinstance(part[_KEY], list)]
        mentions = self.entities.read(text, reply)
        if not parts:
            return mentions
        if len(lists) < len(parts):
            failed = unusable_result(reply, "no complete answer about the relations")
            return Verdicts(failed.state, problem=failed.problem)
        notes = Counter(mentions.notes)
        answers: dict[int, str | None] = {}
        for number, label in _entries(lists):
            known = None if label is None else self.types.label_set.normalise(label)
            if label is not None and known is None:
                notes["off_schema"] += 1
            else:
                answers.setdefault(number, known)
        return Verdicts(State.DONE, mentions.answers, None, dict(notes), answers)

    def apply_verdicts(
        self, text: str, vote: VoteResult, verdicts: Verdicts, abstain: bool
    ) -> VoteResult:
        """Return the vote with the verdicts applied; its notes count the outcomes."""
        result = self.entities.apply_verdicts(text, vote, verdicts, abstain)
        annotation = carry_relations(result.annotation, vote.annotation, self.types)
        lost = len(vote.annotation.relations or ()) - len(annotation.relations or ())
        counted = Counter({"relations_lost": lost} if lost else {})
        annotation = self._with_relation_verdicts(annotation, vote, verdicts, counted)
        notes = {name: n for name, n in vote.notes.items() if name == "relations_kept"}
        if vote.voted_relations:
            notes["relations_kept"] = len(annotation.relations or ())
            counted["relations_lost"] = len(vote.voted_relations) - notes["relations_kept"]
        own = {name: number for name, number in counted.items() if number}
        return replace(
            result,
            annotation=annotation,
            notes={**result.notes, **notes, **own},
            voted_relations=vote.voted_relations,
        )

    def _with_relation_verdicts(
        self, annotation: Annotation, vote: VoteResult, verdicts: Verdicts, counted: Counter[str]
    ) -> Annotation:
        """Return the annotation with the verdicts about relations, and count the outcomes."""
        contested = [one for one in vote.voted_relations if one.is_contested]
        if not contested:
            return annotation
        place = {(s.start, s.end): number for number, s in enumerate(annotation.spans or ())}
        labels = [span.label for span in annotation.spans or ()]
        found = {one.key: one for one in annotation.relations or ()}
        unknown = {one.key: one for one in annotation.abstain_pairs}
        for number, one in enumerate(contested, start=1):
            if number not in verdicts.relation_answers:
                counted["relations_unanswered"] += 1
                continue
            label = verdicts.relation_answers[number]
            counted[_outcome(one, label)] += 1
            if one.head not in place or one.tail not in place:
                continue
            head, tail = place[one.head], place[one.tail]
            key = (head, tail, one.label)
            before = found.pop(key, None)
            unknown.pop(PairAbstention(*key).key, None)
            if label is not None and self.types.allows(label, labels[head], labels[tail]):
                own = self.types.order(head, tail, label)
                score = before.score if before is not None else one.score
                is_same = label == one.label or one.voters > 1
                found[own] = Relation(*own, score=score if is_same else None)
        ordered = tuple(found[key] for key in sorted(found))
        return replace(annotation, relations=ordered, abstain_pairs=tuple(unknown.values()))


def _outcome(one: VotedRelation, label: str | None) -> str:
    if label is None:
        return "relations_rejected"
    return "relations_confirmed" if label == one.label else "relations_relabelled"


def _line(number: int, one: VotedRelation, text: str) -> str:
    line: dict[str, Any] = {"number": number}
    for name, where in (("head", one.head), ("tail", one.tail)):
        surface = text[where[0] : where[1]]
        line[name] = surface
        if text.count(surface) > 1:
            line[f"{name}_occurrence"] = _occurrence(text, where)
    return json.dumps({**line, "label": one.label}, ensure_ascii=False)


def _occurrence(text: str, where: Range) -> int:
    return 1 + text.count(text[where[0] : where[1]], 0, where[0])


def _entries(lists: Sequence[Sequence[Any]]) -> Iterator[tuple[int, str | None]]:
    """Yield number and label of each entry that has both."""
    for entry in (one for own in lists for one in own):
        if not isinstance(entry, Mapping) or "label" not in entry:
            continue
        number, label = entry.get("number"), entry["label"]
        if not isinstance(number, int) or isinstance(number, bool):
            continue
        if label is None or isinstance(label, str):
            yield number, label
