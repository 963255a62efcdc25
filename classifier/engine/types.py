"""What goes into the engine and what comes out."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from classifier.engine.merchants.types import MerchantMatch


class Direction(StrEnum):
    """Which way money moves. A transaction is EXPENSE (out) or INCOME (in)."""

    ANY = "any"
    EXPENSE = "expense"
    INCOME = "income"
    TRANSFER = "transfer"


class Level(StrEnum):
    """A promise about an answer: HIGH is right in 95 of 100 cases, MEDIUM in 80."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    ABSTAIN = "abstain"


class Reason(StrEnum):
    """Why there is no category."""

    NO_TEXT = "no_text"
    FAR_FROM_ALL = "far_from_all"
    LOW_CONFIDENCE = "low_confidence"
    NO_CATEGORY = "no_category_for_direction"


@dataclass(frozen=True, slots=True)
class Transaction:
    """A descriptor and what is known beside it.

    A negative `amount` is money out; `country` is where the payer is at home, an ISO 3166-1
    alpha-2 code in lower case, "" where it is not known.
    """

    description: str
    direction: Direction | None = None
    amount: Decimal | None = None
    country: str = ""

    @property
    def flow(self) -> Direction | None:
        """The stated direction, else the amount's sign, else None (unknown)."""
        if self.direction is not None:
            return self.direction
        if self.amount is None or self.amount == 0:
            return None
        return Direction.EXPENSE if self.amount < 0 else Direction.INCOME


@dataclass(frozen=True, slots=True)
class CategoryInfo:
    """A detailed category as a bundle knows it."""

    slug: str
    name: str
    primary_slug: str
    primary_name: str
    direction: Direction

    def fits(self, flow: Direction | None) -> bool:
        """Whether a transaction that moves money this way can be of this category."""
        return flow is None or self.direction in (Direction.ANY, Direction.TRANSFER, flow)


@dataclass(frozen=True, slots=True)
class Alternative:
    """A category that was considered, with its score."""

    category: CategoryInfo
    score: float


@dataclass(frozen=True, slots=True)
class PrimaryAnswer:
    """A primary category that is surer than any detailed one: HIGH or MEDIUM."""

    slug: str
    name: str
    confidence: float
    level: Level


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A labelled example near a text, with its cosine similarity."""

    text: str
    category: CategoryInfo
    similarity: float


@dataclass(frozen=True, slots=True)
class Timings:
    """Wall time of one `classify` call by stage, in milliseconds.

    Tokenizing includes normalizing; encoding is the model alone.
    """

    tokenize_ms: float
    encode_ms: float
    decide_ms: float


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one transaction.

    `score` is the similarity of the best category, `margin` its lead over the second, `confidence`
    the calibrated probability that the best category is the right one. Where `category` is
    None, `reason` says why and `alternatives` starts with the best guess; otherwise
    `alternatives` starts with the runner-up. The three figures are None where there was no
    text to embed or no category to compare with. `merchant` is who was paid, None where that
    cannot be said surely enough to name anyone. `primary` is given where the detailed category is
    unsure (LOW, or none for lack of confidence) and the primary one is not. `timings` are those of
    the whole call.
    """

    category: CategoryInfo | None
    level: Level
    reason: Reason | None
    confidence: float | None
    score: float | None
    margin: float | None
    alternatives: tuple[Alternative, ...]
    canonical_text: str
    merchant: MerchantMatch | None
    primary: PrimaryAnswer | None
    is_cached: bool
    timings: Timings

    @property
    def needs_review(self) -> bool:
        return self.category is None
