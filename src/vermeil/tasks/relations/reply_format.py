"""The JSON reply: lists of ``entities`` and of ``relations`` that name two entities each."""

from __future__ import annotations

import json
from typing import Any

from vermeil.data.document import Document, Span
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.relations.types import RelationTypes
from vermeil.tasks.replies import closed_object_schema

_INSTRUCTION = """\
Format: {"entities": [{"text": "...", "label": "..."}], \
"relations": [{"head": "...", "label": "...", "tail": "..."}]}
"text" is the entity, copied exactly as it stands in the text. Its "label" is one of LABELS. List \
an entity once per time it occurs, in the order of the text. "head" and "tail" of a relation are \
the "text" of two listed entities. Its "label" is one of RELATIONS. Where there is nothing, the \
list is empty: {"entities": [], "relations": []}"""


def instruction(labels: LabelSet, types: RelationTypes) -> str:
    """Return the instruction for the answer's format."""
    quoted = _INSTRUCTION.replace("RELATIONS", types.label_set.quoted())
    return quoted.replace("LABELS", labels.quoted())


def schema(labels: LabelSet, types: RelationTypes) -> dict[str, Any]:
    """Return the JSON schema of the answer, in the subset of strict structured outputs."""
    text = {"type": "string"}
    entity = {"text": text, "label": {"type": "string", "enum": list(labels.names)}}
    name = {"type": "string", "enum": list(types.names)}
    relation = {"head": text, "label": name, "tail": text}
    return closed_object_schema(
        {
            "entities": {"type": "array", "items": closed_object_schema(entity)},
            "relations": {"type": "array", "items": closed_object_schema(relation)},
        }
    )


def render_reply(document: Document) -> str:
    """Return the correct answer for an annotated document, on one line."""
    spans = document.spans or ()

    def surface(span: Span) -> str:
        return document.text[span.start : span.end]

    entities = [{"text": surface(span), "label": span.label} for span in spans]
    relations = [
        {"head": surface(spans[one.head]), "label": one.label, "tail": surface(spans[one.tail])}
        for one in document.relations or ()
    ]
    return json.dumps({"entities": entities, "relations": relations}, ensure_ascii=False)
