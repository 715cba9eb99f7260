"""Relaxed matches at their limits."""

from vermeil.data.counts import Counts, MatchCounts
from vermeil.evaluation.matching import matching_scores


def test_without_spans_every_score_is_0() -> None:
    zero = {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert set(map(str, matching_scores(Counts()).values())) == {str(zero)}


def test_an_overlap_counts_half_and_a_wrong_label_counts_by_boundaries() -> None:
    errors = {("A", "boundary"): 1, ("A", "type"): 2, ("A", "both"): 1, ("A", "missing"): 3}
    counts = Counts({"A": MatchCounts(4, 10, 16)}, errors=errors)  # type: ignore[arg-type]
    found = {name: (s["precision"], s["recall"]) for name, s in matching_scores(counts).items()}
    assert found == {
        "strict": (0.4, 4 / 16),
        "exact": (0.6, 6 / 16),
        "partial": (0.7, 7 / 16),
        "type": (0.5, 5 / 16),
    }
    assert matching_scores(counts)["strict"]["f1"] == 2 * 4 / 26
