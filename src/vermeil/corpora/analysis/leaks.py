"""Search for leaks: texts that are equal or nearly equal on both sides of a split.

Texts are compared after Unicode normalisation (NFKC) and case folding, and every run of characters
that are neither letters nor digits becomes one space. Two texts are nearly equal if their sets of
five-character shingles have a Jaccard similarity of at least the threshold. The search is exact:
two such sets must share some of their rarest shingles, so only those are indexed (prefix
filtering: Bayardo, Ma, Srikant, *Scaling Up All Pairs Similarity Search*, 2007; with several
shared shingles: Wang, Li, Feng, *Can We Beat the Prefix Filtering?*, 2012).

Texts of fewer than five words (not counting numbers: datelines, scores) are often equal by chance.
They are compared for equality only, and listed separately.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.errors import ConfigError

SHORT = 5
"""Texts of fewer words are compared for equality only."""

_WIDTH = 5
_SHARED = 12
"""Number of rare shingles that two texts must share before they are compared. It affects only
speed: a larger number means a larger index and fewer comparisons."""
_SLACK = 1e-9
"""Tolerance that prevents rounding a product like 0.7 * 10 up to 8."""
_NO_WORD = re.compile(r"[\W_]+")
_WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+")
"""Word: a run of letters; in scripts without spaces, each letter."""
_FACTORS = np.array([pow(0x9E3779B97F4A7C15, n, 2**64) for n in range(_WIDTH)], np.uint64)
"""Powers of an irregular odd number, for a polynomial hash modulo 2**64."""

Shingles = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Leak:
    """Document of the right corpus whose text is also in the left corpus.

    Args:
        left: id of the most similar left document (the first of several).
        right: id of the right document.
        similarity: Jaccard similarity of their shingles; 1 for equal texts.
    """

    left: str
    right: str
    similarity: float = 1.0

    def as_dict(self) -> dict[str, str | float]:
        """Return the leak for JSON."""
        return {"left": self.left, "right": self.right, "similarity": round(self.similarity, 4)}


@dataclass(frozen=True, slots=True)
class LeakReport:
    """Leaks between two corpora; a right document is in at most one of the lists.

    Args:
        left_documents: number of left documents.
        right_documents: number of right documents.
        threshold: smallest similarity of ``near``.
        exact: equal texts, after normalisation.
        near: nearly equal texts.
        short: equal texts of fewer than `SHORT` words.
        groups: names of groups that are in both corpora.
    """

    left_documents: int
    right_documents: int
    threshold: float
    exact: tuple[Leak, ...] = ()
    near: tuple[Leak, ...] = ()
    short: tuple[Leak, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def leaks(self) -> int:
        """Number of right documents that are also in the left corpus, without short ones."""
        return len(self.exact) + len(self.near)

    def describe(self, left: str = "the left corpus", right: str = "the right corpus") -> str:
        """Return the result as a sentence.

        Args:
            left: name of the left corpus.
            right: name of the right corpus.
        """
        share = self.leaks / self.right_documents if self.right_documents else 0.0
        words = (
            f"{self.leaks} of {self.right_documents} documents of {right} ({share:.1%}) are also "
            f"in {left}: {len(self.exact)} the same, {len(self.near)} nearly the same "
            f"(similarity of at least {self.threshold:g})"
        )
        if self.short:
            words += f"; {len(self.short)} more are repeats of fewer than {SHORT} words"
        if self.groups:
            words += f"; {len(self.groups)} group names are in both"
        return words

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        return {
            "left_documents": self.left_documents,
            "right_documents": self.right_documents,
            "threshold": self.threshold,
            "leaks": self.leaks,
            "exact": [leak.as_dict() for leak in self.exact],
            "near": [leak.as_dict() for leak in self.near],
            "short": [leak.as_dict() for leak in self.short],
            "groups": list(self.groups),
        }


def find_leaks(
    left: Iterable[Document], right: Iterable[Document], threshold: float = 0.8
) -> LeakReport:
    """Find documents of ``right`` whose text equals, or nearly equals, a text of ``left``.

    Args:
        left: e.g. training documents; read once, and their texts are kept in memory.
        right: e.g. test documents.
        threshold: Jaccard similarity, above 0 and at most 1, from which texts are nearly equal.

    Raises:
        ConfigError: the threshold is not in (0, 1].
    """
    _check_threshold(threshold)
    first_of: dict[str, str] = {}
    groups: set[str] = set()
    left_documents = 0
    for document in left:
        left_documents += 1
        first_of.setdefault(normalise_text(document.text), document.id)
        groups.add(document.group or "")
    right_texts: list[tuple[str, str]] = []
    shared: set[str] = set()
    for document in right:
        right_texts.append((document.id, normalise_text(document.text)))
        if document.group and document.group in groups:
            shared.add(document.group)
    exact: list[Leak] = []
    short: list[Leak] = []
    others: dict[str, list[str]] = defaultdict(list)
    for name, text in right_texts:
        if text in first_of:
            (short if _is_short(text) else exact).append(Leak(first_of[text], name))
        elif not _is_short(text):
            others[text].append(name)
    near = _near([text for text in first_of if not _is_short(text)], list(others), threshold)
    found = {
        name: Leak(first_of[match], name, similarity)
        for text, (match, similarity) in near.items()
        for name in others[text]
    }
    return LeakReport(
        left_documents,
        len(right_texts),
        threshold,
        exact=tuple(exact),
        near=tuple(found[name] for name, _ in right_texts if name in found),
        short=tuple(short),
        groups=tuple(sorted(shared)),
    )


def normalise_text(text: str) -> str:
    """Return the normalised form of a text, in which texts are compared."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    # A text without letters and digits ("***") is compared unchanged.
    return _NO_WORD.sub(" ", folded).strip() or folded.strip()


def _check_threshold(threshold: float) -> None:
    if not 0 < threshold <= 1:
        raise ConfigError(f"the threshold is {threshold}; expected a number above 0, at most 1")


def _is_short(text: str) -> bool:
    return sum(1 for _ in zip(range(SHORT), _WORD.finditer(text), strict=False)) < SHORT


def _near(
    left: Sequence[str], right: Sequence[str], threshold: float
) -> dict[str, tuple[str, float]]:
    """Map right texts to the most similar left text (the first of several) and the similarity."""
    ranked = _rank([_shingles(text) for text in (*left, *right)])
    left_sets, right_sets = ranked[: len(left)], ranked[len(left) :]
    sizes = np.array([len(one) for one in left_sets], dtype=np.int64)
    index = _ShingleIndex([_prefix(one, threshold) for one in left_sets])
    found: dict[str, tuple[str, float]] = {}
    for text, one in zip(right, right_sets, strict=True):
        near = index.candidates(one, sizes, threshold)
        for number in np.flatnonzero(near).tolist():
            similarity = _jaccard(one, left_sets[number])
            if similarity >= threshold and similarity > found.get(text, ("", 0.0))[1]:
                found[text] = (left[number], similarity)
    return found


def near_repeats(texts: Sequence[str], threshold: float) -> dict[int, int]:
    """Map the position of each text that repeats an earlier one to the position of the earlier one.

    Texts are equal or nearly equal, as in `find_leaks`. Texts of fewer than `SHORT` words repeat
    only equal ones. A text that repeats another is not compared with later ones.

    Args:
        texts: texts in any order; the first of several is kept.
        threshold: Jaccard similarity, above 0 and at most 1, from which texts are nearly equal.

    Raises:
        ConfigError: the threshold is not in (0, 1].
    """
    _check_threshold(threshold)
    first_of: dict[str, int] = {}
    repeats: dict[int, int] = {}
    for number, text in enumerate(map(normalise_text, texts)):
        first = first_of.setdefault(text, number)
        if first != number:
            repeats[number] = first
    long = [(text, number) for text, number in first_of.items() if not _is_short(text)]
    sets = _rank([_shingles(text) for text, _ in long])
    sizes = np.array([len(one) for one in sets], dtype=np.int64)
    index = _ShingleIndex([_prefix(one, threshold) for one in sets])
    is_kept = np.zeros(len(sets), bool)
    for place, one in enumerate(sets):
        near = index.candidates(one, sizes, threshold) & is_kept
        for earlier in np.flatnonzero(near).tolist():
            if _jaccard(one, sets[earlier]) >= threshold:
                repeats[long[place][1]] = long[earlier][1]
                break
        else:
            is_kept[place] = True
    return {number: repeats.get(first, first) for number, first in sorted(repeats.items())}


class _ShingleIndex:
    """Index from shingles to the sets that contain them.

    Args:
        sets: shingles of each set, without repetition.
    """

    def __init__(self, sets: Sequence[Shingles]) -> None:
        self._size = len(sets)
        owners = np.repeat(np.arange(len(sets)), [len(one) for one in sets])
        shingles = np.concatenate(sets) if sets else np.empty(0, np.int64)
        order = np.argsort(shingles, kind="stable")
        self._owners, self._shingles = owners[order], shingles[order]

    def shared(self, one: Shingles) -> NDArray[np.int64]:
        """Return the number of shingles that each set shares with ``one``: int64, shape (sets,)."""
        starts = np.searchsorted(self._shingles, one, side="left")
        ends = np.searchsorted(self._shingles, one, side="right")
        holders = [self._owners[start:end] for start, end in zip(starts, ends, strict=True)]
        together = np.concatenate(holders) if holders else np.empty(0, np.int64)
        return np.bincount(together, minlength=self._size)

    def candidates(
        self, one: Shingles, sizes: NDArray[np.int64], threshold: float
    ) -> NDArray[np.bool_]:
        """Return which sets may have the similarity ``threshold`` to ``one``: shape (sets,).

        Args:
            one: a set of shingles.
            sizes: size of each set of the index.
            threshold: Jaccard similarity.
        """
        near = self.shared(_prefix(one, threshold)) >= min(_SHARED, _min_shared(one, threshold))
        near &= (sizes >= threshold * len(one) - _SLACK) & (sizes * threshold <= len(one) + _SLACK)
        return near


def _shingles(text: str) -> NDArray[np.uint64]:
    """Return the hashes of all five-character substrings: uint64, sorted, without repetition."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    points, size = points.astype(np.uint64), len(points) - _WIDTH + 1
    hashes = np.zeros(size, dtype=np.uint64)
    for place, factor in enumerate(_FACTORS):
        hashes += points[place : place + size] * factor
    return np.unique(hashes)


def _rank(sets: Sequence[NDArray[np.uint64]]) -> list[Shingles]:
    """Return each set with ranks in place of hashes, rarest shingle first: int64, sorted."""
    if not sets:
        return []
    everything = np.concatenate(sets)
    _, inverse, counts = np.unique(everything, return_inverse=True, return_counts=True)
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(counts, kind="stable")] = np.arange(len(counts))
    ends = np.cumsum([len(one) for one in sets])
    return [np.sort(one) for one in np.split(rank[inverse], ends[:-1])]


def _min_shared(one: Shingles, threshold: float) -> int:
    """Return the minimum number of shingles that a similar set shares with ``one``."""
    return math.ceil(threshold * len(one) - _SLACK)


def _prefix(one: Shingles, threshold: float) -> Shingles:
    """Return the rarest shingles; similar sets share `_SHARED` of them, or `_min_shared`."""
    return one[: len(one) - _min_shared(one, threshold) + _SHARED]


def _jaccard(one: Shingles, other: Shingles) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)
