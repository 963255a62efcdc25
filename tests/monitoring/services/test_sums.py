"""What snapshots hold is what the rows say, at each resolution."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Q, Sum
from django.utils import timezone
from pytest_django import Settings

from classifier.models import Category, Feedback, ModelVersion, Prediction
from monitoring.models import MetricSnapshot, ProcessSample, Turn
from monitoring.services import snapshots
from monitoring.services.snapshots import take_due
from tests.monitoring.traffic import COUNTS, make_predictions, make_process
from tests.rows import twin_of

Resolution = MetricSnapshot.Resolution
START = datetime(2026, 3, 9, 22, 0, tzinfo=UTC)
HOURS = 29
SEED = 7


@pytest.fixture
def versions(active_version: ModelVersion) -> list[ModelVersion]:
    return [active_version, twin_of(active_version)]


@pytest.fixture
def held(versions: list[ModelVersion]) -> None:
    """Rows at random moments, held by snapshots of more than a whole day."""
    draw = random.Random(SEED)
    categories = [None, *Category.objects.detailed()[:5]]
    for _ in range(60):
        moment = START + timedelta(seconds=draw.uniform(0, 3600 * HOURS))
        category = draw.choice(categories)
        level = {"level": draw.choice(["high", "low"])} if category else {}
        (prediction, *_) = make_predictions(
            draw.choice(versions), moment, draw.randint(1, 4), category, **level
        )
        said = Feedback.objects.create(prediction=prediction, is_correct=draw.random() < 0.7)
        Feedback.objects.filter(pk=said.pk).update(
            created_at=START + timedelta(seconds=draw.uniform(0, 3600 * HOURS))
        )
    process = make_process(seen_at=START)
    for _ in range(50):
        moment = START + timedelta(seconds=draw.uniform(0, 3600 * HOURS))
        ProcessSample.objects.create(process=process, created_at=moment, seconds=10, counts=COUNTS)
    Turn.objects.create(name="snapshots", due_at=START, done_until=START)
    end = START + timedelta(hours=HOURS) + snapshots.SETTLING
    for number in range(HOURS):
        take_due(end + number * snapshots.EVERY)


def total(series: str, resolution: Resolution, by: str = "", label: str = "") -> tuple[int, float]:
    rows = MetricSnapshot.objects.filter(series=series, resolution=resolution, by=by)
    rows = rows.filter(label=label) if label else rows
    sums = rows.aggregate(count=Sum("count"), total=Sum("total"))
    return sums["count"] or 0, round(sums["total"] or 0, 6)


@pytest.mark.usefixtures("held")
def test_what_is_held_is_what_the_rows_say(versions: list[ModelVersion]) -> None:
    # One test, for a day is long in the making.
    for resolution in (Resolution.MINUTE, Resolution.HOUR):
        sums_are_those_of_rows(resolution, versions)
        histograms_are_sums_of_their_parts(resolution)
    a_day_is_the_sum_of_its_hours_and_an_hour_has_its_categories()


def sums_are_those_of_rows(resolution: Resolution, versions: list[ModelVersion]) -> None:
    rows = Prediction.objects.filter(created_at__gte=START)
    answered = rows.filter(category__isnull=False)
    count = rows.count()
    assert total("predictions", resolution) == (count, count)
    assert total("abstentions", resolution) == (count, count - answered.count())
    assert total("low_level", resolution) == (count, rows.filter(level="low").count())
    confidence = answered.aggregate(total=Sum("confidence"))["total"]
    assert total("confidence", resolution) == (answered.count(), round(confidence, 6))
    for version in versions:
        own = rows.filter(version=version).count()
        assert total("predictions", resolution, "version", version.name) == (own, own)
    said = Feedback.objects.filter(prediction__category__isnull=False)
    right = said.filter(is_correct=True).count()
    assert total("accuracy_feedback", resolution) == (said.count(), right)
    assert total("accuracy_feedback", resolution, "version") == (said.count(), right)
    assert total("requests", resolution) == (500, 50)
    assert total("cache_lookups", resolution) == (400, 300)


def a_day_is_the_sum_of_its_hours_and_an_hour_has_its_categories() -> None:
    day = datetime(2026, 3, 10, tzinfo=UTC)
    rows = Prediction.objects.filter(created_at__gte=day, created_at__lt=day + timedelta(days=1))
    # The 9th was seen for two hours.
    (first, held) = MetricSnapshot.objects.filter(
        resolution=Resolution.DAY, series="predictions", by=""
    ).order_by("at")
    assert (first.seconds, held.at, held.count, held.seconds) == (7200, day, rows.count(), 86400)
    answered = Prediction.objects.filter(created_at__gte=START, category__isnull=False)
    assert total("predictions", Resolution.HOUR, "category")[0] == answered.count()
    for slug in answered.values_list("category__slug", flat=True).distinct():
        own = answered.filter(category__slug=slug)
        assert total("predictions", Resolution.HOUR, "category", slug)[0] == own.count()
        low = own.filter(level="low").count()
        assert total("low_level", Resolution.HOUR, "category", slug) == (own.count(), low)


def histograms_are_sums_of_their_parts(resolution: Resolution) -> None:
    rows = MetricSnapshot.objects.filter(series="request_seconds", resolution=resolution)
    added = [sum(each) for each in zip(*(row.sums.histogram or () for row in rows), strict=True)]
    assert added == [50 * each for each in COUNTS["request_seconds"]]


@pytest.mark.django_db
@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_days_are_the_sites_own_where_the_clock_is_put_forward_or_back(
    day: str, hours: int, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    end = start.astimezone(UTC) + timedelta(hours=hours)
    Turn.objects.create(name="snapshots", due_at=start, done_until=start)
    with timezone.override(None):
        for number in range(15):
            take_due(end + snapshots.SETTLING + number * snapshots.EVERY)
    rows = MetricSnapshot.objects.filter(series="predictions", by="")
    (held,) = rows.filter(Q(resolution=Resolution.DAY))
    assert (held.at, held.seconds) == (start, 3600 * hours)
    assert rows.filter(resolution=Resolution.HOUR).count() == hours
