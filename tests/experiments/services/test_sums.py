"""The sums that the database makes are those that anybody can make by hand."""

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from classifier.models import Category, Feedback
from classifier.models.choices import AnnotatorChoices
from experiments.models import Experiment, Metric
from experiments.services.sources import HISTORY
from experiments.services.sums import BOUNDS, count_in_several, count_units, sum_units
from experiments.stats.types import PreSums, UnitSums
from tests.experiments.traffic import Served, end, make_experiment, metric_of, review, store

pytestmark = pytest.mark.django_db

Status = Feedback.Status
FEEDBACK_DAYS = 3
# Of one thing: its numerator and denominator, None where it is not measured.
Value = Callable[[Served], tuple[float, float] | None]
# Texts, and what the reviewer's last word of each is: "" for none, None for discarded.
TEXTS = {"a": "groceries", "b": "restaurants", "c": None, "d": "", "e": "groceries"}


@dataclass
class Case:
    experiment: Experiment
    rows: list[Served] = field(default_factory=list)
    until: datetime | None = None

    def counts(self, said: tuple[bool, str, datetime]) -> bool:
        _, status, at = said
        is_late = self.until is not None and at > self.until
        return status not in (Status.REPLACED, Status.REJECTED) and not is_late

    def is_said(self, row: Served) -> bool:
        return any(self.counts(said) for said in row.feedback)

    def is_wrong(self, row: Served) -> bool:
        return any(self.counts(said) and not said[0] for said in row.feedback)


def random_case(seed: int) -> Case:
    chance = random.Random(seed)
    split = ("user", "random")[seed % 2]
    experiment = make_experiment("new", "other", split=split, feedback_days=FEEDBACK_DAYS)
    variants = list(experiment.variants.all())
    start = experiment.started_at
    assert start is not None
    categories = list(Category.objects.filter(slug__in=("groceries", "restaurants", "fast-food")))
    case = Case(experiment)
    for _ in range(chance.randrange(30, 90)):
        unit = f"u{chance.randrange(9)}" if chance.random() < 0.9 else ""
        is_abstained = chance.random() < 0.2
        at = start + timedelta(hours=chance.uniform(1, 200))
        case.rows.append(
            Served(
                # Some units are served by several arms, as they should not be.
                variants[len(unit) and int(unit[1:]) % 3]
                if chance.random() < 0.9
                else chance.choice(variants),
                unit,
                at,
                confidence=None if chance.random() < 0.1 else chance.random(),
                latency_ms=chance.expovariate(0.01),
                is_abstained=is_abstained,
                is_failed=chance.random() < 0.1,
                is_cached=chance.random() < 0.5,
                is_audited=chance.random() < 0.5,
                score=None if chance.random() < 0.1 else chance.uniform(-1, 1),
                category=None if is_abstained else chance.choice(categories),
                annotator=chance.choice(AnnotatorChoices.values),
                text=chance.choice(list(TEXTS)),
                feedback=[
                    (
                        chance.random() < 0.5,
                        chance.choice(Status.values),
                        timezone.now() + timedelta(days=chance.uniform(-8, 8)),
                    )
                    for _ in range(chance.choice((0, 0, 1, 2, 3)))
                ],
            )
        )
    store(case.rows)
    for text, said in TEXTS.items():
        if any(row.text == text for row in case.rows) and said != "":
            review(text, categories[0], is_undone=True)
            review(text, Category.objects.get(slug=said) if said else None)
    if seed % 3:
        end(experiment)
        assert experiment.stopped_at is not None
        case.until = experiment.stopped_at + timedelta(days=FEEDBACK_DAYS)
    return case


def by_hand(case: Case, rows: Iterable[Served], value: Value) -> UnitSums:
    units: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in rows:
        found = value(row)
        if row.unit and found is not None:
            units[row.unit][0] += found[0]
            units[row.unit][1] += found[1]
    pairs = [(y, d) for y, d in units.values() if d]
    return UnitSums(
        len(pairs),
        sum(y for y, _ in pairs),
        sum(d for _, d in pairs),
        sum(y * y for y, _ in pairs),
        sum(d * d for _, d in pairs),
        sum(y * d for y, d in pairs),
    )


def values_of(case: Case) -> dict[str, Value]:
    """By the keys of metrics."""

    def number(read: Callable[[Served], float | None]) -> Value:
        def value(row: Served) -> tuple[float, float] | None:
            found = read(row)
            return None if found is None else (found, 1)

        return value

    def audit(row: Served) -> tuple[float, float] | None:
        right = TEXTS[row.text]
        if not row.is_audited or row.category is None or not right:
            return None
        return float(row.category.slug == right), 1

    def feedback(row: Served) -> tuple[float, float] | None:
        if row.category is None or not case.is_said(row):
            return None
        return float(not case.is_wrong(row)), 1

    return {
        "accuracy-feedback": feedback,
        "accuracy-audit": audit,
        "correction-rate": number(lambda row: float(case.is_wrong(row))),
        "abstention-rate": number(lambda row: float(row.is_abstained)),
        "confidence": number(lambda row: row.confidence),
        "latency-mean": number(lambda row: row.latency_ms),
        "error-rate": number(lambda row: float(row.is_failed)),
        "score": number(lambda row: row.score),
        "cached": number(lambda row: float(row.is_cached)),
        "by-rule": number(lambda row: float(row.annotator == "rule")),
        "groceries": number(
            lambda row: float(row.category is not None and row.category.slug == "groceries")
        ),
    }


def own_metrics() -> None:
    """Of fields that exposures do not keep."""
    own = {
        "score": ("score", ""),
        "cached": ("is_cached", ""),
        "by-rule": ("annotator", "rule"),
        "groceries": ("category__slug", "groceries"),
    }
    for key, (name, equals) in own.items():
        Metric.objects.create(
            key=key, name=key, source="field", field=name, equals=equals, better="higher"
        )


@pytest.mark.parametrize("seed", range(12))
def test_every_metric_is_summed_by_unit(seed: int) -> None:
    own_metrics()
    case = random_case(seed)
    values = values_of(case)
    arms = sum_units(case.experiment, [metric_of(key) for key in values])
    for variant in case.experiment.variants.all():
        rows = [row for row in case.rows if row.variant == variant]
        for key, value in values.items():
            found, wanted = arms[variant.pk].metrics[metric_of(key).pk], by_hand(case, rows, value)
            assert numbers_of(found) == pytest.approx(numbers_of(wanted), rel=1e-9), key
        rate = by_hand(case, rows, lambda row: (float(case.is_said(row)), 1))
        assert numbers_of(arms[variant.pk].feedback_rate) == pytest.approx(numbers_of(rate))


def numbers_of(sums: UnitSums) -> tuple[float, ...]:
    return (
        sums.units, sums.numerator, sums.denominator, sums.numerator_sq, sums.denominator_sq,
        sums.cross,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_units_and_exposures_are_counted(seed: int) -> None:
    case = random_case(seed)
    arms = sum_units(case.experiment, [])
    served: dict[str, set[int]] = defaultdict(set)
    for variant in case.experiment.variants.all():
        rows = [row for row in case.rows if row.variant == variant and row.unit]
        exposures: dict[str, int] = defaultdict(int)
        for row in rows:
            exposures[row.unit] += 1
            served[row.unit].add(variant.pk)
        arm = arms[variant.pk]
        assert arm.units == len(exposures)
        assert arm.exposures == len(rows)
        assert arm.failed == sum(row.is_failed for row in rows)
        ends = (0, *BOUNDS, float("inf"))
        assert arm.distribution == tuple(
            sum(low < number <= high for number in exposures.values())
            for low, high in itertools.pairwise(ends)
        )
    several = sum(len(variants) > 1 for variants in served.values())
    assert count_in_several(case.experiment) == (several if case.experiment.split == "user" else 0)
    assert count_units(case.experiment) == sum(len(variants) for variants in served.values())


def test_an_experiment_that_nobody_was_in_has_zeros(active_version: object) -> None:
    experiment = make_experiment()
    metrics = list(Metric.objects.filter(aggregate="mean"))
    for arm in sum_units(experiment, metrics, metric_of("confidence")).values():
        assert arm.units == arm.exposures == arm.failed == 0
        assert set(arm.distribution) == {0}
        assert all(sums == UnitSums.nothing() for sums in arm.metrics.values())
        assert arm.feedback_rate == UnitSums.nothing()


def test_other_experiments_are_not_mixed_in(active_version: object) -> None:
    one = make_experiment()
    end(one)
    other = make_experiment()
    at = timezone.now()
    store([Served(each.variants.first(), "u", at) for each in (one, other, other)])
    assert [arm.exposures for arm in sum_units(other, []).values()] == [2, 0]


def test_a_category_that_is_switched_off_counts_as_before(active_version: object) -> None:
    experiment = make_experiment()
    category = Category.objects.get(slug="groceries")
    metric = Metric.objects.create(
        key="groceries", name="groceries", source="field", field="category__slug",
        equals="groceries", better="higher",
    )  # fmt: skip
    at = timezone.now()
    said: list[tuple[bool, str, datetime]] = [(True, Status.CONFIRMED, at)]
    store([Served(experiment.control, "u", at, category=category, feedback=said)])
    metrics = [metric, metric_of("accuracy-feedback")]
    before = sum_units(experiment, metrics)[experiment.control.pk].metrics
    Category.objects.filter(pk=category.pk).update(is_active=False)
    assert sum_units(experiment, metrics)[experiment.control.pk].metrics == before
    assert before[metric.pk].numerator == 1


def test_large_values_that_differ_little_keep_their_variance(active_version: object) -> None:
    """Latencies around 100,000 ms with a spread of 1 ms."""
    experiment = make_experiment()
    chance = random.Random(3)
    latencies = [100_000 + chance.gauss(0, 1) for _ in range(400)]
    store(
        Served(experiment.control, f"u{number}", timezone.now(), latency_ms=latency)
        for number, latency in enumerate(latencies)
    )
    metric = metric_of("latency-mean")
    sums = sum_units(experiment, [metric])[experiment.control.pk].metrics[metric.pk]
    mean = sum(latencies) / 400
    exact = sum((latency - mean) ** 2 for latency in latencies)
    assert sums.numerator_sq - sums.numerator**2 / sums.units == pytest.approx(exact, rel=0.001)


@pytest.mark.parametrize("key", ["confidence", "abstention-rate", "groceries"])
def test_history_is_of_the_same_users_before_the_start(active_version: object, key: str) -> None:
    own_metrics()
    experiment = make_experiment()
    start = experiment.started_at
    assert start is not None
    chance = random.Random(key)
    groceries = Category.objects.get(slug="groceries")
    rows: list[Served] = []
    past: list[Served] = []
    for _ in range(120):
        unit = f"u{chance.randrange(12)}"
        is_past = chance.random() < 0.5
        at = start + timedelta(days=chance.uniform(-20, 0) if is_past else chance.uniform(0, 5))
        row = Served(
            None if is_past else list(experiment.variants.all())[int(unit[1:]) % 2],
            unit,
            at,
            # Of the first user nothing is measured now, whatever there was before.
            confidence=(
                None if chance.random() < 0.2 or (unit == "u0" and not is_past) else chance.random()
            ),
            is_abstained=chance.random() < 0.3,
            category=groceries if chance.random() < 0.5 else None,
        )
        (past if is_past else rows).append(row)
    store([*rows, *past])
    case = Case(experiment)
    value = values_of(case)[key]
    if key == "groceries":
        value = lambda row: (float(row.category is not None and not row.is_abstained), 1.0)  # noqa: E731
    metric = metric_of(key)
    arms = sum_units(experiment, [metric], metric)
    for variant in experiment.variants.all():
        now = _by_unit([row for row in rows if row.variant == variant], value)
        then = _by_unit([row for row in past if row.at >= start - HISTORY], value)
        sums = [0.0] * 9
        for unit, (y, d) in now.items():
            assert d > 0
            x, z = then.get(unit, (0.0, 0.0))
            for place, each in enumerate((x, z, x * x, z * z, x * z, y * x, y * z, d * x, d * z)):
                sums[place] += each
        pre = arms[variant.pk].metrics[metric.pk].pre
        assert pre is not None
        found = [getattr(pre, name) for name in PreSums.__dataclass_fields__]
        assert found == pytest.approx(sums)


def _by_unit(rows: list[Served], value: Value) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for row in rows:
        pair = value(row)
        if pair is not None:
            y, d = found.get(row.unit, (0.0, 0.0))
            found[row.unit] = y + pair[0], d + pair[1]
    return found


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("confidence", {"split": "random"}),
        ("error-rate", {}),
        ("accuracy-feedback", {}),
        ("latency-mean", {}),
    ],
)
def test_where_nothing_is_known_of_before_there_is_no_history(
    active_version: object, key: str, fields: dict[str, Any]
) -> None:
    experiment = make_experiment(**fields)
    start = experiment.started_at
    assert start is not None
    rows = [Served(experiment.control, "u", timezone.now())]
    if key != "latency-mean":
        rows.append(Served(None, "u", start - timedelta(days=1)))
    store(rows)
    metric = metric_of(key)
    sums = sum_units(experiment, [metric], metric)
    assert all(arm.metrics[metric.pk].pre is None for arm in sums.values())
