"""Words to wordpieces, with the tokenizers package alone: prediction needs no transformers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vermeil.errors import DataError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER = "tokenizer.json"
"""File of a model folder that holds the tokenizer."""


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

    def of_words(self, texts: list[list[str]]) -> list[list[list[int]]]:
        """Return the ids of each word's wordpieces; a word that the tokenizer drops is unknown."""
        filled = [words for words in texts if words]
        encodings = iter(
            self.tokenizer.encode_batch(filled, is_pretokenized=True, add_special_tokens=False)
            if filled
            else ()
        )
        result = []
        for words in texts:
            pieces: list[list[int]] = [[] for _ in words]
            if words:
                encoding = next(encodings)
                for index, piece in zip(encoding.word_ids, encoding.ids, strict=True):
                    if index is not None:
                        pieces[index].append(piece)
            result.append([p or [self.unknown] for p in pieces])
        return result
