from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.student.inference import predictor
from vermeil.student.inference.batching import apply_temperature
from vermeil.student.network.torch_runner import TorchRunner
from vermeil.student.student import Student


def test_a_temperature_of_one_changes_nothing() -> None:
    rows = np.array([[0.7, 0.2, 0.1]], np.float32)
    assert apply_temperature(rows, 1.0) is rows


def test_temperature_is_that_of_the_softmax() -> None:
    logits = np.array([[2.0, 1.0, -3.0], [0.0, 0.0, 5.0]])

    def softmax(x: NDArray[np.float64]) -> NDArray[np.float32]:
        powers = np.exp(x)
        shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return shares.astype(np.float32)

    np.testing.assert_allclose(
        apply_temperature(softmax(logits), 2.5), softmax(logits / 2.5), rtol=1e-5, atol=1e-8
    )


def test_scores_fall_with_the_temperature_and_spans_stay(student: Student) -> None:
    texts = ["Bo went to Rome", "Al , Cy and Di met in Bonn today"]
    plain = [s for d in student.predict(texts) for s in d.spans or ()]
    student.temperature = 3.0
    cooler = [s for d in student.predict(texts) for s in d.spans or ()]
    assert [s.key for s in plain] == [s.key for s in cooler] != []
    assert all((b.score or 0) < (a.score or 0) for a, b in zip(plain, cooler, strict=True))


def test_few_documents_are_read_ahead(student: Student) -> None:
    read = 0

    def source() -> Iterator[Document]:
        nonlocal read
        while True:
            read += 1
            yield Document(str(read), "x " * (predictor.BLOCK_CHARACTERS // 8))

    next(student.predict(source()))
    assert read <= 4


def test_bf16_finds_nearly_the_same(student: Student) -> None:
    ids, mask = np.full((2, 5), 7), np.ones((2, 5), np.int64)
    exact = TorchRunner(student.network)(ids, mask, mask)
    near = TorchRunner(student.network, bf16=True)(ids, mask, mask)
    np.testing.assert_allclose(near, exact, atol=0.05)
    assert next(student.network.parameters()).dtype.itemsize == 4


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_every_precision_keeps_the_order(student: Student, precision: str) -> None:
    texts = ["Bo went to Rome and on to Bonn", "x", "Al"]
    found = student.predictor(precision).predict(texts)  # type: ignore[arg-type]
    assert [d.text for d in found] == texts


@pytest.mark.parametrize(
    ("groups", "limit", "by_group", "sizes"),
    [
        (["a", "a", "b", "b", "b", None, None, "c"], 3, True, [5, 3]),
        (["a", "a", "b", "b", "b", None, None, "c"], 3, False, [3, 3, 2]),
        (["a"] * 9, 2, True, [4, 4, 1]),
        ([None] * 5, 2, True, [2, 2, 1]),
    ],
)
def test_a_block_ends_where_a_group_ends_if_that_is_not_far(
    groups: list[str | None],
    limit: int,
    by_group: bool,
    sizes: list[int],
    student: Student,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(predictor, "BLOCK_DOCUMENTS", limit)
    at_once = replace(student.predictor("fp32"), group_context=by_group)
    done_counts: list[int] = []
    stream = (Document(str(i), "x", g) for i, g in enumerate(groups))
    list(at_once.predict(stream, lambda _, done, *__: done_counts.append(done)))
    assert [b - a for a, b in pairwise([0, *done_counts])] == sizes


def test_batches_are_within_the_budget_and_any_number_of_workers_finds_the_same(
    student: Student,
) -> None:
    texts = [f"Bo went to Rome {'and Al ' * (i % 5)}" for i in range(40)]
    expected = [d.spans for d in student.predict(texts)]
    seen: list[tuple[int, int]] = []

    class Several(TorchRunner):
        workers = 3

        def __call__(self, ids, mask, cases):  # type: ignore[no-untyped-def]
            seen.append(ids.shape)
            return super().__call__(ids, mask, cases)

    runner = Several(student.network)
    runner.batch_wordpieces = 64
    found = [d.spans for d in replace(student.predictor("fp32"), runner=runner).predict(texts)]
    for one, other in zip(found, expected, strict=True):
        assert [s.key for s in one or ()] == [s.key for s in other or ()]
    assert len(seen) > 3
    assert all(rows * width <= 64 or rows == 1 for rows, width in seen)
