"""The log of predictions: exact search, dates, counts that stop, and the why of each."""

from datetime import UTC, datetime

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from classifier import runtime
from classifier.admin import paging
from classifier.admin.cells import change_url
from classifier.admin.periods import drill_down
from classifier.models import ModelVersion, Prediction
from tests.classifier.admin.conftest import Rows, classify
from tests.rows import copy_of

LIST = "admin:classifier_prediction_changelist"


def found(client: Client, **query: str | int) -> list[Prediction]:
    return list(client.get(reverse(LIST), query).context["cl"].result_list)


def move_to(prediction: Prediction, day: str) -> None:
    moment = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)
    Prediction.objects.filter(pk=prediction.pk).update(created_at=moment)


@pytest.mark.parametrize("field", ["id", "transaction_id", "user_id"])
def test_an_exact_id_is_found(field: str, staff: Client, rows: Rows) -> None:
    (other,) = classify("NETFLIX.COM", user_id="u2", transaction_id="t2")
    assert found(staff, q=str(getattr(rows.prediction, field))) == [rows.prediction]
    assert other not in found(staff, q=str(getattr(rows.prediction, field)))


def test_a_transaction_may_be_named_by_a_uuid(staff: Client, rows: Rows) -> None:
    name = "018f4f2e-0000-7000-8000-000000000000"
    (prediction,) = classify("NETFLIX.COM", transaction_id=name)
    assert found(staff, q=name) == [prediction]


def test_part_of_a_description_is_not_searched_for(staff: Client, rows: Rows) -> None:
    assert found(staff, q=rows.prediction.description[:4]) == []


def test_filters_narrow_the_list(staff: Client, rows: Rows) -> None:
    (abstained,) = classify("123 456")
    assert found(staff, level__exact="abstain", reason__exact="no_text") == [abstained]
    assert found(staff, version=rows.version.pk, is_cached__exact=0) != []
    assert abstained not in found(staff, category=rows.category.pk)


def test_the_filters_of_versions_and_levels_narrow_the_list_together(
    staff: Client, rows: Rows
) -> None:
    other, abstained = classify("NETFLIX.COM", "123 456")
    copy = copy_of(rows.version, name="copy", status=ModelVersion.Status.RETIRED)
    Prediction.objects.filter(pk=other.pk).update(version=copy)
    assert found(staff, version=rows.version.pk) == [abstained, rows.prediction]
    assert found(staff, version=copy.pk) == [other]
    assert found(staff, version=rows.version.pk, level__exact="abstain") == [abstained]


def test_a_range_of_dates_takes_whole_days(staff: Client, rows: Rows) -> None:
    (other,) = classify("NETFLIX.COM")
    move_to(rows.prediction, "2026-03-01")
    move_to(other, "2026-03-02")
    assert found(staff, created_at_from_0="2026-03-01", created_at_to_0="2026-03-01") == [
        rows.prediction
    ]


@pytest.mark.parametrize("day", ["x", "2026-02-31"])
def test_a_range_that_is_no_date_is_dropped(day: str, staff: Client, rows: Rows) -> None:
    response = staff.get(reverse(LIST), {"created_at_from_0": day}, follow=True)
    assert response.status_code == 200


def test_one_drills_down_to_a_day(staff: Client, rows: Rows) -> None:
    (other,) = classify("NETFLIX.COM")
    move_to(rows.prediction, "2025-11-05")
    move_to(other, "2026-03-02")
    day = {"created_at__year": 2025, "created_at__month": 11, "created_at__day": 5}
    page = staff.get(reverse(LIST), day)
    assert list(page.context["cl"].result_list) == [rows.prediction]
    assert '<strong class="text-important" aria-current="date">5 November 2025' in (
        page.content.decode()
    )


def test_the_count_stops_and_says_so(
    staff: Client, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    classify("NETFLIX.COM", "123 456")
    assert "3 predictions" in staff.get(reverse(LIST)).content.decode()
    monkeypatch.setattr(paging, "CAP", 2)
    assert "2+ predictions" in staff.get(reverse(LIST)).content.decode()


def test_the_why_names_the_nearest_examples(staff: Client, rows: Rows) -> None:
    page = staff.get(change_url(rows.prediction)).content.decode()
    assert "Nearest examples in this version" in page
    assert "1.000" in page
    assert "Also considered" in page
    assert change_url(rows.feedback) in page


def test_a_version_that_cannot_be_loaded_says_so_instead(staff: Client, rows: Rows) -> None:
    ModelVersion.objects.filter(pk=rows.version.pk).update(manifest_digest="0" * 64)
    runtime.reset()
    page = staff.get(change_url(rows.prediction)).content.decode()
    assert "The nearest examples cannot be shown" in page


OLDEST = datetime(2025, 10, 30, tzinfo=UTC)
NEWEST = datetime(2026, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["2025", "2026"]),
        ("created_at__year=2025", ["October 2025", "November 2025", "December 2025"]),
        ("created_at__year=2025&created_at__month=10", ["30 Oct", "31 Oct"]),
        ("created_at__year=2026&created_at__month=2", ["1 Feb", "2 Feb", "3 Feb"]),
        ("created_at__year=2026&created_at__month=2&created_at__day=31", ["2025", "2026"]),
        ("created_at__year=x", ["2025", "2026"]),
        ("created_at__year=0", ["2025", "2026"]),
        ("created_at__year=²", ["2025", "2026"]),
        ("created_at__year=99999999999999999999", ["2025", "2026"]),
        ("created_at__year=2026&created_at__month=0", ["2025", "2026"]),
    ],
)
def test_what_lies_between_the_oldest_and_the_newest_is_offered(
    query: str, titles: list[str]
) -> None:
    periods = drill_down("created_at", QueryDict(query), OLDEST, NEWEST)
    shown = [period.title for period in periods if not period.is_back]
    assert shown == ["Today", "Yesterday", *titles]


def test_a_period_keeps_the_other_filters_and_starts_at_the_first_page() -> None:
    periods = drill_down("created_at", QueryDict("level__exact=low&p=7"), OLDEST, NEWEST)
    assert periods[-1].query == "?level__exact=low&created_at__year=2026"


def test_an_empty_log_offers_no_dates() -> None:
    assert drill_down("created_at", QueryDict(""), None, None) == []
