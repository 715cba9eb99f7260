"""Client of OpenAI's batch API: uploads a file of requests, downloads files of results."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import IO, Any

from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.backends.base import ErrorScope
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
from vermeil.teacher.backends.http_status import attempt_error, was_filtered
from vermeil.teacher.backends.openai.logprobs import logprobs_rejection_advice
from vermeil.teacher.backends.openai.sdk_spec import OPENAI
from vermeil.teacher.backends.openai.wire import (
    NOT_A_COMPLETION,
    chat_body,
    parse_completion,
    usage_of,
)
from vermeil.teacher.backends.sdk import Sdk
from vermeil.teacher.backends.server_error import ServerError, error_in_success, error_of_status
from vermeil.teacher.backends.setting_rejections import setting_rejection
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import check_consent

LIMITS = BatchLimits(max_requests=50_000, max_bytes=200_000_000)
_LABEL = "vermeil"
"""Key of our name of the batch in its metadata."""
_CLOCK_SKEW = 24 * 3600.0
"""Tolerated clock difference to the server in the search for a batch, in seconds."""
_ENDED = {"completed", "expired", "cancelled"}
_TRANSFER_TIMEOUT = 600.0
"""Maximum seconds without data during the transfer of a file."""


class OpenAIBatches:
    """Client of the batch API of an OpenAI-compatible server (OpenAI, Azure).

    Raises:
        ConfigError: the address is invalid, a remote server's key is missing, or the configuration
            does not allow sending text to it.
    """

    frame = Frame(b"", b"\n", b"\n")

    def __init__(self, config: TeacherConfig, limits: BatchLimits = LIMITS) -> None:
        check_consent(config)
        self.limits = limits
        self._config = config
        # In Azure's older addresses, files and batches are not below a deployment.
        root = config.base_url.split("/deployments/")[0] if config.azure_api_version else None
        at_root = config.model_copy(update={"base_url": root}) if root else config
        self._sdk = Sdk(at_root, OPENAI)
        self._path = "/v1/chat/completions" if root is None else "/chat/completions"
        self._client = self._sdk.client(max(_TRANSFER_TIMEOUT, config.timeout))
        # Newer OpenAI models accept only max_completion_tokens.
        self._limit_field = "max_tokens"

    def encode(self, name: str, request: Request) -> bytes:
        """Return the line of a request in the file."""
        body = chat_body(request, self._config)
        if "max_tokens" in body:
            body[self._limit_field] = body.pop("max_tokens")
        line = {"custom_id": name, "method": "POST", "url": self._path, "body": body}
        return json.dumps(line, ensure_ascii=False).encode()

    def submit(self, batch: ProviderBatch, content: IO[bytes]) -> str:
        """Upload the file and submit it; return the server id of the batch."""
        file = (f"{_LABEL}-{batch.name}.jsonl", content, "application/jsonl")
        with translate_errors(self._sdk, no_batch_api_error(self._config)):
            uploaded = self._client.post(
                "/files",
                cast_to=object,
                body={"purpose": "batch"},
                files=[("file", file)],
                options={"headers": {**self._sdk.headers, "Content-Type": "multipart/form-data"}},
            )
            created = self._client.post(
                "/batches",
                cast_to=object,
                body={
                    "input_file_id": uploaded["id"],
                    "endpoint": self._path,
                    "completion_window": "24h",
                    "metadata": {_LABEL: batch.name},
                },
                options={"headers": self._sdk.headers},
            )
            return str(created["id"])

    def find(self, batch: ProviderBatch, known: Collection[str]) -> BatchLookup:  # noqa: ARG002
        """Find a batch by its metadata, in order from the newest to the oldest."""
        with translate_errors(self._sdk, no_batch_api_error(self._config)):
            after: dict[str, str] = {}
            while True:
                page = self._get("/batches", {"limit": 100, **after})
                for one in page["data"]:
                    if (one.get("metadata") or {}).get(_LABEL) == batch.name:
                        return BatchLookup(str(one["id"]))
                    if one["created_at"] < batch.created - _CLOCK_SKEW:
                        return BatchLookup()
                if not page.get("has_more") or not page["data"]:
                    return BatchLookup()
                after = {"after": page["data"][-1]["id"]}

    def poll(self, server_id: str) -> BatchStatus:
        """Return the status of a batch."""
        with translate_errors(self._sdk, unknown_batch_error(self._config, server_id)):
            batch = self._get(f"/batches/{server_id}")
            status, counts = batch["status"], batch.get("request_counts") or {}
            if status == "failed":
                errors = (batch.get("errors") or {}).get("data") or []
                message = "; ".join(str(e.get("message")) for e in errors[:3]) or "no explanation"
                is_queue_full = any(e.get("code") == "token_limit_exceeded" for e in errors)
                note = self._sdk.redact(message)
                return BatchStatus("failed", note=note, retry_later=is_queue_full)
            completed = int(counts.get("completed") or 0) + int(counts.get("failed") or 0)
            return BatchStatus("ended" if status in _ENDED else "running", completed)

    def results(self, server_id: str) -> Iterator[BatchResult]:
        """Yield the results of an ended batch: successful requests, then failed ones."""
        with translate_errors(self._sdk, unknown_batch_error(self._config, server_id)):
            batch = self._get(f"/batches/{server_id}")
            for name in ("output_file_id", "error_file_id"):
                if batch.get(name):
                    with self._client.files.with_streaming_response.content(
                        batch[name], extra_headers=self._sdk.headers
                    ) as response:
                        yield from read_lines(response.iter_bytes(), self._result)

    def cancel(self, server_id: str) -> None:
        """Cancel a batch, and keep its finished results."""
        not_found = unknown_batch_error(self._config, server_id)
        cancel(self._sdk, self._client, f"/batches/{server_id}", not_found)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _result(self, line: Any) -> BatchResult:
        name, response = str(line["custom_id"]), line.get("response") or {}
        if line.get("error") or not response:
            error = line.get("error") or {}
            message = self._sdk.redact(error.get("message") or error.get("code") or "no response")
            return BatchResult(name, error=message)
        status, body = response["status_code"], response["body"]
        if status == 200:
            found = error_in_success(body)
            if found is not None:
                return self._rejected_result(name, found, usage_of(body))
            try:
                return BatchResult(name, parse_completion(body))
            except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
                shown = self._sdk.redact(json.dumps(body, ensure_ascii=False))
                return BatchResult(
                    name,
                    error=f"{NOT_A_COMPLETION}: {shown}",
                    unbilled=False,
                    usage=usage_of(body),
                )
        content = json.dumps(body, ensure_ascii=False).encode(errors="replace")
        return self._rejected_result(name, error_of_status(status, content))

    def _rejected_result(
        self, name: str, error: ServerError, usage: Usage | None = None
    ) -> BatchResult:
        if was_filtered(error, ""):
            return BatchResult(name, Reply("", "content_filter", usage or Usage()))
        error = replace(error, message=self._sdk.redact(error.message))
        if "unsupported_parameter" in error.codes and "max_completion_tokens" in error.message:
            self._limit_field = "max_completion_tokens"
            return BatchResult(name, error=error.message)
        fault = setting_rejection(error, "", self._config, logprobs_rejection_advice)
        fault = fault or attempt_error(error, {}, self._config)
        retryable = fault.scope is ErrorScope.ATTEMPT
        return BatchResult(name, error=fault.advice, retryable=retryable, usage=usage)

    def _get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        options = {"headers": self._sdk.headers, "params": query or {}}
        return self._client.get(path, cast_to=object, options=options)
