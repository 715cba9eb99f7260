import pytest

from vermeil.cli.highlight import highlighted
from vermeil.cli.inputs import corpus_config, shares_of
from vermeil.cli.reports import print_report
from vermeil.data.counts import Counts, Tally
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
    assert drawn.plain == "Ada Oslo⟨PER⟩\n(1 more within or across these)"


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
            "against_gold": Counts({"PER": Tally(1, 2, 2)}, Tally(2, 2, 2)).as_dict(),
        }
    )
    out = capsys.readouterr().out
    for shown in ("1,234", "0.000123", "states", "d7", "no JSON [line 1]", "0.500", "boundaries"):
        assert shown in out
    assert "dropout" not in out
    assert "nothing" not in out


def test_shares_are_read_and_wrong_ones_named_together() -> None:
    assert shares_of(["train=0.8", "test=.2"]) == {"train": 0.8, "test": 0.2}
    with pytest.raises(ConfigError) as raised:
        shares_of(["train", "test=x", "a=1", "a=1", "../b=1"])
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
