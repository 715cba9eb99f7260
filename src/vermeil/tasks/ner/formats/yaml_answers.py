"""Replies in YAML, or as records of "key: value" lines such as "Text: Ann" and "Label: PER".

A repeated key of a mapping begins a new record. Only `detect` reads these replies.
"""

from __future__ import annotations

from collections.abc import Iterator

from vermeil.data.mention import Mention
from vermeil.tasks.answer_context import is_hypothetical
from vermeil.tasks.ner.formats.answer_parts import JsonAnswer, merge_mentions
from vermeil.tasks.ner.formats.claims import accept_claims, occurs
from vermeil.tasks.ner.formats.entity_keys import LABELS, LISTS, SURFACES, fold_key
from vermeil.tasks.ner.formats.json_entities import read_entry, read_list, read_object
from vermeil.tasks.ner.formats.json_labels import read_known_labels
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container
from vermeil.tasks.ner.formats.prose import answer_part, fenced_part
from vermeil.tasks.ner.formats.yaml_reader import read_yaml
from vermeil.tasks.ner.reply_format import ParsedReply, Question


def parse_yaml(reply: str, question: Question) -> ParsedReply | None:
    """Return the entities of a reply in YAML; None if it has none."""
    parts = dict.fromkeys((answer_part(reply), fenced_part(reply)))
    return next(filter(None, (_parse(part, question) for part in parts)), None)


def _parse(written: str, question: Question) -> ParsedReply | None:
    part = read_yaml(written)
    if part is None or part.root is None:
        return None
    answers = list(_answers(part.root, question, part.others))
    mentions = merge_mentions([one.mentions for one in answers], question) if answers else ()
    malformed = sum(one.malformed for one in answers)
    is_cut = part.last is not None and _lacks_label(part.last) and malformed > 0
    return accept_claims(mentions or (), part.others, malformed - is_cut, question, is_cut=is_cut)


def _answers(root: Container, question: Question, words: list[str]) -> Iterator[JsonAnswer]:
    """Yield the content of every container with entities that lies in no other one.

    Args:
        root: the outermost container.
        question: the request behind the reply.
        words: lines of prose; keys that introduce an example are added.
    """
    pending = [root]
    while pending:
        container = pending.pop()
        answer = _read(container, question)
        if answer is not None and answer.mentions:
            yield answer
        else:
            inner = [one for one in container.items if isinstance(one, Container)]
            pending += reversed(inner)
            words += [key for key in container.keys if key and is_hypothetical(key)]


def _read(container: Container, question: Question) -> JsonAnswer | None:
    """Return the content of a container; None if it has no entities in a known shape."""
    if not container.is_object:
        is_mapping = any(_is_mapping_to_words(one, question) for one in container.items)
        return None if is_mapping else read_list(container, question)
    keys = [fold_key(key) for key in container.keys]
    if LISTS & set(keys):
        if any(_is_mapping_to_words(one, question) for one in container.items):
            return None
        return read_object(container, question)
    lists = [one for one in container.items if isinstance(one, Container) and not one.is_object]
    inner = [one for items in lists for one in items.items]
    is_clear = not any(isinstance(o, str) and not occurs(o, question.text) for o in inner)
    if inner and len(lists) == len(container.items) and is_clear:
        return read_known_labels(container, question)
    if not (SURFACES & set(keys) and LABELS & set(keys)):
        return None
    records = _records(container, keys)
    found = [read_entry(one, question) for one in records]
    mentions: tuple[Mention, ...] = tuple(m for one in found for m in one)
    return JsonAnswer(mentions, sum(not one for one in found))


def _records(container: Container, keys: list[str]) -> list[Container]:
    """Return the parts of a mapping; a key of surface or label that is there again begins one."""
    records: list[Container] = []
    known: set[str] = set()
    for name, key, value in zip(container.keys, keys, container.items, strict=True):
        if key not in SURFACES | LABELS and not known:
            continue
        if not records or key in known:
            records.append(Container(True, closed=True))
            known = set()
        known.add(key)
        is_number = key == "occurrence" and isinstance(value, str)
        records[-1].keys.append(name)
        records[-1].items.append(BareWord(str(value)) if is_number else value)
    return records


def _is_mapping_to_words(value: object, question: Question) -> bool:
    """Return whether a value maps labels to plain words, which may be lists with commas."""
    if not isinstance(value, Container) or not value.is_object:
        return False
    pairs = zip(value.keys, value.items, strict=True)
    return any(isinstance(v, str) and question.labels.of_heading(k or "") for k, v in pairs)


def _lacks_label(container: Container) -> bool:
    keys = {fold_key(key) for key in container.keys}
    return bool(keys & SURFACES) and not keys & LABELS
