"""Who gets which variant: a pure function of a salt and a unit, the same in every process.

A share of [0, 1) is drawn from bytes that anybody can hash again:

    for each of salt, purpose, unit: its length in bytes (4 bytes, big-endian), then its UTF-8
    BLAKE2b with 8 bytes of digest (RFC 7693), no key; as a big-endian integer, shifted right
    by 11, times 2^-53

The purposes `traffic` and `variant` give independent draws: raising the share of traffic lets more
units in and moves none of those who are in. Lone surrogates are encoded as they are.
"""

from collections.abc import Sequence
from hashlib import blake2b
from math import floor, isfinite

from experiments.stats.types import Block

MINUTES_A_DAY = 1440
MAX_VARIANTS = 20


def share_of(salt: str, purpose: str, unit: str) -> float:
    """A number of [0, 1), uniform over units and independent between salts and purposes."""
    return (int.from_bytes(_digest(8, salt, purpose, unit), "big") >> 11) * 2.0**-53


def is_included(salt: str, unit: str, traffic_share: float) -> bool:
    """Whether the unit takes part at this share (0 to 1) of traffic; as it grows none drops out."""
    return share_of(salt, "traffic", unit) < traffic_share


def variant_of(salt: str, unit: str, weights: Sequence[float]) -> int:
    """The index of the unit's variant; each is drawn in proportion to its weight.

    Raises ValueError unless the weights are finite, none is negative and one is positive.
    """
    total = sum(weights)
    if not (isfinite(total) and total > 0 and min(weights) >= 0):
        raise ValueError(f"Weights {list(weights)}: finite, none negative, their sum positive.")
    left = share_of(salt, "variant", unit) * total
    chosen = 0
    for index, weight in enumerate(weights):
        if weight > 0:
            chosen = index
            if left < weight:
                break
            left -= weight
    return chosen


def block_of(moment: float, block_minutes: int) -> Block:
    """The block of time that a moment (unix seconds) lies in; blocks start at midnight UTC.

    Raises ValueError unless the blocks fill a day exactly.
    """
    if block_minutes < 1 or MINUTES_A_DAY % block_minutes:
        raise ValueError(f"Blocks of {block_minutes} minutes do not fill a day exactly.")
    number = floor(moment / (60 * block_minutes))
    day, slot = divmod(number, MINUTES_A_DAY // block_minutes)
    return Block(number, day, slot)


def switchback_variant(salt: str, block: Block, variants: int, blocks_per_day: int) -> int:
    """The index of the variant that serves a block.

    `variants` days by `variants` slots are a Latin square whose labels are drawn by the salt: in
    it each variant has each slot of the day once and, on each day, one slot. Where `variants`
    does not divide `blocks_per_day`, the last square of a day is cut off and balances slots alone.
    Raises ValueError unless there are 2 to 20 variants and the slot is one of the day's.
    """
    if not 2 <= variants <= MAX_VARIANTS:
        raise ValueError(f"{variants} variants; a switchback has 2 to {MAX_VARIANTS}.")
    if not 0 <= block.slot < blocks_per_day:
        raise ValueError(f"Slot {block.slot} of a day of {blocks_per_day}.")
    cycle, row = divmod(block.day, variants)
    group, column = divmod(block.slot, variants)
    drawn = int.from_bytes(_digest(64, salt, "switchback", f"{variants}:{cycle}:{group}"), "big")
    labels = list(range(variants))
    for place in range(variants - 1, 0, -1):
        drawn, other = divmod(drawn, place + 1)
        labels[place], labels[other] = labels[other], labels[place]
    return labels[(row + column) % variants]


def _digest(size: int, *parts: str) -> bytes:
    """Lengths go before the parts, so that no two lists of parts give the same bytes."""
    hashed = blake2b(digest_size=size)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        hashed.update(len(data).to_bytes(4, "big") + data)
    return hashed.digest()
