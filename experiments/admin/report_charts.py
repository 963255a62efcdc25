"""What a report's charts show. Each has its numbers in a table as well, and a summary in words."""

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime

from classifier.admin.cells import percent
from classifier.admin.version_tables import Table
from experiments.admin.cells import UNITS, effect_shown
from experiments.stats.types import MetricUnit

# When, and the primary metric as it stood then.
Point = tuple[datetime, dict[str, Any]]
# So many points are read on a phone; of more, they are thinned out, the newest kept.
MAX_POINTS = 60


def charts_of(report: dict[str, Any], history: list[Point]) -> list[dict[str, Any]]:
    """`history` is of all the experiment's analyses up to the report's own, the oldest first."""
    return [
        chart
        for chart in (_effect(report, history), _sizes(report), _distribution(report))
        if chart is not None
    ]


def _effect(report: dict[str, Any], history: list[Point]) -> dict[str, Any] | None:
    """The primary metric's effect with its interval, one point an analysis."""
    primary = report["primary"]
    unit = primary["unit"]
    factor = 100 if unit == MetricUnit.SHARE else 1
    step = -(-len(history) // MAX_POINTS)
    shown = history[::-1][::step][::-1]
    series, rows = [], []
    for key in (each["variant"] for each in primary["estimates"]):
        points = [(_when(moment), _estimate(then, key)) for moment, then in shown]
        series.append(
            {
                "name": key,
                **{
                    name: [_scaled(found, name, factor) for _, found in points]
                    for name in ("effect", "low", "high")
                },
            }
        )
        rows += [
            [when, key, effect_shown(found, unit)] for when, found in points if found is not None
        ]
    if not rows:
        return None
    return {
        "id": "effect",
        "title": f"Effect on {primary['name']} over time",
        "summary": f"The effect on {primary['name']} with its interval, one analysis after the "
        "other; an interval that leaves zero on one side shows a difference.",
        "data": {
            "kind": "effect",
            "labels": [_when(moment) for moment, _ in shown],
            "series": series,
            "unit": UNITS[unit],
        },
        "table": {"headers": ["When", "Variant", "Effect (interval)"], "rows": rows[::-1]},
    }


def _sizes(report: dict[str, Any]) -> dict[str, Any] | None:
    """The share of units that each arm was to get beside the one that it got."""
    arms = report["arms"]
    total, weights = sum(arm["units"] for arm in arms), sum(arm["weight"] for arm in arms)
    if not total or not weights:
        return None
    pairs = [(arm["key"], arm["weight"] / weights, arm["units"] / total) for arm in arms]
    return {
        "id": "sizes",
        "title": "Units in each arm: expected and seen",
        "summary": " ".join(
            f"{key}: {percent(seen, 2)} of units seen, {percent(expected, 2)} expected."
            for key, expected, seen in pairs
        ),
        "data": {
            "kind": "bars",
            "labels": [key for key, _, _ in pairs],
            "series": [
                {"name": "Expected", "values": [100 * expected for _, expected, _ in pairs]},
                {"name": "Seen", "values": [100 * seen for _, _, seen in pairs]},
            ],
            "unit": "% of units",
        },
        "table": {
            "headers": ["Variant", "Expected share", "Seen share"],
            "rows": [
                [key, percent(expected, 2), percent(seen, 2)] for key, expected, seen in pairs
            ],
        },
    }


def _distribution(report: dict[str, Any]) -> dict[str, Any] | None:
    """How many exposures units have: the share of each arm's units."""
    distribution = report["distribution"]
    counts = {key: values for key, values in distribution["arms"].items() if sum(values)}
    if not counts:
        return None
    # What is above the largest unit of all is left out.
    used = max(place for values in counts.values() for place, each in enumerate(values) if each)
    counts = {key: values[: used + 1] for key, values in counts.items()}
    labels = _ranges(distribution["bounds"])[: used + 1]
    shares = {key: [each / sum(values) for each in values] for key, values in counts.items()}
    return {
        "id": "distribution",
        "title": "Exposures of a unit",
        "summary": " ".join(
            f"{key}: most often {labels[values.index(max(values))]} exposures a unit."
            for key, values in counts.items()
        ),
        "data": {
            "kind": "bars",
            "labels": labels,
            "series": [
                {"name": key, "values": [100 * each for each in values]}
                for key, values in shares.items()
            ],
            "unit": "% of the arm's units",
        },
        "table": _distribution_table(labels, counts, shares),
    }


def _distribution_table(
    labels: list[str], counts: dict[str, list[int]], shares: dict[str, list[float]]
) -> Table:
    return {
        "headers": ["Exposures", *counts],
        "rows": [
            [
                label,
                *(f"{counts[key][place]:,} ({percent(shares[key][place])})" for key in counts),
            ]
            for place, label in enumerate(labels)
        ],
    }


def _ranges(bounds: list[int]) -> list[str]:
    """Up to and with each bound, and above: “1”, “2”, “3 to 5”, “more”."""
    lows = [1, *(bound + 1 for bound in bounds[:-1])]
    named = [
        f"{high:,}" if low == high else f"{low:,} to {high:,}"
        for low, high in zip(lows, bounds, strict=True)
    ]
    return [*named, f"over {bounds[-1]:,}"] if bounds else ["any"]


def _estimate(metric: dict[str, Any], key: str) -> dict[str, Any] | None:
    return next((each for each in metric["estimates"] if each["variant"] == key), None)


def _scaled(estimate: dict[str, Any] | None, name: str, factor: int) -> float | None:
    value = estimate[name] if estimate is not None else None
    return None if value is None else factor * value


def _when(moment: datetime) -> str:
    return date_format(localtime(moment), "j M, H:i")
