"""The pair head in numpy computes what it computes in torch."""

from __future__ import annotations

import numpy as np
import torch
from tests.relation_toys import relations_task

from vermeil.data.example import PairTarget, TrainingExample, WordPairs
from vermeil.student.encoding.pairs import DISTANCES, distance_classes, window_of_pairs
from vermeil.student.encoding.windows import cut_windows
from vermeil.student.loop.joint_loss import collate_pairs
from vermeil.student.network.pair_head import PairHead

MASK = relations_task().pair_mask


def some_pairs(words: int, number: int, seed: int) -> WordPairs:
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.choice(words + 1, 2 * number, replace=False)).reshape(-1, 2)
    spans = np.concatenate([cuts, rng.integers(len(MASK), size=(number, 1))], axis=1)
    pairs = [(i, j) for i in range(number) for j in range(number) if i != j]
    return WordPairs(spans.astype(np.int64), np.array(pairs, np.int64))


def test_numpy_equals_torch() -> None:
    torch.manual_seed(0)
    head = PairHead(8, MASK, dropout=0.5).train(False)
    for seed in range(5):
        words = some_pairs(40, 6, seed)
        states = torch.randn(1, 40, 8)
        zeros = np.zeros(len(words.pairs))
        target = PairTarget(words, zeros.astype(np.int64), zeros.astype(np.float32))
        ids = np.arange(40)
        example = TrainingExample(ids, None, ids, target.weights, "gold", ids, pairs=target)
        batch = collate_pairs([example], torch.device("cpu"))
        assert batch is not None
        with torch.inference_mode():
            expected = torch.softmax(head(states, batch), dim=-1).numpy()
        found = head.scorer()(states[0].numpy(), words)
        np.testing.assert_allclose(found, expected, atol=1e-5)
        allowed = MASK[words.heads[:, 2], words.tails[:, 2]]
        assert (found[~allowed] == 0).all()
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_distances_have_a_direction() -> None:
    words = WordPairs(
        np.array([[0, 1, 0], [1, 3, 0], [90, 91, 0]]), np.array([[0, 1], [1, 0], [0, 2], [2, 0]])
    )
    near, back, far, far_back = distance_classes(words).tolist()
    assert (near, back) == (0, DISTANCES // 2)
    assert (far, far_back) == (DISTANCES // 2 - 1, DISTANCES - 1)


def test_a_pair_is_in_the_window_that_holds_it_best() -> None:
    windows = cut_windows([1] * 30, limit=12, overlap=6)
    spans = np.array([[0, 1, 0], [2, 3, 0], [8, 9, 0], [25, 26, 0]])
    words = WordPairs(spans, np.array([[0, 1], [1, 2], [0, 3], [2, 1]]))
    numbers = window_of_pairs(words, windows).tolist()
    assert numbers[2] == -1
    assert numbers[1] == numbers[3]
    for number, (first, last) in zip(numbers, words.extents.tolist(), strict=True):
        held = [i for i, w in enumerate(windows) if w.first <= first and last <= w.last]
        assert number in held or (number == -1 and not held)
