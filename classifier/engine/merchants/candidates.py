"""What speaks for a merchant, and how sure that makes it."""

import math
from dataclasses import dataclass

from classifier.engine.merchants.types import Merchant

# Natural logarithms of odds, from a logistic regression on labelled matches:
# docs/decisions/0006-merchant-evidence.md.
ODDS = {
    "exact": 0.45,
    "joined": 0.4,
    "plural": -1.7,
    "truncated": -0.85,
    "misspelt": -2.2,
}
CENTER_BITS = 12.0
BITS_WEIGHT = 0.13
FIRST_WEIGHT = 1.0
WHOLE_WEIGHT = 0.7
COUNTRY_WEIGHTS = {1: 0.1, 0: 0.0, -1: -2.6}
WORDS_WEIGHT = 2.9
# Of a name that is one everyday word, by the share of the text that is something else; and where
# the merchant is known in some countries only and nobody said where the payer is.
COMMON_WEIGHT = -2.0
COMMON_AFAR_WEIGHT = -1.2
RIVAL_WEIGHT = -0.6
MAX_RIVALS = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A merchant, a run of words that may name it, and what speaks for it.

    `bits` is the information in the words as far as they were met; `coverage` the share of the
    name's letters that they are, from 0 to 1; `country` 1 where the merchant is in the payment's
    country, -1 where it is not, 0 where that cannot be said; `is_common` where the name is an
    everyday one; `is_home_unknown` where the merchant is known in some countries only and nobody
    said where the payer is.
    """

    merchant: Merchant
    tag: str
    start: int
    end: int
    kind: str
    bits: float
    coverage: float
    is_first: bool
    country: int
    is_told_by_words: bool
    is_common: bool
    is_home_unknown: bool
    rivals: int


def confidence(candidate: Candidate) -> float:
    """The chance that the candidate is who was paid, from 0 to 1."""
    odds = (
        ODDS[candidate.kind]
        + BITS_WEIGHT * (candidate.bits - CENTER_BITS)
        + FIRST_WEIGHT * candidate.is_first
        + WHOLE_WEIGHT * (candidate.coverage == 1)
        + COUNTRY_WEIGHTS[candidate.country]
        + WORDS_WEIGHT * candidate.is_told_by_words
        + COMMON_WEIGHT * candidate.is_common * (1 - candidate.coverage)
        + COMMON_AFAR_WEIGHT * (candidate.is_common and candidate.is_home_unknown)
        + RIVAL_WEIGHT * min(candidate.rivals, MAX_RIVALS)
    )
    return 1 / (1 + math.exp(-odds))
