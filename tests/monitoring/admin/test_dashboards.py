"""The dashboards: what they show, of which time, to whom, and at what cost."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from classifier.models import Category, ModelVersion, Prediction
from classifier.services.predictions import TransactionRequest, classify_transactions
from monitoring.models import Alert, AlertRule, MetricSnapshot, Process
from monitoring.services.clock import HOUR, MINUTE, hour_of, minute_of, week_before
from monitoring.services.windows import CATEGORY_RANGES, RANGES, window_of
from tests.monitoring.traffic import COUNTS, make_process

Resolution = MetricSnapshot.Resolution
NAMES = ("health", "versions", "categories", "system")
PAGES = [f"monitoring_{name}" for name in NAMES]


@pytest.fixture
def staff(client: Client, admin_user: User) -> Client:
    client.force_login(admin_user)
    return client


@pytest.fixture
def last_minute() -> datetime:
    """The newest that any page shows."""
    return window_of(RANGES[0], timezone.now()).end - MINUTE


def hold(series: str, at: datetime, count: int, total: float, **fields: Any) -> None:
    MetricSnapshot.objects.create(
        **{
            "series": series,
            "resolution": Resolution.MINUTE,
            "at": at,
            "count": count,
            "total": total,
            "seconds": 60,
            **fields,
        }
    )


def page(client: Client, name: str = "health", **query: str) -> str:
    response = client.get(reverse(f"admin:monitoring_{name}"), query)
    assert response.status_code == 200
    return str(response.content.decode())


def card(html: str, label: str) -> str:
    """The words of a figure's card."""
    found = re.search(rf"<p[^>]*>{re.escape(label)}</p>(.*?)</(?:a|div)>", html, re.DOTALL)
    assert found, label
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def drawn(html: str, key: str) -> dict[str, Any]:
    """What a chart was given."""
    found = re.search(rf'<script id="chart-{key}"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert found, key
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.mark.parametrize("name", NAMES)
def test_a_new_installation_is_told_what_will_come(staff: Client, name: str) -> None:
    html = page(staff, name)
    assert "No snapshots yet" in html
    assert "<canvas" not in html


def test_before_the_first_snapshot_nobody_says_that_all_is_well(
    staff: Client, last_minute: datetime
) -> None:
    for number, role in enumerate(Process.Role):
        make_process(timezone.now(), role=role, pid=number)
    html = page(staff)
    assert "Nothing was measured yet" in html
    assert "All is well" not in html
    hold("predictions", last_minute, 1, 1)
    assert "All is well" in page(staff)


@pytest.mark.parametrize("name", NAMES)
def test_the_pages_are_for_who_may_see_snapshots(
    name: str, client: Client, make_staff: Callable[..., User]
) -> None:
    user = make_staff()
    client.force_login(user)
    address = reverse(f"admin:monitoring_{name}")
    assert client.get(address).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_metricsnapshot"))
    client.force_login(User.objects.get(pk=user.pk))
    assert client.get(address).status_code == 200
    assert address in client.get(reverse("admin:index")).content.decode()
    assert client.post(address).status_code == 405


def test_a_figure_stands_beside_that_of_last_week(staff: Client, last_minute: datetime) -> None:
    hold("predictions", last_minute, 1200, 1200)
    hold("predictions", last_minute - MINUTE, 34, 34)
    hold("predictions", week_before(last_minute), 1000, 1000)
    assert card(page(staff, range="1h"), "Predictions") == "1,234 Last week: 1,000"


def test_accuracy_has_its_interval(staff: Client, last_minute: datetime) -> None:
    hold("accuracy_audit", last_minute, 100, 90)
    html = page(staff)
    said = "90% Last week: - 95% interval 82.6 to 94.5%, 100 judged"
    assert card(html, "Accuracy by the audit") == said
    assert card(html, "Accuracy by feedback") == "- Last week: - nothing was judged"


def test_quantiles_are_read_from_the_histogram(staff: Client, last_minute: datetime) -> None:
    hold("request_seconds", last_minute, 10, 0.8, histogram=COUNTS["request_seconds"])
    html = page(staff)
    assert card(html, "Latency: median").startswith("83.6 ms")
    assert card(html, "Latency: p99").startswith("154 ms")


def test_a_minute_without_a_snapshot_is_a_gap_and_not_zero(
    staff: Client, last_minute: datetime
) -> None:
    hold("predictions", last_minute - 2 * MINUTE, 0, 0)
    hold("predictions", last_minute, 60, 60)
    (now,) = (line for line in drawn(page(staff, range="1h"), "traffic")["lines"])
    assert now["values"][-3:] == [0.0, None, 1.0]


def test_last_week_is_a_line_of_its_own(staff: Client, last_minute: datetime) -> None:
    hold("predictions", last_minute, 60, 60)
    hold("predictions", week_before(last_minute), 120, 120)
    now, past = drawn(page(staff, range="1h"), "traffic")["lines"]
    assert (past["name"], past["isPast"], past["values"][-1]) == ("Last week", True, 2.0)
    assert not now["isPast"]


@pytest.mark.parametrize("each", [*RANGES, *CATEGORY_RANGES], ids=lambda each: each.key)
def test_a_chart_has_no_more_points_than_can_be_seen(each: Any) -> None:
    window = window_of(each, timezone.now())
    assert 20 <= len(window.starts) <= 400
    assert each.span * 0.98 <= window.end - window.start <= each.span


def test_an_unknown_range_is_the_usual_one(staff: Client) -> None:
    assert 'href="?range=24h" aria-current="true"' in page(staff, range="<script>")


def test_links_keep_the_range_and_the_refreshing(staff: Client) -> None:
    html = page(staff, range="7d", refresh="30")
    assert 'href="?range=6h&amp;refresh=30"' in html
    assert 'href="?range=7d">Off' in html
    assert 'data-refresh="30"' in html


def test_a_figure_leads_to_the_rows_behind_it(
    staff: Client, active_version: ModelVersion, last_minute: datetime
) -> None:
    classify_transactions([TransactionRequest("NETFLIX.COM")])
    hold("predictions", last_minute, 1, 1)
    Prediction.objects.update(created_at=last_minute)
    html = page(staff, range="1h")
    found = re.search(r'href="([^"]*classifier/prediction/\?created_at_from_0[^"]*)"', html)
    assert found
    address = found[1].replace("&amp;", "&")
    assert "NETFLIX.COM" in staff.get(address).content.decode()
    Prediction.objects.update(created_at=last_minute - 2 * HOUR)
    assert "NETFLIX.COM" not in staff.get(address).content.decode()
    assert set(parse_qs(urlsplit(address).query)) == {
        f"created_at_{side}_{part}" for side in ("from", "to") for part in (0, 1)
    }


def test_what_is_wrong_is_said_first(staff: Client, last_minute: datetime) -> None:
    now = timezone.now()
    hold("predictions", last_minute - HOUR, 1, 1)
    make_process(now)
    make_process(now, pid=2, version="v2", health="degraded", reason="no store")
    make_process(now - 10 * MINUTE, pid=3, role="worker")
    html = page(staff)
    for sentence in (
        "Web processes serve different versions: v1, v2.",
        "Web web-1/2 serves v2, not v1: no store",
        "Worker web-1/3 has fallen silent.",
        "No worker process lives.",
        "minutes old: no process takes them",
    ):
        assert sentence in html
    assert "All is well" not in html


def test_a_well_installation_says_so(staff: Client, last_minute: datetime) -> None:
    now = timezone.now()
    hold("predictions", last_minute, 1, 1)
    make_process(now)
    make_process(now, pid=2, role="worker")
    make_process(now - 2 * HOUR, pid=3)
    make_process(now - 5 * MINUTE, pid=4, stopped_at=now - 5 * MINUTE)
    assert "All is well" in page(staff)
    assert "All processes are well" in page(staff, "system")


def test_a_firing_alert_is_told_with_its_sentence(staff: Client) -> None:
    rule = AlertRule.objects.create(
        key="own", name="Errors", measure="error_rate", condition="above", warning=0.01
    )
    Alert.objects.create(
        rule=rule, status="firing", severity="critical", text="5% of requests fail.",
        started_at=timezone.now(), wrong_at=timezone.now(),
    )  # fmt: skip
    assert "Errors: 5% of requests fail." in page(staff)


def test_versions_share_what_was_answered(
    staff: Client, active_version: ModelVersion, last_minute: datetime
) -> None:
    for name, count in ((active_version.name, 30), ("v-gone", 10)):
        hold("predictions", last_minute, count, count, by="version", label=name)
    html = page(staff, "versions", range="1h")
    lines = {line["name"]: line["values"] for line in drawn(html, "share")["lines"]}
    assert lines[active_version.name][-1] == 75
    assert lines["v-gone"][-1] == 25
    assert lines["v-gone"][0] is None
    (mark,) = drawn(html, "share")["marks"]
    assert mark["text"] == f"{active_version.name} went live"


def test_categories_say_what_has_changed(staff: Client) -> None:
    groceries, other = Category.objects.detailed()[:2]
    hour = hour_of(timezone.now() - timedelta(seconds=10)) - HOUR
    for at, counts in ((hour, (90, 10)), (week_before(hour), (45, 55))):
        for category, count in zip((groceries, other), counts, strict=True):
            hold(
                "predictions", at, count, count, by="category", label=category.slug,
                resolution=Resolution.HOUR, seconds=3600,
            )  # fmt: skip
    hold("predictions", minute_of(hour), 100, 100)
    html = page(staff, "categories")
    rows = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in html.split("<tr>")[2:]]
    first, second = (next(row for row in rows if str(each) in row) for each in (groceries, other))
    assert "90 90.0% 45.0% +100%" in first
    # Ten are too few to say anything.
    assert "10 10.0% 55.0% - " in second
    assert html.index(str(groceries)) < html.index(str(other))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_asks_as_much_whatever_there_is_and_never_for_predictions(
    name: str, staff: Client, active_version: ModelVersion, last_minute: datetime
) -> None:
    hour = hour_of(last_minute) - HOUR
    hold("predictions", last_minute, 1, 1)
    hold("predictions", last_minute, 1, 1, by="version", label="v-first")
    hold("predictions", hour, 1, 1, by="category", label="first", resolution=Resolution.HOUR)
    address = reverse(f"admin:monitoring_{name}")
    staff.get(address)
    with CaptureQueriesContext(connection) as before:
        staff.get(address)
    for number, category in enumerate(Category.objects.detailed()[:9]):
        make_process(timezone.now(), pid=number)
        hold("predictions", last_minute, 5, 5, by="version", label=f"v{number}")
        hold("memory", last_minute, 1, 5, by="process", label=f"p{number}")
        hold(
            "predictions", hour, 5, 5, by="category", label=category.slug,
            resolution=Resolution.HOUR,
        )  # fmt: skip
    with CaptureQueriesContext(connection) as after:
        staff.get(address)
    assert len(after) == len(before)
    # Of these, 8 are the session, the user, their rights and the badge of the review queue.
    assert len(after) <= 20
    assert not [query for query in after if 'FROM "classifier_prediction"' in query["sql"]]
