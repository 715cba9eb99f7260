"""A task of relations between people, organisations and places."""

from __future__ import annotations

from typing import Any

SECTION: dict[str, Any] = {
    "name": "relations",
    "labels": {"PER": {"aliases": ["person"]}, "ORG": {}, "LOC": {}},
    "relations": {
        "works_for": {
            "description": "is employed by",
            "aliases": ["employed by"],
            "head": ["PER"],
            "tail": ["ORG"],
        },
        "in": {"tail": ["LOC"]},
        "married": {"head": ["PER"], "tail": ["PER"], "symmetric": True},
    },
}
