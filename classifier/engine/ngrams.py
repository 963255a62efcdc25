"""Character n-grams of a text, hashed: what a word looks like, whatever it means."""

from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

# Raised where a text can have other n-grams than before.
NGRAMS_VERSION: Final = 1
SHORTEST: Final = 2
LONGEST: Final = 5
# Rows of the table that the n-grams are hashed into. Four times as many gained nothing on four
# files of real descriptors, and cost a version of 90 categories four megabytes more.
BUCKETS: Final = 4096


def ngram_buckets(text: str) -> NDArray[np.int64]:
    """The buckets of a canonical text's n-grams, ascending, each once; shape (m,).

    N-grams have SHORTEST to LONGEST characters and stay within a word, whose ends are a space.
    """
    found = set()
    for word in text.split():
        padded = f" {word} "
        for length in range(SHORTEST, min(LONGEST, len(padded)) + 1):
            for start in range(len(padded) - length + 1):
                found.add(crc32(padded[start : start + length].encode()) % BUCKETS)
    return np.array(sorted(found), dtype=np.int64)
