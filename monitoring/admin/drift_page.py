"""What the page of a report shows: sentences, figures, new texts with what to do, and charts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import slugify

from classifier.admin.cells import (
    NOTHING,
    badge,
    change_link,
    changelist_url,
    confidence,
    figure,
    percent,
)
from classifier.admin.version_tables import Table
from monitoring.admin.drift_charts import charts_of
from monitoring.models import DriftCluster, DriftKind, DriftReference, DriftReport
from monitoring.services.accuracy import daily_accuracy
from monitoring.services.drift import Past, history

Permits = Callable[[str], bool]
RECENT_REPORTS = 14
ACCURACY_DAYS = 60
MAX_NAME = 80
# Of a kind that a later release has brought.
NOT_MEASURED = {"reason": "It was not measured then."}


def page_of(report: DriftReport | None, permits: Permits) -> dict[str, Any]:
    """All of one report, by the names that the page gives."""
    links = {
        "measure_url": reverse("admin:monitoring_driftreport_measure"),
        "list_url": changelist_url(DriftReport),
        "windows_url": changelist_url(DriftReference),
        "choose_url": reverse("admin:monitoring_driftreference_add"),
        "may_choose": permits("monitoring.add_driftreference"),
    }
    if report is None:
        return links
    past = history(report)
    since = since_when(past)
    end = report.end
    return {
        **links,
        "verdict": _verdict(report),
        "sentences": _sentences(report, since),
        "figures": _figures_table(report, since),
        "clusters": [
            _cluster(cluster, permits)
            for cluster in report.clusters.select_related("category__parent")
        ],
        "may_add_category": permits("classifier.add_category"),
        "charts": charts_of(report, past, daily_accuracy(end - timedelta(days=ACCURACY_DAYS), end)),
        "facts": _facts(report),
        "recent": _recent_table(past),
    }


def since_when(past: list[Past]) -> dict[str, Past]:
    """By kind that drifts in the newest of `past` (the newest first), the first report of the
    unbroken row of reports in which it does."""
    found: dict[str, Past] = {}
    open_kinds = set(past[0].drifted) if past else set()
    for each in past:
        open_kinds &= set(each.drifted)
        found |= dict.fromkeys(open_kinds, each)
    return found


def _verdict(report: DriftReport) -> dict[str, str]:
    if report.is_drift:
        return {"word": "Drift", "variant": "warning"}
    if _is_unsaid(report):
        return {"word": "Nothing can be said yet", "variant": "info"}
    return {"word": "No drift", "variant": "success"}


def _is_unsaid(report: DriftReport) -> bool:
    return all("reason" in each for each in report.figures.values())


def _sentences(report: DriftReport, since: dict[str, Past]) -> list[str]:
    """What drifted and since when; where nothing did, the summary; where nothing can be said, each
    reason once."""
    if _is_unsaid(report):
        return list(dict.fromkeys(each["reason"] for each in report.figures.values()))
    drifted = [kind for kind, found in report.figures.items() if found.get("is_drift")]
    if not drifted:
        return [report.summary]
    return [
        f"{report.figures[kind]['sentence']} "
        + (f"It has since {_day(since[kind])}." if kind in since else "")
        for kind in drifted
    ]


def _figures_table(report: DriftReport, since: dict[str, Past]) -> Table:
    rows = []
    for kind in DriftKind:
        found = report.figures.get(kind.value, NOT_MEASURED)
        built = found.get("build_set")
        from_build_set = NOTHING if built is None else _distance(built)
        if "reason" in found:
            reason = format_html('<span class="drift-reason">{}</span>', found["reason"])
            rows.append([kind.label, badge("Cannot say"), reason, *[NOTHING] * 5, from_build_set])
            continue
        is_drift = found["is_drift"]
        rows.append(
            [
                kind.label,
                badge("Drift", "warning") if is_drift else badge("No drift", "success"),
                f"{found['measure']} {_distance(found['distance'])}",
                _distance(found["threshold"]),
                f"{found['ratio']:.2f}",
                NOTHING if found["js"] is None else f"{found['js']:.3f}",
                f"{found['rows']:,} and {found['calm_rows']:,}",
                _day(since[kind.value]) if kind.value in since else NOTHING,
                from_build_set,
            ]
        )
    return {
        "headers": [
            "What", "Verdict", "Distance", "Threshold", "Over threshold", "Jensen-Shannon",
            "Rows, now and calm", "Since", "From the build set",
        ],
        "rows": rows,
    }  # fmt: skip


def _cluster(cluster: DriftCluster, permits: Permits) -> dict[str, Any]:
    """With the forms that it may be taken to, filled in."""
    name = cluster.common_text.title()[:MAX_NAME]
    may_add = permits("classifier.add_example")
    example = reverse("admin:classifier_example_add")
    return {
        "name": str(cluster),
        "facts": [
            ("Share now", f"{percent(cluster.share)} ({cluster.size:,} of the sample)"),
            ("Share before", percent(cluster.reference_share, 2)),
            ("Nearest category", change_link(cluster.category)),
            ("Similarity to it", figure(cluster.similarity)),
            ("Mean confidence of its answers", confidence(cluster.confidence)),
        ],
        "texts": [
            {
                "text": text,
                "url": _with(example, text=text, category=cluster.category_id) if may_add else None,
            }
            for text in cluster.texts
        ],
        "create_url": _with(reverse("admin:classifier_category_add"), name=name, slug=slugify(name))
        if permits("classifier.add_category")
        else None,
    }


def _with(url: str, **said: object) -> str:
    return f"{url}?{urlencode({name: value for name, value in said.items() if value})}"


def _facts(report: DriftReport) -> list[tuple[str, object]]:
    window = (
        f"{report.calm_first_day} to {report.calm_last_day}"
        if report.calm_first_day is not None
        else "none yet"
    )
    return [
        ("Measured", f"{_moment(report.start)} to {_moment(report.end)}"),
        ("Version", change_link(report.version)),
        ("Predictions", f"{report.predictions:,}, of which {report.sampled:,} were read"),
        ("Calm window", f"{window}, {report.calm_sampled:,} rows"),
        ("Chosen by", report.reference.by if report.reference else "nobody: the first full days"),
        ("Asked for by", report.by or "the program"),
        ("Written", report.created_at),
    ]


def _recent_table(past: list[Past]) -> Table:
    return {
        "headers": ["Measured", "Drift"],
        "rows": [
            [
                format_html(
                    '<a class="text-link plain-link" href="{}">{}</a>',
                    reverse("admin:monitoring_driftreport_change", args=[each.id]),
                    _day(each),
                ),
                ", ".join(str(DriftKind(kind).label) for kind in each.drifted) or "none",
            ]
            for each in past[:RECENT_REPORTS]
        ],
    }


def _day(past: Past) -> str:
    return f"{timezone.localtime(past.start):%-d %b %Y}"


def _moment(moment: Any) -> str:
    return f"{timezone.localtime(moment):%-d %b %Y, %H:%M}"


def _distance(value: float) -> str:
    return f"{value:.3f}" if value >= 0.01 or value == 0 else f"{value:.2g}"
