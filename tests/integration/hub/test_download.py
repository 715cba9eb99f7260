"""Single files from a Hub, with their checksum."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.integration.hub.conftest import Run
from tests.integration.hub.fake_hub import FakeHub, Repo

CONTENT = b"GGUF" + bytes(range(256)) * 4096
SHA = hashlib.sha256(CONTENT).hexdigest()

CODE = """
import sys
from pathlib import Path
from vermeil.hub.download import download_file
seen = []
path = download_file("ann/teacher", "a/t.gguf", sys.argv[1], Path("models"),
                     lambda stage, done, total, detail: seen.append((done, total)))
print(path, seen[-1] if seen else None)
"""


def serve(hub: FakeHub) -> None:
    hub.repos["model", "ann/teacher"] = Repo(private=False, commits=[{"a/t.gguf": CONTENT}])


def test_a_file_is_downloaded_once(hub: FakeHub, run: Run, tmp_path: Path) -> None:
    serve(hub)
    done = run("-c", CODE, SHA[:8])
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"models/t.gguf ({len(CONTENT)}, {len(CONTENT)})"
    assert (tmp_path / "models/t.gguf").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["t.gguf"]
    before = len(hub.requests)
    assert run("-c", CODE, SHA).stdout.strip() == "models/t.gguf None"
    assert len(hub.requests) == before


def test_a_file_with_another_checksum_is_refused(hub: FakeHub, run: Run, tmp_path: Path) -> None:
    serve(hub)
    done = run("-c", CODE, "00ff")
    assert "DataError" in done.stderr
    assert "has another content" in done.stderr
    assert not (tmp_path / "models/t.gguf").exists()


def test_an_existing_file_with_another_checksum_stays(
    hub: FakeHub, run: Run, tmp_path: Path
) -> None:
    serve(hub)
    (tmp_path / "models").mkdir()
    (tmp_path / "models/t.gguf").write_bytes(b"mine")
    done = run("-c", CODE, SHA)
    assert "move it away to download it" in done.stderr
    assert (tmp_path / "models/t.gguf").read_bytes() == b"mine"
    assert hub.requests == []


GET = """
import sys
from vermeil.teacher.backends.local import listed_models
from vermeil.teacher.backends.local.listed_models import ListedModel
listed_models.LISTED_MODELS = (
    ListedModel("ann/teacher", "a/t.gguf", 5, sys.argv.pop(1), "MIT", "2026-11", "F1 .5"),
)
from vermeil.cli import main
main()
"""
"""The command with a table that names the file of this Hub."""


def test_a_listed_model_is_downloaded_with_consent(hub: FakeHub, run: Run, tmp_path: Path) -> None:
    serve(hub)
    asked = run("-c", GET, SHA, "local", "get", "a/t.gguf")
    assert asked.returncode == 2
    assert "Nothing was downloaded; allow it with --yes" in asked.stderr
    assert hub.requests == []
    done = run("-c", GET, SHA, "local", "get", "ann/teacher", "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("models/t.gguf: checked")
    assert f"download: {len(CONTENT):,} of {len(CONTENT):,}" in done.stderr
    assert (tmp_path / "models/t.gguf").read_bytes() == CONTENT
    unknown = run("-c", GET, SHA, "local", "get", "other.gguf")
    assert unknown.returncode == 2
    assert "is no listed model (there are: a/t.gguf)" in unknown.stderr
