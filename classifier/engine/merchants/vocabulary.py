"""How much a word tells: the rarer in everyday text, the more."""

import gzip
import math
from collections.abc import Sequence
from pathlib import Path

# Words of the list that are met so often that one alone names nobody.
EVERYDAY = 20_000
# Of a word that is in no list.
UNKNOWN_BITS = 18.0
# A letter of a short name cannot tell more.
BITS_A_LETTER = 3.0
DIGIT_BITS = 2.0
# The most frequent words tell nothing of who was paid.
FIRST_BITS = 4.0


class Vocabulary:
    """Everyday words, most frequent first: dictionary words, names of people and of places."""

    def __init__(self, words: Sequence[str]) -> None:
        self._rank = {word: rank for rank, word in enumerate(words, start=1)}

    @classmethod
    def read(cls, path: Path) -> "Vocabulary":
        """A gzipped file with a word a line."""
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return cls(file.read().split())

    def is_everyday(self, word: str) -> bool:
        return self._rank.get(word, EVERYDAY + 1) <= EVERYDAY

    def bits(self, word: str) -> float:
        """Information in a word, from Zipf's law: the logarithm of its rank, base 2."""
        if word.isdigit():
            return DIGIT_BITS * len(word)
        rank = self._rank.get(word)
        if rank is None and word.endswith("s"):
            rank = self._rank.get(word[:-1])
        told = UNKNOWN_BITS if rank is None else FIRST_BITS + 0.75 * math.log2(rank)
        return min(told, BITS_A_LETTER * len(word))
