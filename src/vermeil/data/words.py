"""Splitting of raw text into words, for documents without tokens."""

from __future__ import annotations

import re

from vermeil.data.document import Document, Range

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
"""Letters of these scripts, as a class of a regular expression."""
MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3"
    "\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
)
"""Marks that belong to the letter before them."""
UNSPACED_LETTER = re.compile(f"[{UNSPACED}]")
_PUNCTUATION = (
    "\u3001-\u3003\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
PIECE = re.compile(
    rf"[{UNSPACED}][{MARKS}]*|[{_PUNCTUATION}]|(?:(?![{UNSPACED}{_PUNCTUATION}])\S)+"
)
"""A letter of these scripts with its marks, a punctuation mark of theirs, or a run of anything
else."""
_CHUNK = re.compile(r"\S+")
_OPENING = "\"'`([{<«‹“”‘’„‚$£€¥#@¿¡*_~|-–—…"
_CLOSING = "\"'`)]}>»›“”‘’.,;:!?…%*_~|-–—"
_CLITIC = re.compile(r"['’](?:s|S|m|M|d|D|ll|LL|re|RE|ve|VE)$")
_INNER = re.compile(r"(?<!\d)/|/(?!\d)|[–—()\[\]\"“”]|--+|\.{2,}|…")
_WHOLE = re.compile(
    r"(?P<mark>[^\w\s])(?P=mark)+|\d+\.(?=\s)|['’](?:s|S|m|M|d|D|ll|LL|re|RE|ve|VE)"
)
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+")
_ABBREVIATION = re.compile(
    r"(?:Mr|Mrs|Ms|Dr|Prof|Rev|Hon|Gen|Col|Lt|Capt|Sgt|Gov|Sen|Rep|St|Mt|Ft|Jr|Sr"
    r"|Inc|Corp|Co|Ltd|Bros|No|vs|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.",
)


def split_words(text: str) -> tuple[Range, ...]:
    """Return the ranges of the words of ``text``, punctuation split off.

    White space separates words. Quotes, brackets and sentence punctuation at the ends of a chunk
    become separate words, and so does a clitic ("'s"). Initials and common abbreviations keep
    their full stop. Hyphenated words are not split. An English news text is therefore split as in
    the Penn Treebank and CoNLL-2003, on which students are usually trained. A text that is already
    split by spaces mostly stays unchanged.

    In scripts without spaces between words (Chinese, Japanese, Thai, Lao, Burmese, Khmer), each
    letter with its marks is a word, so that a span may begin and end anywhere. Words of other
    scripts between them stay whole.

    The time is proportional to the length of the text, for every text.
    """
    words: list[Range] = []
    pattern = _CHUNK if UNSPACED_LETTER.search(text) is None else PIECE
    for chunk in pattern.finditer(text):
        if UNSPACED_LETTER.match(text, chunk.start()):
            words.append(chunk.span())
        else:
            _split_chunk(text, chunk.start(), chunk.end(), words)
    return tuple(words)


def words_of(document: Document) -> tuple[Range, ...]:
    """Return the ranges of a document's words: its tokens, or the words of its text."""
    return document.tokens if document.tokens is not None else split_words(document.text)


def _split_chunk(text: str, start: int, end: int, words: list[Range]) -> None:
    if end - start == 1 or text[start:end].isalnum() or _is_whole(text, start, end):
        words.append((start, end))
        return
    while start < end - 1 and text[start] in _OPENING and not _is_number_sign(text, start, end):
        words.append((start, start + 1))
        start += 1
    closing: list[Range] = []
    initials: int | None = None
    while start < end - 1 and text[end - 1] in _CLOSING:
        if text[end - 1] == ".":
            # Searched once per chunk: a search per full stop takes quadratic time.
            if initials is None:
                initials = _end_of_initials(text, start, end)
            ends_initials = end <= initials and (end - start) % 2 == 0
            if ends_initials or _ABBREVIATION.fullmatch(text, start, end):
                break
        closing.append((end - 1, end))
        end -= 1
    clitic = _CLITIC.search(text[start:end])
    if clitic and clitic.start() > 0:
        closing.append((start + clitic.start(), end))
        end = start + clitic.start()
    _split_inside(text, start, end, words)
    words.extend(reversed(closing))


def _end_of_initials(text: str, start: int, end: int) -> int:
    """Return the end of the initials ("J.", "U.S.") at the start of a chunk, or ``start``."""
    initials = _INITIALS.match(text, start, end)
    return initials.end() if initials else start


def _is_whole(text: str, start: int, end: int) -> bool:
    """Return whether a chunk is one word: "--", "2." in a list, or a separate clitic."""
    whole = _WHOLE.match(text, start)
    return whole is not None and whole.end() == end


def _is_number_sign(text: str, start: int, end: int) -> bool:
    """Return whether a leading "-" or "'" belongs to a number, as in "-7" or "'96"."""
    return text[start] in "-'’" and start + 1 < end and text[start + 1].isdigit()


def _split_inside(text: str, start: int, end: int, words: list[Range]) -> None:
    for mark in _INNER.finditer(text, start, end):
        if mark.start() > start:
            words.append((start, mark.start()))
        words.append(mark.span())
        start = mark.end()
    if start < end:
        words.append((start, end))
