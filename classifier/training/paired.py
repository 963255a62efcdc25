"""Two versions on the same texts."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from classifier.engine.shares import Z_95, wilson_interval

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class CannotSay:
    """In the place of a figure: why there is none, as a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """A version beside another, by the same texts.

    `only_one` and `only_other` count the texts that one of them alone has right. `difference` is
    the first's accuracy minus the other's, with its 95% interval; `p_value` is McNemar's.
    """

    texts: int
    both_right: int
    only_one: int
    only_other: int
    difference: float
    low: float
    high: float
    p_value: float

    @property
    def one_accuracy(self) -> float:
        return (self.both_right + self.only_one) / self.texts

    @property
    def other_accuracy(self) -> float:
        return (self.both_right + self.only_other) / self.texts


def compare_right(
    one: Mapping[Key, bool], other: Mapping[Key, bool]
) -> PairedComparison | CannotSay:
    """Compare two versions by whether each is right of a text.

    A key is a text with the category that it truly is of: what one version alone has, or has
    under another category, is not counted.
    """
    common = [key for key in one if key in other]
    if not common:
        return CannotSay("They have no text in common that is of one category in both.")
    ones = np.array([one[key] for key in common])
    others = np.array([other[key] for key in common])
    only_one, only_other = int((ones & ~others).sum()), int((~ones & others).sum())
    low, high = paired_difference_interval(ones, others)
    return PairedComparison(
        texts=len(common),
        both_right=int((ones & others).sum()),
        only_one=only_one,
        only_other=only_other,
        difference=(only_one - only_other) / len(common),
        low=low,
        high=high,
        p_value=mid_p(only_one, only_other),
    )


def mid_p(only_one: int, only_other: int) -> float:
    """McNemar's two-sided mid-p: of the counts that but one of two has right, were both as good.

    Fagerland, Lydersen, Laake, "The McNemar test for binary matched-pairs data" (2013): all that
    is less likely under Binomial(n, 1/2), and half of what is just as likely. 1 where n is 0.
    """
    fewer, n = min(only_one, only_other), only_one + only_other
    if not n:
        return 1.0
    at = math.comb(n, fewer)
    # A way to draw as few, from the last: comb(n, k - 1) = comb(n, k) * k / (n - k + 1).
    below, way = 0, at
    for k in range(fewer, 0, -1):
        way = way * k // (n - k + 1)
        below += way
    if only_one == only_other:
        return 1 - at / (1 << n) / 2
    return (2 * below + at) / (1 << n)


def paired_difference_interval(
    ones: NDArray[np.bool_], others: NDArray[np.bool_]
) -> tuple[float, float]:
    """The 95% interval of mean(ones) - mean(others), both (n,), of the same n texts.

    Newcombe, "Improved confidence intervals for the difference between binomial proportions
    based on paired data" (1998), method 10: the Wilson intervals of both shares, joined with
    their correlation, which is corrected for continuity.
    """
    n = len(ones)
    both, neither = int((ones & others).sum()), int((~ones & ~others).sum())
    only_one, only_other = int((ones & ~others).sum()), int((~ones & others).sum())
    first, second = (both + only_one) / n, (both + only_other) / n
    low_1, high_1 = wilson_interval(both + only_one, n, Z_95)
    low_2, high_2 = wilson_interval(both + only_other, n, Z_95)
    covariance = float(both * neither - only_one * only_other)
    if covariance > 0:
        covariance = max(covariance - n / 2, 0.0)
    spread = first * (1 - first) * second * (1 - second)
    correlation = covariance / (n * n * math.sqrt(spread)) if spread else 0.0
    below = _joined(first - low_1, high_2 - second, correlation)
    above = _joined(high_1 - first, second - low_2, correlation)
    return first - second - below, first - second + above


def _joined(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(0.0, one * one - 2 * correlation * one * other + other * other))
