from __future__ import annotations

import numpy as np
import pytest

from vermeil.tasks.ner.decoding import decode_spans

WORDS = ((0, 3), (4, 7), (8, 11), (12, 15))
LABELS = ("PER", "LOC")
OUT, B_PER, I_PER, B_LOC, I_LOC = range(5)


def spans(*chosen: int, sure: float = 0.9) -> list[tuple[int, int, str]]:
    probabilities = np.full((len(chosen), 5), (1 - sure) / 4, dtype=np.float32)
    probabilities[np.arange(len(chosen)), chosen] = sure
    found = decode_spans(WORDS[: len(chosen)], probabilities, LABELS)
    return [span.key for span in found]


def test_spans_run_from_b_over_its_i() -> None:
    assert spans(B_PER, I_PER, OUT, B_LOC) == [(0, 7, "PER"), (12, 15, "LOC")]
    assert spans(B_PER, B_PER, I_PER, B_LOC) == [(0, 3, "PER"), (4, 11, "PER"), (12, 15, "LOC")]


def test_no_words_no_spans() -> None:
    assert decode_spans((), np.empty((0, 5), dtype=np.float32), LABELS) == ()


def test_an_orphan_i_is_resolved_by_the_most_probable_allowed_sequence() -> None:
    probabilities = np.array(
        [[0.5, 0.4, 0.1, 0, 0], [0.05, 0.05, 0.9, 0, 0]],  # O B-PER I-PER B-LOC I-LOC
        dtype=np.float32,
    )
    (span,) = decode_spans(WORDS[:2], probabilities, LABELS)
    assert span.key == (0, 7, "PER")
    assert span.score == pytest.approx((0.4 * 0.9) ** 0.5)
    assert span.origin == "student"


def test_an_i_of_another_label_does_not_continue_a_span() -> None:
    probabilities = np.array(
        [[0, 0.9, 0, 0.1, 0], [0.3, 0, 0.1, 0, 0.6]],
        dtype=np.float32,
    )
    assert [s.key for s in decode_spans(WORDS[:2], probabilities, LABELS)] == [(0, 3, "PER")]


def test_score_is_the_geometric_mean_and_never_above_one() -> None:
    sure = np.zeros((3, 5), dtype=np.float32)
    sure[0, B_LOC], sure[1, I_LOC], sure[2, I_LOC] = 1.0000001, 0.25, 0.5
    sure[1, OUT], sure[2, OUT] = 0.1, 0.2
    (span,) = decode_spans(WORDS[:3], sure, LABELS)
    assert span.score == pytest.approx(0.5, abs=1e-6)
    (alone,) = decode_spans(WORDS[:1], sure[:1], LABELS)
    assert alone.score == 1.0


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_certain_but_forbidden_sequences_still_decode(kind: str) -> None:
    probabilities = np.zeros((3, 5), dtype=kind)
    probabilities[:, I_LOC] = 1
    found = decode_spans(WORDS[:3], probabilities, LABELS)
    assert all(span.label in LABELS and 0 <= (span.score or 0) <= 1 for span in found)
    assert [span.end for span in found][-1:] == [11]
