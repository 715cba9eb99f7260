"""Relations of a JSON reply: which entities they connect, before they are placed in the text.

The reader uses the machinery of the JSON formats of NER: the same lenient reader, and the same
rules for drafts, quotations, parts and truncation. It accepts a list of objects, triples such as
``["Ann", "works_for", "IBM"]`` and an object with a list per type of relation. Ends are names, or
the ids that the reply gives to its entities.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from vermeil.data.document import Range
from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.answer_parts import JsonAnswer
from vermeil.tasks.ner.formats.entity_keys import LABELS, LISTS, SURFACES, fold_key
from vermeil.tasks.ner.formats.json_answers import parse_json, read_entries
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container, QuotedString, Value
from vermeil.tasks.ner.formats.prose import without_reasoning
from vermeil.tasks.ner.reply_format import ParsedReply, Question

_RELATION_LISTS = frozenset(
    (
        *(
            "relations",
            "relationships",
            "triples",
            "triplets",
            "relationlist",
            "extractedrelations",
        ),
        *("relationtriples", "relation", "edges", "extractedrelations"),
    )
)
"""Keys of a list of relations."""
_HEADS = frozenset(
    (
        *("head", "subject", "subj", "source", "from", "arg1", "headentity", "entity1", "e1", "h"),
        *("headtext", "headid", "subjecttext", "subjectid", "sourceid", "fromid", "first"),
        *("argument1", "headspan", "headmention", "sub", "sourceentity", "subjectentity"),
    )
)
_TAILS = frozenset(
    (
        *("tail", "object", "obj", "target", "to", "arg2", "tailentity", "entity2", "e2", "t"),
        *("tailtext", "tailid", "objecttext", "objectid", "targetid", "toid", "second"),
        *("argument2", "tailspan", "tailmention", "targetentity", "objectentity"),
    )
)
_TYPES = LABELS | {"relation", "relationtype", "relationlabel", "predicate", "rel", "name"}
_EVIDENCE = frozenset(("evidence", "sentence", "quote", "context", "support", "evidencetext"))
_IDS = frozenset(("id", "entityid", "number", "index", "key"))


@dataclass(frozen=True, slots=True)
class ClaimedEnd:
    """One end of a relation as the reply names it.

    Args:
        surface: the name.
        label: the label that the reply gives to this end, if it does.
        number: number of the entity among the reply's entities with this name, from 0, if the
            reply names the end by an id.
    """

    surface: str
    label: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class RelationClaim(Mention):
    """One relation of a reply. Its ``surface`` names both ends and the type, to compare claims.

    Args:
        head: the first end.
        tail: the second end.
        evidence: words of the text that state the relation, if the reply quotes them.
    """

    head: ClaimedEnd = field(default=ClaimedEnd(""), compare=False)
    tail: ClaimedEnd = field(default=ClaimedEnd(""), compare=False)
    evidence: str | None = field(default=None, compare=False)


def parse_relations(reply: str, text: str, types: LabelSet) -> ParsedReply | None:
    """Return the relations of a reply as `RelationClaim` mentions; None if it lists none at all.

    Args:
        reply: the reply, verbatim.
        text: the document's text.
        types: the types of relations.
    """
    question = Question(text, types)
    answer = without_reasoning(reply, text)
    return parse_json(answer, question, (_read_object, _read_list, _read_single))


def _read_object(container: Container, question: Question) -> JsonAnswer | None:
    """Read an object that holds a list of relations; the ids are those of its entities."""
    if not container.is_object:
        return None
    pairs = list(zip(map(fold_key, container.keys), container.items, strict=True))
    lists = [v for key, v in pairs if key in _RELATION_LISTS and isinstance(v, Container)]
    if not lists:
        return None
    ids = dict(_entity_ids(pairs))
    answers = [_read_relations(one, question, ids) for one in lists]
    claims = tuple(claim for answer in answers for claim in answer.mentions)
    malformed = sum(answer.malformed for answer in answers)
    return JsonAnswer(claims, malformed, all(answer.closed for answer in answers))


def _read_list(container: Container, question: Question) -> JsonAnswer | None:
    """Read a list with at least one complete relation."""
    if container.is_object:
        return None
    answer = _read_relations(container, question, {})
    return answer if answer.mentions else None


def _read_single(container: Container, question: Question) -> JsonAnswer | None:
    """Read a single relation; the next ones belong to the same answer."""
    claims = _read_relation(container, question, {}) if container.is_object else ()
    return JsonAnswer(claims, is_entry=True) if claims else None


def _read_relations(
    container: Container, question: Question, ids: Mapping[str, ClaimedEnd]
) -> JsonAnswer:
    if not container.is_object:
        return read_entries(
            container.items, container.closed, lambda one: _read_relation(one, question, ids)
        )
    answers = [
        read_entries(value.items, value.closed, partial(_read_below, key, question, ids))
        for key, value in zip(container.keys, container.items, strict=True)
        if key is not None and isinstance(value, Container) and not value.is_object
    ]
    claims = tuple(claim for answer in answers for claim in answer.mentions)
    malformed = sum(a.malformed for a in answers) + len(container.items) - len(answers)
    return JsonAnswer(claims, malformed, container.closed)


def _read_below(
    label: str, question: Question, ids: Mapping[str, ClaimedEnd], value: Value
) -> tuple[RelationClaim, ...]:
    return _read_relation(value, question, ids, label)


def _read_relation(
    value: Value, question: Question, ids: Mapping[str, ClaimedEnd], label: str | None = None
) -> tuple[RelationClaim, ...]:
    """Return the relation of one entry; none if it is malformed.

    Args:
        value: the entry.
        question: text and types of relations.
        ids: the reply's ids of entities.
        label: the type, if the entry is below it.
    """
    if not isinstance(value, Container) or not value.closed:
        return ()
    parts = _keyed_parts(value) if value.is_object else _triple(value, question, label)
    if parts is None:
        return ()
    head_value, type_value, tail_value, evidence = parts
    head, tail = _end(head_value, ids), _end(tail_value, ids)
    name = type_value if type_value is not None else label
    name = name.text if isinstance(name, BareWord) else name
    if head is None or tail is None or not isinstance(name, str) or not name.strip():
        return ()
    surface = f"{head.surface} → {tail.surface} ({name})"
    ranges = _ranges(head_value, name, tail_value)
    return (RelationClaim(surface, name, None, ranges, head, tail, evidence),)


_Parts = tuple[Value, Value | None, Value, str | None]
"""Head, type, tail and evidence of an entry, as written."""


def _keyed_parts(entry: Container) -> _Parts | None:
    pairs = list(zip(map(fold_key, entry.keys), entry.items, strict=True))
    head, tail, name, evidence = (
        next((value for key, value in pairs if key in names), None)
        for names in (_HEADS, _TAILS, _TYPES, _EVIDENCE)
    )
    if head is None or tail is None:
        return None
    return head, name, tail, evidence if isinstance(evidence, str) else None


def _triple(entry: Container, question: Question, label: str | None) -> _Parts | None:
    """Return the parts of a list: head, type and tail, or head and tail below a type."""
    items = entry.items
    if label is not None and len(items) == 2:
        return items[0], None, items[1], None
    if len(items) != 3:
        return None
    known = [
        number
        for number, one in enumerate(items)
        if isinstance(one, str) and question.labels.normalise(one) is not None
    ]
    middle = known[0] if len(known) == 1 else 1
    ends = [one for number, one in enumerate(items) if number != middle]
    return ends[0], items[middle], ends[1], None


def _end(value: Value, ids: Mapping[str, ClaimedEnd]) -> ClaimedEnd | None:
    """Return an end by its id or name; None if it has neither."""
    if isinstance(value, Container):
        if not value.is_object:
            return _end(value.items[0], ids) if len(value.items) == 1 else None
        pairs = list(zip(map(fold_key, value.keys), value.items, strict=True))
        names = [v for key, v in pairs if key in SURFACES and isinstance(v, str)]
        labels = [v for key, v in pairs if key in LABELS and isinstance(v, str)]
        if names:
            return ClaimedEnd(names[0], labels[0] if labels else None)
        found = [ids.get(_id(v)) for key, v in pairs if key in _IDS]
        return found[0] if found else None
    name = value.text if isinstance(value, BareWord) else value
    if (known := ids.get(name.strip())) is not None:
        return known
    if isinstance(value, BareWord) and not any(map(str.isalpha, name)):
        return None  # a number that is no id
    return ClaimedEnd(name) if name.strip() else None


def _entity_ids(pairs: list[tuple[str, Value]]) -> Iterator[tuple[str, ClaimedEnd]]:
    """Yield the ids of the entities in an answer, each with its entity."""
    seen: dict[str, int] = {}
    lists = (v for key, v in pairs if key in LISTS and isinstance(v, Container))
    for entry in (one for value in lists for one in value.items):
        if not isinstance(entry, Container) or not entry.is_object:
            continue
        keyed = list(zip(map(fold_key, entry.keys), entry.items, strict=True))
        name = next((v for key, v in keyed if key in SURFACES - _IDS and isinstance(v, str)), None)
        label = next((v for key, v in keyed if key in LABELS and isinstance(v, str)), None)
        if name is None:
            continue
        number = seen.get(name, 0)
        seen[name] = number + 1
        for key, one in keyed:
            if key in _IDS:
                yield _id(one), ClaimedEnd(name, label, number)


def _id(value: Value) -> str:
    if isinstance(value, Container):
        return ""
    return (value.text if isinstance(value, BareWord) else value).strip()


def _ranges(head: Value, name: object, tail: Value) -> tuple[Range, ...]:
    """Return the ranges of the reply with both ends and the type; empty unless all are quoted."""
    parts = (head, name, tail)
    quoted = [part for part in parts if isinstance(part, QuotedString)]
    if len(quoted) < len(parts):
        return ()
    return tuple((part.start, part.stop) for part in quoted)
