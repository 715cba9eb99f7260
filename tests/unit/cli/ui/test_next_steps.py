import shlex
from pathlib import Path

import pytest

from vermeil.cli.ui.next_steps import command, print_end, print_stage_end, relative
from vermeil.config import Config, load_config

LABELS = "[task.labels.PER]\n"


def config(folder: Path, text: str = "") -> Config:
    path = folder / "vermeil.toml"
    path.write_text(LABELS + text, "utf-8")
    return load_config(path)


def test_command_can_be_pasted_and_names_another_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = command("predict", tmp_path / "my model", "FILE", config=tmp_path / "a.toml")
    assert shlex.split(shown) == ["vermeil", "predict", "my model", "FILE", "--config", "a.toml"]
    assert relative("/elsewhere/a") == "/elsewhere/a"


def test_end_lists_files_first_and_alternatives_last(capsys: pytest.CaptureFixture[str]) -> None:
    print_end(["/a"], ["vermeil check", "vermeil run"])
    print_end(["/a"], ["vermeil check"], quiet=True)
    assert capsys.readouterr().err == "wrote: /a\nnext: vermeil check\n  or: vermeil run\n"


def test_missing_requests_come_before_locate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sections = config(tmp_path)
    default = Path("vermeil.toml")
    print_stage_end("annotate", sections, default, {"states": {"done": 2}})
    assert "next: vermeil locate\n" in capsys.readouterr().err
    print_stage_end("annotate", sections, default, {"states": {"done": 2, "failed": 3}})
    assert "next: vermeil annotate (sends the 3 missing requests)" in capsys.readouterr().err


def test_locate_without_gold_leads_to_review(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    states = {"states": {"done": 2, "unparsable": 1}}
    print_stage_end("locate", config(tmp_path), Path("vermeil.toml"), states)
    shown = capsys.readouterr().err
    assert "next: vermeil review export" in shown
    assert "--regimen silver_only" in shown
    assert "1 replies have no usable answer" in shown
    assert "vermeil annotate --again unparsable,truncated" in shown
    gold = config(tmp_path, "[corpora]\ngold = 'gold.jsonl'\n")
    print_stage_end("locate", gold, Path("vermeil.toml"), {"states": {"done": 2}})
    assert "next: vermeil train\n" in capsys.readouterr().err
