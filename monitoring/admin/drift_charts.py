"""What the charts of drift show. Each has its numbers in a table as well, and a summary."""

from itertools import pairwise
from typing import Any

from django.urls import reverse
from django.utils import timezone

from classifier.admin.cells import interval, link, percent
from monitoring.models import DriftKind, DriftReport
from monitoring.services.accuracy import DayAccuracy
from monitoring.services.drift import Past

Chart = dict[str, Any]
# By kind: the title of its distribution, and what its cells are of.
DISTRIBUTIONS = {
    DriftKind.CONFIDENCE: ("Confidence of answers", "Confidence"),
    DriftKind.LENGTH: ("Length of descriptors, by tenths of the calm window", "Characters"),
    DriftKind.UNKNOWN_TOKENS: ("Words that the vocabulary does not know", "Unknown words"),
}


def charts_of(report: DriftReport, past: list[Past], accuracy: list[DayAccuracy]) -> list[Chart]:
    """`past` is of reports, the newest first; `accuracy` of days, the oldest first."""
    drawn = [_history(past), _mix(report)]
    drawn += [_distribution(report, kind) for kind in DISTRIBUTIONS]
    drawn.append(_accuracy(accuracy))
    return [chart for chart in drawn if chart is not None]


def _history(past: list[Past]) -> Chart | None:
    """Distances over their thresholds, one point a day; 1 is where drift begins."""
    shown = past[::-1]
    kinds = [kind for kind in DriftKind if any(kind.value in each.ratios for each in shown)]
    if not kinds:
        return None
    labels = [f"{timezone.localtime(each.start):%-d %b}" for each in shown]
    lines = [
        {"name": str(kind.label), "effect": [each.ratios.get(kind.value) for each in shown]}
        for kind in kinds
    ]
    limit = {"name": "Drift from here on", "effect": [1] * len(shown), "isLimit": True}
    return {
        "id": "history",
        "title": "Distances over their thresholds",
        "summary": "Each distance divided by its threshold, one point a day. From 1 on it is "
        "drift.",
        "data": {
            "kind": "effect", "labels": labels, "series": [*lines, limit], "unit": "of threshold",
        },
        "table": {
            "headers": ["Day", *(str(kind.label) for kind in kinds)],
            "rows": [
                [label, *(_ratio(each.ratios.get(kind.value)) for kind in kinds)]
                for label, each in zip(labels, shown, strict=True)
            ][::-1],
        },
    }  # fmt: skip


def _mix(report: DriftReport) -> Chart | None:
    movers = report.figures.get(DriftKind.CATEGORY_MIX.value, {}).get("movers")
    if not movers:
        return None
    chart = _bars(
        "mix",
        "Categories that moved most",
        [each["name"].rpartition(" › ")[2] for each in movers],
        {
            "Calm window": [each["reference"] for each in movers],
            "Now": [each["now"] for each in movers],
        },
        "Category",
        [_category(each) for each in movers],
    )
    return {**chart, "data": {**chart["data"], "isSideways": True}}


def _distribution(report: DriftReport, kind: DriftKind) -> Chart | None:
    found = report.figures.get(kind.value, {})
    if "edges" not in found:
        return None
    title, cell = DISTRIBUTIONS[kind]
    return _bars(
        kind.value,
        title,
        _ranges(found["edges"], is_whole=kind != DriftKind.CONFIDENCE),
        {"Calm window": found["reference"], "Now": found["now"]},
        cell,
    )


def _accuracy(days: list[DayAccuracy]) -> Chart | None:
    """What the model believes beside what reviewers found."""
    if not days:
        return None
    named = {
        "Estimated from confidence": [each.estimated for each in days],
        "Audited by reviewers": [each.audited for each in days],
    }
    return {
        "id": "accuracy",
        "title": "Accuracy: estimated without labels, and audited",
        "summary": "The mean calibrated confidence of answers beside the share right of what was "
        "drawn at random and reviewed, by the day of the review, with 95% intervals. Where they "
        "part, confidence can no longer be believed.",
        "data": {
            "kind": "effect",
            "labels": [f"{each.day:%-d %b}" for each in days],
            "series": [
                {
                    "name": name,
                    "effect": [None if share is None else 100 * share.value for share in shares],
                    "low": [None if share is None else 100 * share.low for share in shares],
                    "high": [None if share is None else 100 * share.high for share in shares],
                }
                for name, shares in named.items()
            ],
            "unit": "% right",
            "isFromZero": False,
        },
        "table": {
            "headers": ["Day", *named],
            "rows": [
                [f"{each.day:%-d %b %Y}", _share(each.estimated), _share(each.audited)]
                for each in days[::-1]
            ],
        },
    }


def _bars(
    name: str,
    title: str,
    labels: list[str],
    series: dict[str, list[float]],
    cell: str,
    named: list[Any] | None = None,
) -> Chart:
    """Shares side by side; `named` is what a row of the table is called, where it is more than
    its label."""
    pairs = list(zip(labels, *series.values(), strict=True))
    label, before, now = max(pairs, key=lambda pair: abs(pair[2] - pair[1]))
    return {
        "id": name,
        "title": title,
        "summary": f"What moved most is {label}: {percent(before)} in the calm window, "
        f"{percent(now)} now.",
        "data": {
            "kind": "bars",
            "labels": labels,
            "series": [
                {"name": key, "values": [100 * value for value in values]}
                for key, values in series.items()
            ],
            "unit": "%",
        },
        "table": {
            "headers": [cell, *series, "Difference, points"],
            "rows": [
                [called, percent(before), percent(now), f"{100 * (now - before):+.1f}"]
                for called, (_, before, now) in zip(named or labels, pairs, strict=True)
            ],
        },
    }


def _category(mover: dict[str, Any]) -> str:
    if mover["category_id"] is None:
        return str(mover["name"])
    url = reverse("admin:classifier_category_health", args=[mover["category_id"]])
    return link(url, mover["name"])


def _ranges(edges: list[float], *, is_whole: bool) -> list[str]:
    """Of cells between edges: “under 10”, “10 to 13”, “30 and more”."""
    if not edges:
        return ["all"]
    if not is_whole:
        return [
            f"{low:.1f} to {high:.1f}" for low, high in zip([0, *edges], [*edges, 1], strict=True)
        ]
    whole = [round(edge) for edge in edges]
    between = [
        f"{low}" if low == high - 1 else f"{low} to {high - 1}" for low, high in pairwise(whole)
    ]
    first = "0" if whole[0] == 1 else f"under {whole[0]}"
    return [first, *between, f"{whole[-1]} and more"]


def _ratio(value: float | None) -> str:
    return "cannot say" if value is None else f"{value:.2f}"


def _share(share: Any) -> str:
    if share is None:
        return "none"
    return f"{percent(share.value)} ({interval(share.low, share.high)}) of {share.total:,}"
