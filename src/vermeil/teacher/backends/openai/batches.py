"""OpenAI's batches: a file of requests goes up, files of results come down."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import IO, Any

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.base import Scope
from vermeil.teacher.backends.batch_base import (
    Found,
    Frame,
    Limits,
    Look,
    Result,
    no_batches,
    no_such_batch,
    read_lines,
)
from vermeil.teacher.backends.batch_calls import cancel, guard
from vermeil.teacher.backends.batch_types import Batch
from vermeil.teacher.backends.http_status import fault_of_status
from vermeil.teacher.backends.openai.logprobs import no_logprobs
from vermeil.teacher.backends.openai.wire import chat_body, parse_completion
from vermeil.teacher.backends.sdk import Sdk
from vermeil.teacher.backends.structured_output import rejection
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import check_consent

LIMITS = Limits(requests=50_000, size=200_000_000)
_LABEL = "vermeil"
"""Key of a batch's metadata under which our name for it stands."""
_SKEW = 24 * 3600.0
"""Seconds by which the server's clock may be off when we look for a batch."""
_ENDED = {"completed", "expired", "cancelled"}
_TRANSFER = 600.0
"""Seconds of silence, at most, while a file goes up or down."""


class OpenAIBatches:
    """Batches of an OpenAI-compatible server (OpenAI, Azure).

    Raises:
        ConfigError: the address is none, a remote server's key is missing, or nobody agreed to
            send text there.
    """

    frame = Frame(b"", b"\n", b"\n")

    def __init__(self, config: TeacherConfig, limits: Limits = LIMITS) -> None:
        check_consent(config)
        self.limits = limits
        self._config = config
        # Azure's older addresses have files and batches beside the deployments.
        root = config.base_url.split("/deployments/")[0] if config.azure_api_version else None
        self._sdk = Sdk(config.model_copy(update={"base_url": root}) if root else config)
        self._path = "/v1/chat/completions" if root is None else "/chat/completions"
        self._client = self._sdk.client(max(_TRANSFER, config.timeout))
        # Newer OpenAI models know only the other name.
        self._limit = "max_tokens"

    def encode(self, name: str, request: Request) -> bytes:
        """Return a line of the file."""
        body = chat_body(request, self._config)
        if "max_tokens" in body:
            body[self._limit] = body.pop("max_tokens")
        line = {"custom_id": name, "method": "POST", "url": self._path, "body": body}
        return json.dumps(line, ensure_ascii=False).encode()

    def submit(self, batch: Batch, content: IO[bytes]) -> str:
        """Send the file up and have it worked off."""
        file = (f"{_LABEL}-{batch.name}.jsonl", content, "application/jsonl")
        with guard(self._sdk, no_batches(self._config)):
            uploaded = self._client.post(
                "/files",
                cast_to=object,
                body={"purpose": "batch"},
                files=[("file", file)],
                options={"headers": {**self._sdk.headers, "Content-Type": "multipart/form-data"}},
            )
            made = self._client.post(
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
            return str(made["id"])

    def find(self, batch: Batch, known: Collection[str]) -> Found:  # noqa: ARG002
        """Find a batch by its metadata, newest first."""
        with guard(self._sdk, no_batches(self._config)):
            after: dict[str, str] = {}
            while True:
                page = self._get("/batches", {"limit": 100, **after})
                for one in page["data"]:
                    if (one.get("metadata") or {}).get(_LABEL) == batch.name:
                        return Found(str(one["id"]))
                    if one["created_at"] < batch.created - _SKEW:
                        return Found()
                if not page.get("has_more") or not page["data"]:
                    return Found()
                after = {"after": page["data"][-1]["id"]}

    def look(self, server_id: str) -> Look:
        """Say how far a batch has come."""
        with guard(self._sdk, no_such_batch(self._config, server_id)):
            batch = self._get(f"/batches/{server_id}")
            status, counts = batch["status"], batch.get("request_counts") or {}
            if status == "failed":
                errors = (batch.get("errors") or {}).get("data") or []
                said = "; ".join(str(e.get("message")) for e in errors[:3]) or "no explanation"
                later = any(e.get("code") == "token_limit_exceeded" for e in errors)
                return Look("failed", note=self._sdk.clean(said), later=later)
            settled = int(counts.get("completed") or 0) + int(counts.get("failed") or 0)
            return Look("ended" if status in _ENDED else "running", settled)

    def results(self, server_id: str) -> Iterator[Result]:
        """Yield what succeeded, then what did not."""
        with guard(self._sdk, no_such_batch(self._config, server_id)):
            batch = self._get(f"/batches/{server_id}")
            for name in ("output_file_id", "error_file_id"):
                if batch.get(name):
                    with self._client.files.with_streaming_response.content(
                        batch[name], extra_headers=self._sdk.headers
                    ) as response:
                        yield from read_lines(response.iter_bytes(), self._result)

    def cancel(self, server_id: str) -> None:
        """Have a batch end soon."""
        absent = no_such_batch(self._config, server_id)
        cancel(self._sdk, self._client, f"/batches/{server_id}", absent)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _result(self, line: Any) -> Result:
        name, response = str(line["custom_id"]), line.get("response") or {}
        if line.get("error") or not response:
            error = line.get("error") or {}
            said = self._sdk.clean(error.get("message") or error.get("code") or "no answer")
            return Result(name, error=said)
        status, body = response["status_code"], response["body"]
        if status == 200:
            try:
                return Result(name, parse_completion(body))
            except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
                shown = self._sdk.clean(body)
                return Result(name, error=f"the answer is no chat completion: {shown}", free=False)
        return self._turned_down(name, status, body)

    def _turned_down(self, name: str, status: int, body: Any) -> Result:
        error = (body.get("error") if isinstance(body, dict) else None) or {}
        code, said = error.get("code"), self._sdk.clean(error.get("message") or body)
        if status == 400 and code == "content_filter":
            return Result(name, Reply("", "content_filter"))
        if code == "unsupported_parameter" and "max_completion_tokens" in said:
            self._limit = "max_completion_tokens"
            return Result(name, error=said)
        if self._config.structured != "off":
            advice = rejection(status, said, "", self._config)
            if advice is not None:
                return Result(name, error=advice, again=False)
        advice = no_logprobs(status, said, "", self._config)
        if advice is not None:
            return Result(name, error=advice, again=False)
        fault = fault_of_status(status, code, said, {}, self._config)
        return Result(name, error=str(fault), again=fault.scope is Scope.ATTEMPT)

    def _get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        options = {"headers": self._sdk.headers, "params": query or {}}
        return self._client.get(path, cast_to=object, options=options)
