"""Encoders of every family: train, save, load, predict, and words on raw text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.encoders import FAMILIES, make_family
from tests.toys import blending, sentences

from vermeil.data.document import UNANNOTATED, Annotation, Document, Span
from vermeil.data.example import IGNORED
from vermeil.data.words import split_words
from vermeil.student.config import StudentConfig
from vermeil.student.loop.loss import collate
from vermeil.student.loop.vocabulary import compact_vocabulary
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task
from vermeil.training.fit import train_student


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_family(request.param, tmp_path_factory.mktemp("families") / request.param)


def make_student(family: Path, task: Task, learning_rate: float = 1e-2) -> Student:
    config = StudentConfig(encoder=str(family), learning_rate=learning_rate, threads=1)
    return Student.create(task, config, seed=0)


def test_it_learns_is_saved_and_predicts_the_same(family: Path, task: Task, tmp_path: Path) -> None:
    student = make_student(family, task)
    corpora = student.encode(sentences(24), "gold"), student.encode([], "silver")
    steps = train_student(student, *corpora, blending(), 0).steps
    assert steps[-1].loss < steps[0].loss / 3
    student.save(tmp_path / "model", {})
    loaded = Student.load(tmp_path / "model")
    plain = [d.with_annotation(UNANNOTATED) for d in sentences(8)]
    before, after = list(student.predict(plain)), list(loaded.predict(plain))
    assert before == after
    right = sum(
        {s.key for s in one.spans or ()} == {s.key for s in other.spans or ()}
        for one, other in zip(after, sentences(8), strict=True)
    )
    assert right >= 7


def test_every_word_of_raw_text_is_trained_at_its_first_wordpiece(family: Path, task: Task) -> None:
    student = make_student(family, task)
    text = "Bo went to Lima, didn't he?  (Al: Oslo)"
    words = [text[a:b] for a, b in split_words(text)]
    document = Document("d", text, annotation=Annotation((Span(0, 2, "PER"), Span(11, 15, "LOC"))))
    [example] = student.encode([document], "gold").examples
    trained = np.flatnonzero(example.classes != IGNORED)
    assert trained.tolist() == example.positions.tolist()
    assert len(trained) == len(words)
    assert np.all(np.diff(trained) > 0)
    names = {words[i]: student.task.classes[example.classes[p]] for i, p in enumerate(trained)}
    assert (names["Bo"], names["Lima"], names["went"]) == ("B-PER", "B-LOC", "O")
    ids = [*map(int, example.input_ids)]
    special = student.tokenizer("")["input_ids"]
    assert [ids[0], ids[-1]] == special
    ends = [*trained[1:], len(ids) - 1]
    for word, first, end in zip(words, trained, ends, strict=True):
        decoded = student.tokenizer.decode(ids[first:end])
        assert isinstance(decoded, str)
        assert decoded.strip().replace(" ", "") == word


def test_a_word_is_the_same_wherever_it_stands(family: Path, task: Task) -> None:
    student = make_student(family, task)
    documents = [
        Document(name, text, annotation=Annotation(()))
        for name, text in (("a", "Rome"), ("b", "to Rome"), ("c", "(Rome"))
    ]
    examples = student.encode(documents, "gold").examples
    alone, after_word, after_sign = (e.input_ids[e.positions[-1] : -1].tolist() for e in examples)
    assert alone == after_word == after_sign


def test_a_small_vocabulary_computes_the_same(family: Path, task: Task) -> None:
    student = make_student(family, task)
    student.network.train(False)
    examples = student.encode(sentences(6), "gold").examples
    padding = int(student.tokenizer.pad_token_id)
    everything = np.arange(student.network.config.vocab_size)
    plain = collate(examples, everything, padding, torch.device("cpu")).inputs
    with torch.inference_mode():
        expected = student.network(**plain).logits
    occurring = (e.input_ids for e in examples)
    with compact_vocabulary(student.network, occurring, padding) as small, torch.no_grad():
        inputs = collate(
            examples, small.remap, int(small.remap[padding]), torch.device("cpu")
        ).inputs
        found = student.network(**inputs).logits
        with small.full_vocabulary():
            again = student.network(**plain).logits
    mask = plain["attention_mask"].bool()
    torch.testing.assert_close(found[mask], expected[mask], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(again[mask], expected[mask], rtol=1e-4, atol=1e-5)
