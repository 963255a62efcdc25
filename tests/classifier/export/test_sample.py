"""What an encoder is set up with is apart from what it is judged by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.exceptions import EncoderError
from classifier.export.sample import MIN_CALIBRATION_TEXTS, Sample

TEXTS = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=60)


@given(texts=TEXTS, seed=st.randoms(use_true_random=False))
def test_the_split_is_by_the_text_whatever_the_order(texts: list[str], seed: object) -> None:
    shuffled = list(texts)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (Sample.of(each, [0] * len(each), ["a"]) for each in (texts, shuffled))
    assert one.texts == other.texts
    assert np.array_equal(one.is_held_out, other.is_held_out)
    assert set(one.texts) == set(texts)
    assert len(one.texts) == len(set(texts))


def test_a_label_stays_with_its_text() -> None:
    labels = {"coffee": 1, "fuel": 0, "rent": 2}
    sample = Sample.of(list(labels), list(labels.values()), ["a", "b", "c"])
    assert dict(zip(sample.texts, sample.labels.tolist(), strict=True)) == labels


@pytest.mark.parametrize("count", [0, 1, 3 * MIN_CALIBRATION_TEXTS])
def test_too_little_to_calibrate_on_is_refused_with_what_is_needed(count: int) -> None:
    texts = [f"text {number}" for number in range(count)]
    sample = Sample.of(texts, [0] * count, ["a"])
    with pytest.raises(EncoderError, match=f"{MIN_CALIBRATION_TEXTS} are needed"):
        sample.check_calibration()
