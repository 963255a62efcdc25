"""A share of what was counted, and how far off it may be."""

import math
from dataclasses import dataclass
from typing import Self

Z_95 = 1.959963984540054


def wilson_interval(right: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """The score interval of a share (Wilson, 1927; eq. 4 of Brown, Cai, DasGupta, 2001).

    Raises ValueError where `total` is not positive or `right` is not between 0 and `total`.
    """
    if total <= 0 or not 0 <= right <= total:
        raise ValueError(f"{right} of {total} is no share.")
    share = right / total
    denominator = 1 + z * z / total
    center = (share + z * z / (2 * total)) / denominator
    half = z / denominator * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return max(0.0, center - half), min(1.0, center + half)


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `total`, at least one, with the 95% Wilson interval of the share."""

    count: int
    total: int
    value: float
    low: float
    high: float

    @classmethod
    def of(cls, count: int, total: int) -> Self:
        """Raises ValueError where there is nothing to take a share of."""
        low, high = wilson_interval(count, total)
        return cls(count, total, count / total, low, high)

    @classmethod
    def of_any(cls, count: int, total: int) -> Self | None:
        """None where there is nothing to take a share of."""
        return cls.of(count, total) if total else None
