"""Everyday words, most frequent first, from the vocabulary of the text model.

The vocabulary of BERT (uncased) is in the order of frequency, and all-MiniLM-L6-v2 has it
unchanged: dictionary words stand in it beside names of people and places, which is just what a
merchant's name must stand out from.
"""

import gzip
from pathlib import Path

from classifier.exceptions import InputFileError

MIN_LETTERS = 2


def pack_words(vocabulary: Path) -> bytes:
    """The whole words of Latin letters of a `vocab.txt`, a line each, gzipped: the same file gives
    the same bytes. Raises InputFileError where it cannot be read or holds none."""
    try:
        entries = vocabulary.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"{vocabulary} cannot be read: {error}.") from error
    words = [
        entry
        for entry in entries
        if len(entry) >= MIN_LETTERS and entry.isascii() and entry.isalpha()
    ]
    if not words:
        raise InputFileError(f"{vocabulary} is no vocabulary: it has no word on a line.")
    return gzip.compress(("\n".join(words) + "\n").encode(), mtime=0)
