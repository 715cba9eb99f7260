"""Cosines of gradients, compared with those that torch computes from the whole gradient."""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from vermeil.data.document import Annotation, Document, Span
from vermeil.student.config import StudentConfig
from vermeil.student.loop.loss import CrossEntropy, collate
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task


def test_cosines_are_those_of_the_whole_gradient(task: Task, encoder: Path) -> None:
    student = Student.create(task, StudentConfig(encoder=str(encoder), precision="fp32"), 0)
    documents = [
        Document(str(i), text, annotation=Annotation((Span(0, 2, label),)))
        for i, (text, label) in enumerate([("Bo went", "PER"), ("Al came", "LOC")])
    ]
    one, two = student.encode(documents, "gold").examples
    before = {name: p.clone() for name, p in student.network.named_parameters()}
    found = student.compare_gradients([(one,), (two,), (one, two)])
    assert np.allclose(found.cosines.diagonal(), 1)
    assert np.allclose(found.cosines, found.cosines.T)

    whole = []
    for batch in ((one,), (two,)):
        student.network.zero_grad()
        tensors = collate(
            batch, np.arange(student.network.config.vocab_size), 0, torch.device("cpu")
        )
        loss = (
            CrossEntropy()(student.network(**tensors.inputs).logits, tensors) / tensors.total_weight
        )
        torch.autograd.backward(loss)
        student.network.get_input_embeddings().zero_grad()
        whole.append(
            torch.cat(
                [p.grad.reshape(-1) for p in student.network.parameters() if p.grad is not None]
            )
        )
    expected = functional.cosine_similarity(whole[0], whole[1], dim=0)
    assert np.isclose(found.cosines[0, 1], float(expected), atol=1e-5)
    assert np.isclose(found.norms[0], float(whole[0].norm()), rtol=1e-4)
    student.network.zero_grad()
    for name, p in student.network.named_parameters():
        assert torch.equal(p, before[name])
