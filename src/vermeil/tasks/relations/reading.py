"""Parsing of a reply to entities and relations."""

from __future__ import annotations

from dataclasses import replace

from vermeil.data.relation import PairAbstention
from vermeil.data.reply import Reply, State
from vermeil.tasks.ner.reply_format import MALFORMED, TRUNCATED, ParsedReply
from vermeil.tasks.ner.task import NerTask
from vermeil.tasks.protocol import ReplyResult
from vermeil.tasks.relations.claims import RelationClaim, parse_relations
from vermeil.tasks.relations.placing import place_relations
from vermeil.tasks.relations.types import RelationTypes
from vermeil.tasks.replies import without_quotations

MISSING = "relations_missing"
"""Note: the reply has entities, but no usable list of relations."""
MALFORMED_RELATIONS = "relations_malformed"
"""Note: entries of the list of relations without the requested shape."""
TRUNCATED_RELATIONS = "relations_truncated"
"""Note: the list of relations was cut off; its complete entries were kept."""

EVERY_PAIR = PairAbstention()
"""Abstention for all pairs of a document."""


def read_reply(text: str, reply: Reply, entities: NerTask, types: RelationTypes) -> ReplyResult:
    """Parse a reply, locate its entities and place its relations.

    The entities decide whether the reply is usable. Without a usable list of relations, all pairs
    are unknown. If the list was cut off, all pairs without a relation are.

    Args:
        text: the document's text.
        reply: the reply.
        entities: the task of the entities.
        types: the types of relations.
    """
    result = entities.read(text, reply)
    if result.state not in (State.DONE, State.EMPTY):
        return result
    own = without_quotations(reply.text, text)
    parsed = parse_relations(own, text, types.label_set)
    masks = entities.config.unlocated == "abstain"
    if parsed is None or parsed.problem is not None:
        notes = {**result.notes, MISSING: 1}
        annotation = replace(result.annotation, relations=(), abstain_pairs=(EVERY_PAIR,))
        return replace(result, annotation=annotation, notes=notes)
    claims = [one for one in parsed.mentions if isinstance(one, RelationClaim)]
    if claims and result.state is State.EMPTY:
        problem = "the reply has relations, but no entities for their ends"
        return ReplyResult(State.UNPLACED, problem=problem, notes=result.notes)
    logprobs = reply.logprobs if own == reply.text else None
    spans = result.annotation.spans or ()
    placed = place_relations(text, claims, result.mentions, spans, types, logprobs)
    is_cut = TRUNCATED in parsed.notes or TRUNCATED in result.notes
    unknown = placed.abstain_pairs if masks else ()
    annotation = replace(
        result.annotation,
        relations=placed.relations,
        abstain_pairs=(*unknown, EVERY_PAIR) if is_cut else unknown,
    )
    # A relation outside the schema is no evidence that there is nothing: the state stays.
    notes = {**result.notes, **placed.notes, **_notes(parsed)}
    return replace(result, annotation=annotation, notes=notes)


def _notes(parsed: ParsedReply) -> dict[str, int]:
    names = {MALFORMED: MALFORMED_RELATIONS, TRUNCATED: TRUNCATED_RELATIONS}
    return {names.get(key, f"relations_{key}"): number for key, number in parsed.notes.items()}
