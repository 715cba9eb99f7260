"""List of the teacher's models, which also checks the connection; sends no text."""

from __future__ import annotations

import json
import time

from vermeil.errors import TeacherError
from vermeil.teacher.backends.base import ModelLoadingError
from vermeil.teacher.backends.openai.rest import RestClient, RestStatusError
from vermeil.teacher.backends.sdk import Sdk, SdkSpec
from vermeil.teacher.config import TeacherConfig

_TIMEOUT = 10.0
"""Seconds to wait for the list of models."""
_LOADING_POLL = 0.5
"""Seconds between two requests to a server that loads its model."""
_NO_LIST = {404, 405, 501}
"""Statuses of a server that does not list its models."""


def rest_models(config: TeacherConfig) -> tuple[str, ...] | None:
    """Return the names of the models of an OpenAI-compatible server (``GET /models``).

    While the server loads its model, the request is repeated for up to ``teacher.timeout``.

    Returns:
        The names; None if the server answers but does not list them.

    Raises:
        ConfigError: the address is invalid, or a remote teacher's key is missing.
        TeacherError: no server answers, or it does not accept the key.
    """
    client = RestClient(config, min(_TIMEOUT, config.timeout))
    end = time.monotonic() + config.timeout
    while True:
        try:
            return _names(client.read("/models"))
        except client.error_types as error:
            if isinstance(error, RestStatusError) and error.status in _NO_LIST:
                return None
            fault = client.convert_error(error)
            if not isinstance(fault, ModelLoadingError) or time.monotonic() > end:
                raise TeacherError(fault.advice) from None
        time.sleep(_LOADING_POLL)


def sdk_models(config: TeacherConfig, spec: SdkSpec) -> tuple[str, ...] | None:
    """Return the names of the teacher's models (``GET /models``).

    Args:
        config: settings of the teacher.
        spec: the provider's SDK.

    Returns:
        The names; None if the server answers but does not list them.

    Raises:
        ConfigError: the address is invalid, a remote teacher's key is missing.
        TeacherError: no server answers, or it does not accept the key.
    """
    sdk = Sdk(config, spec)
    with sdk.client(min(_TIMEOUT, config.timeout)) as client:
        try:
            body = client.get(spec.models_path, cast_to=str, options={"headers": sdk.headers})
        except sdk.module.APIStatusError as error:
            if error.status_code in _NO_LIST:
                return None
            raise TeacherError(sdk.convert_error(error).advice) from None
        except sdk.error_types as error:
            raise TeacherError(sdk.convert_error(error).advice) from None
    return _names(body)


def _names(body: str | bytes) -> tuple[str, ...] | None:
    try:
        return tuple(str(model["id"]) for model in json.loads(body)["data"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
