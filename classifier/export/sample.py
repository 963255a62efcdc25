"""Labelled descriptors, those to set an encoder up with apart from those to judge it by."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.exceptions import EncoderError

CALIBRATION_SHARE = 0.3
MAX_CALIBRATION_TEXTS = 1000
MIN_CALIBRATION_TEXTS = 100


@dataclass(frozen=True)
class Sample:
    """Canonical texts, `labels` (n,) int32 indexes into `anchors`, and `is_held_out` (n,) bool.

    `anchors` are the texts of the categories' names and descriptions. What is not held out may
    be used to make an encoder, and what is held out never is.
    """

    texts: tuple[str, ...]
    labels: NDArray[np.int32]
    anchors: tuple[str, ...]
    is_held_out: NDArray[np.bool_]

    @classmethod
    def of(
        cls, texts: Sequence[str], labels: Sequence[int] | NDArray[np.int32], anchors: Sequence[str]
    ) -> "Sample":
        """Split by a hash of the text, so that the order of the rows makes no difference.

        Of a text that is given twice the first stays: twins would vote for each other.
        """
        first = {text: index for index, text in reversed(list(enumerate(texts)))}
        kept = tuple(sorted(first, key=lambda text: hashlib.sha256(text.encode()).digest()))
        size = min(int(len(kept) * CALIBRATION_SHARE), MAX_CALIBRATION_TEXTS)
        return cls(
            texts=kept,
            labels=np.array([labels[first[text]] for text in kept], dtype=np.int32),
            anchors=tuple(anchors),
            is_held_out=np.arange(len(kept)) >= size,
        )

    @property
    def calibration_texts(self) -> tuple[str, ...]:
        return tuple(
            text
            for text, held_out in zip(self.texts, self.is_held_out, strict=True)
            if not held_out
        )

    @property
    def calibration(self) -> "Sample":
        """The part to set up with, all of it."""
        chosen = ~self.is_held_out
        return Sample(self.calibration_texts, self.labels[chosen], self.anchors, chosen[chosen])

    def check_calibration(self) -> None:
        """Raises EncoderError where there is too little to set up with."""
        found = int((~self.is_held_out).sum())
        if found < MIN_CALIBRATION_TEXTS:
            needed = int(np.ceil(MIN_CALIBRATION_TEXTS / CALIBRATION_SHARE))
            raise EncoderError(
                f"{found} descriptors are too few to calibrate on; {MIN_CALIBRATION_TEXTS} are "
                f"needed, which are taken from {needed} different ones."
            )
