"""The page of drift: what drifted since when, what is new and what to do about it, buttons."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from classifier.admin.cells import change_url, changelist_url
from classifier.models import Category, Example, ModelVersion
from monitoring.models import DriftReference, DriftReport, MetricSnapshot
from tests.monitoring.drift_reports import UNSAID, make_drift_report

NEWEST = reverse("admin:monitoring_driftreport_newest")
MEASURE = reverse("admin:monitoring_driftreport_measure")
CHOOSE = reverse("admin:monitoring_driftreference_add")


@pytest.fixture
def member(active_version: ModelVersion) -> Callable[[str], Client]:
    """A function from a group to the browser of one of its members."""

    def make(group: str) -> Client:
        client = Client()
        user = User.objects.create_user(f"one of {group}", is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        client.force_login(user)
        return client

    return make


def page_of(client: Client, url: str = NEWEST) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_before_the_first_report_it_says_what_will_be_there(member: Any) -> None:
    assert "Nothing was measured yet" in page_of(member("viewer"))


def test_it_says_what_drifted_and_since_when(member: Any) -> None:
    make_drift_report(5)
    first = make_drift_report(3, category_mix=1.2)
    make_drift_report(2, category_mix=1.4)
    make_drift_report(1, category_mix=2.0, confidence=0.99)
    page = page_of(member("viewer"))
    since = f"{timezone.localtime(first.start):%-d %b %Y}"
    assert f"Category mix: drift. It has since {since}." in " ".join(page.split())
    assert "Confidence: drift" not in page


def test_what_cannot_be_said_gives_its_reason(member: Any) -> None:
    report = make_drift_report()
    report.figures["confidence"] = UNSAID
    report.save()
    page = page_of(member("viewer"))
    assert "There are 50 rows to measure" in page
    DriftReport.objects.update(figures=dict.fromkeys(report.figures, UNSAID), summary="No rows.")
    assert "Nothing can be said yet" in page_of(member("analyst"))


def test_where_nothing_can_be_said_each_reason_is_given_once(member: Any) -> None:
    report = make_drift_report()
    DriftReport.objects.update(
        figures=dict.fromkeys(report.figures, UNSAID), summary="Nothing can be said yet: no rows."
    )
    response = member("viewer").get(NEWEST)
    assert response.context["verdict"]["word"] == "Nothing can be said yet"
    assert response.context["sentences"] == [UNSAID["reason"]]


def test_the_list_names_what_stands_first_in_each_row(member: Any) -> None:
    report = make_drift_report()
    page = page_of(member("viewer"), changelist_url(DriftReport))
    assert 'data-label="measured"' in page
    assert "Select record" not in page
    assert change_url(report) in page


def test_new_texts_lead_to_forms_that_are_filled_in_for_who_may_use_them(member: Any) -> None:
    make_drift_report(embeddings=2.0)
    assert "Create category" not in page_of(member("viewer"))
    analyst = member("analyst")
    response = analyst.get(NEWEST)
    (cluster,) = response.context["clusters"]
    form = analyst.get(cluster["create_url"]).context["adminform"].form
    assert (form["name"].value(), form["slug"].value()) == ("Volthop Escooter", "volthop-escooter")
    example = analyst.get(cluster["texts"][0]["url"]).context["adminform"].form
    assert example["text"].value() == "volthop escooter ride berlin"
    nearest = Category.objects.get(slug="public-transport")
    assert str(example["category"].value()) == str(nearest.pk)
    assert not Example.objects.filter(canonical_text__startswith="volthop").exists()


def test_estimated_accuracy_stands_beside_the_audited(member: Any) -> None:
    report = make_drift_report()
    for series, total in (("confidence", 88.0), ("accuracy_audit", 81.0)):
        MetricSnapshot.objects.create(
            series=series, resolution="day", at=report.start, count=100, total=total, seconds=86400
        )
    page = page_of(member("viewer"))
    assert "88.0% (80.2 to 93.0%) of 100" in page
    assert "81.0% (72.2 to 87.5%) of 100" in page


def test_an_operator_measures_now(member: Any) -> None:
    assert MEASURE not in page_of(member("viewer"))
    operator = member("operator")
    assert "Measure" in page_of(operator, MEASURE)
    page = operator.post(MEASURE, follow=True).content.decode()
    assert "Queued: the report is here in about a minute." in page
    assert OrmQ.objects.get().task["func"] == "monitoring.tasks.measure_drift"


def test_without_an_active_version_it_says_so(member: Any) -> None:
    ModelVersion.objects.update(status="retired")
    operator = member("operator")
    page = operator.post(MEASURE, follow=True).content.decode()
    assert "nothing to measure" in page
    assert not OrmQ.objects.exists()
    today = timezone.localdate()
    said = {"first_day": today - timedelta(20), "last_day": today - timedelta(9), "reason": "Calm."}
    assert "No version is active" in operator.post(CHOOSE, said).content.decode()


def test_an_operator_chooses_a_calm_window(member: Any, active_version: ModelVersion) -> None:
    operator, today = member("operator"), timezone.localdate()
    said = {"first_day": today - timedelta(20), "last_day": today, "reason": "Calm."}
    assert "Choose days that are over." in operator.post(CHOOSE, said).content.decode()
    assert not DriftReference.objects.exists()
    operator.post(CHOOSE, {**said, "last_day": today - timedelta(9)})
    row = DriftReference.objects.get()
    assert (str(row.by), row.version) == ("one of operator", active_version)


def test_an_older_report_reads_as_it_did(member: Any) -> None:
    older = make_drift_report(3, length=1.5)
    make_drift_report(1)
    viewer = member("viewer")
    assert "Length of descriptors: drift." in page_of(viewer, change_url(older))
    assert "Length of descriptors: drift." not in page_of(viewer)


def test_pages_ask_no_more_where_there_are_more_reports(member: Any) -> None:
    viewer = member("viewer")
    urls = (NEWEST, reverse("admin:monitoring_driftreport_changelist"))

    def queries() -> list[int]:
        found = []
        for url in urls:
            with CaptureQueriesContext(connection) as asked:
                page_of(viewer, url)
            found.append(len(asked))
        return found

    make_drift_report(1)
    queries()
    few = queries()
    for day in range(2, 12):
        make_drift_report(day, embeddings=2.0)
    assert queries() == few
