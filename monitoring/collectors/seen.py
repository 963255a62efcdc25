"""What a collector hands on."""

from collections.abc import Iterable
from dataclasses import dataclass

from monitoring.detectors.quantiles import Sums, summed
from monitoring.measures import By

# A split keeps so many labels of a stretch of time; the rest is one more.
MAX_LABELS = 500
MAX_LABEL = 120
OTHERS = "(others)"


@dataclass(frozen=True, slots=True)
class Seen:
    """The sums of a series over a stretch of time, whole or of one label."""

    series: str
    sums: Sums
    by: By = By.ALL
    label: str = ""


def capped(sums_of: dict[str, Sums]) -> dict[str, Sums]:
    """By label; of too many the smallest are summed as OTHERS."""
    if len(sums_of) <= MAX_LABELS:
        return sums_of
    named = [label for label in sums_of if label != OTHERS]
    named.sort(key=lambda label: (sums_of[label].count, sums_of[label].total), reverse=True)
    kept = {label: sums_of[label] for label in named[: MAX_LABELS - 1]}
    rest = summed(sums for label, sums in sums_of.items() if label not in kept)
    return {**kept, OTHERS: rest}


def split(series: str, by: By, sums_of: dict[str, Sums]) -> list[Seen]:
    """One for each label."""
    return [Seen(series, sums, by, label[:MAX_LABEL]) for label, sums in capped(sums_of).items()]


def whole_and_split(series: str, by: By, sums_of: dict[str, Sums], seconds: float) -> list[Seen]:
    """The whole is there where no label is: that nothing came is known."""
    whole = summed(sums_of.values())
    return [
        Seen(series, Sums(whole.count, whole.total, seconds, whole.histogram)),
        *split(series, by, sums_of),
    ]


def add_up(pairs: Iterable[tuple[str, Sums]]) -> dict[str, Sums]:
    """By label, as long as a label may be."""
    added: dict[str, Sums] = {}
    for label, sums in pairs:
        key = label[:MAX_LABEL]
        added[key] = added.get(key, Sums()) + sums
    return added
