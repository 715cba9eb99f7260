"""Client of Anthropic's message batches: one call submits the requests, one streams the results."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice
from typing import IO, Any

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.anthropic.sdk_spec import ANTHROPIC
from vermeil.teacher.backends.anthropic.wire import NOT_A_MESSAGE, message_body, parse_message
from vermeil.teacher.backends.batch_base import (
    BatchLimits,
    BatchLookup,
    BatchResult,
    BatchStatus,
    Frame,
    no_batch_api_error,
    read_lines,
    unknown_batch_error,
)
from vermeil.teacher.backends.batch_calls import cancel, translate_errors
from vermeil.teacher.backends.batch_types import ProviderBatch
from vermeil.teacher.backends.http_status import was_filtered
from vermeil.teacher.backends.sdk import Sdk
from vermeil.teacher.backends.server_error import ServerError
from vermeil.teacher.backends.setting_rejections import setting_rejection
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import check_consent

LIMITS = BatchLimits(max_requests=100_000, max_bytes=256_000_000)
_PATH = "/v1/messages/batches"
_CLOCK_SKEW = 3600.0
"""Tolerated clock difference to the server in the search for a batch, in seconds."""
_TRANSFER_TIMEOUT = 600.0
"""Maximum seconds without data during an upload of requests or a download of results."""


class AnthropicBatches:
    """Client of Anthropic's message batches.

    Raises:
        ConfigError: the SDK is not installed, the address is invalid, a remote server's key is
            missing, or the configuration does not allow sending text to it.
    """

    frame = Frame(b'{"requests":[', b",\n", b"]}")

    def __init__(self, config: TeacherConfig, limits: BatchLimits = LIMITS) -> None:
        check_consent(config)
        self.limits = limits
        self._config = config
        self._sdk = Sdk(config, ANTHROPIC)
        self._client = self._sdk.client(max(_TRANSFER_TIMEOUT, config.timeout))

    def encode(self, name: str, request: Request) -> bytes:
        """Return an element of the list of requests."""
        item = {"custom_id": name, "params": message_body(request)}
        return json.dumps(item, ensure_ascii=False).encode()

    def submit(self, batch: ProviderBatch, content: IO[bytes]) -> str:  # noqa: ARG002
        """Submit a batch and return its server id; the requests' names identify the batch."""
        with translate_errors(self._sdk, no_batch_api_error(self._config)):
            headers = {**self._sdk.headers, "Content-Type": "application/json"}
            created: Any = self._client.post(
                _PATH, cast_to=object, content=content, options={"headers": headers}
            )
            return str(created["id"])

    def find(self, batch: ProviderBatch, known: Collection[str]) -> BatchLookup:
        """Find a batch by the names of its requests, which only an ended batch lists."""
        inconclusive = False
        with translate_errors(self._sdk, no_batch_api_error(self._config)):
            for one in self._newest_first():
                if _timestamp(one["created_at"]) < batch.created - _CLOCK_SKEW:
                    break
                server_id, ended = str(one["id"]), one["processing_status"] == "ended"
                if server_id in known or sum(one["request_counts"].values()) != batch.requests:
                    continue
                if not ended:
                    inconclusive = True
                elif any(_belongs_to(r, batch) for r in islice(self.results(server_id), 1)):
                    return BatchLookup(server_id)
        return BatchLookup(inconclusive=inconclusive)

    def poll(self, server_id: str) -> BatchStatus:
        """Return the status of a batch."""
        with translate_errors(self._sdk, unknown_batch_error(self._config, server_id)):
            batch = self._get(f"{_PATH}/{server_id}")
            counts = dict(batch["request_counts"])
            if batch.get("archived_at"):
                return BatchStatus("failed", note="its results have expired", unbilled=False)
            completed = sum(counts.values()) - counts.get("processing", 0)
            return BatchStatus(
                "ended" if batch["processing_status"] == "ended" else "running", completed
            )

    def results(self, server_id: str) -> Iterator[BatchResult]:
        """Yield the results of an ended batch."""
        with (
            translate_errors(self._sdk, unknown_batch_error(self._config, server_id)),
            self._client.messages.batches.with_streaming_response.results(
                server_id, extra_headers=self._sdk.headers
            ) as response,
        ):
            yield from read_lines(response.iter_bytes(), self._result)

    def cancel(self, server_id: str) -> None:
        """Cancel a batch, and keep its finished results."""
        not_found = unknown_batch_error(self._config, server_id)
        cancel(self._sdk, self._client, f"{_PATH}/{server_id}", not_found)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _result(self, line: Any) -> BatchResult:
        name, result = str(line["custom_id"]), line["result"]
        if result["type"] == "succeeded":
            try:
                return BatchResult(name, parse_message(result["message"]))
            except (ValueError, TypeError, LookupError, AttributeError):
                shown = self._sdk.redact(result)
                return BatchResult(name, error=f"{NOT_A_MESSAGE}: {shown}", unbilled=False)
        if result["type"] != "errored":
            return BatchResult(name, error=f"not run: {result['type']}")
        error = result["error"].get("error") or result["error"]
        message = self._sdk.redact(f"{error.get('type')}: {error.get('message')}")
        if error.get("type") != "invalid_request_error":
            return BatchResult(name, error=message)
        found = ServerError(400, message)
        if was_filtered(found, ""):
            return BatchResult(name, Reply("", "content_filter"))
        rejection = setting_rejection(found, "", self._config)
        return BatchResult(
            name, error=message if rejection is None else rejection.advice, retryable=False
        )

    def _newest_first(self) -> Iterator[Any]:
        after: dict[str, str] = {}
        while True:
            page = self._get(_PATH, {"limit": 100, **after})
            yield from page["data"]
            if not page.get("has_more") or not page["data"]:
                return
            after = {"after_id": page["data"][-1]["id"]}

    def _get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        options = {"headers": self._sdk.headers, "params": query or {}}
        return self._client.get(path, cast_to=object, options=options)


def _belongs_to(result: BatchResult, batch: ProviderBatch) -> bool:
    return result.name.startswith(f"{batch.name}-")


def _timestamp(time: str) -> float:
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()
