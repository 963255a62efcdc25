"""The normal distribution, precise far out in its tails and without scipy."""

from math import erfc, sqrt
from statistics import NormalDist

_STANDARD = NormalDist()
# Beyond it a probability is smaller than any float.
FARTHEST = 37.0


def upper_tail(z: float) -> float:
    """The probability of a deviate above z."""
    return 0.5 * erfc(z / sqrt(2))


def deviate(probability: float) -> float:
    """The z whose upper tail is this probability: between -37 and 37."""
    if probability <= 0:
        return FARTHEST
    if probability >= 1:
        return -FARTHEST
    return max(-FARTHEST, min(FARTHEST, -_STANDARD.inv_cdf(probability)))


def both_tails(z: float) -> float:
    """The probability of a deviate at least as far from zero as z."""
    return min(1.0, erfc(abs(z) / sqrt(2)))
