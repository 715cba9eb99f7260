"""The writing tools of ``vermeil mcp``: a teacher on loopback, progress, and a cancelled call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.test_mcp import connect
from tests.integration.teacher.conftest import Answer, FaultServer, Seen
from tests.optional_packages import write_project

pytest.importorskip("mcp", reason="the extra mcp is not installed")

Progress = list[tuple[float, float | None, str | None]]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A teacher on loopback."""
    server = FaultServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def project(tmp_path: Path, encoder: Path, server: FaultServer) -> Path:
    """Folder of a project whose teacher answers with the gold entities of each text."""
    write_project(tmp_path, encoder, server.base_url)
    records = [
        json.loads(line) for line in (tmp_path / "silver.jsonl").read_text("utf-8").splitlines()
    ]
    entities = {
        one["text"]: [
            {"text": one["text"][span["start"] : span["end"]], "label": span["label"]}
            for span in one["spans"]
        ]
        for one in records
    }

    def script(number: int, seen: Seen) -> Answer:
        return Answer(content=json.dumps({"entities": entities[seen.last_line]}), stall=0.02)

    server.script = script
    config = tmp_path / "vermeil.toml"
    text = config.read_text("utf-8").replace("[teacher]", "[teacher]\nconcurrency = 2")
    text += (
        f'[run]\noutput = "mcp-run"\n[student]\nencoder = "{encoder}"\nthreads = 1\n'
        "[blending.budget]\ngold_epochs = 1\nsilver_epochs = 1\n"
    )
    config.write_text(text, "utf-8")
    return tmp_path


def test_annotate_locate_and_train_report_progress(project: Path, server: FaultServer) -> None:
    tools = ("annotate", "locate", "train")
    seen: dict[str, Progress] = {tool: [] for tool in tools}

    async def use(client: Any) -> dict[str, Any]:
        results = {}
        for tool in tools:

            async def note(
                progress: float, total: float | None, message: str | None, tool: str = tool
            ) -> None:
                seen[tool].append((progress, total, message))

            results[tool] = await client.call_tool(tool, {}, progress_callback=note)
        return results

    results = connect(project, use, "--allow-writes")
    for tool, result in results.items():
        assert not result.is_error, (tool, result.content)
    assert len(server.seen) == 140
    assert (project / "mcp-run/silver.jsonl").is_file()
    assert (project / "mcp-run/model").is_dir()
    for tool in ("annotate", "train"):
        numbers = [progress for progress, _, _ in seen[tool]]
        assert len(numbers) > 1
        assert all(first < second for first, second in pairwise(numbers))
    messages = [str(message) for _, _, message in seen["annotate"]]
    assert "annotate: 140 of 140" in messages, messages


def test_a_cancelled_call_stops_and_keeps_its_replies(project: Path, server: FaultServer) -> None:
    import anyio

    requested: list[int] = []

    async def use(client: Any) -> list[Any]:
        with anyio.CancelScope() as scope:

            async def cancel(_: float, total: float | None, message: str | None) -> None:
                if str(message).startswith("annotate:"):
                    scope.cancel()

            await client.call_tool("annotate", {}, progress_callback=cancel)
        assert scope.cancelled_caught
        other = await client.call_tool("corpus_stats", {"corpus": "gold.jsonl"})
        requested.append(len(server.seen))
        return [other, await client.call_tool("annotate", {})]

    other, again = connect(project, use, "--allow-writes")
    assert not other.is_error
    assert not again.is_error, again.content
    assert 0 < requested[0] < 140
    assert again.structured_content["states"].get("done", 0) > 0
    assert sum(again.structured_content["states"].values()) == 140
    assert len(server.seen) <= 140 + 2  # those in flight may be sent again
