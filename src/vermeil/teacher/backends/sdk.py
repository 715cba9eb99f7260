"""Clients of the provider SDKs, and conversion of their exceptions.

Both SDKs have the same generator, so their classes and exceptions have the same names. No type of
an SDK leaves this folder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from vermeil.teacher.address import api_key, host_of, is_loopback
from vermeil.teacher.backends.base import AttemptError, AttemptTimeoutError, ErrorScope
from vermeil.teacher.backends.http_status import attempt_error
from vermeil.teacher.backends.response_body import clean_message
from vermeil.teacher.backends.server_error import ServerError, error_of_status
from vermeil.teacher.config import TeacherConfig

_CONNECTION_ERRORS = {"ConnectError", "ConnectTimeout"}
"""Names of the HTTP client's exceptions for a failed connection."""


def _no_settings(_: TeacherConfig) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class SdkSpec:
    """The SDK of one provider.

    Args:
        load: imports its package, which takes half a second.
        client: name of its client class; the client for asyncio has the prefix ``Async``.
        models_path: path of the list of models.
        settings: returns arguments of the client that only this provider has.
    """

    load: Callable[[], ModuleType]
    client: str
    models_path: str
    settings: Callable[[TeacherConfig], dict[str, Any]] = _no_settings


class Sdk:
    """A provider's SDK with the settings and key of a teacher.

    Args:
        config: settings of the teacher.
        spec: the SDK.

    Raises:
        ConfigError: the address is invalid, or a remote server's key is missing.
    """

    def __init__(self, config: TeacherConfig, spec: SdkSpec) -> None:
        self.config = config
        self.spec = spec
        self.key = api_key(config)
        self.module = spec.load()

    def client(self, timeout: float | None = None) -> Any:
        """Return a synchronous client."""
        http = self.module.DefaultHttpxClient
        return getattr(self.module, self.spec.client)(**self._settings(http, timeout))

    def async_client(self) -> Any:
        """Return a client for asyncio."""
        http = self.module.DefaultAsyncHttpxClient
        return getattr(self.module, f"Async{self.spec.client}")(**self._settings(http, None))

    @property
    def headers(self) -> dict[str, Any]:
        """Headers that every request needs in addition to the client's headers."""
        if self.config.azure_api_version and self.key:
            return {"Authorization": self.module.Omit(), "api-key": self.key}
        return {} if self.key else {"Authorization": self.module.Omit()}

    def redact(self, message: object) -> str:
        """Return a message on one line: shortened, without the key and control characters."""
        return clean_message(message, self.key)

    def server_error(self, error: Any) -> ServerError:
        """Return the error in a response that an exception of the SDK holds."""
        found = error_of_status(error.status_code, error.response.content)
        return replace(found, message=self.redact(found.message) or "no explanation")

    def convert_error(self, error: Exception) -> AttemptError:
        """Return the attempt error for an exception among `error_types`."""
        if isinstance(error, self.module.APIStatusError):
            return attempt_error(self.server_error(error), error.response.headers, self.config)
        timed_out = isinstance(error, TimeoutError | self.module.APITimeoutError)
        cause = "connection timed out" if timed_out else self.redact(error.__cause__ or error)
        if type(error.__cause__).__name__ in _CONNECTION_ERRORS:
            return AttemptError(
                f"cannot reach the teacher at {self.config.base_url} ({cause}); is the server "
                "running, and is teacher.base_url right?",
                ErrorScope.UNREACHABLE,
                unbilled=True,
            )
        if timed_out:
            return AttemptTimeoutError(self.config.timeout)
        if isinstance(error, ValueError | RecursionError):
            return AttemptError(f"the response is not JSON: {cause}", ErrorScope.ATTEMPT)
        return AttemptError(f"the connection broke: {cause}", ErrorScope.ATTEMPT)

    @property
    def error_types(self) -> tuple[type[Exception], ...]:
        """Exceptions that `convert_error` handles."""
        import httpx2

        # A broken stream raises an exception of the HTTP client that both SDKs use.
        return (TimeoutError, self.module.APIError, httpx2.HTTPError, ValueError, RecursionError)

    def _settings(self, http: Any, timeout: float | None) -> dict[str, Any]:
        config, timeout = self.config, timeout or self.config.timeout
        local = is_loopback(host_of(config.base_url))
        settings: dict[str, Any] = {
            "api_key": self.key or "none",
            "base_url": config.base_url,
            "max_retries": 0,
            "timeout": timeout,
            "http_client": http(trust_env=not local, follow_redirects=False, timeout=timeout),
        }
        if config.azure_api_version:
            settings["default_query"] = {"api-version": config.azure_api_version}
        return settings | self.spec.settings(config)
