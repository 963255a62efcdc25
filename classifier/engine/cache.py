"""Embeddings of texts already seen by this process."""

import sys
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# An entry beside its text and its vector's values: tuples, the array's header, the dict slot.
ENTRY_OVERHEAD_BYTES = 400


class CacheKey(NamedTuple):
    encoder_digest: str
    normalizer_version: int
    text: str


@dataclass(frozen=True, slots=True)
class CacheStats:
    hits: int
    misses: int
    evictions: int
    entries: int
    size_bytes: int

    @property
    def hit_rate(self) -> float | None:
        """Hits over look-ups; None before the first."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


class EmbeddingCache:
    """A least-recently-used map from key to unit vector, bounded in bytes, safe under threads.

    Holds vectors and not decisions, so it stays right when prototypes change.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._entries: OrderedDict[CacheKey, tuple[NDArray[np.float32], int]] = OrderedDict()
        self._lock = Lock()
        self._size_bytes = 0
        self._hits = 0
        self._misses = 0
        self._evictions = 0

    def get(self, key: CacheKey) -> NDArray[np.float32] | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self._misses += 1
                return None
            self._hits += 1
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: CacheKey, vector: NDArray[np.float32]) -> None:
        """Keep a copy of `vector` (shape (d,)); a row of a batch would keep the batch alive."""
        kept = vector.copy()
        kept.setflags(write=False)
        size = kept.nbytes + sys.getsizeof(key.text) + ENTRY_OVERHEAD_BYTES
        if size > self.max_bytes:
            return
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return
            self._entries[key] = (kept, size)
            self._size_bytes += size
            while self._size_bytes > self.max_bytes:
                # As it was counted: a text grows when it is first encoded as UTF-8.
                _, (_, oldest_size) = self._entries.popitem(last=False)
                self._size_bytes -= oldest_size
                self._evictions += 1

    def stats(self) -> CacheStats:
        with self._lock:
            return CacheStats(
                hits=self._hits,
                misses=self._misses,
                evictions=self._evictions,
                entries=len(self._entries),
                size_bytes=self._size_bytes,
            )
