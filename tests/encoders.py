"""Tiny, randomly initialised encoders of every family, with tokenizers of their kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

WORDS = [
    "Bo Al Cy Di went to Rome Oslo Lima Bonn today",
    "Bo went to Lima, didn't he? (Al: Oslo)",
]

SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 80,
}


def _word_piece() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    raw = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    raw.train_from_iterator(WORDS, trainers.WordPieceTrainer(vocab_size=90, special_tokens=special))
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return raw


def _byte_level() -> Any:
    """BPE over bytes; a word at the beginning is another one than in the middle, by default."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    raw.train_from_iterator(WORDS, trainer)
    raw.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return raw


def _sentence_piece() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    raw = Tokenizer(models.Unigram())
    raw.pre_tokenizer = pre_tokenizers.Metaspace()
    raw.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=90, unk_token="<unk>", special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    )
    raw.train_from_iterator(WORDS, trainer)
    raw.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return raw


_BRACKETS = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
_ANGLES = {
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "cls_token": "<s>",
    "sep_token": "</s>",
    "bos_token": "<s>",
    "eos_token": "</s>",
    "mask_token": "<mask>",
}

FAMILIES: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "bert": (_word_piece, SIZES),
    "distilbert": (
        _word_piece,
        {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32, "max_position_embeddings": 80},
    ),
    "electra": (_word_piece, {**SIZES, "embedding_size": 8}),
    "roberta": (_byte_level, {**SIZES, "max_position_embeddings": 82, "pad_token_id": 1}),
    "modernbert": (
        _byte_level,
        {
            **SIZES,
            "pad_token_id": 1,
            "cls_token_id": 0,
            "sep_token_id": 2,
            "local_attention": 16,
            "bos_token_id": 0,
            "eos_token_id": 2,
        },
    ),
    "xlm-roberta": (_sentence_piece, {**SIZES, "max_position_embeddings": 82, "pad_token_id": 1}),
    "deberta-v2": (
        _sentence_piece,
        {
            **SIZES,
            "pad_token_id": 1,
            "relative_attention": True,
            "position_buckets": 8,
            "pos_att_type": ["p2c", "c2p"],
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
            "position_biased_input": False,
            "type_vocab_size": 0,
        },
    ),
}
"""Every family that is tested: its kind of tokenizer, and a toy size (deberta-v2 is how
DeBERTa-v3 models call themselves)."""


def make_family(family: str, folder: Path) -> Path:
    """Write a tiny encoder of a family, as its own models are published."""
    import torch
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

    kind, sizes = FAMILIES[family]
    raw = kind()
    names = _BRACKETS if kind is _word_piece else _ANGLES
    tokenizer: Any = PreTrainedTokenizerFast
    tokenizer(tokenizer_object=raw, **names).save_pretrained(folder)
    torch.manual_seed(0)
    config = AutoConfig.for_model(family, vocab_size=raw.get_vocab_size(), **sizes)
    model: Any = AutoModel
    model.from_config(config).save_pretrained(folder)
    return folder
