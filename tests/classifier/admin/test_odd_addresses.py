"""An address that somebody typed or altered ends in a page, never in an error."""

from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.classifier.admin.conftest import Rows

HUGE = "9" * 30
WITH_HISTORY = [model for model in admin.site._registry if hasattr(model, "history")]


@pytest.mark.parametrize("pk", ["abc", "-1", "0", HUGE, "%00", "1.5"])
def test_a_row_that_cannot_be_leads_back(pk: str, staff: Client, rows: Rows) -> None:
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        response = staff.get(reverse(name, args=[pk]))
        assert response.status_code in (302, 404), name


@pytest.mark.parametrize("key", ["abc", "-1", "0", HUGE, "%00", "1.5"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_history_of_a_row_that_cannot_be_is_not_found(
    key: str, method: str, staff: Client, rows: Rows
) -> None:
    for model in WITH_HISTORY:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for url in (
            reverse(f"{name}_history", args=[key]),
            reverse(f"{name}_simple_history", args=[key, 1]),
            reverse(f"{name}_simple_history", args=[1, key]),
        ):
            assert getattr(staff, method)(url).status_code == 404, url


@pytest.mark.parametrize("field", ["%2B", "unknown", "%00", ""])
def test_a_field_that_no_relation_uses_is_refused(field: str, staff: Client, rows: Rows) -> None:
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        response = staff.get(f"{reverse(name)}?_to_field={field}")
        assert response.status_code in (200, 302, 400), name


@pytest.mark.parametrize("moment", ["x", "0", HUGE, "%00", "9999-12-31", "2026-12-01"])
def test_a_moment_in_the_address_of_a_form_is_dropped(moment: str, staff: Client) -> None:
    url = reverse("admin:monitoring_silence_add")
    assert staff.get(f"{url}?ends_at={moment}").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "created_at__year=0",
        "created_at__year=%C2%B2",
        f"created_at__year={HUGE}",
        "created_at__year=9999",
        "created_at__year=2026&created_at__month=0",
        "created_at__year=2026&created_at__month=2&created_at__day=31",
        f"category={HUGE}",
        f"version={HUGE}",
        "version=-1",
        "level__exact=%00",
        "merchant__key__exact=%00",
        "unrecognized=%00",
        "tag=%00",
        "country=%00",
        "has_category=%00",
        "p=0",
        f"p={HUGE}",
        "o=99",
        "q=%00",
        "unknown=1",
    ],
)
@pytest.mark.parametrize("name", ["prediction", "feedback", "example", "merchant", "merchanttag"])
def test_a_query_that_cannot_be_read_is_dropped(
    name: str, query: str, staff: Client, rows: Rows
) -> None:
    url = reverse(f"admin:classifier_{name}_changelist")
    response = staff.get(f"{url}?{query}", follow=True)
    assert response.status_code == 200


def test_a_date_before_all_time_of_its_zone_is_none(staff: Client, rows: Rows) -> None:
    url = reverse("admin:classifier_prediction_changelist")
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        for query in ({"created_at__year": "1"}, {"created_at_to_0": "0001-01-01"}):
            assert staff.get(url, query, follow=True).status_code == 200


@pytest.mark.parametrize("year", ["0", "1", "9999", "%C2%B2", HUGE, "%00"])
def test_a_period_that_cannot_be_is_the_one_that_is_shown_without(
    year: str, staff: Client, rows: Rows
) -> None:
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        page = staff.get(f"{reverse('admin:unrecognized_merchants')}?created_at__year={year}")
    assert "The last 30 days." in page.content.decode()
