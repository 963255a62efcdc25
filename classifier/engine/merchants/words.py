"""How names are compared: words without case, accents and punctuation."""

import re
import unicodedata
from typing import NamedTuple

# Letters of Latin script that no decomposition takes apart.
_PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}  # noqa: RUF001
)
_APOSTROPHES = "'’‘`´ʼ"  # noqa: RUF001 -- as they are printed
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_APOSTROPHES}](?=[^\W_]))*|[&+]")
_AND = ("&", "+")


class Word(NamedTuple):
    """A word as it is compared, and where it stands in the text."""

    text: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """The words of a text. An apostrophe inside a word is passed over, "&" and "+" are "and"."""
    return [
        Word("and" if match[0] in _AND else plain(match[0]), match.start(), match.end())
        for match in _WORD.finditer(text)
    ]


def find_words(text: str, wanted: str) -> tuple[int, int] | None:
    """Where the words of `wanted` stand in `text`, one behind the other; None where they do not."""
    sought = [word.text for word in words(wanted)]
    found = words(text)
    for place in range(len(found) - len(sought) + 1):
        run = found[place : place + len(sought)]
        if run and [word.text for word in run] == sought:
            return run[0].start, run[-1].end
    return None


def plain(text: str) -> str:
    """A word without case, accents and apostrophes."""
    folded = text.casefold()
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded.translate(_PLAIN))
        folded = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    for apostrophe in _APOSTROPHES:
        folded = folded.replace(apostrophe, "")
    return folded
