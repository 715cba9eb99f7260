from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.student import predictor
from vermeil.student.prediction import tempered
from vermeil.student.student import Student
from vermeil.student.torch_runner import TorchRunner


def test_a_temperature_of_one_changes_nothing() -> None:
    rows = np.array([[0.7, 0.2, 0.1]], np.float32)
    assert tempered(rows, 1.0) is rows


def test_temperature_is_that_of_the_softmax() -> None:
    logits = np.array([[2.0, 1.0, -3.0], [0.0, 0.0, 5.0]])

    def softmax(x: NDArray[np.float64]) -> NDArray[np.float32]:
        powers = np.exp(x)
        return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)

    np.testing.assert_allclose(
        tempered(softmax(logits), 2.5), softmax(logits / 2.5), rtol=1e-5, atol=1e-8
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
