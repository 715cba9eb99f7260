"""The biases of new heads per label, for every family of encoders."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.encoders import FAMILIES, make_family

from vermeil.student.network.network import load_network
from vermeil.tasks.ner.nested.encoding import nested_classes

LABELS = ("PER", "LOC", "ORG")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_per_label_begins_with_words_outside_of_spans(family: str, tmp_path: Path) -> None:
    classes = nested_classes(LABELS)
    network = load_network(
        str(make_family(family, tmp_path / family)), "token_per_label", classes, 0
    )
    network.train(False)
    inputs = torch.tensor([[1, 5, 6, 7, 2]])
    with torch.no_grad():
        logits = network(inputs).logits
        network.get_parameter("classifier.bias").zero_()
        shares = (logits - network(inputs).logits)[0, 0].exp().reshape(len(LABELS), 3)
    assert logits.shape == (1, 5, len(classes))
    assert torch.allclose(shares, torch.tensor([0.94, 0.04, 0.02]).expand(3, 3), atol=1e-4)
