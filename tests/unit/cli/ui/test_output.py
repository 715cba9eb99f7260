from typing import Any

import pytest

from vermeil.cli.ui.highlight import highlighted
from vermeil.cli.ui.inputs import corpus_config, parse_shares
from vermeil.cli.ui.refine_report import CHANGES_SHOWN
from vermeil.cli.ui.reports import print_report
from vermeil.data.counts import Counts, MatchCounts
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import ConfigError

LABELS = ("PER", "LOC")


def test_spans_are_drawn_with_their_labels() -> None:
    spans = (Span(0, 3, "PER", score=0.987), Span(13, 17, "LOC"))
    drawn = highlighted(Document("1", "Ada lives in Oslo.", annotation=Annotation(spans)), LABELS)
    assert drawn.plain == "Ada⟨PER 0.99⟩ lives in Oslo⟨LOC⟩."


def test_labels_have_colours_of_their_own() -> None:
    spans = (Span(0, 1, "PER"), Span(2, 3, "LOC"), Span(4, 5, "PER"), Span(6, 7, "ELSE"))
    drawn = highlighted(Document("1", "a b c d", annotation=Annotation(spans)), LABELS)
    first, _, second, _, third, _, last, _ = [span.style for span in drawn.spans]
    assert first == third
    assert len({first, second, last}) == 3


def test_a_span_within_another_is_counted_where_it_cannot_be_drawn() -> None:
    spans = (Span(0, 8, "PER"), Span(4, 8, "LOC"))
    drawn = highlighted(Document("1", "Ada Oslo", annotation=Annotation(spans)), LABELS)
    assert drawn.plain == "Ada Oslo⟨PER⟩\n(1 more spans inside or across these)"


def test_nothing_marked_and_nobody_looked_differ() -> None:
    document = Document("1", "Nothing.")
    looked = document.with_annotation(Annotation(spans=()))
    assert highlighted(looked, LABELS).plain == "Nothing."
    assert highlighted(document, LABELS).plain == "Nothing.\n(not annotated)"


def test_labels_of_a_whole_text_are_named() -> None:
    document = Document("1", "Goal!", annotation=Annotation(labels=("sport",)))
    assert highlighted(document, LABELS).plain == "Goal!\nlabels: sport"


def test_a_report_shows_numbers_scores_and_problems_but_not_the_configuration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_report(
        {
            "documents": 1234,
            "seconds": 0.000123,
            "states": {"done": 3},
            "student": {"dropout": 0.1},
            "problems": [{"id": "d7", "problem": "no JSON [line 1]"}],
            "nothing": None,
            "against_gold": Counts({"PER": MatchCounts(1, 2, 2)}, MatchCounts(2, 2, 2)).as_dict(),
        }
    )
    out = capsys.readouterr().out
    for shown in ("1,234", "0.000123", "states", "d7", "no JSON [line 1]", "0.500", "boundaries"):
        assert shown in out
    assert "dropout" not in out
    assert "nothing" not in out


def test_shares_are_read_and_wrong_ones_named_together() -> None:
    assert parse_shares(["train=0.8", "test=.2"]) == {"train": 0.8, "test": 0.2}
    with pytest.raises(ConfigError) as raised:
        parse_shares(["train", "test=x", "a=1", "a=1", "../b=1"])
    assert [p.split(":")[0] for p in raised.value.problems] == ["train", "test=x", "a=1", "../b=1"]


def test_a_wrong_option_of_a_corpus_is_told_as_an_option() -> None:
    with pytest.raises(ConfigError, match=r"^--format: expected 'auto', .* found 'xml'$"):
        corpus_config("x", format="xml")  # type: ignore[arg-type]


def test_stretches_where_nobody_knows_are_marked() -> None:
    annotation = Annotation((Span(0, 3, "PER"),), abstain=((9, 11),))
    drawn = highlighted(Document("1", "Ann told us.", annotation=annotation), LABELS)
    assert drawn.plain == "Ann⟨PER⟩ told us⟨?⟩."


def test_a_column_of_words_begins_at_the_left(capsys: pytest.CaptureFixture[str]) -> None:
    print_report({"examples": [{"status": "fuzzy", "surface": "An", "n": 1}] * 2})
    assert "fuzzy   An       1" in capsys.readouterr().out


def test_scores_are_shown_whatever_was_measured_of_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = Counts({"PER": MatchCounts(1, 2, 2)}, MatchCounts(2, 2, 2)).as_dict()
    for left_out in ("span_only", "macro_f1", "errors", "confusion", "documents", "truncated"):
        print_report({"judge": {k: v for k, v in whole.items() if k != left_out}})
        shown = capsys.readouterr().out
        assert "overall" in shown
        assert ("boundaries only" in shown) == (left_out != "span_only")
    print_report({"overall": {"f1": 0.25}, "per_label": {}})
    assert capsys.readouterr().out.splitlines()[1].split() == ["overall", "–", "–", "0.250", "–"]


def test_what_stands_beside_scores_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(
        {"corpus": "test", **Counts({"PER": MatchCounts(1, 2, 2)}).as_dict(), "groups": 1234}
    )
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    for row in (["corpus", "test"], ["macro", "f1", "0.5"], ["groups", "1,234"]):
        assert row in rows
    assert not any("confusion" in row for row in rows)


def test_records_need_not_have_the_same_keys(capsys: pytest.CaptureFixture[str]) -> None:
    print_report({"rows": [{"id": "a"}, {"n": 1, "id": "b"}, {"id": None, "n": 2}]})
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows == [["rows"], ["id", "n"], ["a", "–"], ["b", "1"], ["–", "2"]]


def test_a_label_may_be_called_like_a_section_of_the_configuration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_report({"by_label": {"student": {"exact": 7}, "refinement": {"exact": 8}}})
    shown = capsys.readouterr().out
    assert "by label student" in shown
    assert "by label refinement" in shown


def test_a_long_value_is_continued_and_not_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    print_report({"model": "/" + 300 * "x", "[steps]": 3})
    shown = capsys.readouterr().out
    assert shown.count("x") == 300
    assert "[steps]" in shown


@pytest.mark.parametrize("better", [True, False])
@pytest.mark.parametrize("changes", [{}, {f"LOC → {n}": 1 for n in range(CHANGES_SHOWN + 2)}])
def test_a_report_of_training_shows_refined_silver_as_refine_does(
    better: bool, changes: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    counts = Counts({"PER": MatchCounts(1, 2, 2)}).as_dict()
    scored = {name: counts[name] for name in ("overall", "per_label")}
    signal: dict[str, Any] = {
        "items": 1,
        "share": 1.0,
        "auroc": None,
        "auarc": 0.5,
        "ece": 0.1,
        "bins": [{}],
    }
    documents = {"silver": 2, "doubly_labelled": 1, "self_annotated": 1234}
    refinement = {
        "policy": "relabel",
        "better_than_teacher": better,
        "documents": documents,
        "changes": changes,
        "gold": {"teacher": scored, "judge": scored},
        "gain": {"difference": 0.1, "low": 0.0, "high": 0.2, "p_value": 0.03},
        "signals": {"correct": {"judge": signal}, "missed": {}},
        "judge": {"strength": 1.0, "weights": {}},
    }
    print_report({"steps": 3, "refinement": refinement}, "train")
    shown = capsys.readouterr().out
    for part in ("train refinement", "judge", "1,234", "p = 0.030", "relabel"):
        assert part in shown
    assert "bins" not in shown
    assert ("no better than the teacher" in shown) == (not better)
    assert ("others" in shown) == bool(changes)
