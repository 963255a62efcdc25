"""Embeddings of texts already seen by this process."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

# An entry's key (two digests' references, a short text), the array's header, the dict slot.
ENTRY_OVERHEAD_BYTES = 400


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
        self._vectors: OrderedDict[Hashable, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()
        self._size_bytes = 0
        self._hits = 0
        self._misses = 0
        self._evictions = 0

    def get(self, key: Hashable) -> NDArray[np.float32] | None:
        with self._lock:
            vector = self._vectors.get(key)
            if vector is None:
                self._misses += 1
                return None
            self._hits += 1
            self._vectors.move_to_end(key)
            return vector

    def put(self, key: Hashable, vector: NDArray[np.float32]) -> None:
        """Keep a copy of `vector` (shape (d,)); a row of a batch would keep the batch alive."""
        kept = vector.copy()
        kept.setflags(write=False)
        size = kept.nbytes + ENTRY_OVERHEAD_BYTES
        if size > self.max_bytes:
            return
        with self._lock:
            if key in self._vectors:
                self._vectors.move_to_end(key)
                return
            self._vectors[key] = kept
            self._size_bytes += size
            while self._size_bytes > self.max_bytes:
                _, oldest = self._vectors.popitem(last=False)
                self._size_bytes -= oldest.nbytes + ENTRY_OVERHEAD_BYTES
                self._evictions += 1

    def stats(self) -> CacheStats:
        with self._lock:
            return CacheStats(
                hits=self._hits,
                misses=self._misses,
                evictions=self._evictions,
                entries=len(self._vectors),
                size_bytes=self._size_bytes,
            )
