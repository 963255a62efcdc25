"""The embedding cache: bounded in bytes, least recently used first out, safe under threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classifier.engine.cache import ENTRY_OVERHEAD_BYTES, EmbeddingCache

DIMENSION = 8
ENTRY_BYTES = DIMENSION * 4 + ENTRY_OVERHEAD_BYTES


def vector(value: float) -> np.ndarray:
    return np.full(DIMENSION, value, dtype=np.float32)


def test_it_gives_back_what_was_put_in() -> None:
    cache = EmbeddingCache(10 * ENTRY_BYTES)
    cache.put("a", vector(1))
    kept = cache.get("a")
    assert kept is not None
    assert np.array_equal(kept, vector(1))
    assert cache.get("b") is None


def test_the_least_recently_used_goes_first() -> None:
    cache = EmbeddingCache(2 * ENTRY_BYTES)
    cache.put("a", vector(1))
    cache.put("b", vector(2))
    cache.get("a")
    cache.put("c", vector(3))
    assert cache.get("b") is None
    assert cache.get("a") is not None
    assert cache.stats().evictions == 1


@given(st.lists(st.integers(0, 30), max_size=200))
def test_it_never_holds_more_than_its_bytes(keys: list[int]) -> None:
    cache = EmbeddingCache(5 * ENTRY_BYTES)
    for key in keys:
        cache.put(key, vector(key))
    stats = cache.stats()
    assert stats.size_bytes <= cache.max_bytes
    assert stats.entries == min(5, len(set(keys)))
    assert stats.size_bytes == stats.entries * ENTRY_BYTES


def test_a_cache_of_no_bytes_keeps_nothing() -> None:
    cache = EmbeddingCache(0)
    cache.put("a", vector(1))
    assert cache.get("a") is None


def test_it_counts_hits_and_misses() -> None:
    cache = EmbeddingCache(10 * ENTRY_BYTES)
    assert cache.stats().hit_rate is None
    cache.get("a")
    cache.put("a", vector(1))
    cache.get("a")
    assert (cache.stats().hits, cache.stats().misses) == (1, 1)
    assert cache.stats().hit_rate == 0.5


def test_a_row_does_not_keep_its_batch_alive_and_cannot_be_written_to() -> None:
    cache = EmbeddingCache(10 * ENTRY_BYTES)
    batch = np.ones((1000, DIMENSION), dtype=np.float32)
    cache.put("a", batch[0])
    batch[0] = 7
    kept = cache.get("a")
    assert kept is not None
    assert kept.base is None
    assert not kept.flags.writeable
    assert np.array_equal(kept, vector(1))


def test_its_counts_hold_under_threads() -> None:
    cache = EmbeddingCache(20 * ENTRY_BYTES)

    def work(seed: int) -> None:
        for step in range(500):
            key = (seed * 31 + step) % 40
            if cache.get(key) is None:
                cache.put(key, vector(key))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    stats = cache.stats()
    assert stats.hits + stats.misses == 8 * 500
    assert stats.size_bytes == stats.entries * ENTRY_BYTES <= cache.max_bytes
