"""Tokenizer of words into wordpieces; needs the tokenizers package but not transformers."""

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
"""Approximate number of words whose wordpieces are cached."""

MAX_CACHED_WORD = 40
"""Length in characters of the longest word that is cached."""

_REMEDY = "restore it, or export the model again"


class Wordpieces:
    """A tokenizer that encodes word by word, without truncation and padding.

    Args:
        tokenizer: a tokenizer of the tokenizers package; its truncation and padding are switched
            off.
        unknown: id of the unknown wordpiece.
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
        """Load the tokenizer of a model folder.

        Args:
            folder: the model folder.
            unknown: id of the unknown wordpiece.
            padding: id of the padding wordpiece.

        Raises:
            DataError: the folder has no tokenizer, it is damaged, or it has no such ids.
        """
        from tokenizers import Tokenizer

        path = folder / TOKENIZER
        try:
            text = path.read_text("utf-8")
        except OSError as error:
            raise DataError(f"cannot be read ({error.strerror}); {_REMEDY}", path) from error
        except UnicodeDecodeError as error:
            raise DataError(f"is not UTF-8 text; {_REMEDY}", path) from error
        try:
            tokenizer = Tokenizer.from_str(text)
        except Exception as error:  # the package raises Exception itself
            raise DataError(f"is not a tokenizer ({error}); {_REMEDY}", path) from error
        for name, number in (("unknown", unknown), ("padding", padding)):
            if tokenizer.id_to_token(number) is None:
                raise DataError(f"has no {name} wordpiece {number}; {_REMEDY}", path)
        return cls(tokenizer, unknown, padding)

    def encode_words(self, texts: list[list[str]]) -> list[list[list[int]]]:
        """Return the wordpiece ids of each word; a word without wordpieces becomes the unknown one.

        The tokenizer normalises and splits each word independently of the others. Repeated words
        are therefore cached, and only new words go through the tokenizer.

        Args:
            texts: words of each text.
        """
        if len(self._cache) > WORD_CACHE_SIZE:
            self._cache = {}
        cache, uncached = self._cache, dict[str, list[int]]()
        new = list({word for words in texts for word in words if word not in cache})
        for word, pieces in zip(new, self._encode(new), strict=True):
            (cache if len(word) <= MAX_CACHED_WORD else uncached)[word] = pieces
        return [[cache.get(word) or uncached[word] for word in words] for words in texts]

    def _encode(self, words: list[str]) -> Iterator[list[int]]:
        encodings = self.tokenizer.encode_batch_fast(
            [[word] for word in words], is_pretokenized=True, add_special_tokens=False
        )
        return (encoding.ids or [self.unknown] for encoding in encodings)
