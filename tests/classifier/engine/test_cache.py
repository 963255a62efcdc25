"""The embedding cache: bounded in bytes, least recently used first out, safe under threads."""

import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.engine.cache import ENTRY_OVERHEAD_BYTES, CacheKey, EmbeddingCache

DIMENSION = 8


def key(text: str) -> CacheKey:
    return CacheKey("digest", 1, text)


def numbered(number: int) -> CacheKey:
    """Keys whose texts are all as long as that of `A`."""
    return key(chr(ord("A") + number))


A, B, C = (numbered(number) for number in range(3))
ENTRY_BYTES = DIMENSION * 4 + ENTRY_OVERHEAD_BYTES + sys.getsizeof(A.text)


def vector(value: float) -> np.ndarray:
    return np.full(DIMENSION, value, dtype=np.float32)


def test_it_gives_back_what_was_put_in() -> None:
    cache = EmbeddingCache(10 * ENTRY_BYTES)
    cache.put(A, vector(1))
    kept = cache.get(A)
    assert kept is not None
    assert np.array_equal(kept, vector(1))
    assert cache.get(B) is None


def test_the_least_recently_used_goes_first() -> None:
    cache = EmbeddingCache(2 * ENTRY_BYTES)
    cache.put(A, vector(1))
    cache.put(B, vector(2))
    cache.get(A)
    cache.put(C, vector(3))
    assert cache.get(B) is None
    assert cache.get(A) is not None
    assert cache.stats().evictions == 1


@given(st.lists(st.integers(0, 30), max_size=200))
def test_it_never_holds_more_than_its_bytes(numbers: list[int]) -> None:
    cache = EmbeddingCache(5 * ENTRY_BYTES)
    for number in numbers:
        cache.put(numbered(number), vector(number))
    stats = cache.stats()
    assert stats.size_bytes <= cache.max_bytes
    assert stats.entries == min(5, len(set(numbers)))
    assert stats.size_bytes == stats.entries * ENTRY_BYTES


@pytest.mark.parametrize("letter", ["a", "é", "漢", "😀"])
def test_the_texts_of_the_keys_count_by_their_size_in_memory(letter: str) -> None:
    cache = EmbeddingCache(20 * ENTRY_BYTES)
    keys = [key(letter * 500 + str(number)) for number in range(100)]
    for each in keys:
        cache.put(each, vector(1))
    kept = [each for each in keys if cache.get(each) is not None]
    texts = sum(sys.getsizeof(each.text) for each in kept)
    assert kept
    assert texts < cache.stats().size_bytes <= cache.max_bytes


def test_a_text_that_grows_in_memory_is_given_back_as_it_was_counted() -> None:
    cache = EmbeddingCache(20 * ENTRY_BYTES)
    growing = key("漢" * 500)
    cache.put(growing, vector(1))
    size = sys.getsizeof(growing.text)
    # sqlite3, the tokenizer and others ask for UTF-8, which CPython keeps with the text.
    sqlite3.connect(":memory:").execute("SELECT ?", [growing.text]).connection.close()
    assert sys.getsizeof(growing.text) > size
    for number in range(20):
        cache.put(numbered(number), vector(1))
    assert cache.get(growing) is None
    assert cache.stats().size_bytes == cache.stats().entries * ENTRY_BYTES


def test_a_cache_of_no_bytes_keeps_nothing() -> None:
    cache = EmbeddingCache(0)
    cache.put(A, vector(1))
    assert cache.get(A) is None


def test_it_counts_hits_and_misses() -> None:
    cache = EmbeddingCache(10 * ENTRY_BYTES)
    assert cache.stats().hit_rate is None
    cache.get(A)
    cache.put(A, vector(1))
    cache.get(A)
    assert (cache.stats().hits, cache.stats().misses) == (1, 1)
    assert cache.stats().hit_rate == 0.5


def test_a_row_does_not_keep_its_batch_alive_and_cannot_be_written_to() -> None:
    cache = EmbeddingCache(10 * ENTRY_BYTES)
    batch = np.ones((1000, DIMENSION), dtype=np.float32)
    cache.put(A, batch[0])
    batch[0] = 7
    kept = cache.get(A)
    assert kept is not None
    assert kept.base is None
    assert not kept.flags.writeable
    assert np.array_equal(kept, vector(1))


def test_its_counts_hold_under_threads() -> None:
    cache = EmbeddingCache(20 * ENTRY_BYTES)

    def work(seed: int) -> None:
        for step in range(500):
            number = (seed * 31 + step) % 40
            if cache.get(numbered(number)) is None:
                cache.put(numbered(number), vector(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    stats = cache.stats()
    assert stats.hits + stats.misses == 8 * 500
    assert stats.size_bytes == stats.entries * ENTRY_BYTES <= cache.max_bytes
