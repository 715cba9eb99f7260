from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from vermeil.data.example import IGNORED, TrainingExample
from vermeil.student.loop.loss import Batch, BinaryCrossEntropy, CrossEntropy, collate

CPU = torch.device("cpu")


def example(
    classes: list[int], weights: list[float], soft: list[list[float]] | None = None
) -> TrainingExample:
    """Each position a word."""
    size = len(classes)
    return TrainingExample(
        np.arange(size) + 5,
        None,
        np.array(classes, np.int64),
        np.array(weights, np.float32),
        "gold",
        np.arange(size),
        None if soft is None else np.array(soft, np.float32),
    )


def batch(*examples: TrainingExample) -> Batch:
    return collate(examples, np.arange(50), 0, CPU)


def test_loss_is_the_weighted_sum_over_what_counts() -> None:
    logits = torch.tensor([[[2.0, 0.0], [0.0, 1.0], [5.0, 5.0]]])
    one = batch(example([0, 0, IGNORED], [1, 3, 9]))
    first, second = math.log(1 + math.exp(-2)), math.log(1 + math.exp(1))
    assert float(CrossEntropy()(logits, one)) == pytest.approx(first + 3 * second)
    assert float(one.total_weight) == 4


def test_examples_are_padded_with_what_does_not_count() -> None:
    padded = batch(example([1], [0.5]), example([0, 1], [1, 1]))
    assert padded.inputs["input_ids"].tolist() == [[5, 0], [5, 6]]
    assert padded.inputs["attention_mask"].tolist() == [[1, 0], [1, 1]]
    assert padded.classes.tolist() == [[1, IGNORED], [0, 1]]
    assert padded.words.tolist() == [[0, -1], [0, 1]]
    assert float(padded.total_weight) == 2.5


def test_soft_labels_are_learnt_as_probabilities() -> None:
    logits = torch.tensor([[[2.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 0.0]]])
    soft = batch(
        example([0, IGNORED], [2, 1], soft=[[0.75, 0.25], [0, 0]]), example([1, 0], [1, 1])
    )
    logs = torch.log_softmax(logits, -1)
    expected = -2 * (0.75 * logs[0, 0, 0] + 0.25 * logs[0, 0, 1]) - logs[1, 0, 1] - logs[1, 1, 0]
    assert float(CrossEntropy()(logits, soft)) == pytest.approx(float(expected))


def test_certain_soft_labels_are_like_hard_ones() -> None:
    logits = torch.randn(1, 3, 2, generator=torch.Generator().manual_seed(0))
    hard = example([0, 1, IGNORED], [1, 2, 3])
    soft = example([0, 1, IGNORED], [1, 2, 3], soft=[[1, 0], [0, 1], [0, 0]])
    losses = [float(CrossEntropy()(logits, batch(e))) for e in (hard, soft)]
    assert losses[0] == pytest.approx(losses[1])


def with_unknown(one: TrainingExample, *classes: list[int]) -> TrainingExample:
    """The example with classes per word that may be right as well."""
    unknown = np.zeros((len(classes), 3), bool)
    for word, own in enumerate(classes):
        unknown[word, own] = True
    return replace(one, unknown=unknown)


def test_a_word_may_have_any_label_that_it_was_not_annotated_for() -> None:
    logits = torch.randn(1, 3, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    one = with_unknown(example([0, 1, IGNORED], [1, 2, 3]), [2], [], [2])
    loss = CrossEntropy()(logits, batch(one))
    p = torch.softmax(logits, -1)[0]
    expected = -torch.log(p[0, 0] + p[0, 2]) - 2 * torch.log(p[1, 1])
    assert loss.item() == pytest.approx(expected.item())
    torch.autograd.backward(loss)
    assert logits.grad is not None
    assert float(logits.grad[0, 0, 1]) > 0 > float(logits.grad[0, 0, 2])
    assert float(logits.grad[0, 2].abs().max()) == 0


def test_examples_without_unknown_classes_have_the_same_loss_beside_others() -> None:
    logits = torch.randn(2, 2, 3, generator=torch.Generator().manual_seed(1))
    plain, other = example([0, 1], [1, 1]), with_unknown(example([2, 0], [1, 1]), [], [1])
    both = float(CrossEntropy()(logits, batch(plain, other)))
    alone = [
        float(CrossEntropy()(logits[i : i + 1], batch(e))) for i, e in enumerate((plain, other))
    ]
    assert both == pytest.approx(sum(alone))


def test_labels_of_a_text_are_decisions_of_their_own() -> None:
    logits = torch.tensor([[2.0, -1.0, 7.0]])
    one = batch(example([1, 0, IGNORED], [1, 3, 9]))
    expected = math.log(1 + math.exp(-2)) + 3 * math.log(1 + math.exp(-1))
    assert float(BinaryCrossEntropy()(logits, one)) == pytest.approx(expected)
