"""Words to wordpieces, with the tokenizers package alone: prediction needs no transformers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vermeil.errors import DataError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER = "tokenizer.json"
"""File of a model folder that holds the tokenizer."""

WORD_CACHE_SIZE = 100_000
"""Words whose wordpieces are kept at hand, about."""

MAX_CACHED_WORD = 40
"""Characters of the longest word that is kept."""


class Wordpieces:
    """A tokenizer as the student uses it: word by word, nothing cut off, nothing padded.

    Args:
        tokenizer: of the tokenizers package; its own truncation and padding are switched off.
        unknown: id of the wordpiece for what the tokenizer does not know.
        padding: id of the padding wordpiece.
    """

    def __init__(self, tokenizer: Tokenizer, unknown: int, padding: int) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer, self.unknown, self.padding = tokenizer, unknown, padding
        special: list[int] = tokenizer.encode("").ids
        self.prefix, self.suffix = special[:1], special[1:]
        self._cache: dict[str, list[int]] = {}

    @classmethod
    def load(cls, folder: Path, unknown: int, padding: int) -> Wordpieces:
        """Read the tokenizer of a model folder.

        Raises:
            DataError: there is none.
        """
        from tokenizers import Tokenizer

        path = folder / TOKENIZER
        try:
            text = path.read_text("utf-8")
        except OSError as error:
            raise DataError(f"cannot be read ({error.strerror})", path) from error
        return cls(Tokenizer.from_str(text), unknown, padding)

    def encode_words(self, texts: list[list[str]]) -> list[list[list[int]]]:
        """Return the ids of each word's wordpieces; a word that the tokenizer drops is unknown.

        A tokenizer that is given words normalises and splits each by itself. Words repeat, so most
        are found in a table, and only new ones go through the tokenizer.
        """
        if len(self._cache) > WORD_CACHE_SIZE:
            self._cache = {}
        known, once = self._cache, dict[str, list[int]]()
        new = list({word for words in texts for word in words if word not in known})
        for word, pieces in zip(new, self._encode(new), strict=True):
            (known if len(word) <= MAX_CACHED_WORD else once)[word] = pieces
        return [[known.get(word) or once[word] for word in words] for words in texts]

    def _encode(self, words: list[str]) -> Iterator[list[int]]:
        encodings = self.tokenizer.encode_batch_fast(
            [[word] for word in words], is_pretokenized=True, add_special_tokens=False
        )
        return (encoding.ids or [self.unknown] for encoding in encodings)
