"""How language models alter the names that they copy: each way a function of a name.

Each gives what stands in the text and what is said instead, both made from the name.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable


def white_space(rng: random.Random, one: str) -> tuple[str, str]:
    odd = rng.choice(["  ", "\n", "\t", "\u00a0", " \n ", "\u2009"])
    other = one.replace(" ", odd) if " " in one else rng.choice([f" {one}", f"{one}\n"])
    if " " not in one:
        return one, other
    return rng.choice([(one, other), (other, one)])


def case(rng: random.Random, one: str) -> tuple[str, str]:
    other = rng.choice([str.upper, str.lower, str.swapcase])(one)
    return rng.choice([(one, other), (one.upper(), one), (one, one.upper())])


def quotes(rng: random.Random, one: str) -> tuple[str, str]:
    first, last = one.split(" ", 1) if " " in one else (one, "Court")
    left, right = rng.choice([tuple(pair) for pair in ("“”", "‘’", "„“", "«»", "''")])
    return rng.choice(
        [
            (f"{first} {left}Red{right} {last}", f'{first} "Red" {last}'),
            (f"{first}’s {last}", f"{first}'s {last}"),
            (f"{first}'s {last}", f"{first}ʼs {last}"),
        ]
    )


def dashes(rng: random.Random, one: str) -> tuple[str, str]:
    year = rng.randint(1900, 2090)
    first, second = rng.sample("-‐‑–—−", 2)
    return f"{one} {year}{first}{year + 1}", f"{one} {year}{second}{year + 1}"


def composition(rng: random.Random, one: str) -> tuple[str, str]:
    one = f"{one} Žďár"
    forms = [unicodedata.normalize(form, one) for form in ("NFC", "NFD")]
    rng.shuffle(forms)
    return forms[0], forms[1]


def special_letters(rng: random.Random, one: str) -> tuple[str, str]:
    first, second = rng.choice(
        [
            ("İzmir", "i̇zmir"),
            ("İzmir", "Izmir"),
            ("Diyarbakır", "Diyarbakir"),
            ("Großmann", "GROSSMANN"),
            ("Straße", "Strasse"),
            ("ﬁnch", "finch"),
            ("Oﬃce", "Office"),
            ("Οδυσσεύς", "ΟΔΥΣΣΕΎΣ"),
            ("Ǆuro", "DŽuro"),
        ]
    )
    return rng.choice(
        [(f"{first} {one}", f"{second} {one}"), (f"{second} {one}", f"{first} {one}")]
    )


def invisible(rng: random.Random, one: str) -> tuple[str, str]:
    at = rng.randint(1, len(one) - 1)
    while unicodedata.combining(one[at]):
        at -= 1
    mark = rng.choice("\u00ad\u200b\u200c\u200d\u2060\u200e\ufeff")
    other = one[:at] + mark + one[at:]
    return rng.choice([(one, other), (other, one)])


def width(rng: random.Random, one: str) -> tuple[str, str]:
    one = unicodedata.normalize("NFKD", f"{one} {rng.randint(10, 99)}")
    one = "".join(c for c in one if c.isascii())
    wide = "".join("\u3000" if c == " " else chr(ord(c) + 0xFEE0) for c in one)
    return rng.choice([(one, wide), (wide, one)])


def punctuation(rng: random.Random, one: str) -> tuple[str, str]:
    return rng.choice(
        [
            (f"U.S.A. {one}", f"USA {one}"),
            (f"{one}, Ltd.", f"{one} Ltd."),
            (one, f"({one})"),
            (one, f"{one},"),
            (f"Dr. {one}", f"Dr {one}"),
            (f"{one} IL-2", f"{one} IL2"),
        ]
    )


def accents(rng: random.Random, one: str) -> tuple[str, str]:
    one = f"Željka Gómez {one}"
    bare = "".join(c for c in unicodedata.normalize("NFD", one) if not unicodedata.combining(c))
    return rng.choice([(one, bare), (bare, one)])


def typo(rng: random.Random, one: str) -> tuple[str, str]:
    """Insert, leave out or replace letters: one, or as many as 15 % of the length allow."""
    one += "abarna"[: max(0, 8 - len(one))]
    other = one
    for _ in range(rng.randint(1, max(1, (len(one) - 2) * 15 // 100))):
        places = [i for i, c in enumerate(other) if c.isascii() and c.isalpha()]
        at, letter = rng.choice(places), rng.choice("dfghjkmpqtvwxz")
        other = rng.choice(
            [
                other[:at] + other[at + 1 :],
                other[:at] + letter + other[at:],
                other[:at] + letter + other[at + 1 :],
            ]
        )
    return one, other


ALTERATIONS: dict[str, Callable[[random.Random, str], tuple[str, str]]] = {
    "verbatim": lambda _, one: (one, one),
    "white space": white_space,
    "letter case": case,
    "quotation marks, apostrophes": quotes,
    "dashes": dashes,
    "NFC and NFD": composition,
    "İ ı ß ﬁ ς ǆ": special_letters,
    "zero width, soft hyphen": invisible,
    "full width": width,
    "punctuation": punctuation,
    "accents": accents,
    "typo": typo,
    "emoji": lambda rng, one: rng.choice(
        [(f"{one} 👩‍💻", f"{one} 👩‍💻"), (f"🇺🇳 {one}", f"🇺🇳 {one}"), (f"{one} ❤️", f"{one} ❤")]
    ),
}
