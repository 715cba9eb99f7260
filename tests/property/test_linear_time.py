"""The time to read a text is proportional to its length, also for texts that are built to slow it.

No test asserts a duration. A step that takes quadratic time makes these tests run for many minutes.
The slow test ends at a generous limit: quadratic time would be hours.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.corpora import CorpusConfig, read_corpus
from vermeil.data.document import Range
from vermeil.data.reply import Reply
from vermeil.data.words import UNSPACED_LETTER, split_words
from vermeil.errors import DataError
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.alignment.mends import differs_by_mends
from vermeil.tasks.ner.alignment.tiers import SurfaceFinder
from vermeil.tasks.ner.formats.prose import without_reasoning
from vermeil.tasks.ner.task import NerTask

SIZE = 60_000
MARKS = "\"'`([{<«“”’)]}>»,;:!?%*_~|-–—…/.\\@#€&="
PARTS = [
    *(mark + tail for mark in MARKS for tail in ("", "a", "1")),
    *("a.", "A.B", "é.", "Mr.", "'s", "U.S", "1.", "--", "..", "!.", "a" * 50, "\u00ad", "e\u0301"),
]
NAMES = {"ner": NerTask(TaskConfig.model_validate({"labels": {"PER": {}}}))}


def families() -> list[tuple[str, str]]:
    """Return repeated parts, and the two parts of texts whose second half is tried anew."""
    return [("a.", "."), ("a.", "!."), ("'", "s"), ("Mr.", "."), *((part, part) for part in PARTS)]


@pytest.mark.parametrize(("first", "second"), families())
def test_words_of_a_long_chunk(first: str, second: str) -> None:
    half = SIZE // 2
    text = (first * (half // len(first))) + "!" + second * (half // len(second))
    words = split_words(text)
    assert "".join(text[start:end] for start, end in words) == text


def test_the_closing_points_of_initials_are_words() -> None:
    text = "a." * 100_000 + "!" + "." * 200_000
    words = split_words(text)
    assert words[-200_000:] == tuple((n, n + 1) for n in range(200_001, 400_001))


@pytest.mark.slow
@pytest.mark.parametrize(("first", "second"), families()[:4])
def test_a_text_of_a_million_characters(first: str, second: str) -> None:
    program = (
        "import resource, sys\n"
        "from vermeil.data.words import split_words\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (300, 300))\n"
        "first, second = sys.argv[1:]\n"
        "split_words(first * (500_000 // len(first)) + '!' + second * (500_000 // len(second)))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, first, second], check=False)
    assert ended.returncode == 0, "split_words needed more than 300 s"


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "\u00a0", "\u3000", "\r\n"])
def test_white_space_in_text_and_reply(blank: str) -> None:
    text = "Bo" + blank * SIZE + "met Al"
    assert without_reasoning(text, text) == text
    assert without_reasoning(blank * SIZE + "<think>a", text).strip() in ("", "<think>a")
    reply = '{"entities": [{"text": "Al", "label": "PER"}]}'
    [span] = NAMES["ner"].read(text, Reply(reply)).annotation.spans or ()
    assert text[span.start : span.end] == "Al"


@pytest.mark.parametrize("unit", ["ﬁ", "ab ", "a.", "日", "x-"])
def test_a_long_surface_in_a_repetitive_text(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    surface = text[: len(text) // 2].strip()
    found = SurfaceFinder(text).find(surface)
    assert all(0 <= start < end <= len(text) for start, end in found.occurrences)
    assert sum(end - start for start, end in found.occurrences) <= 2 * len(text)


UNITS = [
    "a",
    "\\",
    "\\|",
    "|",
    "[1",
    "\\->",
    "= ",
    "# ",
    " ",
    "a=b ",
    "-",
    "漢",
    "{",
    "\u00a0",
    "0 1;",
]
LAYER = "#FORMAT=WebAnno TSV 3.3\n#T_SP=custom.Name|value\n"
ROWS = SIZE // 30


def result(end: int, surface: str, number: int) -> dict[str, Any]:
    value = {"start": 0, "end": end, "text": surface, "labels": ["PER"]}
    return {"id": str(number), "type": "labels", "value": value}


def task(text: str, answers: list[list[dict[str, Any]]], **data: Any) -> str:
    annotations = [{"completed_by": n, "result": one} for n, one in enumerate(answers)]
    return json.dumps([{"data": {"text": text, **data}, "annotations": annotations}])


def response(number: int) -> dict[str, Any]:
    value = [{"start": SIZE - 1, "end": SIZE, "label": "PER"}]
    return {"value": value, "user_id": str(number)}


# Format to functions from a repeated text to the content of a file.
FILES: dict[str, list[Callable[[str], str]]] = {
    "webanno": [
        lambda text: f"{LAYER}\n#Text=ab\n1-1\t0-2\tab\t{text}\t\n",
        lambda text: f"{LAYER}\n#Text=ab\n1-1\t0-2\tab\t{text}\\\t\n",
        lambda text: f"{LAYER}\n#Text={text}\n" + f"1-1\t0-{SIZE}\ta b\tPER\t\n" * ROWS,
        lambda text: f"{LAYER}\n#Text=a{text}b\n" + f"1-1\t0-{SIZE}\tab\tPER[1]\t\n" * ROWS,
    ],
    "conll": [
        lambda text: f"#{text}\nAda B-PER\n",
        lambda text: f"# id x{text}!\nAda B-PER\n",
        lambda text: f"# text = {text}\nAda B-PER\n",
        lambda text: f"Ada B-{text.strip()}\nmet O\n",
        lambda text: "1-2\tab\t_\tB-PER\n" + "2\tb\t_\tB-PER\n" * ROWS + f"3\t{text}\t_\tO\n",
    ],
    "brat": [
        lambda text: f"T1\tPER {text}\tx\n",
        lambda text: "".join(f"T{n}\tPER 0 {SIZE}\t{text[:2]}x\n" for n in range(ROWS)),
        lambda text: f"T1\tPER {';'.join(['0 9000'] * ROWS)}\t{text[:9]}\n",
    ],
    "label-studio": [
        lambda text: task(text, [[result(2, "zz", n)] for n in range(ROWS)]),
        lambda text: task(text, [[result(SIZE, text[:2], n) for n in range(ROWS)]]),
        lambda text: task(text, [[result(SIZE, "z", 0)] * 9] * 9, vermeil={"spans": []}),
        lambda text: task(
            "ab",
            [[result(1, "a", n) for n in range(ROWS)]],
            vermeil={"spans": [{"start": 0, "end": 1, "label": "PER"}] * ROWS, "text": text},
        ),
    ],
    "prodigy": [
        lambda text: json.dumps(
            {"text": text, "answer": "accept"}
            | {"spans": [{"start": 0, "end": SIZE, "label": "PER", "text": "q"}] * ROWS}
        ),
    ],
    "argilla": [
        lambda text: json.dumps(
            {"fields": {"text": text}, "responses": {"q": [response(n) for n in range(ROWS)]}}
        ),
    ],
    "jsonl": [
        lambda text: json.dumps({"id": "a", "text": text}),
        lambda text: '{"id": "a", "text": ' + json.dumps(text)[:-1],
        lambda text: "[\n" + json.dumps({"id": "a", "text": "b", "meta": {"x": [text]}}) + "\n",
    ],
    "tokens": [
        lambda text: json.dumps({"tokens": ["a"] * ROWS, "text": text + "a" * ROWS}),
        lambda text: json.dumps({"tokens": [text], "ner_tags": [f"B-{text}"], "text": text}),
    ],
}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("chosen", FILES)
def test_corpora_that_repeat_one_part(chosen: str, unit: str, tmp_path: Path) -> None:
    text = unit * (SIZE // len(unit))
    for number, content in enumerate(FILES[chosen]):
        path = tmp_path / f"{number}.ann"
        path.with_suffix(".txt").write_text(text)
        path.write_text(content(text))
        # A file is read, or is refused with its place; both take time in proportion to its size.
        with suppress(DataError):
            assert list(read_corpus(CorpusConfig.model_validate({"path": f"{chosen}:{path}"})))


def test_annotations_of_a_cell_are_separated_by_bars_without_a_backslash(tmp_path: Path) -> None:
    cell = "PER|a\\|b[2]|c\\\\|\\->\\"
    (tmp_path / "x.tsv").write_text(f"{LAYER}\n#Text=ab\n1-1\t0-2\tab\t{cell}\t\n")
    [document] = read_corpus(tmp_path / "x.tsv")
    assert [span.label for span in document.spans or ()] == ["->\\", "PER", "a|b", "c\\"]


@pytest.mark.parametrize(
    "unit",
    [
        "| Al | PER |\n",
        "- text: Al\n  label: PER\n",
        "PER: Al, Bo\n",
        "PER:\n- Al\n",
        "<entity><text>Al</text><label>PER</label></entity>\n",
        "Al - PER\n",
        '{\\"text\\": \\"Al\\", \\"label\\": \\"PER\\"} ',
        "&lt;PER&gt;",
        "PER (",
        " - ",
    ],
)
def test_a_long_reply_in_any_shape(unit: str) -> None:
    labels = TaskConfig.model_validate({"labels": {"PER": {}}, "reply_format": "detect"})
    reading = NerTask(labels).read("Bo met Al", Reply(unit * (SIZE // len(unit))))
    assert all(span.label == "PER" for span in reading.annotation.spans or ())


@pytest.mark.parametrize("unit", [" ", "(", " - ", "PER (", "a, ", "_", "[a] "])
def test_a_long_label(unit: str) -> None:
    assert NAMES["ner"].label_set.normalise("PERS" + unit * 100_000) is None
    assert NAMES["ner"].label_set.of_heading("PERX" + unit * 100_000) is None


@pytest.mark.parametrize("mark", [".", ",", ")", "”", '"', " .", "'", "'s", "…", "s", "A", "("])
def test_surfaces_with_much_punctuation(mark: str) -> None:
    marks = mark * (SIZE // len(mark))
    for text in ("Ab" + marks, f"Ab{marks} left", "Ab " * (SIZE // 3), marks + "Ab"):
        for surface in ("Ab" + marks, marks + "Ab", "Ab" + mark):
            found = SurfaceFinder(text).find(surface)
            assert all(0 <= start < end <= len(text) for start, end in found.occurrences)


@pytest.mark.parametrize("unit", ["&amp;", "&#38;", "&", "&a", "&amp;lt;", "#38;", "&#38;#"])
def test_chains_of_html_entities(unit: str) -> None:
    chain = "&" + unit * (SIZE // len(unit))
    for text in (f"Ab {chain} left", f"{chain}Ab"):
        for surface in ("Ab &", "Ab " + chain, "Zq", chain):
            found = SurfaceFinder(text).find(surface)
            assert all(0 <= start < end <= len(text) for start, end in found.occurrences)


@pytest.mark.parametrize("unit", ["ab ", "the the x ", "a", "日", "a-", "of the of the "])
def test_copies_of_repetitive_texts(unit: str) -> None:
    text = unit * (SIZE // len(unit))
    assert differs_by_mends(f"  {text}", text) is True
    for copy in (text[: SIZE // 2], f"{text} zq" * 2, text.replace("the the", "the"), "q" + text):
        assert differs_by_mends(copy, text) in (True, False)


@given(st.lists(st.sampled_from([*PARTS, " ", "\n", "Bo", "x", "’", "\u00a0"]), max_size=30))
def test_words_are_those_of_the_first_version(parts: list[str]) -> None:
    text = "".join(parts)
    assert split_words(text) == first_split(text)


@given(st.text(max_size=60).filter(lambda text: UNSPACED_LETTER.search(text) is None))
def test_words_of_any_text_are_those_of_the_first_version(text: str) -> None:
    assert split_words(text) == first_split(text)


# The first version of `split_words`, which searched for initials once per full stop.
_OPENING = "\"'`([{<«‹“”‘’„‚$£€¥#@¿¡*_~|-–—…"
_CLOSING = "\"'`)]}>»›“”‘’.,;:!?…%*_~|-–—"
_CLITIC = re.compile(r"['’](?:s|S|m|M|d|D|ll|LL|re|RE|ve|VE)$")
_INNER = re.compile(r"(?<!\d)/|/(?!\d)|[–—()\[\]\"“”]|--+|\.{2,}|…")
_WHOLE = re.compile(
    r"(?P<mark>[^\w\s])(?P=mark)+|\d+\.(?=\s)|['’](?:s|S|m|M|d|D|ll|LL|re|RE|ve|VE)"
)
_ABBREVIATION = re.compile(
    r"(?:[^\W\d_]\.)+[^\W\d_]?"
    r"|(?:Mr|Mrs|Ms|Dr|Prof|Rev|Hon|Gen|Col|Lt|Capt|Sgt|Gov|Sen|Rep|St|Mt|Ft|Jr|Sr"
    r"|Inc|Corp|Co|Ltd|Bros|No|vs|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.",
)


def first_split(text: str) -> tuple[Range, ...]:
    words: list[Range] = []
    for chunk in re.finditer(r"\S+", text):
        _first_split_chunk(text, chunk.start(), chunk.end(), words)
    return tuple(words)


def _first_split_chunk(text: str, start: int, end: int, words: list[Range]) -> None:
    whole = _WHOLE.match(text, start)
    is_whole = whole is not None and whole.end() == end
    if end - start == 1 or text[start:end].isalnum() or is_whole:
        words.append((start, end))
        return
    while start < end - 1 and text[start] in _OPENING:
        if text[start] in "-'’" and text[start + 1].isdigit():
            break
        words.append((start, start + 1))
        start += 1
    closing: list[Range] = []
    while start < end - 1 and text[end - 1] in _CLOSING:
        if text[end - 1] == "." and _ABBREVIATION.fullmatch(text, start, end):
            break
        closing.append((end - 1, end))
        end -= 1
    clitic = _CLITIC.search(text[start:end])
    if clitic and clitic.start() > 0:
        closing.append((start + clitic.start(), end))
        end = start + clitic.start()
    for mark in _INNER.finditer(text, start, end):
        if mark.start() > start:
            words.append((start, mark.start()))
        words.append(mark.span())
        start = mark.end()
    if start < end:
        words.append((start, end))
    words.extend(reversed(closing))
