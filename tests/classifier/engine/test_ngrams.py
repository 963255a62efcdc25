"""What words look like: hashed character n-grams."""

from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from classifier.engine.ngrams import BUCKETS, ngram_buckets


def test_n_grams_of_two_to_five_characters_stay_within_a_word() -> None:
    grams = [" a", "ab", "b ", " ab", "ab ", " ab ", " c", "c ", " c "]
    assert ngram_buckets("ab c").tolist() == sorted({crc32(g.encode()) % BUCKETS for g in grams})


def test_a_text_without_words_has_none() -> None:
    assert ngram_buckets("  ").shape == (0,)


@given(st.text(max_size=60))
def test_every_bucket_is_there_once_and_in_order(text: str) -> None:
    found = ngram_buckets(text).tolist()
    assert found == sorted(set(found))
    assert all(0 <= bucket < BUCKETS for bucket in found)


@given(st.lists(st.text(alphabet="abcdé", min_size=1, max_size=8), min_size=1, max_size=5))
def test_the_order_of_words_does_not_matter(words: list[str]) -> None:
    forth, back = " ".join(words), " ".join(reversed(words))
    assert ngram_buckets(forth).tolist() == ngram_buckets(back).tolist()
