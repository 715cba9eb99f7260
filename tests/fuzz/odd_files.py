"""Well-formed Parquet and DocBin files whose columns and attributes are not those of a corpus."""

from __future__ import annotations

import datetime
import decimal
import json
import random
import zlib
from pathlib import Path
from typing import Any

from tests.fuzz.mutations import VALUES, mutate_bytes

NAMES = (
    "text",
    "tokens",
    "spans",
    "entities",
    "ner_tags",
    "tags",
    "labels",
    "id",
    "group",
    "meta",
    "weight",
    "relations",
    "abstain",
    "spans.responses",
    "spans.responses.users",
    "spans.responses.status",
    "spans.suggestion",
    "status",
    "x",
)
WORDS = (None, "", "Ada", "B-PER", "O", "PER", "{}", "[1", "\x00", "5", "long " * 50)
WHOLE = (None, 0, 1, -1, 2**31 - 1, 2**63 - 1, -(2**63))
KEYS = ("start", "end", "label", "score", "soft", "weight", "head", "tail", "x")


def odd_type(rng: random.Random, depth: int = 0) -> Any:
    """Return a random type of Arrow."""
    import pyarrow as pa

    simple = (
        pa.string(),
        pa.string(),
        pa.large_string(),
        pa.int64(),
        pa.int64(),
        pa.uint64(),
        pa.float64(),
        pa.bool_(),
        pa.binary(),
        pa.null(),
        pa.timestamp("s"),
        pa.duration("s"),
        pa.date64(),
        pa.decimal128(20, 2),
        pa.dictionary(pa.int8(), pa.string()),
    )
    if depth > 2 or rng.random() < 0.4:
        return rng.choice(simple)
    inner = odd_type(rng, depth + 1)
    fields = [(key, odd_type(rng, depth + 1)) for key in rng.sample(KEYS, rng.choice((1, 3, 3, 4)))]
    spans = pa.struct([("start", pa.int64()), ("end", pa.int64()), ("label", pa.string())])
    return rng.choice(
        (
            pa.list_(inner),
            pa.list_(pa.string()),
            pa.list_(pa.int64()),
            pa.large_list(inner),
            pa.list_(inner, 2),
            pa.struct(fields),
            pa.list_(pa.struct(fields)),
            pa.list_(spans),
            pa.struct([("start", pa.list_(pa.int64())), ("end", pa.list_(pa.string()))]),
            pa.map_(pa.string(), inner),
        )
    )


def odd_value(kind: Any, rng: random.Random) -> Any:
    """Return a random value of a type of Arrow."""
    from pyarrow import types

    if rng.random() < 0.1 or types.is_null(kind):
        return None
    if types.is_struct(kind):
        return {field.name: odd_value(field.type, rng) for field in kind}
    if types.is_map(kind):
        return [(key, odd_value(kind.item_type, rng)) for key in rng.sample("abc", 2)]
    if types.is_fixed_size_list(kind):
        return [odd_value(kind.value_type, rng) for _ in range(kind.list_size)]
    if types.is_list(kind) or types.is_large_list(kind):
        return [odd_value(kind.value_type, rng) for _ in range(rng.choice((0, 1, 2, 3)))]
    if types.is_boolean(kind):
        return rng.random() < 0.5
    if types.is_unsigned_integer(kind):
        return rng.choice((0, 5, 2**64 - 1))
    if types.is_integer(kind):
        return rng.choice(WHOLE)
    if types.is_floating(kind):
        return rng.choice((0.5, -1.0, float("nan"), float("inf")))
    if types.is_decimal(kind):
        return decimal.Decimal("5.25")
    if types.is_timestamp(kind) or types.is_duration(kind):
        return rng.choice((0, 10**15, -(10**15), 10**11))
    if types.is_date(kind):
        return datetime.date(2026, 1, 2)
    if types.is_binary(kind):
        return rng.choice((b"", b"\xff\xfe", b"Ada"))
    return rng.choice(WORDS)


def write_odd_table(path: Path, rng: random.Random) -> None:
    """Write a Parquet file with random columns, types, values and metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = rng.choice((0, 1, 3))
    names = rng.sample(NAMES, rng.choice((1, 2, 3, 5)))
    if rng.random() < 0.7:
        names = list(dict.fromkeys((rng.choice(("text", "tokens")), *names)))
    kinds = [odd_type(rng) for _ in names]
    plain = {"text": pa.string(), "tokens": pa.list_(pa.string())}
    kinds = [
        plain[name] if name in plain and rng.random() < 0.6 else kind
        for name, kind in zip(names, kinds, strict=True)
    ]
    arrays = [pa.array([odd_value(kind, rng) for _ in range(rows)], kind) for kind in kinds]
    table = pa.table(arrays, names=names)
    if rng.random() < 0.4:
        features: Any = rng.choice((*VALUES[:9], [], {}, {"names": ["O", "B-PER"]}))
        described = {"info": {"features": dict.fromkeys(names, features)}}
        described = rng.choice((described, described, {"info": features}, features))
        table = table.replace_schema_metadata({"huggingface": json.dumps(described)})
    pq.write_table(table, path, compression=rng.choice(("none", "zstd")))


def write_odd_docbin(path: Path, rng: random.Random) -> None:
    """Write a DocBin with random words, entities, span groups, categories and user data."""
    import spacy

    vocab = spacy.vocab.Vocab()
    chosen = rng.sample(("ORTH", "ENT_IOB", "ENT_TYPE", "SPACY", "HEAD", "TAG", "SENT_START"), 4)
    box = spacy.tokens.DocBin(attrs=chosen, store_user_data=rng.random() < 0.8)
    for _ in range(rng.choice((0, 1, 3))):
        words = [rng.choice(("Ada", " ", "\n", "a" * 300, "é", "\x00", ".")) for _ in range(4)]
        doc = spacy.tokens.Doc(vocab, words=words, spaces=[rng.random() < 0.5 for _ in words])
        labels = rng.choice(("PER", "", "x" * 300))
        if rng.random() < 0.5:
            doc.set_ents([spacy.tokens.Span(doc, 0, 2, label=labels)], default="missing")
        if rng.random() < 0.5:
            doc.spans[rng.choice(("sc", "", "other"))] = [
                spacy.tokens.Span(doc, rng.choice((0, 2)), 3, label=labels)
            ]
        if rng.random() < 0.3:
            doc.cats = rng.choice(({"a": 1.0, "b": -5}, {"": 2}, {"a": "x"}, {"a": None}))
        if rng.random() < 0.6:
            value = rng.choice((*VALUES[:10], "{}", "[1", json.dumps({"tokens": 5})))
            doc.user_data[rng.choice(("vermeil", "x"))] = value if value != "\ud800" else "?"
        box.add(doc)
    path.write_bytes(box.to_bytes())


def mutate_docbin(data: bytes, rng: random.Random) -> bytes:
    """Return a DocBin with changes within its compressed data."""
    return zlib.compress(mutate_bytes(zlib.decompress(data), rng))
