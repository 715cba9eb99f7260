"""`check` examines everything that a run needs and reports all errors at once."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

import vermeil
from vermeil.config import load_config
from vermeil.data.document import Document
from vermeil.pipeline.check_corpora import check_leaks
from vermeil.pipeline.check_report import CheckFinding, CheckReport

GONE = "teacher.base_url=http://127.0.0.1:1/v1"


def check(project: Path, *overrides: str) -> CheckReport:
    return vermeil.check(load_config(project / "vermeil.toml", overrides))


def errors(report: CheckReport) -> dict[str, CheckFinding]:
    return {f.about: f for f in report.findings if f.severity == "error"}


def test_a_complete_project_passes(project: Path) -> None:
    report = check(project)
    assert (errors(report), report.exit_code) == ({}, 0)
    assert report.corpora["gold"]["documents"] == 12
    assert report.corpora["pool"]["annotated"] == 0
    teacher = next(f for f in report.findings if f.about == "teacher")
    assert "up to 15 documents" in teacher.message


def test_all_errors_are_reported_and_the_worst_gives_the_exit_code(project: Path) -> None:
    (project / "test.jsonl").write_text(
        '{"id": "1", "text": "Oslo", "spans": [{"start": 0, "end": 4, "label": "CITY"}]}\n'
        '{"id": "2", "text": "Rome"}\n'
    )
    found = errors(
        report := check(project, "corpora.gold=gone.jsonl", "student.encoder=./gone", GONE)
    )
    assert set(found) == {"corpora.gold", "corpora.test", "teacher", "student.encoder"}
    assert "there is no such file" in found["corpora.gold"].message
    messages = [f.message for f in report.findings if f.about == "corpora.test"]
    assert any("labels missing in [task.labels]: CITY (1 times)" in message for message in messages)
    assert any("1 of 2 documents are not annotated" in message for message in messages)
    assert report.exit_code == 4
    assert report.as_dict()["ok"] is False


def test_missing_corpora_are_reported(project: Path) -> None:
    report = check(project, "corpora.gold=none", "corpora.pool=none", "corpora.test=none")
    assert {"corpora.gold", "corpora.pool"} <= set(errors(report))
    assert any(f.about == "corpora.test" and f.severity == "warning" for f in report.findings)


def test_a_leak_is_a_warning_that_names_both_sides(project: Path) -> None:
    (project / "test.jsonl").write_text((project / "train.jsonl").read_text())
    report = check(project)
    leak = next(f for f in report.findings if f.about == "leaks from gold to test")
    assert leak.severity == "warning"
    assert "of 12 documents of corpora.test" in leak.message
    assert report.exit_code == 0


def test_a_remote_teacher_without_consent_is_not_even_greeted(project: Path) -> None:
    report = check(project, "teacher.base_url=http://teacher.invalid/v1")
    finding = errors(report)["teacher.allow_remote"]
    assert finding.exit_code == 2
    assert "15 documents" in finding.message
    assert "teacher.invalid" in finding.message


def test_a_remote_teacher_without_a_key_is_an_error_of_configuration(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    report = check(
        project, "teacher.base_url=http://teacher.invalid/v1", "teacher.allow_remote=true"
    )
    finding = errors(report)["teacher"]
    assert finding.exit_code == 2
    assert "OPENAI_API_KEY" in finding.message


def test_a_model_that_the_teacher_does_not_have_is_a_warning(project: Path) -> None:
    report = check(project, "teacher.model=gpt-17")
    finding = next(f for f in report.findings if f.about == "teacher.model")
    assert (finding.severity, "it lists recorded" in finding.message) == ("warning", True)


def test_silver_of_ones_own_needs_no_teacher(project: Path, newswire: Path) -> None:
    report = check(project, f"corpora.silver={newswire / 'dev.jsonl'}", GONE)
    assert report.exit_code == 0
    assert not any(f.about.startswith("teacher") for f in report.findings)


def test_silver_of_a_weak_teacher_gets_advice_for_the_regimen(project: Path) -> None:
    records = [json.loads(line) for line in (project / "train.jsonl").read_text().splitlines()]
    for share, severity in ((0.25, "warning"), (1.0, "ok")):
        silver = [
            r if i < share * len(records) else {**r, "spans": []} for i, r in enumerate(records)
        ]
        (project / "silver.jsonl").write_text("".join(f"{json.dumps(r)}\n" for r in silver))
        given = "corpora.silver=silver.jsonl", GONE
        for regimen, expected in (("simple_mix", severity), ("recommended", "ok")):
            report = check(project, *given, f"blending.regimen={regimen}")
            found = next(f for f in report.findings if f.about == "blending.regimen")
            assert found.severity == expected
            assert "Recommended regimen" in found.message
        assert report == check(project, *given)


def test_an_encoder_of_the_hub_is_announced(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    snapshot = tmp_path / "hub" / "models--google-bert--bert-base-cased" / "snapshots" / "1"
    snapshot.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (snapshot / name).write_text("{}")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    report = check(project, "student.encoder=google-bert/bert-base-cased")
    finding = next(f for f in report.findings if f.about == "student.encoder")
    assert finding.severity == "warning"
    assert "Hugging Face Hub" in finding.message


def test_labels_that_contradict_each_other_stop_the_check(project: Path) -> None:
    report = check(project, 'task.labels.PER.aliases=["ORG"]')
    assert set(errors(report)) == {"task"}
    assert report.exit_code == 2


def test_a_retired_model_is_a_warning_and_a_missing_price_an_error(
    project: Path,
) -> None:
    remote = "teacher.base_url=https://teacher.invalid/v1"
    report = check(project, remote, "teacher.model=o4-mini-2025-04-16")
    (finding,) = [f for f in report.findings if f.about == "teacher.prices"]
    assert finding.severity == "warning"
    assert "o4-mini-2025-04-16 was due to retire on 2026-10-23" in finding.message
    found = errors(check(project, remote, "teacher.model=own", "teacher.max_cost_usd=1"))
    assert "price of 'own' is unknown" in found["teacher.prices"].message


def test_a_corpus_with_an_error_is_not_also_ok_and_a_similar_label_is_named(project: Path) -> None:
    line = '{"id": "1", "text": "Oslo", "spans": [{"start": 0, "end": 4, "label": "Loc"}]}\n'
    (project / "test.jsonl").write_text(line)
    found = [f for f in check(project).findings if f.about == "corpora.test"]
    assert [f.severity for f in found] == ["error"]
    assert "Loc (1 times; did you mean LOC?)" in found[0].message


def test_one_leak_among_thousands_is_no_warning_but_its_pair_is_named() -> None:
    draw = Random(1)
    texts = [
        " ".join("".join(draw.choices("abcdefgh", k=6)) for _ in range(8)) for _ in range(2000)
    ]
    gold = [Document(f"g{n}", text) for n, text in enumerate(texts[:1])]
    test = [Document(f"t{n}", text) for n, text in enumerate(texts)]
    (few,) = check_leaks({"gold": gold, "test": test})
    (many,) = check_leaks({"gold": gold, "test": test[:100]})
    assert (few.severity, many.severity) == ("ok", "warning")
    assert "t0 in test is g0 in gold (1.00)" in few.message


def test_texts_of_gold_for_the_teacher_are_counted(project: Path) -> None:
    report = check(project, "teacher.annotate_gold=true")
    teacher = next(f for f in report.findings if f.about == "teacher")
    assert "up to 27 documents" in teacher.message
    assert report.summary == "no errors, no warnings"


def test_nested_spans_of_one_label_that_overlap_are_counted(project: Path) -> None:
    (project / "train.jsonl").write_text(
        '{"id": "1", "text": "Bank of Rome", "spans": [{"start": 0, "end": 12, "label": "ORG"}, '
        '{"start": 0, "end": 4, "label": "ORG"}, {"start": 8, "end": 12, "label": "LOC"}]}\n'
    )
    report = check(project, "task.nested=true")
    found = next(f for f in report.findings if "an earlier span of the same label" in f.message)
    assert (found.about, found.severity) == ("corpora.gold", "warning")
    assert ": 1 span overlaps" in found.message
