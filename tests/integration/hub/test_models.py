"""Models to a Hub and back."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import pytest
from tests.integration.hub.conftest import TOKEN, Run
from tests.integration.hub.fake_hub import FakeHub, Repo

from vermeil.data.sha256 import sha256_of

REPO = "ann/places"


def test_without_consent_nothing_is_sent(hub: FakeHub, run: Run, small_model: Path) -> None:
    done = run("-m", "vermeil", "push", small_model, REPO)
    assert done.returncode == 2
    assert "model.safetensors" in done.stderr
    assert "Nothing was sent; allow it with --yes" in done.stderr
    assert hub.requests == []


def test_a_model_goes_there_and_back(
    hub: FakeHub, run: Run, small_model: Path, tmp_path: Path
) -> None:
    done = run("-m", "vermeil", "push", small_model, REPO, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["private"] is True
    assert hub.repos["model", REPO].private
    assert set(report["files"]) == {path.name for path in small_model.iterdir()}
    assert hub.large.keys() == {sha256_of(small_model / "model.safetensors")}

    done = run("-m", "vermeil", "pull", REPO, "back", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["revision"] == hub.repos["model", REPO].sha()
    for path in small_model.iterdir():
        assert (tmp_path / "back" / path.name).read_bytes() == path.read_bytes(), path.name
    assert {path.name for path in (tmp_path / "back").iterdir()} == set(report["files"])


def test_the_token_is_sent_to_the_hub_and_printed_nowhere(
    hub: FakeHub, run: Run, small_model: Path
) -> None:
    done = run("-m", "vermeil", "push", small_model, REPO, "--yes")
    assert f"Bearer {TOKEN}" in {given for _, _, given in hub.requests}
    refused = run("-m", "vermeil", "push", small_model, "ann/other", "--yes", HF_TOKEN="hf_wrong")
    assert refused.returncode == 7
    assert "401" in refused.stderr
    for text in (done.stdout, done.stderr, refused.stdout, refused.stderr):
        assert TOKEN not in text
        assert "hf_wrong" not in text


def test_files_of_a_repository_are_replaced_only_on_request(
    hub: FakeHub, run: Run, small_model: Path
) -> None:
    assert run("-m", "vermeil", "push", small_model, REPO, "--yes").returncode == 0
    again = run("-m", "vermeil", "push", small_model, REPO, "--yes")
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    assert len(hub.repos["model", REPO].commits) == 2
    replaced = run("-m", "vermeil", "push", small_model, REPO, "--yes", "--overwrite")
    assert replaced.returncode == 0, replaced.stderr
    assert len(hub.repos["model", REPO].commits) == 3


def test_a_public_repository_needs_consent_of_its_own(
    hub: FakeHub, run: Run, small_model: Path
) -> None:
    hub.repos["model", REPO] = Repo(private=False)
    done = run("-m", "vermeil", "push", small_model, REPO, "--yes")
    assert done.returncode == 2
    assert "exists and is public" in done.stderr
    assert hub.paths("POST") == []
    done = run("-m", "vermeil", "push", small_model, REPO, "--yes", "--public", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["private"] is False


def test_a_damaged_file_is_refused(
    hub: FakeHub, run: Run, small_model: Path, tmp_path: Path
) -> None:
    assert run("-m", "vermeil", "push", small_model, REPO, "--yes").returncode == 0
    files = hub.repos["model", REPO].commits[-1]
    files["config.json"] = files["config.json"] + b" "
    done = run("-m", "vermeil", "pull", REPO, "back")
    assert done.returncode == 3
    assert "config.json: differs from the file that Vermeil wrote" in done.stderr
    assert not (tmp_path / "back").exists()


def test_other_files_of_a_repository_are_not_downloaded(
    hub: FakeHub, run: Run, small_model: Path, tmp_path: Path
) -> None:
    assert run("-m", "vermeil", "push", small_model, REPO, "--yes").returncode == 0
    hub.repos["model", REPO].commits[-1]["modeling.py"] = b"import os"
    assert run("-m", "vermeil", "pull", REPO, "back").returncode == 0
    assert not (tmp_path / "back/modeling.py").exists()
    assert not [path for path in hub.paths("GET") if path.endswith("modeling.py")]


def test_a_repository_without_a_student_is_an_error(hub: FakeHub, run: Run) -> None:
    hub.repos["model", REPO] = Repo(private=False, commits=[{"config.json": b"{}"}])
    done = run("-m", "vermeil", "pull", REPO, "back")
    assert done.returncode == 3
    assert "is not a student of Vermeil" in done.stderr


def test_an_unknown_repository_is_an_error(run: Run) -> None:
    done = run("-m", "vermeil", "pull", "ann/nothing", "back")
    assert done.returncode == 7
    assert "the model does not exist, or the token cannot read it" in done.stderr


STUDENT = """
import sys, vermeil
student = vermeil.Student.load(sys.argv[1])
if len(sys.argv) > 2:
    options = vermeil.PushOptions(consent=True)
    print(student.push_to_hub(sys.argv[2], options).repo)
print([d.id for d in student.predict(["Ann went to Rome"])])
"""


def test_a_student_is_pushed_and_loaded_by_its_name(
    hub: FakeHub, run: Run, small_model: Path
) -> None:
    done = run("-c", STUDENT, small_model, REPO)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [REPO, "['1']"]
    loaded = run("-c", STUDENT, REPO)
    assert loaded.returncode == 0, loaded.stderr
    before = len(hub.requests)
    offline = run("-c", STUDENT, REPO, HF_HUB_OFFLINE="1")
    assert offline.returncode == 0, offline.stderr
    assert len(hub.requests) == before


@pytest.fixture
def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_without_a_network_the_commands_end_at_once(
    run: Run, small_model: Path, closed_port: str
) -> None:
    for arguments in (("push", small_model, REPO, "--yes"), ("pull", REPO, "back")):
        began = time.monotonic()
        done = run("-m", "vermeil", *arguments, HF_ENDPOINT=closed_port)
        assert done.returncode == 7
        assert f"the Hub at {closed_port} cannot be reached" in done.stderr
        assert "Retrying" not in done.stderr
        assert time.monotonic() - began < 60  # the limit of a hang, not of the speed
        off = run("-m", "vermeil", *arguments, HF_HUB_OFFLINE="1")
        assert off.returncode == 2
        assert "HF_HUB_OFFLINE" in off.stderr
