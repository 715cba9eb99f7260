"""Anthropic's message batches: one call takes the requests, one stream brings the results."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice
from typing import IO, Any

from vermeil.data.reply import Request
from vermeil.teacher.backends.anthropic.wire import message_body, parse_message
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
from vermeil.teacher.backends.sdk import Sdk
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import check_consent

LIMITS = BatchLimits(max_requests=100_000, max_bytes=256_000_000)
_PATH = "/v1/messages/batches"
_CLOCK_SKEW = 3600.0
"""Seconds by which the server's clock may be off when we look for a batch."""
_TRANSFER_TIMEOUT = 600.0
"""Seconds of silence, at most, while requests go up or results come down."""


class AnthropicBatches:
    """Batches of Anthropic's messages.

    Raises:
        ConfigError: the SDK is not installed, the address is none, a remote server's key is
            missing, or nobody agreed to send text there.
    """

    frame = Frame(b'{"requests":[', b",\n", b"]}")

    def __init__(self, config: TeacherConfig, limits: BatchLimits = LIMITS) -> None:
        check_consent(config)
        self.limits = limits
        self._config = config
        self._sdk = Sdk(config)
        self._client = self._sdk.client(max(_TRANSFER_TIMEOUT, config.timeout))

    def encode(self, name: str, request: Request) -> bytes:
        """Return an element of the list of requests."""
        item = {"custom_id": name, "params": message_body(request)}
        return json.dumps(item, ensure_ascii=False).encode()

    def submit(self, batch: ProviderBatch, content: IO[bytes]) -> str:  # noqa: ARG002
        """Send the requests, whose names say which batch they are of."""
        with translate_errors(self._sdk, no_batch_api_error(self._config)):
            headers = {**self._sdk.headers, "Content-Type": "application/json"}
            made: Any = self._client.post(
                _PATH, cast_to=object, content=content, options={"headers": headers}
            )
            return str(made["id"])

    def find(self, batch: ProviderBatch, known: Collection[str]) -> BatchLookup:
        """Find a batch by the names of its requests, which only an ended one tells."""
        unsure = False
        with translate_errors(self._sdk, no_batch_api_error(self._config)):
            for one in self._newest_first():
                if _timestamp(one["created_at"]) < batch.created - _CLOCK_SKEW:
                    break
                server_id, ended = str(one["id"]), one["processing_status"] == "ended"
                if server_id in known or sum(one["request_counts"].values()) != batch.requests:
                    continue
                if not ended:
                    unsure = True
                elif any(_belongs_to(r, batch) for r in islice(self.results(server_id), 1)):
                    return BatchLookup(server_id)
        return BatchLookup(inconclusive=unsure)

    def poll(self, server_id: str) -> BatchStatus:
        """Say how far a batch has come."""
        with translate_errors(self._sdk, unknown_batch_error(self._config, server_id)):
            batch = self._get(f"{_PATH}/{server_id}")
            counts = dict(batch["request_counts"])
            if batch.get("archived_at"):
                return BatchStatus("failed", note="its results are no longer kept", unbilled=False)
            settled = sum(counts.values()) - counts.get("processing", 0)
            return BatchStatus(
                "ended" if batch["processing_status"] == "ended" else "running", settled
            )

    def results(self, server_id: str) -> Iterator[BatchResult]:
        """Yield every result."""
        with (
            translate_errors(self._sdk, unknown_batch_error(self._config, server_id)),
            self._client.messages.batches.with_streaming_response.results(
                server_id, extra_headers=self._sdk.headers
            ) as response,
        ):
            yield from read_lines(response.iter_bytes(), self._result)

    def cancel(self, server_id: str) -> None:
        """Have a batch end soon."""
        absent = unknown_batch_error(self._config, server_id)
        cancel(self._sdk, self._client, f"{_PATH}/{server_id}", absent)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _result(self, line: Any) -> BatchResult:
        name, result = str(line["custom_id"]), line["result"]
        if result["type"] == "succeeded":
            try:
                return BatchResult(name, parse_message(result["message"]))
            except (ValueError, TypeError, LookupError, AttributeError):
                shown = self._sdk.redact(result)
                return BatchResult(name, error=f"the answer is no message: {shown}", unbilled=False)
        if result["type"] != "errored":
            return BatchResult(name, error=f"not run: {result['type']}")
        error = result["error"].get("error") or result["error"]
        said = self._sdk.redact(f"{error.get('type')}: {error.get('message')}")
        return BatchResult(name, error=said, retryable=error.get("type") != "invalid_request_error")

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


def _timestamp(moment: str) -> float:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
