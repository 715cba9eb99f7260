"""A student for text without spaces between words, with a tiny encoder of single letters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.tiny import SIZES
from tests.toys import blending

import vermeil
from vermeil.corpora import read_corpus, write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.words import split_words
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob

TEXTS = {
    "zh": ("{person}去了{place}。", ("王明", "李华"), ("北京", "上海")),
    "ja": ("{person}は{place}へ行った。", ("田中", "鈴木"), ("東京", "ローマ")),
    "th": ("{person}ไป{place}แล้ว", ("สมชาย", "มาลี"), ("กรุงเทพ", "ภูเก็ต")),
}
"""Sentence, people and places of each language."""


def sentences(language: str, number: int) -> list[Document]:
    """Synthetic sentences about a person and a place; no character of white space."""
    pattern, people, places = TEXTS[language]
    found = []
    for i in range(number):
        person, place = people[i % 2], places[(i // 2) % 2]
        text = pattern.format(person=person, place=place) + str(i)
        start = text.index(place)
        spans = (Span(0, len(person), "PER"), Span(start, start + len(place), "LOC"))
        found.append(Document(f"{language}{i}", text, annotation=Annotation(spans=spans)))
    return found


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT whose wordpieces are the letters of the texts."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, BertTokenizerFast  # type: ignore[attr-defined]

    every = (text for language in TEXTS for text in sentences(language, 10))
    characters = sorted({character for document in every for character in document.text})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    pieces += [f"##{character}" for character in characters]
    raw = Tokenizer(models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]"))
    raw.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    folder = tmp_path_factory.mktemp("letters")
    torch.manual_seed(0)
    config: Any = {"vocab_size": len(pieces), **SIZES}
    BertModel(BertConfig(**config)).save_pretrained(folder)
    BertTokenizerFast(tokenizer_object=raw, do_lower_case=False).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("language", TEXTS)
def test_spans_of_letters_are_encoded_without_loss(task: Task, language: str) -> None:
    for document in sentences(language, 4):
        words = split_words(document.text)
        target = task.encode(document, words)
        assert target.encoding_losses == {}
        certain = np.eye(len(task.classes), dtype=np.float32)[target.classes]
        decoded = [span.key for span in task.decode(words, certain).spans or ()]
        assert decoded == [span.key for span in document.spans or ()]


def test_a_student_learns_spans_of_characters_in_all_three(
    task: Task, letters: Path, tmp_path: Path
) -> None:
    gold = [document for language in TEXTS for document in sentences(language, 12)]
    student = StudentConfig(encoder=str(letters), threads=1, learning_rate=5e-3)
    job = TrainJob(gold=gold, task=task, student=student, blending=blending("gold_only", 12))
    model = vermeil.train(job, tmp_path / "model").folder
    test = [document for language in TEXTS for document in sentences(language, 20)[12:]]
    predicted = list(vermeil.predict(model, [one.text for one in test]))
    named = [
        Document(one.id, p.text, annotation=p.annotation)
        for one, p in zip(test, predicted, strict=True)
    ]
    counts = vermeil.evaluate(named, test, task)
    assert counts.overall.f1 > 0.9
    for label in ("PER", "LOC"):
        assert counts.per_label[label].correct > 0


@pytest.mark.parametrize("language", TEXTS)
def test_corpora_are_cut_per_letter_and_keep_every_span(tmp_path: Path, language: str) -> None:
    documents = sentences(language, 4)
    path = tmp_path / "x.conll"
    report = write_corpus(documents, path, "conll")
    assert set(report.losses) <= {"tokens_made", "id", "group", "respaced"}
    again = list(read_corpus(CorpusConfig(path=path, format="conll")))
    for before, after in zip(documents, again, strict=True):
        words = [after.text[a:b] for a, b in after.tokens or ()]
        assert max(len(word) for word in words if not word.isdigit()) <= 3
        surfaces = [after.text[s.start : s.end].replace(" ", "") for s in after.spans or ()]
        assert surfaces == [before.text[s.start : s.end] for s in before.spans or ()]
