"""The section of the page about judged silver."""

from __future__ import annotations

from typing import Any

from tests.study_records import cell_record

from vermeil.studies.report.markdown import refinement_parts
from vermeil.studies.report.sections.refinement import (
    RefinementView,
    SignalRow,
    refinement_views,
    reliability_chart,
)
from vermeil.studies.results.load import cell_from_record


def score(value: float) -> dict[str, float | int]:
    """Return scores with this F1."""
    return {"precision": value, "recall": value, "f1": value, "support": 9}


def report(judge: float, number: int) -> dict[str, Any]:
    """Return the refinement record of a cell."""
    bins = [
        {"low": 0.0, "high": 0.5, "number": 0, "score": None, "correct": None},
        {"low": 0.5, "high": 1.0, "number": number, "score": 0.9, "correct": judge},
    ]
    signal = {"items": 9, "share": 0.8, "auroc": None, "auarc": judge, "ece": 0.1, "bins": bins}

    def counts(value: float) -> dict[str, Any]:
        return {"overall": score(value), "per_label": {"PER": score(value)}}

    difference = {"difference": 0.1, "low": 0.0, "high": 0.2, "p_value": 0.1}
    return {
        "policy": "correct",
        "changes": {},
        "gain": {**difference, "per_seed": [0.1], "groups": 4, "resamples": 100},
        "judge": {"strength": 1.0, "weights": {}},
        "better_than_teacher": True,
        "documents": {"changed": 10, "written": 40},
        "gold": {"teacher": counts(0.7), "judge": counts(judge)},
        "signals": {"correct": {"judge": signal}, "missed": {}},
    }


def views_of(records: list[dict[str, Any]]) -> list[RefinementView]:
    """Return the views of cells, given by their records."""
    return refinement_views([cell_from_record(record) for record in records])


def cell(judge: float, number: int) -> dict[str, Any]:
    """Return a cell with that record."""
    sizes = {"gold_documents": 5, "silver_documents": 40 + number, "sizes": [5, 40]}
    return cell_record("auto", 0, {}, test=None, **sizes, refinement=report(judge, number))


def unrefined() -> dict[str, Any]:
    """Return a cell of another regimen in the same block."""
    own = cell(0.0, 0)
    del own["refinement"]
    return {**own, "regimen": "pooled"}


def test_cells_of_a_block_are_put_together() -> None:
    (view,) = views_of([cell(0.8, 30), cell(0.9, 10), unrefined()])
    assert view.block == ("equal", 5, 40)
    assert (view.cells, view.better_than_teacher, view.changed) == (2, 2, "10")
    assert [row.name for row in view.scores] == ["teacher", "judge"]
    assert view.scores[1].f1 == ".850 ± .071"
    (signal,) = view.signals  # nothing was missed, so that part is not there
    assert signal.rows == [SignalRow("judge", ["–", ".850", ".100"])]
    assert "probability 0.90, correct 0.82, 40 items" in signal.chart
    assert any("AUROC" in part for part in refinement_parts(view))


def test_texts_that_a_student_annotated_are_counted_separately() -> None:
    one = cell(0.8, 30)
    one["refinement"]["documents"] |= {"written": 65, "self_annotated": 25}
    (view,) = views_of([one])
    assert (view.documents, view.self_annotated) == ("40", "25")
    (view,) = views_of([cell(0.8, 30)])
    assert (view.documents, view.self_annotated) == ("40", "")


def test_labels_of_one_annotator_alone_keep_their_columns() -> None:
    first, second = cell(0.8, 30), cell(0.9, 10)
    gold = first["refinement"]["gold"]
    gold["teacher"]["per_label"] = {"LOC": score(0.2), "PER": score(0.7)}
    gold["judge"]["per_label"] = {"PER": score(0.8)}
    gold["student"] = {"overall": score(0.5), "per_label": {"ORG": score(0.5)}}
    second["refinement"]["gold"]["judge"]["per_label"] = {"MISC": score(0.4), "PER": score(0.9)}
    (view,) = views_of([first, second])
    assert view.labels == ["LOC", "PER", "ORG", "MISC"]
    assert {row.name: row.labels for row in view.scores} == {
        "teacher": [".200", ".700", "–", "–"],
        "judge": ["–", ".850", "–", ".400"],
        "student": ["–", "–", ".500", "–"],
    }
    for part in refinement_parts(view):
        if part.startswith("|"):
            assert len({line.count("|") for line in part.splitlines()}) == 1


def test_without_such_cells_there_is_nothing() -> None:
    assert views_of([unrefined()]) == []


def test_a_chart_has_a_description() -> None:
    chart = reliability_chart("right", [(0.25, 0.5, 4)])
    assert 'aria-label="right: probability 0.25, correct 0.50"' in chart
