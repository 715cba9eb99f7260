"""Labels of entities in the JSON schema of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def entity_labels(schema: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    """Return the labels of entities in the JSON schema of an answer; None: it is of another kind.

    Args:
        schema: schema of the request.
    """
    try:
        assert schema is not None
        parts = schema["properties"]["entities"]["items"]["properties"]
        return tuple(parts["label"]["enum"]) if "text" in parts else None
    except (AssertionError, LookupError, TypeError):
        return None
