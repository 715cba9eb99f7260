from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from tests.unit.student.loop.test_loss import batch, example, with_unknown

from vermeil.data.example import IGNORED
from vermeil.student.inference.crf_marginals import marginals
from vermeil.student.loop.crf import Crf

CLASSES, WORDS = 3, 4


@pytest.fixture
def crf() -> Crf:
    random = torch.Generator().manual_seed(1)
    return Crf.from_lists(torch.randn(CLASSES, CLASSES, generator=random).tolist())


@pytest.fixture
def logits() -> torch.Tensor:
    return torch.randn(1, WORDS, CLASSES, generator=torch.Generator().manual_seed(2))


def all_paths(crf: Crf, logits: torch.Tensor, words: int = WORDS) -> dict[tuple[int, ...], float]:
    """The probability of every path, by its definition."""
    logs, step = torch.log_softmax(logits[0], -1), crf.transitions.detach()
    weights = {}
    for path in itertools.product(range(CLASSES), repeat=words):
        score = sum(float(logs[t, c]) for t, c in enumerate(path))
        score += sum(float(step[a, b]) for a, b in itertools.pairwise((0, *path, 0)))
        weights[path] = math.exp(score)
    total = sum(weights.values())
    return {path: weight / total for path, weight in weights.items()}


def test_loss_is_the_surprise_at_the_right_path(crf: Crf, logits: torch.Tensor) -> None:
    loss = crf(logits, batch(example([0, 1, 2, 2], [1, 1, 1, 1])))
    assert loss.item() == pytest.approx(-math.log(all_paths(crf, logits)[0, 1, 2, 2]), rel=1e-5)


def test_unknown_words_are_summed_over(crf: Crf, logits: torch.Tensor) -> None:
    loss = crf(logits, batch(example([0, IGNORED, 2, IGNORED], [2, 9, 4, 9])))
    known = sum(p for path, p in all_paths(crf, logits).items() if (path[0], path[2]) == (0, 2))
    assert loss.item() == pytest.approx(-math.log(known) * 3, rel=1e-5)


def test_classes_that_a_word_was_not_annotated_for_are_summed_over(
    crf: Crf, logits: torch.Tensor
) -> None:
    one = with_unknown(example([0, 0, 1, 0], [1, 1, 1, 1]), [2], [], [], [1, 2])
    loss = crf(logits, batch(one))
    allowed = ((0, 2), (0,), (1,), (0, 1, 2))
    paths = all_paths(crf, logits)
    known = sum(paths[path] for path in itertools.product(*allowed))
    assert loss.item() == pytest.approx(-math.log(known), rel=1e-4)


def test_soft_labels_weigh_the_paths(crf: Crf, logits: torch.Tensor) -> None:
    soft: list[list[float]] = [[0.5, 0.5, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    loss = crf(logits, batch(example([0, 0, 1, 2], [1] * 4, soft=soft)))
    paths = all_paths(crf, logits)
    known = 0.5 * paths[0, 0, 1, 2] + 0.5 * paths[1, 0, 1, 2]
    assert loss.item() == pytest.approx(-math.log(known), rel=1e-4)


def test_padding_changes_nothing(crf: Crf, logits: torch.Tensor) -> None:
    short, long = example([1, 2], [1, 1]), example([0, 1, 2, 2], [1] * 4)
    both = crf(torch.cat([logits, logits]), batch(short, long))
    alone = [crf(logits[:, :2], batch(short)), crf(logits, batch(long))]
    assert both.item() == pytest.approx(sum(a.item() for a in alone), rel=1e-5)


def test_marginals_are_sums_over_paths(crf: Crf, logits: torch.Tensor) -> None:
    expected = np.zeros((WORDS, CLASSES))
    for path, probability in all_paths(crf, logits).items():
        expected[np.arange(WORDS), path] += probability
    own = torch.softmax(logits[0], -1).numpy()
    np.testing.assert_allclose(marginals(own, crf.as_lists()), expected, rtol=1e-4)


def test_without_words_there_are_no_marginals(crf: Crf) -> None:
    assert marginals(np.zeros((0, CLASSES), np.float32), crf.as_lists()).shape == (0, CLASSES)
