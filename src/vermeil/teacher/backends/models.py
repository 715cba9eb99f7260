"""List of the teacher's models, which also checks the connection; sends no text."""

from __future__ import annotations

import json

from vermeil.errors import TeacherError
from vermeil.teacher.backends.sdk import Sdk
from vermeil.teacher.config import TeacherConfig

_TIMEOUT = 10.0
"""Seconds to wait for the list of models."""
_PATHS = {"openai": "/models", "anthropic": "/v1/models?limit=1000"}
"""Path of the list of models, per backend."""


def list_models(config: TeacherConfig) -> tuple[str, ...] | None:
    """Return the names of the teacher's models (``GET /models``).

    Returns:
        The names; None if the server answers but does not list them.

    Raises:
        ConfigError: the address is invalid, a remote teacher's key is missing, or the backend's SDK
            is not installed.
        TeacherError: no server answers, or it does not accept the key.
    """
    sdk = Sdk(config)
    with sdk.client(min(_TIMEOUT, config.timeout)) as client:
        try:
            body = client.get(_PATHS[config.backend], cast_to=str, options={"headers": sdk.headers})
        except sdk.module.APIStatusError as error:
            if error.status_code in (404, 405, 501):
                return None
            raise TeacherError(str(sdk.convert_error(error))) from None
        except sdk.error_types as error:
            raise TeacherError(str(sdk.convert_error(error))) from None
    return _names(body)


def _names(body: str) -> tuple[str, ...] | None:
    try:
        return tuple(str(model["id"]) for model in json.loads(body)["data"])
    except (ValueError, TypeError, KeyError):
        return None
