"""`doctor` describes the machine and a project, contacts the teacher once, and sends no text."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import vermeil
from vermeil.config import load_config
from vermeil.data.lock import lock_folder
from vermeil.pipeline.check_report import CheckFinding
from vermeil.pipeline.doctor.doctor import DOCTOR_SECTIONS, DoctorReport


def doctor(project: Path, *overrides: str) -> DoctorReport:
    return vermeil.doctor(load_config(project / "vermeil.toml", overrides))


def only(report: DoctorReport, section: str) -> CheckFinding:
    (found,) = report.sections[section]
    return found


def test_machine_alone_needs_no_configuration() -> None:
    report = vermeil.doctor()
    assert list(report.sections) == list(DOCTOR_SECTIONS)
    about = {one.about: one.message for one in report.sections["machine"]}
    assert {"python", "system", "processor", "cores", "threads"} <= set(about)
    packages = {one.about: one.message for one in report.sections["packages"]}
    assert packages["vermeil"] == vermeil.__version__
    assert report.exit_code == 0
    json.dumps(report.as_dict())


def test_sizes_of_local_models_have_memory_and_time() -> None:
    found = vermeil.doctor().sections["local teacher"]
    assert [one.about for one in found][:2] == ["0.5B parameters", "1.5B parameters"]
    assert all("1,000 sentences take about" in one.message for one in found)
    assert all(one.severity == "ok" for one in found)


def test_teacher_that_responds_is_ok_and_one_without_the_model_a_warning(project: Path) -> None:
    assert only(doctor(project), "teacher").severity == "ok"
    finding = only(doctor(project, "teacher.model=gpt-17"), "teacher")
    assert (finding.severity, "it lists recorded" in finding.message) == ("warning", True)


def test_teacher_that_is_gone_is_an_error_without_retries(project: Path) -> None:
    report = doctor(project, "teacher.base_url=http://127.0.0.1:1/v1", "teacher.retries=9")
    assert only(report, "teacher").severity == "error"
    assert report.exit_code == 4


def test_remote_teacher_is_not_contacted_without_consent(project: Path) -> None:
    finding = only(doctor(project, "teacher.base_url=http://teacher.invalid/v1"), "teacher")
    assert finding.severity == "ok"
    assert "is not contacted" in finding.message


def test_lock_of_a_running_process_is_a_warning(project: Path) -> None:
    config = load_config(project / "vermeil.toml")
    assert only(vermeil.doctor(config), "locks").severity == "ok"
    with lock_folder(config.run.output):
        finding = only(vermeil.doctor(config), "locks")
    assert finding.severity == "warning"
    assert f"process {os.getpid()}" in finding.message


def test_hub_encoder_without_network_fails_quickly(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    offline = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    for name in (*offline, "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    finding = only(doctor(project, "student.encoder=owner/encoder"), "encoder")
    assert finding.severity == "error"
    assert "127.0.0.1 cannot be reached" in finding.message
    snapshot = tmp_path / "hub" / "models--owner--encoder" / "snapshots" / "1"
    snapshot.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (snapshot / name).write_text("{}")
    finding = only(doctor(project, "student.encoder=owner/encoder"), "encoder")
    assert finding.message == "owner/encoder: in the local cache"
