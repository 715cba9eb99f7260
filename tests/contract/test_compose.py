"""``compose.yaml``: services, mounts and ports, checked without a container engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from vermeil.teacher.address import is_loopback

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")

SERVICE_KEYS = {
    *("build", "cap_drop", "command", "environment", "image", "ports", "profiles", "read_only"),
    *("restart", "security_opt", "volumes"),
}
"""Keys of the compose specification that the file uses."""


def services() -> dict[str, dict[str, Any]]:
    """Return the services, with the default of each variable."""
    text = (ROOT / "compose.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.safe_load(VARIABLE.sub(r"\2", text))
    assert set(found) == {"services"}
    return dict(found["services"])


def test_services_have_known_keys_and_an_origin() -> None:
    for name, service in services().items():
        assert set(service) <= SERVICE_KEYS, name
        assert ("build" in service) != ("image" in service), name


def test_only_the_model_starts_without_a_profile() -> None:
    started = [name for name, service in services().items() if "profiles" not in service]
    assert started == ["model"]
    assert services()["teacher"]["profiles"] == ["teacher"]


def test_ports_are_open_on_this_machine_only() -> None:
    for service in services().values():
        for port in service["ports"]:
            host, published, target = port.split(":")
            assert is_loopback(host)
            assert published.isdigit()
            assert target.isdigit()


def test_mounts_are_read_only_and_never_created() -> None:
    for service in services().values():
        for mount in service["volumes"]:
            assert mount["type"] == "bind"
            assert mount["read_only"] is True
            assert mount["bind"]["create_host_path"] is False


def test_model_matches_the_containerfile() -> None:
    container = (ROOT / "Containerfile").read_text("utf-8")
    model = services()["model"]
    assert model["build"]["dockerfile"] == "Containerfile"
    port = model["ports"][0].rpartition(":")[2]
    assert f"EXPOSE {port}" in container
    assert f'"serve", "{model["volumes"][0]["target"]}"' in container


def test_teacher_reads_the_mounted_file() -> None:
    teacher = services()["teacher"]
    command = teacher["command"]
    assert command[command.index("--model") + 1] == teacher["volumes"][0]["target"]
    assert command[command.index("--port") + 1] == teacher["ports"][0].rpartition(":")[2]
