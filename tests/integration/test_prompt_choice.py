"""Selection between two prompts from real stored replies, without any request."""

from pathlib import Path

import pytest
from benchmarks.prompts import choose_prompt


@pytest.mark.slow
def test_two_prompts_of_a_strong_teacher_do_not_differ_significantly(
    vermeil_data: Path, tmp_path: Path
) -> None:
    report = choose_prompt(vermeil_data, tmp_path, "chain_of_thought")
    assert (report.documents, report.groups, report.spending.calls) == (1025, 67, 0)
    assert {fold.optimised.prompt.variant for fold in report.folds} == {"standard"}
    assert report.gain.before == pytest.approx(0.931, abs=0.002)
    assert report.gain.after == pytest.approx(0.938, abs=0.002)
    assert report.gain.comparison.low < 0 < report.gain.comparison.high
    assert not report.is_improved
