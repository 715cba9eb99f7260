"""Texts with planted names, what a teacher might have said about them, and the truth.

Real sentences carry invented names, so that their places are known; the names (or the text around
them) are then altered as language models do. Everything follows from a seed.
"""

from __future__ import annotations

import html
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.alterations import ALTERATIONS

from vermeil.data.mention import Mention
from vermeil.tasks.ner.marked_text import InlineMark, InlineMarkedText

Key = tuple[int, int, str]

GIVEN = (
    *("Zoë", "Anaïs", "Björn", "Siân", "Ottilie", "Ramón"),
    *("Håkon", "Beyza", "Thaddeus", "Quirin", "Imogen", "Ngozi"),
)
FAMILY = (
    *("Varnholt", "Quesnel-Abara", "Ó’Dálaigh", "Þorvaldsen", "Brightwater", "Müllenbach"),
    *("Strzelczyk", "Okwuosa", "Castañeda", "Lindqvist", "Çelikkol", "Fontblanche"),
)
PLACE = ("Varnby", "Quellmouth", "Østerholm", "Açaruna", "Tarnów-Zdrój", "Külmanne", "Brackenfjord")
ORG = (
    "Children’s Hospital of {p}",
    "University of {p} Press",
    "{p} Savings & Loan",
    "Crédit Maritime de {p}",
    "{f} Brothers Shipping",
    "{p}–{q} Railway",
    "Bank of {p}",
)
LABELS = ("PER", "ORG", "LOC")
TAGGED = re.compile(r"<(PER|ORG|LOC)>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Case:
    """A text, what was said about it, and which spans that means; None: nobody can know."""

    kind: str
    text: str
    said: tuple[Mention, ...] | InlineMarkedText
    truth: frozenset[Key] | None


Slot = tuple[str, str, str]
"""What stands in the text, what the teacher says for it, and its label."""


def name(rng: random.Random) -> tuple[str, str]:
    """Return an invented name and its label."""
    place, other = rng.sample(PLACE, 2)
    kind = rng.randrange(3)
    if kind == 0:
        return f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}", "PER"
    if kind == 1:
        return rng.choice(ORG).format(p=place, q=other, f=rng.choice(FAMILY)), "ORG"
    return rng.choice(["", "New ", "Port ", "Upper "]) + place, "LOC"


def key(text: str) -> str:
    """Return letters and digits alone: an independent test of whether strings may be confused."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in text if c.isalnum()).replace("ı", "i")


def carrier(rng: random.Random, sentences: Sequence[str]) -> list[str]:
    """Return the words of some real sentences."""
    return " ".join(rng.sample(sentences, rng.randint(1, 4))).split()


def plant(rng: random.Random, words: list[str], planted: Sequence[str]) -> tuple[str, list[int]]:
    """Put strings between words, in order; return the text and where they start."""
    gaps = sorted(rng.sample(range(len(words) + 1), len(planted)))
    pieces: list[str] = []
    starts: list[int] = []
    length = last = 0
    for gap, one in zip(gaps, planted, strict=True):
        before = " ".join(words[last:gap])
        before = before + " " if before else ""
        lead = " " if pieces else ""
        pieces += [lead + before, one]
        starts.append(length + len(lead + before))
        length = starts[-1] + len(one)
        last = gap
    after = " ".join(words[last:])
    return "".join(pieces) + (" " + after if after else ""), starts


def from_slots(
    rng: random.Random, sentences: Sequence[str], kind: str, slots: Sequence[Slot]
) -> Case | None:
    """Plant slots, each said once; None if the sentences happen to hold such a name, too."""
    words = carrier(rng, sentences)
    if len(words) < len(slots):
        return None
    text, starts = plant(rng, words, [slot[0] for slot in slots])
    said = tuple(Mention(slot[1], slot[2]) for slot in slots)
    keys = [key(slot[0]) for slot in slots]
    if any(key(text).count(one) != sum(k.count(one) for k in keys) for one in keys):
        return None
    truth = frozenset(
        (start, start + len(slot[0]), slot[2]) for start, slot in zip(starts, slots, strict=True)
    )
    return Case(kind, text, said, truth)


OTHER_SCRIPTS: dict[str, tuple[tuple[str, tuple[Slot, ...]], ...]] = {
    "Chinese, Japanese": (
        ("昨日{}の市長は{}と会談し、{}の計画を発表した。", (
            ("夕霧谷市", "夕霧谷市", "LOC"), ("霧島ヶ丘電機", "霧島ヶ丘電機", "ORG"),
            ("マリア・ロペス", "マリアロペス", "PER"), ("ﾔﾏﾈｶﾞﾜ鉄道", "ヤマネガワ鉄道", "ORG"))),
        ("据报道,{}在{}的会议上批评了{}。", (
            ("白鹭岭", "白鹭岭", "LOC"), ("欧阳静澜", "欧阳静澜", "PER"),
            ("青梧集团", "青梧 集团", "ORG"), ("２０８集团", "208集团", "ORG"))),
    ),
    "Thai": (
        ("เมื่อวานนี้{}เดินทางไปยัง{}เพื่อพบกับ{}อย่างเป็นทางการ", (
            ("นภัสสร", "นภัสสร", "PER"), ("บ้านดอนขวาง", "บ้านดอนขวาง", "LOC"),
            ("บริษัทสายธาร", "บริษัท สายธาร", "ORG"))),
    ),
    "Arabic, Hebrew": (
        ("وصل {} إلى مدينة {} قبل أن يلتقي مسؤولين من {} هناك.", (
            ("كريم النوراني", "كريم النوراني", "PER"), ("تلّ الزيزفون", "تل الزيزفون", "LOC"),
            ("شركـــة السنديان", "شركة السنديان", "ORG"))),
        ("غادر الوفد إلى و{} ثم عاد ب{} مساء اليوم.", (
            ("زيزفونة", "زيزفونة", "LOC"), ("سنديانة", "سنديانة", "LOC"))),
        ("הנשיא ביקר ב{} ונפגש עם {} לפני הצהריים.", (
            ("תל־ארזים", "תל-ארזים", "LOC"), ("נוגה ברקאי", "נוגה ברקאי", "PER"))),
    ),
    "Korean": (
        ("어제 {}에서 열린 회의에 {}가 참석했으나 {}는 오지 않았다.", (
            ("솔바람시", "솔바람시", "LOC"), ("한가온", "한가온", "PER"),
            ("미르전자", "미르전자", "ORG"))),
    ),
}  # fmt: skip


def in_other_script(rng: random.Random, _: Sequence[str], kind: str) -> Case:
    """Fill a sentence of another script with names, without spaces around them if it has none."""
    template, pool = rng.choice(OTHER_SCRIPTS[kind])
    parts = template.split("{}")
    slots = rng.sample(pool, len(parts) - 1)
    if rng.random() < 0.3:
        form = rng.choice(["NFC", "NFD"])
        slots = [(a, unicodedata.normalize(form, b), c) for a, b, c in slots]
    text, truth = parts[0], set()
    for (planted, _said, label), after in zip(slots, parts[1:], strict=True):
        truth.add((len(text), len(text) + len(planted), label))
        text += planted + after
    said = [Mention(slot[1], slot[2]) for slot in slots]
    rng.shuffle(said)
    return Case(kind, text, tuple(said), frozenset(truth))


def altered(rng: random.Random, sentences: Sequence[str], kind: str) -> Case | None:
    """One to three names, each altered."""
    slots = []
    for _ in range(rng.randint(1, 3)):
        one, label = name(rng)
        slots.append((*ALTERATIONS[kind](rng, one), label))
    return from_slots(rng, sentences, kind, slots)


def reordered(rng: random.Random, sentences: Sequence[str], kind: str) -> Case | None:
    """Many names, said in another order."""
    names = {name(rng) for _ in range(rng.randint(3, 6))}
    made = from_slots(rng, sentences, kind, [(one, one, label) for one, label in sorted(names)])
    if made is None or isinstance(made.said, InlineMarkedText):
        return None
    return Case(kind, made.text, tuple(rng.sample(made.said, len(made.said))), made.truth)


def repeated(rng: random.Random, sentences: Sequence[str], kind: str) -> Case | None:
    """One name several times; how it is said decides whether anybody can know what is meant."""
    one, label = name(rng)
    labels = [label] * rng.randint(2, 4)
    if kind != "repeats, as often as they stand":
        labels = [rng.choice(LABELS) for _ in labels]
    made = from_slots(rng, sentences, kind, [(one, one, each) for each in labels])
    if made is None or isinstance(made.said, InlineMarkedText) or made.truth is None:
        return None
    ordered = sorted(made.truth)
    said = [Mention(one, found[2]) for found in ordered]
    truth: frozenset[Key] | None = made.truth
    if kind == "repeats, with occurrence":
        chosen = rng.sample(range(len(ordered)), rng.randint(1, len(ordered)))
        said = [Mention(one, ordered[i][2], i + 1) for i in chosen]
        truth = frozenset(ordered[i] for i in chosen)
    elif kind == "repeats, said less often":
        said, truth = said[: rng.randint(1, len(said) - 1)], None
    elif kind == "repeats, labels out of order":
        rng.shuffle(said)
        truth = None
    return Case(kind, made.text, tuple(said), truth)


def nested(rng: random.Random, sentences: Sequence[str], kind: str) -> Case | None:
    """A name that stands within another one, and once for itself."""
    place = rng.choice(PLACE)
    outer = rng.choice([f"University of {place}", f"{place} Savings Bank", f"New {place}"])
    made = from_slots(rng, sentences, kind, [(outer, outer, "ORG"), (place, place, "LOC")])
    if made is None or isinstance(made.said, InlineMarkedText):
        return None
    return Case(kind, made.text, tuple(rng.sample(made.said, 2)), made.truth)


def hallucinated(rng: random.Random, sentences: Sequence[str], kind: str) -> Case | None:
    """Names that are not in the text, and strings that are no names."""
    one, label = name(rng)
    other = name(rng)[0]
    first = one.split()[0]
    planted, surface = {
        "hallucinated names": (other, one),
        "hallucinated, sharing a word": (f"{first} Talmont", f"{first} Wexcombe"),
        "longer than what stands there": (first, f"{first} Wexcombe Trust"),
        "another number": (f"{one} 737", f"{one} 747"),
        "only within a word": (f"{first.lower()}abus", rng.choice(["US", "bus", first])),
        "common word for a name": (rng.choice(["us", "may", "it"]), ""),
        "overlong": (one, " ".join([one, *rng.sample(sentences, 12)])),
        "empty": (one, rng.choice(["", " ", "\n", "…", "–", "\u200b", "()", "."])),
    }[kind]
    if kind == "common word for a name":
        surface = planted.upper() if planted != "may" else "May"
    words = [w for w in carrier(rng, sentences) if kind != "empty" or w.isalnum()]
    if not words:
        return None
    text, _ = plant(rng, words, [planted])
    if kind == "empty":
        return Case(kind, text, (Mention(surface, label),), frozenset())
    parts = [key(part) for part in re.split(r"[\s-]", text)]
    if kind == "common word for a name":
        words = {re.sub(r"\W", "", word) for word in text.split()} | {*re.findall(r"\w+", text)}
        is_there = surface in words or text == text.lower()
    elif kind == "only within a word":
        is_there = key(surface) in parts
    else:
        is_there = key(surface) in key(text)
    if is_there:
        return None
    return Case(kind, text, (Mention(surface, label),), frozenset())


def tagged(rng: random.Random, sentences: Sequence[str], kind: str) -> Case | None:
    """A copy of the text with tags, as it comes or altered as teachers do."""
    names = [name(rng) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.4:
        names.append(names[0])
    words = carrier(rng, sentences) + carrier(rng, sentences)
    if len(words) < len(names):
        return None
    text, starts = plant(rng, words, [one for one, _ in names])
    truth = [(s, s + len(one), label) for s, (one, label) in zip(starts, names, strict=True)]
    copy = text
    for start, end, label in reversed(truth):
        copy = f"{copy[:start]}<{label}>{copy[start:end]}</{label}>{copy[end:]}"
    if kind == "tags, entities escaped":
        copy = html.unescape(TAGGED.sub(lambda m: f"<{m[1]}>{html.escape(m[2])}</{m[1]}>", copy))
    elif kind == "tags, quotes and white space altered":
        copy = copy.replace("’", "'").replace("–", "-").replace(" ", rng.choice([" ", "  ", "\n"]))
        copy = unicodedata.normalize(rng.choice(["NFC", "NFD"]), copy)
    elif kind == "tags, a word altered":
        outside = [m.start() for m in re.finditer(r"(?<= )[a-z]{4,}(?= )", copy)]
        if not outside:
            return None
        at = rng.choice(outside)
        copy = copy[:at] + rng.choice(["", "x", copy[at].upper() + "e"]) + copy[at + 1 :]
    elif kind == "tags, a name replaced":
        first = TAGGED.search(copy)
        assert first is not None
        copy = copy[: first.start(2)] + "Xyq" + copy[first.start(2) + 3 :]
        truth = truth[1:] if len(names[0][0]) < 20 else []
        if not truth:
            return None
    marked = untag(copy)
    if len(key(text)) < 170 and kind == "tags, a name replaced":
        return None
    return Case(kind, text, marked, frozenset(truth))


def untag(copy: str) -> InlineMarkedText:
    """Take the tags out of a copy."""
    text, marks, last = "", [], 0
    for found in TAGGED.finditer(copy):
        text += copy[last : found.start()]
        marks.append(InlineMark(len(text), len(text) + len(found[2]), found[1]))
        text += found[2]
        last = found.end()
    return InlineMarkedText(text + copy[last:], tuple(marks))


Maker = Callable[[random.Random, Sequence[str], str], Case | None]

DETERMINED: dict[str, Maker] = {
    **dict.fromkeys(ALTERATIONS, altered),
    **dict.fromkeys(OTHER_SCRIPTS, in_other_script),
    "reordered": reordered,
    "within a longer name": nested,
    "repeats, as often as they stand": repeated,
    "repeats, labels in order": repeated,
    "repeats, with occurrence": repeated,
    "tags, verbatim": tagged,
    "tags, entities escaped": tagged,
    "tags, quotes and white space altered": tagged,
    "tags, a word altered": tagged,
    "tags, a name replaced": tagged,
}
"""Alterations that leave no doubt about what was meant."""

UNDETERMINED: dict[str, Maker] = {
    "repeats, said less often": repeated,
    "repeats, labels out of order": repeated,
}
"""Replies of which nobody can know what they mean."""

ABSENT: dict[str, Maker] = dict.fromkeys(
    (
        "hallucinated names",
        "hallucinated, sharing a word",
        "longer than what stands there",
        "another number",
        "only within a word",
        "common word for a name",
        "overlong",
        "empty",
    ),
    hallucinated,
)
"""Strings that are not in the text."""


def cases(kind: str, sentences: Sequence[str], number: int, seed: int) -> list[Case]:
    """Return so many cases of a kind; texts that happen to hold a planted name are drawn anew."""
    maker = {**DETERMINED, **UNDETERMINED, **ABSENT}[kind]
    rng = random.Random(f"{seed} {kind}")
    made: list[Case] = []
    while len(made) < number:
        one = maker(rng, sentences, kind)
        if one is not None:
            made.append(one)
    return made
