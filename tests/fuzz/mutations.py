"""Seeded mutations of bytes and of JSON, for the fuzz test of the readers."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

NUMBERS = (
    b"0",
    b"-1",
    b"4294967296",
    b"9999999999999",
    b"9" * 20,
    b"7" * 400,
    b"1" * 5000,
    b"1e400",
    b"-0.5",
    "٣".encode(),
    b"1_0",
)
PIECES = (
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n\n",
    b"\t",
    b"\\",
    b"|",
    b"[",
    b"{",
    b'"',
    b"\\ud800",
    "\u2028".encode(),
    "\U0001f600".encode(),
    b"#Text=",
    b"-DOCSTART-\n",
    b"# id = 1\n",
    b"_",
    b"NaN",
    b"\x1b[31m",
)
DEEP = 3000
LONG_NUMBER, NEST, HUGE_FLOAT = "\0long\0", "\0nest\0", "\0float\0"
"""Placeholders of JSON values that `json.dumps` cannot write."""
RAW = {LONG_NUMBER: "8" * 5000, NEST: "[" * DEEP + "]" * DEEP, HUGE_FLOAT: "1e999"}
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    5,
    -1,
    0.5,
    2**32,
    2**63,
    10**13,
    10**400,
    "",
    "x",
    "5",
    "\ud800",
    "\0",
    [],
    [5],
    ["x"],
    [None],
    [[0, 1]],
    [{}],
    [{"start": 0, "end": 2**32, "label": "X"}],
    {},
    {"x": 1},
    {"start": "0", "end": "x"},
    LONG_NUMBER,
    NEST,
    HUGE_FLOAT,
)

Change = Callable[[bytes, random.Random], bytes]


def flip_bits(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def insert_bytes(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    piece = rng.choice(PIECES) if rng.random() < 0.8 else rng.randbytes(rng.randint(1, 9))
    return data[:at] + piece * rng.choice((1, 1, 1, 2, 3000)) + data[at:]


def delete_bytes(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.choice((1, 1, 2, 10, 100)) :]


def truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def duplicate_block(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    block = data[start : start + rng.randint(1, 200)]
    at = rng.choice((start, rng.randrange(len(data) + 1)))
    return data[:at] + block * rng.choice((1, 1, 2, 50)) + data[at:]


def swap_lines(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def explode_digits(data: bytes, rng: random.Random) -> bytes:
    digits = [at for at, byte in enumerate(data) if 48 <= byte <= 57]
    if not digits:
        return insert_bytes(data, rng)
    at = end = rng.choice(digits)
    while end < len(data) and 48 <= data[end] <= 57:
        end += 1
    return data[:at] + rng.choice(NUMBERS) + data[end:]


BYTE_CHANGES: tuple[Change, ...] = (
    flip_bits,
    insert_bytes,
    delete_bytes,
    truncate,
    duplicate_block,
    swap_lines,
    explode_digits,
)


def mutate_bytes(data: bytes, rng: random.Random) -> bytes:
    """Return the data after one to three changes of its bytes."""
    data = data or b"\n"
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = rng.choice(BYTE_CHANGES)(data, rng) or b"\n"
    return data


def mutate_value(value: Any, rng: random.Random) -> Any:
    """Return a JSON value in which one to three parts were changed."""
    holder = {"": value}
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = list(_places(holder))
        if places:
            _change(*rng.choice(places), holder, rng)
    return holder.get("")


def mutate_json(data: bytes, rng: random.Random) -> bytes:
    """Return a file of JSON, one value or one per line, with changed structure."""
    try:
        return dump(mutate_value(json.loads(data), rng))
    except json.JSONDecodeError:
        pass  # one value per line
    lines = [line for line in data.splitlines() if line.strip()]
    number = rng.randrange(len(lines))
    lines[number] = dump(mutate_value(json.loads(lines[number]), rng))
    return b"\n".join([*lines, b""])


def dump(value: Any) -> bytes:
    """Return a value as JSON, with the placeholders replaced."""
    text = json.dumps(value)
    for name, raw in RAW.items():
        text = text.replace(json.dumps(name), raw)
    return text.encode()


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        keys = inner.keys() if isinstance(inner, dict) else range(len(inner))
        for key in keys:
            found.append((inner, key))
            if isinstance(inner[key], dict | list):
                waiting.append(inner[key])
    return found


def _change(inner: Any, key: Any, whole: Any, rng: random.Random) -> None:
    kind = rng.random()
    if kind < 0.15:
        del inner[key]
    elif kind < 0.25:
        other, place = rng.choice(_places(whole))
        # A copy, since a value must not contain itself.
        inner[key] = json.loads(json.dumps(other[place]))
    elif kind < 0.35 and isinstance(inner, list):
        inner.extend(json.loads(json.dumps(inner[key])) for _ in range(rng.choice((1, 2, 500))))
    elif kind < 0.45 and isinstance(inner, dict):
        inner[rng.choice(("text", "spans", "tokens", "id", "label", "meta", "x"))] = inner.pop(key)
    else:
        inner[key] = json.loads(json.dumps(rng.choice(VALUES)))
