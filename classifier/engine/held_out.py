"""What a version says of its own examples, each judged by what was built without it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class HeldOut:
    """Row i is of the version's example i; see `ExampleSet`.

    `predicted` (n,) int32 are the best categories, given or not, as indexes into the version's;
    `confidences` (n,) float64 are theirs, by a calibration that the example had no part in;
    `is_answered` (n,) bool is where the version would not have abstained.
    """

    predicted: NDArray[np.int32]
    confidences: NDArray[np.float64]
    is_answered: NDArray[np.bool_]

    def __getitem__(self, chosen: NDArray[np.integer]) -> "HeldOut":
        """The rows at some places, in that order."""
        return HeldOut(self.predicted[chosen], self.confidences[chosen], self.is_answered[chosen])
