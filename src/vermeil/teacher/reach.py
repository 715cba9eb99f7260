"""Is the teacher there, and which models does it have? Sends no text."""

from __future__ import annotations

import json

from vermeil.errors import TeacherError
from vermeil.teacher.address import api_key, host_of, is_loopback
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.faults import fault_of_status

_PATIENCE = 10.0
"""Seconds to wait for a list of models."""


def list_models(config: TeacherConfig) -> tuple[str, ...] | None:
    """Ask the teacher for the names of its models (``GET /models``).

    Returns:
        The names; None where the server is there but does not tell them.

    Raises:
        ConfigError: the address is none, or a remote teacher's key is missing.
        TeacherError: nobody answers, or the key is not accepted.
    """
    import openai  # half a second

    key, local = api_key(config), is_loopback(host_of(config.base_url))
    http = openai.DefaultHttpxClient(
        trust_env=not local, follow_redirects=False, timeout=min(_PATIENCE, config.timeout)
    )
    headers = {} if key else {"Authorization": openai.Omit()}
    with openai.OpenAI(
        api_key=key or "none", base_url=config.base_url, max_retries=0, http_client=http
    ) as client:
        try:
            body = client.models.with_raw_response.list(extra_headers=headers).content
        except openai.APIConnectionError as error:
            raise TeacherError(
                f"cannot reach the teacher at {config.base_url} ({error.__cause__ or error}); is "
                "the server running, and is teacher.base_url right?"
            ) from None
        except openai.APIStatusError as error:
            if error.status_code in (404, 405, 501):
                return None
            said = error.response.reason_phrase
            fault = fault_of_status(error.status_code, error.code, said, {}, config)
            raise TeacherError(str(fault)) from None
    return _names(body)


def _names(body: bytes) -> tuple[str, ...] | None:
    try:
        return tuple(str(model["id"]) for model in json.loads(body)["data"])
    except (ValueError, TypeError, KeyError):
        return None
