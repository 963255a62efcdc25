"""What a report says of each kind: distances, what they are judged by, a sentence. Worker only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.collectors.samples import Seen
from monitoring.detectors.distances import counted, population_stability, quantile_edges
from monitoring.detectors.drift import CannotSay, Drift, count_drift
from monitoring.models import DriftKind

# What nothing was answered with, among categories.
NO_CATEGORY = 0
MOVERS = 12
NAMED_MOVERS = 3
CONFIDENCE_CELLS = np.arange(1, 10) / 10
# Texts with so many unknown words or more share a cell.
MANY_UNKNOWN = 3
Figure = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """One value of each row, of the time in question and of each calm day."""

    now: NDArray[np.float64]
    days: Sequence[NDArray[np.float64]]

    @property
    def calm(self) -> NDArray[np.float64]:
        return np.concatenate(self.days) if self.days else np.zeros(0)


def unsaid(reason: str) -> Figure:
    return {"reason": reason}


def mix_figure(
    now: Sequence[Seen], days: Sequence[Sequence[Seen]], names: Mapping[int, str]
) -> Figure:
    """Of categories, called by `names`, and of what has none."""
    counts = _category_counts(now)
    calm = [_category_counts(day) for day in days]
    whole: Counter[int] = sum(calm, Counter())
    named = sorted({*counts, *whole})
    found = count_drift(_row(counts, named), np.array([_row(day, named) for day in calm]))
    if isinstance(found, CannotSay):
        return unsaid(found.reason)
    shares = {key: (counts[key] / counts.total(), whole[key] / whole.total()) for key in named}
    ordered = sorted(named, key=lambda key: (-abs(shares[key][0] - shares[key][1]), key))
    movers = [
        {
            "category_id": key or None,
            "name": names[key] if key else "No category",
            "now": shares[key][0],
            "reference": shares[key][1],
        }
        for key in ordered[:MOVERS]
    ]
    moved = ", ".join(
        f"{each['name']} {each['reference']:.1%} → {each['now']:.1%}"
        for each in movers[:NAMED_MOVERS]
    )
    return {
        **judged(DriftKind.CATEGORY_MIX, found, f"What moved most: {moved}."),
        **_sizes(counts.total(), [day.total() for day in calm]),
        "movers": movers,
    }


def confidence_figure(now: Sequence[Seen], days: Sequence[Sequence[Seen]]) -> Figure:
    """Of the model's answers."""
    measured = Measured(_confidences(now), [_confidences(day) for day in days])
    return _of_values(
        DriftKind.CONFIDENCE,
        measured,
        edges=CONFIDENCE_CELLS,
        words="The mean confidence is {now:.3f}; it was {calm:.3f}.",
    )


def length_figure(measured: Measured, build_set: NDArray[np.float64]) -> Figure:
    """In characters of the canonical text."""
    return {
        **_of_values(
            DriftKind.LENGTH,
            measured,
            words="Descriptors have {now:.1f} characters on average; they had {calm:.1f}.",
        ),
        **_of_build_set(measured.now, build_set),
    }


def unknown_figure(
    counts: Measured, shares: tuple[float, float], build_set: NDArray[np.float64]
) -> Figure:
    """Of how many words of a text the vocabulary does not know; `shares` are of words, now and in
    the calm window."""
    edges = np.arange(1, MANY_UNKNOWN + 1, dtype=np.float64)
    words = f"The vocabulary does not know {shares[0]:.1%} of words; it was {shares[1]:.1%}."
    return {
        **_of_values(DriftKind.UNKNOWN_TOKENS, counts, edges=edges, cut=edges, words=words),
        **_of_build_set(counts.now, build_set, edges),
    }


def judged(kind: DriftKind, found: Drift, words: str, measure: str = "PSI") -> Figure:
    """What was found, as JSON and as a sentence."""
    verdict = "drift" if found.is_drift else "no drift"
    sentence = (
        f"{kind.label}: {verdict}. {measure} {_shown(found.distance)} is {found.ratio:.2f} times "
        f"the threshold {_shown(found.threshold)}. {words}"
    )
    if found.between_days > found.bound:
        sentence += " The calm days differ much among themselves: a calmer window would show more."
    return {
        "measure": measure,
        "distance": found.distance,
        "bound": found.bound,
        "chance": found.chance,
        "between_days": found.between_days,
        "threshold": found.threshold,
        "ratio": found.ratio,
        "is_drift": found.is_drift,
        "js": found.jensen_shannon,
        "sentence": sentence,
    }


def _of_values(
    kind: DriftKind,
    measured: Measured,
    *,
    words: str,
    edges: NDArray[np.float64] | None = None,
    cut: NDArray[np.float64] | None = None,
) -> Figure:
    """Distances are taken over the deciles of the calm window, or over what `cut` cuts; drawn over
    `edges`, or over these deciles."""
    calm = measured.calm
    if not len(calm):
        return unsaid("The calm window has no rows to measure.")
    deciles = quantile_edges(calm) if cut is None else cut
    found = count_drift(
        counted(measured.now, deciles), np.array([counted(day, deciles) for day in measured.days])
    )
    if isinstance(found, CannotSay):
        return unsaid(found.reason)
    drawn = deciles if edges is None else edges
    said = words.format(now=measured.now.mean(), calm=calm.mean())
    return {
        **judged(kind, found, said),
        **_sizes(len(measured.now), [len(day) for day in measured.days]),
        "edges": drawn.tolist(),
        "now": _shares(measured.now, drawn),
        "reference": _shares(calm, drawn),
    }


def _of_build_set(
    now: NDArray[np.float64],
    build_set: NDArray[np.float64],
    edges: NDArray[np.float64] | None = None,
) -> Figure:
    """The distance from what the version was built of: told, and no alarm. People chose these
    texts; traffic need not look like them."""
    if not len(now) or not len(build_set):
        return {"build_set": None}
    cut = quantile_edges(build_set) if edges is None else edges
    return {"build_set": population_stability(counted(now, cut), counted(build_set, cut))}


def _category_counts(rows: Sequence[Seen]) -> "Counter[int]":
    return Counter(row.category_id or NO_CATEGORY for row in rows)


def _confidences(rows: Sequence[Seen]) -> NDArray[np.float64]:
    return np.array([row.confidence for row in rows if row.confidence is not None])


def _row(counts: Mapping[int, int], named: Sequence[int]) -> NDArray[np.int64]:
    return np.array([counts.get(key, 0) for key in named], dtype=np.int64)


def _sizes(now: int, days: Sequence[int]) -> Figure:
    return {"rows": now, "calm_rows": sum(days), "calm_days": len(days)}


def _shares(values: NDArray[np.float64], edges: NDArray[np.float64]) -> list[float]:
    counts = counted(values, edges)
    shares: list[float] = (counts / max(1, counts.sum())).tolist()
    return shares


def _shown(distance: float) -> str:
    return f"{distance:.3f}" if distance >= 0.01 or distance == 0 else f"{distance:.2g}"
