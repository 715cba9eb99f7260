"""Both teachers in one table, and the blend that suits each."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from vermeil.blending.advice import advise
from vermeil.demo.annotating import WEAK
from vermeil.demo.blends import show_advice, show_blends
from vermeil.demo.console import DemoConsole
from vermeil.demo.full_run import DemoScores, RegimenScore, read_full_run, write_scores

HERE = DemoScores(
    (
        RegimenScore("simple_mix", 0.81, None, 0.2, 0.15, 0.25, "significant"),
        RegimenScore(f"simple_mix@{WEAK}", 0.62, None, 0.01, -0.02, 0.04, "not_significant"),
        RegimenScore("gold_only", 0.61),
        RegimenScore("pooled", 0.82, None, 0.21, 0.16, 0.26, "suggestive"),
    ),
    72_000,
    1,
    100,
    240.5,
    {"processor": "Processor A", "cores": 2},
)
FULL = replace(
    HERE,
    scores=(
        RegimenScore("gold_only", 0.655, 0.011),
        HERE.scores[0],
        RegimenScore(f"auto@{WEAK}", 0.691, 0.012, 0.04, 0.02, 0.06, "suggestive"),
    ),
    wordpieces=80_000,
    seeds=3,
)
STRONG, WEAK_ADVICE = advise(0.98, (0.97, 0.99), 288), advise(0.57, (0.53, 0.6), 288)


def printed(full: DemoScores | None) -> list[str]:
    written = io.StringIO()
    advices = {"": STRONG, WEAK: WEAK_ADVICE}
    show_blends(DemoConsole(Console(file=written, width=80)), HERE, full, advices)
    return written.getvalue().splitlines()


def test_rows_are_gold_only_then_the_blends_of_each_teacher() -> None:
    rows = [line.split() for line in printed(None) if " ." in line and "[" in line]
    assert [row[0] for row in rows] == ["strong:", "strong:", "weak:"]
    assert rows[2][-5:] == [".620", "+1.0", "[−2.0,", "+4.0]", "≈"]
    gold = next(line.split() for line in printed(None) if "Gold only" in line)
    assert gold == ["Gold", "only", ".610", "–"]


def test_full_run_is_beside_this_run_with_its_machine() -> None:
    lines = printed(FULL)
    text = " ".join(" ".join(lines).split())
    assert "72,000 wordpieces, 1 seed" in text
    assert "80,000, 3 seeds" in text
    assert "Processor A, 2 cores" in text
    gold = next(line for line in lines if "Gold only" in line)
    assert ".610" in gold
    assert ".655" in gold
    auto = next(line.split() for line in lines if "weak: Auto" in line)
    assert auto == ["weak:", "Auto", "–", "–", ".691", "+4.0", "(✓)"]
    assert max(map(len, lines)) <= 80


def test_another_blend_is_recommended_for_a_weak_teacher_only() -> None:
    written = io.StringIO()
    console = DemoConsole(Console(file=written, width=80))
    show_advice(console, {"": STRONG})
    strong = " ".join(written.getvalue().split())
    assert strong.endswith(
        "Strong teacher (F1 .980): Silver of such a teacher is nearly as good as gold. Pooling is "
        "as good as Simple Mix, and better if the training is short."
    )
    assert "suits it better" not in strong
    show_advice(console, {WEAK: WEAK_ADVICE})
    assert "Auto suits it better." in " ".join(written.getvalue().split())


def test_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_scores(FULL, tmp_path / "full.json")
    assert read_full_run(tmp_path / "full.json") == FULL
    assert read_full_run(tmp_path / "none.json") is None


def test_shipped_record_is_of_regimens_of_the_demo() -> None:
    shipped = read_full_run()
    if shipped is None:
        pytest.skip("no full run is recorded yet")
    assert shipped.of("gold_only") is not None
    assert {one.teacher for one in shipped.scores} == {"", WEAK}
    assert {"processor", "torch", "vermeil"} <= set(shipped.environment)
