"""``vermeil mcp`` as a subprocess, with the client of the official SDK and real models."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.optional_packages import write_project

pytest.importorskip("mcp", reason="the extra mcp is not installed")

READING = {
    "check_configuration",
    "corpus_stats",
    "evaluate",
    "explain_key",
    "plan_purchase",
    "predict",
    "read_documents",
}
WRITING = {"annotate", "estimate_annotation", "locate", "predict_file", "train"}
UNREACHABLE = "http://127.0.0.1:9/v1"

Use = Callable[[Any], Awaitable[Any]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> Path:
    """Folder with corpora, a configuration, a study and models of toy size."""
    folder = tmp_path_factory.mktemp("mcp") / "project"
    folder.mkdir()
    write_project(folder, encoder, UNREACHABLE)
    (folder.parent / "secret.jsonl").write_text('{"id": "s", "text": "secret"}\n', "utf-8")
    (folder / "link.jsonl").symlink_to(folder.parent / "secret.jsonl")
    return folder


def connect(folder: Path, use: Use, *options: str) -> Any:
    """Start the server as an agent program does, and use it."""
    import anyio
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client

    arguments = ["-m", "vermeil", "mcp", "--root", str(folder), *options]
    kept = {k: v for k, v in os.environ.items() if k in ("PYTHONPATH", "PATH")}
    server = StdioServerParameters(command=sys.executable, args=arguments, env=kept)

    async def run() -> Any:
        async with Client(stdio_client(server)) as client:
            return await use(client)

    return anyio.run(run)


def call(folder: Path, tool: str, arguments: dict[str, Any], *options: str) -> Any:
    """Return the result of one tool."""
    return connect(folder, lambda client: client.call_tool(tool, arguments), *options)


def error_of(result: Any) -> str:
    """Return the message of a tool error."""
    assert result.is_error, result
    return str(result.content[0].text)


def test_tools_have_schemas_and_descriptions(project: Path) -> None:
    async def use(client: Any) -> Any:
        return (await client.list_tools()).tools

    tools = connect(project, use)
    assert {tool.name for tool in tools} == READING
    for tool in tools:
        assert tool.description
        assert tool.annotations.read_only_hint
    predict = next(tool for tool in tools if tool.name == "predict")
    assert predict.input_schema["properties"]["texts"]["items"]["type"] == "string"
    assert predict.input_schema["required"] == ["model", "texts"]
    writing = {tool.name: tool for tool in connect(project, use, "--allow-writes")}
    assert set(writing) == READING | WRITING
    assert not writing["annotate"].annotations.read_only_hint


def test_reading_tools(project: Path) -> None:
    async def use(client: Any) -> dict[str, Any]:
        calls = {
            "predict": {"model": "model", "texts": ["Ann Lee left Rome.", "Bo."]},
            "evaluate": {"predicted": "silver.jsonl", "gold": "gold.jsonl"},
            "corpus_stats": {"corpus": "gold.jsonl"},
            "read_documents": {"corpus": "gold.jsonl", "offset": 1, "limit": 2},
            "explain_key": {"key": "teacher.samples"},
            "check_configuration": {},
            "plan_purchase": {"budget": 100},
        }
        return {name: await client.call_tool(name, given) for name, given in calls.items()}

    results = connect(project, use)
    for name, result in results.items():
        assert not result.is_error, (name, result.content)
    found = {name: result.structured_content for name, result in results.items()}
    texts = [one["text"] for one in found["predict"]["documents"]]
    assert texts == ["Ann Lee left Rome.", "Bo."]
    for document in (*found["predict"]["documents"], *found["read_documents"]["documents"]):
        for span in document["spans"]:
            assert span["surface"] == document["text"][span["start"] : span["end"]]
    assert found["evaluate"]["overall"]["f1"] == 1.0
    assert found["corpus_stats"]["documents"] == 80
    assert len(found["read_documents"]["documents"]) == 2
    assert found["explain_key"]["keys"][0]["key"] == "teacher.samples"
    severities = {one["about"]: one["severity"] for one in found["check_configuration"]["findings"]}
    assert severities["teacher"] == "error"
    assert found["plan_purchase"]["sentences"][0].startswith("For $100 buy")


def test_errors_carry_the_message(project: Path) -> None:
    missing = call(project, "evaluate", {"predicted": "none.jsonl", "gold": "gold.jsonl"})
    assert "no such model folder or file of predictions" in error_of(missing)
    key = call(project, "explain_key", {"key": "teacher.sample"})
    assert "teacher.samples" in error_of(key)
    typed = call(project, "predict", {"model": "model", "texts": []})
    assert "at least 1 item" in error_of(typed)


def test_paths_outside_are_refused(project: Path) -> None:
    paths = ("../secret.jsonl", "link.jsonl", "jsonl:../secret.jsonl", "/etc/passwd")

    async def use(client: Any) -> list[Any]:
        return [await client.call_tool("corpus_stats", {"corpus": path}) for path in paths]

    for path, result in zip(paths, connect(project, use), strict=True):
        assert f"{path.removeprefix('jsonl:')}: is outside of" in error_of(result)
        assert "--root" in error_of(result)


def test_configuration_with_outside_paths_is_refused(project: Path) -> None:
    text = (project / "vermeil.toml").read_text("utf-8")
    other = text.replace('"gold.jsonl"', '"../secret.jsonl"')
    (project / "outside.toml").write_text(other, "utf-8")
    message = error_of(call(project, "check_configuration", {"config": "outside.toml"}))
    assert "corpora.gold.path" in message


def test_annotate_needs_a_limit_and_consent(project: Path) -> None:
    text = (project / "vermeil.toml").read_text("utf-8")
    remote = text.replace(UNREACHABLE, "https://teacher.invalid/v1")
    (project / "remote.toml").write_text(remote, "utf-8")
    limited = remote.replace("[teacher]", "[teacher]\nmax_tokens_total = 10")
    (project / "limited.toml").write_text(limited, "utf-8")
    no_limit = call(project, "annotate", {"config": "remote.toml"}, "--allow-writes")
    assert "has no spending limit" in error_of(no_limit)
    refused = call(project, "annotate", {"config": "limited.toml"}, "--allow-writes")
    assert "teacher.allow_remote" in error_of(refused)


def test_writing_tools(project: Path) -> None:
    given = {"model": "model", "corpus": "pool.jsonl", "output": "predicted.jsonl"}

    async def use(client: Any) -> list[Any]:
        return [await client.call_tool("predict_file", given) for _ in range(2)]

    first, second = connect(project, use, "--allow-writes")
    assert first.structured_content["output"] == "predicted.jsonl"
    assert (
        len((project / "predicted.jsonl").read_text("utf-8").splitlines())
        == (first.structured_content["documents"])
    )
    assert "exists" in error_of(second)


def test_http_requires_the_token(project: Path) -> None:
    import anyio
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    command = [sys.executable, "-m", "vermeil", "mcp", "--root", str(project)]
    process = subprocess.Popen(
        [*command, "--http", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "VERMEIL_TOKEN": "secret"},
    )
    try:
        assert process.stderr is not None
        match = re.search(r"http://127\.0\.0\.1:\d+/mcp", process.stderr.readline())
        assert match is not None
        address = match[0]
        assert httpx2.post(address, json={}).status_code == 401

        async def run() -> Any:
            headers = {"Authorization": "Bearer secret"}
            async with (
                httpx2.AsyncClient(headers=headers) as http,
                Client(streamable_http_client(address, http_client=http)) as client,
            ):
                return await client.call_tool("corpus_stats", {"corpus": "gold.jsonl"})

        assert anyio.run(run).structured_content["documents"] == 80
    finally:
        process.terminate()
        process.communicate(timeout=30)
