"""Where the characters of a folded text come from in the text as it came."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from classifier.engine.descriptors.canonical import MAX_CANONICAL_LENGTH, fold_cluster

_MOST_MARKS: Final = 64
_MARKS: Final = ("Mn", "Mc", "Me", "Cf", "Cs")
_ASCII_WORD: Final = re.compile("[!-~]+")


def trace(text: str, folded: str) -> list[tuple[int, int]] | None:
    """Return (start, end) in `text` for each character of `folded`, its folded form.

    Folding goes cluster by cluster here (a character and the marks on it). None where that gives
    another text than folding the whole, and where a character bears so many marks that it is no
    writing.
    """
    if text.isascii():
        if text.isprintable() and len(text) == len(folded):
            return [(index, index + 1) for index in range(len(text))]
        pairs = _ascii(text)
    else:
        pairs = _clusters(text)
    spans: list[tuple[int, int]] = []
    characters: list[str] = []
    gap: tuple[int, int] | None = None
    for character, start, end in pairs:
        if character.isspace():
            gap = gap or (start, end)
            continue
        if gap and characters:
            characters.append(" ")
            spans.append(gap)
        gap = None
        characters.append(character)
        spans.append((start, end))
        if len(characters) > MAX_CANONICAL_LENGTH:
            break
    del spans[len(folded) :]
    return spans if "".join(characters[: len(folded)]) == folded else None


def _ascii(text: str) -> Iterator[tuple[str, int, int]]:
    for word in _ASCII_WORD.finditer(text):
        for index in range(*word.span()):
            yield text[index].lower(), index, index + 1
        yield " ", word.end(), word.end() + 1


def _clusters(text: str) -> Iterator[tuple[str, int, int]]:
    start = 0
    length = len(text)
    while start < length:
        end = start + 1
        while end < length and not text[end].isascii() and _is_mark(text[end]):
            end += 1
        if end - start > _MOST_MARKS:
            # Ordering marks takes time quadratic in their number.
            return
        for character in fold_cluster(text[start:end]):
            yield character, start, end
        start = end


def _is_mark(character: str) -> bool:
    # The vowels and finals of Hangul syllables are letters, and join the letter before them.
    return "\u1160" <= character <= "\u11ff" or unicodedata.category(character) in _MARKS
